package database

import (
	"strings"
	"sync"
)

// Change says that what is cached about one thing is stale. The zero Change,
// Everything, means that all of it is.
type Change struct {
	Topic string // what kind of fact, for example "credentials"
	Key   string // whose, for example an organization's id
}

// Everything is the change after which nothing cached may be trusted: another
// process wrote, or notifications may have been missed.
var Everything = Change{}

// The topics.
const (
	// TopicCredentials: keys, sessions, entitlement or limits of an
	// organization (the key) changed.
	TopicCredentials = "credentials"
	// TopicConfiguration: the configuration of a project (the key) changed.
	TopicConfiguration = "configuration"
	// TopicCustomer: a customer (the key: the project's id, a slash, the source
	// id) changed.
	TopicCustomer = "customer"
)

// String returns the change as it travels between nodes.
func (c Change) String() string { return c.Topic + " " + c.Key }

func parseChange(s string) Change {
	topic, key, _ := strings.Cut(s, " ")
	return Change{topic, key}
}

// Changes hands each change to those who asked for them, in their goroutine's
// stead: a subscriber must be quick and must not block.
type Changes struct {
	mu          sync.RWMutex
	subscribers []func(Change)
}

func newChanges() *Changes { return &Changes{} }

// Subscribe calls f for every change from now on, of this node and of others.
func (c *Changes) Subscribe(f func(Change)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subscribers = append(c.subscribers, f)
}

func (c *Changes) publish(change Change) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, f := range c.subscribers {
		f(change)
	}
}
