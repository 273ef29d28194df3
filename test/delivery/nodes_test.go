package delivery

import (
	"syscall"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/test/binary"
)

func TestTwoNodesShareDeliveriesAndOneThatIsKilledDelaysThemNoLongerThanItsLease(t *testing.T) {
	t.Parallel()
	w := newPlace(t, databasetest.Options(t, database.PostgreSQL))
	first, second := w.start(t), w.start(t)
	r := newReceiver(t)
	p := w.CreateProject(t, "Shared")
	w.webhook(t, p, r.URL, "voucher.created")

	// Both have their part. Whose a connection is, is seen when only one of the
	// nodes goes on: what is used more than once then is that one's.
	shared := time.Now()
	var events []string
	for range 20 {
		events = append(events, w.publishAll(t, p, "voucher.created", 200)...)
	}
	r.arrived(t, soon, events)
	alone := time.Now()
	parts := map[*binary.Server]int{}
	for stopped, working := range map[*binary.Server]*binary.Server{first: second, second: first} {
		stop(t, stopped, syscall.SIGSTOP)
		began := time.Now()
		w.URL = working.URL
		r.arrived(t, soon, w.publishAll(t, p, "voucher.created", 500))
		parts[working] = r.part(r.repeatedly(began), shared, alone)
		stop(t, stopped, syscall.SIGCONT)
	}
	t.Logf("of %d deliveries, %d were the first node's and %d the second's", len(events), parts[first], parts[second])
	for _, node := range []*binary.Server{first, second} {
		if parts[node] < len(events)/20 {
			t.Errorf("a node made %d of %d deliveries", parts[node], len(events))
		}
	}

	before := r.count()
	w.URL = second.URL
	open := r.hold()
	events = w.publishAll(t, p, "voucher.created", crashed)
	open()
	until(t, soon, "deliveries begin", func() bool { return r.count() >= before+received })
	first.Kill()
	killed, held := time.Now(), w.held(t)
	if len(r.missing(events)) == 0 {
		t.Fatal("the node was killed too late")
	}
	r.arrived(t, leftBehind, events)
	twice := r.repeated(t)
	for _, id := range twice {
		if !held[id] {
			t.Errorf("%s came twice, and nobody held it when the node was killed", id)
		}
	}
	t.Logf("all arrived %s after the kill; %d were held, of which %d came twice", time.Since(killed).Round(time.Millisecond), len(held), len(twice))
}

func stop(t *testing.T, s *binary.Server, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.PID(), signal); err != nil {
		t.Fatal(err)
	}
}

// repeatedly returns the connections that brought more than one request since a
// time.
func (r *receiver) repeatedly(since time.Time) map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, repeated := map[string]bool{}, map[string]bool{}
	for _, came := range r.sendouts {
		for _, c := range came {
			if c.at.After(since) {
				repeated[c.conn] = seen[c.conn]
				seen[c.conn] = true
			}
		}
	}
	return repeated
}

// part returns how many requests these connections brought in a time.
func (r *receiver) part(conns map[string]bool, from, to time.Time) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, came := range r.sendouts {
		for _, c := range came {
			if conns[c.conn] && c.at.After(from) && c.at.Before(to) {
				n++
			}
		}
	}
	return n
}
