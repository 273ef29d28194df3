package customevent

import (
	"context"
	"sync"
	"time"
)

// group lets calls that arrive together share a transaction, and so one flush
// to the disk: while one transaction runs, what arrives waits, and the next one
// takes all of it. Nobody waits for company, and no call returns before what it
// brought is committed.
type group struct {
	commit func(ctx context.Context, calls []*submission) error

	mu      sync.Mutex
	waiting []*submission
	running int
}

const (
	// maxShared is how many events share a transaction at most, unless one
	// call brings more.
	maxShared = 1000
	// maxRunning is how many transactions run at once: one can be worked on
	// while another one is being flushed.
	maxRunning = 2
	// commitTimeout bounds a shared transaction, which no single call's context
	// may end.
	commitTimeout = 20 * time.Second
)

// run returns when the call's events are committed, or why they are not. Other
// calls' failures are not its own: what fails together is tried again one by
// one.
func (g *group) run(s *submission) error {
	s.done = make(chan error, 1)
	g.mu.Lock()
	g.waiting = append(g.waiting, s)
	lead := g.running < maxRunning
	if lead {
		g.running++
	}
	g.mu.Unlock()
	if lead {
		go g.lead()
	}
	return <-s.done
}

// lead commits what waits until nothing does.
func (g *group) lead() {
	for {
		calls := g.take()
		if len(calls) == 0 {
			return
		}
		if err := g.bounded(calls); err == nil || len(calls) == 1 {
			tell(calls, err)
			continue
		}
		for i := range calls {
			tell(calls[i:i+1], g.bounded(calls[i:i+1]))
		}
	}
}

func (g *group) take() []*submission {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, events := 0, 0
	for n < len(g.waiting) && (n == 0 || events+len(g.waiting[n].drafts) <= maxShared) {
		events += len(g.waiting[n].drafts)
		n++
	}
	if n == 0 {
		g.running--
		return nil
	}
	calls := g.waiting[:n:n]
	g.waiting = append([]*submission(nil), g.waiting[n:]...)
	return calls
}

func (g *group) bounded(calls []*submission) error {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	return g.commit(ctx, calls)
}

func tell(calls []*submission, err error) {
	for _, s := range calls {
		s.done <- err
	}
}
