package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/test/binary"
)

const starts = 11

// process measures the built program on an existing data directory: how long
// it takes until it is ready, and how much memory it holds when nobody calls.
func (b *bench) process(ctx context.Context) error {
	file, env, err := b.build(ctx)
	if err != nil {
		return err
	}
	var took []time.Duration
	var resident int
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
	fmt.Printf("| %s | resident memory when idle | | %d kB | | |\n", b.engine, resident)
	return nil
}

// build builds the program, and returns it with the environment in which it
// serves the bench's database.
func (b *bench) build(ctx context.Context) (file string, env []string, err error) {
	file = filepath.Join(b.dir, "steward")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", file, "./cmd/steward")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	env = []string{"STEWARD_DATA_DIR=" + b.dir, "STEWARD_WEBHOOK_ALLOW=127.0.0.0/8"}
	if b.engine == database.PostgreSQL {
		env = append(env, "STEWARD_DATABASE_URL="+b.url)
	}
	return file, env, nil
}

// residentMemory returns how much memory a process holds, in KiB.
func residentMemory(pid int) (kib int, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if text, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), " kB"))
		}
	}
	return 0, fmt.Errorf("the kernel does not tell the memory of %d", pid)
}
