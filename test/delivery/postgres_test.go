package delivery

import (
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/database"
)

// cluster is a PostgreSQL server of a test's own, on a socket in a directory of
// its own, that can be restarted without harm to other tests.
type cluster struct {
	bin, dir string
	as       *syscall.SysProcAttr
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{bin: programs(t)}
	// Not t.TempDir: the server's user could not enter it, and the path of a
	// socket must be short.
	dir, err := os.MkdirTemp("", "steward-pg-") //nolint:usetesting // PostgreSQL runs as a user who cannot enter the directories of tests
	if err != nil {
		t.Fatal(err)
	}
	c.dir = dir
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Geteuid() == 0 { // the server refuses to run as root
		c.as = as(t, "postgres")
		if err := os.Chown(dir, int(c.as.Credential.Uid), int(c.as.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	c.run(t, "initdb", "-U", "steward", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	// What is committed outlives a crash of the server, as with synchronous
	// commits; that of the machine, which fsync is for, is not tried.
	c.run(t, "pg_ctl", "-w", "-l", filepath.Join(dir, "log"), "-o", "-c listen_addresses='' -c fsync=off -c unix_socket_directories='"+dir+"'", "start")
	t.Cleanup(func() { c.run(t, "pg_ctl", "-m", "immediate", "stop") })
	return c
}

// programs returns where PostgreSQL's server is installed.
func programs(t *testing.T) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(slices.Max(found))
	}
	file, err := exec.LookPath("initdb")
	if err != nil {
		t.Fatalf("PostgreSQL's programs are not installed; `make test` does that: %v", err)
	}
	return filepath.Dir(file)
}

func as(t *testing.T, name string) *syscall.SysProcAttr {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// run runs a program of PostgreSQL on the cluster.
func (c *cluster) run(t *testing.T, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(c.bin, program), append([]string{"-D", filepath.Join(c.dir, "data")}, args...)...)
	cmd.Dir, cmd.SysProcAttr = c.dir, c.as
	// A file, and no pipe: the server that pg_ctl leaves behind would keep a
	// pipe open.
	out, err := os.Create(filepath.Join(c.dir, program+".out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		server, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		t.Fatalf("%s %v: %v\n%s\n%s", program, args, err, said, server)
	}
}

// restart stops and starts the server: fast ends connections, immediate does
// so as a crash would.
func (c *cluster) restart(t *testing.T, mode string) {
	t.Helper()
	c.run(t, "pg_ctl", "-w", "-m", mode, "restart")
}

func (c *cluster) options() database.Options {
	return database.Options{URL: "postgres:///postgres?host=" + c.dir + "&user=steward"}
}

func TestWhilePostgreSQLIsRestartedEachCallEndsAndWhatWasAcceptedArrives(t *testing.T) {
	t.Parallel()
	const (
		publishers = 4
		between    = 1_000 // events that are accepted between the restarts
		longest    = 15 * time.Second
	)
	c := newCluster(t)
	w := newPlace(t, c.options())
	w.start(t)
	r := newReceiver(t)
	p := w.CreateProject(t, "Restarted")
	w.webhook(t, p, r.URL, "voucher.created")

	var (
		mu       sync.Mutex
		accepted []string
		statuses = map[int]int{}
		slowest  time.Duration
		total    atomic.Int64
		wg       sync.WaitGroup
		done     = make(chan struct{})
	)
	for range publishers {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				began := time.Now()
				ids, status := w.publish(p, "voucher.created", 10)
				took := time.Since(began)
				total.Add(int64(len(ids)))
				mu.Lock()
				accepted, slowest = append(accepted, ids...), max(slowest, took)
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	for _, mode := range []string{"fast", "immediate"} {
		goal := total.Load() + between
		until(t, soon, "events are accepted", func() bool { return total.Load() >= goal })
		c.restart(t, mode)
	}
	goal := total.Load() + between
	until(t, soon, "events are accepted after the restarts", func() bool { return total.Load() >= goal })
	close(done)
	wg.Wait()

	for status := range statuses {
		if status != http.StatusAccepted && status != http.StatusServiceUnavailable && status != 0 {
			t.Errorf("%d calls were answered %d", statuses[status], status)
		}
	}
	if slowest > longest {
		t.Errorf("a call took %s", slowest)
	}
	began := time.Now()
	r.arrived(t, leftBehind, accepted)
	t.Logf("calls by status: %v, the slowest after %s; %d accepted events arrived within %s, %d of them twice",
		statuses, slowest.Round(time.Millisecond), len(accepted), time.Since(began).Round(time.Millisecond), len(r.repeated(t)))
}
