// Package crash kills the server while it is writing, and looks for what it
// had acknowledged.
package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"

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
			k := binary.NewTenant(t, file, env)
			acknowledged := map[string]kept{} // by path
			for round := range rounds {
				s, err := binary.Start(file, env)
				if err != nil {
					t.Fatal(err)
				}
				k.URL = s.URL
				p := createProject(t, k, fmt.Sprintf("Round %d", round))
				for _, w := range writeUntilKilled(t, k, s, p) {
					acknowledged[w.path] = w
				}
			}
			s, err := binary.Start(file, env)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Kill)
			k.URL = s.URL
			for path, w := range acknowledged {
				status, body := k.Call(w.by, "GET", path, "")
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

// kept is an acknowledged write: where it can be read again, with which
// project's key, and what must be there.
type kept struct {
	by         binary.Project
	path, part string
}

// createProject makes a project whose events have a schema.
func createProject(t *testing.T, k *binary.Tenant, name string) binary.Project {
	t.Helper()
	p := k.CreateProject(t, name)
	status, body := k.Call(p, "POST", "/management/v1/projects/"+p.ID+"/custom-event-schemas", `{"name":"visit","schema":{"properties":{}}}`)
	if status != 200 {
		t.Fatalf("create a custom event schema: %d %s", status, body)
	}
	return p
}

// write makes the n-th webhook of a writer, or its n-th event.
func write(k *binary.Tenant, p binary.Project, writer, n int) (kept, bool) {
	target := fmt.Sprintf("https://127.0.0.1:9/%d/%d", writer, n)
	collection, body := "/management/v1/projects/"+p.ID+"/webhooks", fmt.Sprintf(`{"target_url":%q,"events":["voucher.created"]}`, target)
	if writer%2 == 1 {
		collection, body = "/v1/events", fmt.Sprintf(`{"event":"visit","customer":{"source_id":"crm-%d"},"metadata":{"url":%q}}`, n%3, target)
	}
	status, answer := k.Call(p, "POST", collection, body)
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
func writeUntilKilled(t *testing.T, k *binary.Tenant, s *binary.Server, p binary.Project) []kept {
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
				made, ok := write(k, p, w, i)
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
