// Package configuration shows all of a project's configuration in one
// document, for engines that keep it: they ask whether it has changed, and can
// wait until it has (CONTRACT 6).
package configuration

import (
	"context"
	"sync"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/projectcache"
)

// MaxWait is the longest that a call can wait for a change.
const MaxWait = 30 * time.Second

// cachedProjects bounds how many documents are kept.
const cachedProjects = 10_000

// Service shows documents of the type D, which app puts together.
type Service[D any] struct {
	documents *projectcache.Cache[api.Encoded[D]]

	mu      sync.Mutex
	waiting map[string]*watch // by project
	stopped bool
}

// watch is what the calls that wait for one project's change wait for.
type watch struct {
	changed chan struct{} // closed on a change
	calls   int
}

// NewService returns the service, which hears of changes from now on. load
// reads a project's document.
func NewService[D any](db database.DB, load projectcache.Load[D]) *Service[D] {
	s := &Service[D]{waiting: map[string]*watch{}}
	s.documents = projectcache.New(db, cachedProjects, func(ctx context.Context, q database.Querier, projectID string) (api.Encoded[D], error) {
		document, err := load(ctx, q, projectID)
		if err != nil {
			return api.Encoded[D]{}, err
		}
		return api.Encode(document)
	})
	db.Changes().Subscribe(s.hear) // after the cache has: who is woken reads what is new
	return s
}

func (s *Service[D]) hear(change database.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case change == database.Everything:
		for projectID := range s.waiting {
			s.wake(projectID)
		}
	case change.Topic == database.TopicConfiguration:
		s.wake(change.Key)
	}
}

// wake ends the wait of those who wait for a project. mu is held.
func (s *Service[D]) wake(projectID string) {
	if w := s.waiting[projectID]; w != nil {
		close(w.changed)
		delete(s.waiting, projectID)
	}
}

// Stop ends every wait, and lets none begin.
func (s *Service[D]) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for projectID := range s.waiting {
		s.wake(projectID)
	}
}

// Get returns the project's document, or what load returns.
func (s *Service[D]) Get(ctx context.Context, projectID string) (api.Encoded[D], error) {
	return s.documents.Get(ctx, projectID)
}

// Await returns the project's document as soon as it is another one than the
// caller has, as has tells by its ETag, or after the wait.
func (s *Service[D]) Await(ctx context.Context, projectID string, wait time.Duration, has func(etag string) bool) (api.Encoded[D], error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		w, going := s.enter(projectID) // before reading, so that no change is missed
		document, err := s.documents.Get(ctx, projectID)
		if err != nil || !going || !has(document.ETag) {
			s.leave(projectID, w)
			return document, err
		}
		select {
		case <-w.changed:
		case <-timer.C:
			s.leave(projectID, w)
			return document, nil
		case <-ctx.Done():
			s.leave(projectID, w)
			return document, ctx.Err()
		}
	}
}

// enter joins those who wait for a project.
func (s *Service[D]) enter(projectID string) (w *watch, going bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, false
	}
	w = s.waiting[projectID]
	if w == nil {
		w = &watch{changed: make(chan struct{})}
		s.waiting[projectID] = w
	}
	w.calls++
	return w, true
}

// leave forgets the watch with the last call that waits.
func (s *Service[D]) leave(projectID string, w *watch) {
	if w == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.calls--; w.calls == 0 && s.waiting[projectID] == w {
		delete(s.waiting, projectID)
	}
}

// Hits returns the cache's hits and misses.
func (s *Service[D]) Hits() (hits, misses uint64) { return s.documents.Hits() }
