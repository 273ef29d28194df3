// Package projectcache keeps what the Project API needs of a project's
// configuration, so that its calls need not ask the database, and forgets it
// as soon as that configuration changes, on whatever node.
package projectcache

import (
	"context"

	"github.com/steward-platform/steward/internal/cache"
	"github.com/steward-platform/steward/internal/database"
)

// Cache holds one value a project. An entry is at most cache.MaxAge old, also
// where a change was not heard of.
type Cache[V any] struct {
	db      database.DB
	entries *cache.Cache[V]
	load    Load[V]
}

// Load reads a project's value from what is committed.
type Load[V any] func(ctx context.Context, q database.Querier, projectID string) (V, error)

// New returns an empty cache for at most size projects, which from now on
// hears of changes.
func New[V any](db database.DB, size int, load Load[V]) *Cache[V] {
	c := &Cache[V]{db: db, entries: cache.New[V](size), load: load}
	db.Changes().Subscribe(func(change database.Change) {
		switch {
		case change == database.Everything:
			c.entries.Clear()
		case change.Topic == database.TopicConfiguration:
			c.entries.Forget(change.Key)
		}
	})
	return c
}

// Get returns the project's value, loading it if need be. Values are shared:
// callers must not change them. It returns what Load returns; errors are not
// kept.
func (c *Cache[V]) Get(ctx context.Context, projectID string) (V, error) {
	return c.entries.Get(ctx, projectID, func(ctx context.Context) (V, error) { return c.load(ctx, c.db, projectID) })
}

// Hits returns how many Gets found an entry and how many had to load one.
func (c *Cache[V]) Hits() (hits, misses uint64) { return c.entries.Hits() }
