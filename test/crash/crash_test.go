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
			acknowledged := map[string]kept{} // by path
			for round := range rounds {
				s, err := binary.Start(file, env)
				if err != nil {
					t.Fatal(err)
				}
				k.url = s.URL
				p := k.createProject(t, fmt.Sprintf("Round %d", round))
				for _, w := range k.writeUntilKilled(t, s, p) {
					acknowledged[w.path] = w
				}
			}
			s, err := binary.Start(file, env)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Kill)
			k.url = s.URL
			for path, w := range acknowledged {
				status, body := k.call(w.by, "GET", path, "")
				if status != 200 || !bytes.Contains(body, []byte(w.part)) {
					t.Errorf("%s was acknowledged and is lost: %d %s", path, status, body)
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

// kept is an acknowledged write: where it can be read again, with which
// project's key, and what must be there.
type kept struct {
	by         project
	path, part string
}

// project is a project with its server-side key.
type project struct{ id, appID, appToken string }

func (k *tenant) call(p project, method, path, body string) (int, []byte) {
	req, err := http.NewRequest(method, k.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("X-Management-Id", k.id)
	req.Header.Set("X-Management-Token", k.token)
	req.Header.Set("X-App-Id", p.appID)
	req.Header.Set("X-App-Token", p.appToken)
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

func (k *tenant) createProject(t *testing.T, name string) project {
	t.Helper()
	status, body := k.call(project{}, "POST", "/management/v1/projects", fmt.Sprintf(`{"name":%q,"timezone":"UTC","currency":"EUR","case_sensitive_codes":true}`, name))
	var p struct {
		ID  string `json:"id"`
		Key struct {
			ID    string `json:"app_id"`
			Token string `json:"app_token"`
		} `json:"server_side_key"`
	}
	if err := json.Unmarshal(body, &p); err != nil || status != 200 {
		t.Fatalf("create a project: %d %s", status, body)
	}
	status, body = k.call(project{}, "POST", "/management/v1/projects/"+p.ID+"/custom-event-schemas", `{"name":"visit","schema":{"properties":{}}}`)
	if status != 200 {
		t.Fatalf("create a custom event schema: %d %s", status, body)
	}
	return project{p.ID, p.Key.ID, p.Key.Token}
}

// write makes the n-th webhook of a writer, or its n-th event.
func (k *tenant) write(p project, writer, n int) (kept, bool) {
	target := fmt.Sprintf("https://127.0.0.1:9/%d/%d", writer, n)
	collection, body := "/management/v1/projects/"+p.id+"/webhooks", fmt.Sprintf(`{"target_url":%q,"events":["voucher.created"]}`, target)
	if writer%2 == 1 {
		collection, body = "/v1/events", fmt.Sprintf(`{"event":"visit","customer":{"source_id":"crm-%d"},"metadata":{"url":%q}}`, n%3, target)
	}
	status, answer := k.call(p, "POST", collection, body)
	var made struct {
		ID string `json:"id"`
	}
	if status != 200 || json.Unmarshal(answer, &made) != nil {
		return kept{}, false
	}
	return kept{p, collection + "/" + made.ID, target}, true
}

// writeUntilKilled creates webhooks and events from several writers, kills the
// server once enough are acknowledged, and returns all that were.
func (k *tenant) writeUntilKilled(t *testing.T, s *binary.Server, p project) []kept {
	t.Helper()
	done, acks := make(chan struct{}), make(chan kept)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				made, ok := k.write(p, w, i)
				if !ok {
					return
				}
				acks <- made
			}
		})
	}
	go func() { wg.Wait(); close(acks) }()
	var out []kept
	for a := range acks {
		if out = append(out, a); len(out) == perRound {
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
