// Package crash kills the server while it is writing, and looks for what it
// had acknowledged.
package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/test/binary"
)

func TestMain(m *testing.M) {
	code := m.Run()
	binary.Remove()
	os.Exit(code)
}

const (
	rounds  = 3
	writers = 6
	// perRound is how many acknowledged writes a round waits for before it
	// kills the server in the middle of the next ones.
	perRound = 60
)

func TestKillingAServerThatWritesLosesNoAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			file := binary.Path(t)
			env := []string{"STEWARD_DATA_DIR=" + t.TempDir(), "STEWARD_WEBHOOK_ALLOW=127.0.0.0/8"}
			if engine == database.PostgreSQL {
				env = append(env, "STEWARD_DATABASE_URL="+databasetest.Options(t, engine).URL)
			}
			k := newTenant(t, file, env)
			acknowledged := map[string]string{} // webhook id → target URL
			for round := range rounds {
				s, err := binary.Start(file, env)
				if err != nil {
					t.Fatal(err)
				}
				k.url = s.URL
				project := k.createProject(t, fmt.Sprintf("Round %d", round))
				for id, target := range k.writeUntilKilled(t, s, project) {
					acknowledged[id] = project + " " + target
				}
			}
			s, err := binary.Start(file, env)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Kill)
			k.url = s.URL
			for id, where := range acknowledged {
				project, target, _ := strings.Cut(where, " ")
				status, body := k.call("GET", "/management/v1/projects/"+project+"/webhooks/"+id, "")
				if status != 200 || !bytes.Contains(body, []byte(target)) {
					t.Errorf("%s was acknowledged and is lost: %d %s", id, status, body)
				}
			}
			if len(acknowledged) < rounds*perRound {
				t.Errorf("only %d writes were acknowledged", len(acknowledged))
			}
			t.Logf("%d acknowledged writes, %d kills, none lost", len(acknowledged), rounds)
		})
	}
}

// tenant is an organization's key on a server that comes and goes.
type tenant struct{ url, id, token string }

func newTenant(t *testing.T, file string, env []string) *tenant {
	t.Helper()
	var org struct {
		ID string `json:"id"`
	}
	operate(t, file, env, &org, "org", "create", "--name", "Crash", "--owner-email", "owner@crash.example")
	operate(t, file, env, nil, "org", "unlock", org.ID, "management-api")
	k := &tenant{}
	var key struct {
		ID    string `json:"id"`
		Token string `json:"token"`
	}
	operate(t, file, env, &key, "key", "create", "--org", org.ID, "--name", "k")
	k.id, k.token = key.ID, key.Token
	return k
}

func operate(t *testing.T, file string, env []string, into any, args ...string) {
	t.Helper()
	cmd := exec.Command(file, append(args, "--json")...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("steward %v: %v\n%s", args, err, &stderr)
	}
	if into != nil {
		if err := json.Unmarshal(out, into); err != nil {
			t.Fatalf("steward %v: %v\n%s", args, err, out)
		}
	}
}

func (k *tenant) call(method, path, body string) (int, []byte) {
	req, err := http.NewRequest(method, k.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("X-Management-Id", k.id)
	req.Header.Set("X-Management-Token", k.token)
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return 0, nil // killed
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, raw
}

func (k *tenant) createProject(t *testing.T, name string) string {
	t.Helper()
	status, body := k.call("POST", "/management/v1/projects", fmt.Sprintf(`{"name":%q,"timezone":"UTC","currency":"EUR","case_sensitive_codes":true}`, name))
	var p struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &p); err != nil || status != 200 {
		t.Fatalf("create a project: %d %s", status, body)
	}
	return p.ID
}

// writeUntilKilled creates webhooks from several writers, kills the server
// once enough are acknowledged, and returns all that were.
func (k *tenant) writeUntilKilled(t *testing.T, s *binary.Server, project string) map[string]string {
	t.Helper()
	type write struct{ id, target string }
	done, acks := make(chan struct{}), make(chan write)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				target := fmt.Sprintf("https://127.0.0.1:9/%d/%d", w, i)
				status, body := k.call("POST", "/management/v1/projects/"+project+"/webhooks", fmt.Sprintf(`{"target_url":%q,"events":["voucher.created"]}`, target))
				var made struct {
					ID string `json:"id"`
				}
				if status != 200 || json.Unmarshal(body, &made) != nil {
					return
				}
				acks <- write{made.ID, target}
			}
		})
	}
	go func() { wg.Wait(); close(acks) }()
	out := map[string]string{}
	for a := range acks {
		out[a.id] = a.target
		if len(out) == perRound {
			s.Kill()
			close(done)
		}
	}
	if len(out) < perRound {
		s.Kill()
		t.Fatalf("the writers stopped after %d writes\n%s", len(out), s.Out)
	}
	return out
}
