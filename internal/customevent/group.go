package customevent

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
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

// callError is what is wrong with one of several calls.
type callError struct {
	call  *submission
	cause error
}

func (e *callError) Error() string { return e.cause.Error() }
func (e *callError) Unwrap() error { return e.cause }

// run returns when the call's events are committed, or why they are not. Other
// calls' failures are not its own: one that is to blame is told, and the others
// go on together; where none is, they are tried again one by one.
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
		err := g.bounded(calls)
		for blamed := (*callError)(nil); errors.As(err, &blamed) && len(calls) > 1; err = g.bounded(calls) {
			tell([]*submission{blamed.call}, blamed.cause)
			calls = slices.DeleteFunc(calls, func(s *submission) bool { return s == blamed.call })
		}
		if err == nil || len(calls) == 1 {
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

// bounded commits calls in time. No handler stands above it, so it turns a
// panic into an error, which the runner tells as every other unknown one.
func (g *group) bounded(calls []*submission) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while events were kept: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	return g.commit(ctx, calls)
}

func tell(calls []*submission, err error) {
	for _, s := range calls {
		s.done <- err
	}
}
