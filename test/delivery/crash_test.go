package delivery

import (
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/database"
)

const (
	crashed  = 10_000 // deliveries, in the middle of which a server is killed
	received = 3_000  // of them, when it is
	// mostHeld is what a node holds of one host: four jobs of fifty.
	mostHeld = 200
)

// The killed server had claimed some send-outs, sent some of these, and noted
// some of what it sent: what it sent and did not note is all that may come
// twice. So what it held bounds the duplicates, one by one; a job holds at most
// 50 send-outs.
func TestAServerKilledInTheMiddleOfDeliveriesSendsTheRestAndNothingTwiceButWhatItHeld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine database.Engine, w *place) {
		s := w.start(t)
		r := newReceiver(t)
		p := w.CreateProject(t, "Killed")
		w.webhook(t, p, r.URL, "voucher.created")

		open := r.hold()
		accepted := w.publishAll(t, p, "voucher.created", crashed)
		open()
		more := make(chan []string)
		go func() { // the kill also meets calls in the middle
			var ids []string
			for {
				some, _ := w.publish(p, "voucher.created", 10)
				if some == nil {
					more <- ids
					return
				}
				ids = append(ids, some...)
			}
		}()
		until(t, soon, "deliveries begin", func() bool { return r.count() >= received })
		s.Kill()
		accepted = append(accepted, <-more...)
		held, left := w.held(t), r.missing(accepted)
		if len(held) == 0 || len(left) == 0 {
			t.Fatalf("the server was killed too late: %d held, %d to come", len(held), len(left))
		}

		if len(held) > mostHeld {
			t.Errorf("the killed server held %d send-outs, more than %d", len(held), mostHeld)
		}
		restart, within := time.Now(), leftBehind
		if engine == database.SQLite {
			within = restartedSQLite
		}
		w.start(t)
		until(t, within, "what the killed server held goes on", func() bool { return r.since(held, restart) == len(held) })
		t.Logf("what was held had arrived %s after the restart", time.Since(restart).Round(time.Millisecond))
		r.arrived(t, within, accepted)
		twice := r.repeated(t)
		for _, id := range twice {
			if !held[id] {
				t.Errorf("%s came twice, and the killed server did not hold it", id)
			}
		}
		t.Logf("of %d accepted events, %d were to come; %d were held, of which %d came twice; all arrived after %s",
			len(accepted), len(left), len(held), len(twice), time.Since(restart).Round(time.Millisecond))
	})
}
