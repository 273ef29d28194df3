// Package cache keeps what is read on every call (credentials, sessions,
// limits) for at most 30 seconds, and forgets it at once when it changes.
package cache

import (
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"
)

// MaxAge is how long an entry is believed even if no change was heard of.
const MaxAge = 30 * time.Second

// Cache maps text to V. Its promise beyond otter's: a value that was being
// loaded while a Drop came is handed to its caller but not kept, so that
// nothing stale outlives the change that made it stale.
type Cache[V any] struct {
	entries    *otter.Cache[string, V]
	mu         sync.RWMutex
	generation uint64 // counts the drops
}

// New returns a cache of at most size entries.
func New[V any](size int) *Cache[V] {
	return &Cache[V]{entries: otter.Must(&otter.Options[string, V]{
		MaximumSize:      size,
		ExpiryCalculator: otter.ExpiryWriting[string, V](MaxAge),
		StatsRecorder:    stats.NewCounter(),
	})}
}

// Get returns the entry, or loads and keeps it. Errors are not kept.
func (c *Cache[V]) Get(ctx context.Context, key string, load func(context.Context) (V, error)) (V, error) {
	if v, ok := c.entries.GetIfPresent(key); ok {
		return v, nil
	}
	before := c.Generation()
	v, err := load(ctx)
	if err == nil {
		c.Put(before, key, v)
	}
	return v, err
}

// Peek returns the entry if there is one.
func (c *Cache[V]) Peek(key string) (V, bool) { return c.entries.GetIfPresent(key) }

// Generation changes with every Drop, Forget and Clear. Ask for it before
// reading what is then kept with Put.
func (c *Cache[V]) Generation() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.generation
}

// Put keeps a value that was read since the generation, unless something was
// forgotten meanwhile.
func (c *Cache[V]) Put(generation uint64, key string, v V) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.generation == generation {
		c.entries.Set(key, v)
	}
}

// Drop forgets the entries that match. When it returns, no later Get sees a
// value that was read before.
func (c *Cache[V]) Drop(match func(V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for key, v := range c.entries.All() {
		if match(v) {
			c.entries.Invalidate(key)
		}
	}
}

// Forget is Drop for one key.
func (c *Cache[V]) Forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.entries.Invalidate(key)
}

// Clear is Drop for everything.
func (c *Cache[V]) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.entries.InvalidateAll()
}

// Hits returns how many Gets found an entry and how many had to load one.
func (c *Cache[V]) Hits() (hits, misses uint64) {
	s := c.entries.Stats()
	return s.Hits, s.Misses
}
