package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/test/binary"
)

const starts = 11

// process measures the built program on an existing data directory: how long
// it takes until it is ready, and how much memory it holds when nobody calls.
func (b *bench) process(ctx context.Context) error {
	file := filepath.Join(b.dir, "steward")
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", file, "./cmd/steward").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	env := []string{"STEWARD_DATA_DIR=" + b.dir, "CGO_ENABLED=0"}
	if b.engine == database.PostgreSQL {
		env = append(env, "STEWARD_DATABASE_URL="+b.url)
	}
	var took []time.Duration
	var resident string
	for i := range starts {
		began := time.Now()
		s, err := binary.Start(file, env)
		if err != nil {
			return err
		}
		res, err := http.Get(s.URL + "/readyz")
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("not ready: %d", res.StatusCode)
		}
		took = append(took, time.Since(began))
		if i == starts-1 {
			time.Sleep(5 * time.Second) // idle
			if resident, err = residentMemory(s.PID()); err != nil {
				return err
			}
		}
		if err := s.Stop(); err != nil {
			return err
		}
	}
	slices.Sort(took)
	fmt.Printf("| %s | start until ready, existing data | | %s | %s | |\n", b.engine, round(took[len(took)/2]), round(took[len(took)-1]))
	fmt.Printf("| %s | resident memory when idle | | %s | | |\n", b.engine, resident)
	return nil
}

func residentMemory(pid int) (string, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(raw)) {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(kib), nil
		}
	}
	return "", fmt.Errorf("the kernel does not tell the memory of %d", pid)
}
