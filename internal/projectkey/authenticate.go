package projectkey

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/cache"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Authenticator verifies project keys at the doors of the Project API, from a
// cache that any change to a key of the organization empties on every node
// (CONTRACT 4).
type Authenticator struct {
	db      database.DB
	clock   clock.Clock
	cache   *cache.Cache[*Credential]
	unknown *cache.Cache[struct{}] // ids without a key, apart: whoever makes ids up drives no key out
	store   Store
}

var _ api.ProjectKeyAuthenticator = (*Authenticator)(nil)

// Credential is what verification needs of a key.
type Credential struct {
	organizationID string
	projectID      string
	kind           Kind
	name           string
	hash, previous []byte
	previousUntil  clock.Timestamp
	expiresAt      *clock.Timestamp
	ranges         []netip.Prefix
}

// nobody is the credential of an id without a key, which nothing matches: so an
// unknown id takes the same time as a wrong token.
var nobody = &Credential{hash: make([]byte, 32)} // no token hashes to zeros

const (
	// cachedCredentials bounds the cache: several times the keys in daily use.
	cachedCredentials = 50_000
	// cachedUnknown bounds how many ids without a key are remembered.
	cachedUnknown = 1000
	// maxID and maxToken are more bytes than any id or token has.
	maxID, maxToken = 64, 128
)

// NewAuthenticator returns the authenticator and subscribes it to changes.
func NewAuthenticator(db database.DB, c clock.Clock) *Authenticator {
	a := &Authenticator{db: db, clock: c, cache: cache.New[*Credential](cachedCredentials), unknown: cache.New[struct{}](cachedUnknown)}
	db.Changes().Subscribe(func(change database.Change) {
		switch {
		case change == database.Everything:
			a.cache.Clear()
			a.unknown.Clear()
		case change.Topic == database.TopicCredentials:
			a.cache.Drop(func(c *Credential) bool { return c.organizationID == change.Key })
			a.unknown.Clear()
		}
	})
	return a
}

// Authenticate returns the actor of a key: on the client side of a client key,
// else of a server or integration key. Whatever is wrong with the credential,
// the answer is the same fault.Unauthorized; only a good one used from an
// address that is not on its list is told so, with fault.Forbidden.
func (a *Authenticator) Authenticate(ctx context.Context, clientSide bool, id, token string, from netip.Addr) (*ident.Actor, error) {
	if len(id) > maxID || len(token) > maxToken || !utf8.ValidString(id) || strings.Contains(id, "\x00") {
		id, token = "", "" // which no key has: what is malformed takes the way of what is unknown
	}
	c, err := a.find(ctx, id)
	if err != nil {
		return nil, err
	}
	now, hash := a.clock.Now(), hashToken(token)
	good := subtle.ConstantTimeCompare(hash, c.hash)
	if now < c.previousUntil {
		good |= subtle.ConstantTimeCompare(hash, c.previous)
	}
	if good != 1 || (c.kind == Client) != clientSide || (c.expiresAt != nil && now >= *c.expiresAt) {
		return nil, api.ErrUnauthorized()
	}
	if len(c.ranges) > 0 && !slices.ContainsFunc(c.ranges, func(p netip.Prefix) bool { return p.Contains(from) }) {
		return nil, fault.Denied("The key may not be used from the address %s", from)
	}
	return &ident.Actor{
		Kind: ident.ByProjectKey, ID: id, Name: c.name, OrganizationID: c.organizationID, ProjectID: c.projectID,
		Unlocked: true, Address: from, // locked or not, an organization has its Project API
	}, nil
}

// Hits returns how many credentials were found in the caches, and how many had
// to be looked up.
func (a *Authenticator) Hits() (hits, misses uint64) {
	unknown, _ := a.unknown.Hits() // first: every one of them has missed the other cache before
	hits, misses = a.cache.Hits()
	return hits + unknown, misses - unknown
}

// find returns the credential of an id, or nobody.
func (a *Authenticator) find(ctx context.Context, id string) (*Credential, error) {
	if c, ok := a.cache.Peek(id); ok {
		return c, nil
	}
	if _, ok := a.unknown.Peek(id); ok {
		return nobody, nil
	}
	known, unknown := a.cache.Generation(), a.unknown.Generation()
	c, err := a.store.Find(ctx, a.db, id)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		a.unknown.Put(unknown, id, struct{}{})
		return nobody, nil
	}
	a.cache.Put(known, id, c)
	return c, nil
}

// ranges reads a key's list of addresses.
func ranges(allowed []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range allowed {
		p, err := api.ParseIPRange(text)
		if err != nil {
			return nil, fmt.Errorf("allowed address %q: %w", text, err)
		}
		all = append(all, p)
	}
	return all, nil
}
