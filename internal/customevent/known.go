package customevent

import (
	"context"

	"github.com/steward-platform/steward/internal/cache"
	"github.com/steward-platform/steward/internal/database"
)

const (
	// cachedCustomers bounds how many customers are remembered, and
	// maxCachedMetadata how many bytes of metadata one of them has.
	cachedCustomers   = 50_000
	maxCachedMetadata = 2 << 10
)

// known remembers customers, for events that say no more of theirs than the
// source id: most do, and need not ask the database who that is. Whoever
// changes a customer tells all nodes. What is merged is always read anew.
type known struct {
	entries *cache.Cache[*customer]
}

func newKnown(db database.DB) *known {
	k := &known{cache.New[*customer](cachedCustomers)}
	db.Changes().Subscribe(func(change database.Change) {
		switch {
		case change == database.Everything:
			k.entries.Clear()
		case change.Topic == database.TopicCustomer:
			k.entries.Forget(change.Key)
		}
	})
	return k
}

func customerKey(projectID, sourceID string) string { return projectID + "/" + sourceID }

// find moves those of the source ids that are remembered to found, and returns
// the others. Found customers are copies, to be changed.
func (k *known) find(projectID string, sourceIDs []string, found map[string]*customer) (others []string) {
	for _, id := range sourceIDs {
		if c, ok := k.entries.Peek(customerKey(projectID, id)); ok {
			own := *c
			found[id] = &own
		} else {
			others = append(others, id)
		}
	}
	return others
}

// keep remembers customers that were read since the generation.
func (k *known) keep(generation uint64, projectID string, customers map[string]*customer) {
	for id, c := range customers {
		if len(c.document.Metadata.raw) <= maxCachedMetadata {
			own := *c
			k.entries.Put(generation, customerKey(projectID, id), &own)
		}
	}
}

// announce tells all nodes that a customer is no longer what they remember.
func announce(ctx context.Context, tx database.Tx, projectID string, c *customer) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicCustomer, Key: customerKey(projectID, c.sourceID)})
}
