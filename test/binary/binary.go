// Package binary builds the steward program once a test process, and runs it
// as an operator would: as a process of its own.
package binary

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "steward-binary-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "steward")
	out, err := exec.Command("go", "build", "-o", file, "github.com/steward-platform/steward/cmd/steward").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return file, nil
})

// Path returns the built program.
func Path(t testing.TB) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Remove deletes the built program; call it at the end of TestMain.
func Remove() {
	if file, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file))
	}
}

// Server is a running `steward serve`.
type Server struct {
	URL string
	Out *Output // what it printed

	cmd  *exec.Cmd
	done chan error
}

// startTimeout bounds how long a server may take to listen. It is generous:
// how quick it is, is measured elsewhere.
const startTimeout = 60 * time.Second

// Start runs `steward serve` on a free port with these flags and waits until
// it listens.
func Start(file string, env []string, flags ...string) (*Server, error) {
	cmd := exec.Command(file, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = append(os.Environ(), env...)
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	_ = write.Close()
	s := &Server{Out: &Output{}, cmd: cmd, done: make(chan error, 1)}
	listening := make(chan string, 1)
	go s.read(read, listening)
	select {
	case url, ok := <-listening:
		if ok {
			s.URL = url
			return s, nil
		}
		return nil, fmt.Errorf("the server ended: %w\n%s", <-s.done, s.Out)
	case <-time.After(startTimeout):
		s.Kill()
		return nil, fmt.Errorf("the server did not listen within %s\n%s", startTimeout, s.Out)
	}
}

// read gathers the output and finds the line that tells the URL.
func (s *Server) read(from io.ReadCloser, listening chan<- string) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.Out.add(lines.Text())
		if _, url, ok := strings.Cut(lines.Text(), "Steward listens on "); ok && listening != nil {
			listening <- strings.TrimSpace(url)
			listening = nil
		}
	}
	_ = from.Close()
	s.done <- s.cmd.Wait()
	if listening != nil {
		close(listening)
	}
}

// Stop asks the server to stop and returns how it ended.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	select {
	case err := <-s.done:
		s.done <- err
		return err
	case <-time.After(30 * time.Second):
		s.Kill()
		return errors.New("the server did not stop within 30 s")
	}
}

// Kill ends the server as a crash would, and waits until it is gone.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	s.done <- <-s.done
}

// PID is the server's process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Output is what a process printed; it may still be printing.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *Output) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.WriteString(line + "\n")
}

// String returns what was printed so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
