// Package delivery holds the built program to what it promises of webhooks:
// with receivers that misbehave, and with servers and databases that are killed
// in the middle.
package delivery

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
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
	// restartedSQLite is when a server that was started again has gone on with
	// what a crashed one left (CONTRACT 6), and leftBehind when nodes on
	// PostgreSQL have.
	restartedSQLite = 15 * time.Second
	leftBehind      = 60 * time.Second
	// soon is when anything has happened that waits for nothing.
	soon = 30 * time.Second
)

// place is a database, and the servers on it.
type place struct {
	*binary.Tenant
	file     string
	env      []string
	database database.Options
}

func newPlace(t *testing.T, o database.Options) *place {
	t.Helper()
	w := &place{file: binary.Path(t), database: o}
	w.env = []string{"STEWARD_DATA_DIR=" + t.TempDir(), "STEWARD_WEBHOOK_ALLOW=127.0.0.1/32"}
	if o.URL != "" {
		w.env = append(w.env, "STEWARD_DATABASE_URL="+o.URL)
	} else {
		w.env[0] = "STEWARD_DATA_DIR=" + filepath.Dir(o.File)
	}
	w.Tenant = binary.NewTenant(t, w.file, w.env)
	return w
}

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, engine database.Engine, w *place)) {
	t.Helper()
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			test(t, engine, newPlace(t, databasetest.Options(t, engine)))
		})
	}
}

// start runs a server until the test ends.
func (w *place) start(t *testing.T) *binary.Server {
	t.Helper()
	s, err := binary.Start(w.file, w.env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("the server complained:\n%s", complaints(s.Out.String()))
		}
	})
	w.URL = s.URL
	return s
}

// complaints returns what a server printed but for its news of every call.
func complaints(out string) string {
	lines := slices.DeleteFunc(strings.Split(out, "\n"), func(line string) bool { return strings.Contains(line, "level=INFO") })
	return strings.Join(lines, "\n")
}

// webhook makes a webhook and returns its id.
func (w *place) webhook(t *testing.T, p binary.Project, url, event string) string {
	t.Helper()
	status, answer := w.Call(p, "POST", "/management/v1/projects/"+p.ID+"/webhooks", fmt.Sprintf(`{"target_url":%q,"events":[%q]}`, url, event))
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(answer, &made); err != nil || status != http.StatusOK {
		t.Fatalf("create a webhook to %s: %d %s", url, status, answer)
	}
	return made.ID
}

// publish publishes n events in one call, and returns their ids and the status
// of the answer.
func (w *place) publish(p binary.Project, event string, n int) (ids []string, status int) {
	draft := fmt.Sprintf(`{"type":%q,"data":{"text":%q}}`, event, strings.Repeat("x", 200))
	status, answer := w.Call(p, "POST", "/v1/webhook-events", `{"events":[`+strings.TrimSuffix(strings.Repeat(draft+",", n), ",")+`]}`)
	var published struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if status != http.StatusAccepted || json.Unmarshal(answer, &published) != nil {
		return nil, status
	}
	for _, e := range published.Data {
		ids = append(ids, e.ID)
	}
	return ids, status
}

// publishAll publishes n events, 1,000 a call.
func (w *place) publishAll(t *testing.T, p binary.Project, event string, n int) (ids []string) {
	t.Helper()
	for len(ids) < n {
		some, status := w.publish(p, event, min(n-len(ids), 1000))
		if status != http.StatusAccepted {
			t.Fatalf("publish: status %d", status)
		}
		ids = append(ids, some...)
	}
	return ids
}

// held returns the send-outs that are leased, and with it for how many of them
// a duplicate is allowed once who leased them is gone.
func (w *place) held(t *testing.T) map[string]bool {
	t.Helper()
	db, err := database.Connect(t.Context(), w.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(t.Context(), `SELECT id FROM webhook_sendouts WHERE lease_until > 0`)
	ids, err := database.Collect(rows, err, func(row database.Row) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	})
	if err != nil {
		t.Fatal(err)
	}
	held := make(map[string]bool, len(ids))
	for _, id := range ids {
		held[id] = true
	}
	return held
}

// receiver takes webhooks in and answers 204, unless it is held shut.
type receiver struct {
	*httptest.Server

	mu       sync.Mutex
	shut     chan struct{} // closed once it is open
	sendouts map[string][]receipt
	of       map[string]string // event → its send-out
	total    int
	faults   []string
}

// receipt is one request: when it came and on which connection.
type receipt struct {
	at   time.Time
	conn string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{shut: make(chan struct{}), sendouts: map[string][]receipt{}, of: map[string]string{}}
	close(r.shut)
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// hold makes requests wait until open is called.
func (r *receiver) hold() (open func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	shut := make(chan struct{})
	r.shut = shut
	return sync.OnceFunc(func() { close(shut) })
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var payload struct {
		ID    string `json:"id"`
		Event struct {
			ID string `json:"id"`
		} `json:"event"`
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // whoever sent it was killed on the way: it has not arrived
	}
	err = json.Unmarshal(body, &payload)
	r.mu.Lock()
	shut := r.shut
	r.mu.Unlock()
	select {
	case <-shut:
	case <-req.Context().Done():
	}
	w.WriteHeader(http.StatusNoContent)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch known := r.of[payload.Event.ID]; {
	case err != nil, payload.ID == "", payload.Event.ID == "":
		r.faults = append(r.faults, fmt.Sprintf("a payload is %s", body))
	case req.Header.Get("Webhook-Id") != payload.ID:
		r.faults = append(r.faults, "webhook-id "+req.Header.Get("Webhook-Id")+" is not the payload's "+payload.ID)
	case known != "" && known != payload.ID:
		r.faults = append(r.faults, "the event "+payload.Event.ID+" came as "+known+" and as "+payload.ID)
	}
	r.of[payload.Event.ID] = payload.ID
	r.sendouts[payload.ID] = append(r.sendouts[payload.ID], receipt{time.Now(), req.RemoteAddr})
	r.total++
}

// count returns how many requests came.
func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// missing returns which of the events have not come.
func (r *receiver) missing(events []string) (left []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range events {
		if r.of[id] == "" {
			left = append(left, id)
		}
	}
	return left
}

// since returns which of the send-outs have come since a time.
func (r *receiver) since(sendouts map[string]bool, at time.Time) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range sendouts {
		if came := r.sendouts[id]; len(came) > 0 && !came[len(came)-1].at.Before(at) {
			n++
		}
	}
	return n
}

// repeated returns the send-outs that came more than once. It fails the test
// for any that is wrong in itself.
func (r *receiver) repeated(t *testing.T) (ids []string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.faults {
		t.Error(f)
	}
	for id, came := range r.sendouts {
		if len(came) > 1 {
			ids = append(ids, id)
		}
	}
	return ids
}

// until waits for what must happen within a time.
func until(t *testing.T, within time.Duration, what string, done func() bool) {
	t.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(within); !done(); <-poll.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// arrived waits until all events have come.
func (r *receiver) arrived(t *testing.T, within time.Duration, events []string) {
	t.Helper()
	began := time.Now()
	for deadline := began.Add(within); ; {
		left := r.missing(events)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d events have not arrived within %s, such as %s", len(left), len(events), within, left[0])
		}
		<-time.After(20 * time.Millisecond)
	}
}
