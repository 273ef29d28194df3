package managementkey

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/cache"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Entitlements tells what an organization has.
type Entitlements interface {
	// Unlocked reports whether the organization has the Management API.
	Unlocked(ctx context.Context, q database.Querier, organizationID string) (bool, error)
}

// Authenticator verifies keys at the door, from a cache that any change to a
// key of the organization empties on every node (CONTRACT 4).
type Authenticator struct {
	db           database.DB
	clock        clock.Clock
	entitlements Entitlements
	cache        *cache.Cache[*credential]
	store        Store
}

// credential is what verification needs of a key. An id without a key has one
// as well, which nothing matches: so an unknown id takes the same time as a
// wrong token.
type credential struct {
	organizationID string
	name           string
	unlocked       bool
	hash, previous []byte
	previousUntil  clock.Timestamp
	expiresAt      *clock.Timestamp
	ranges         []netip.Prefix
	scopes         []string
	projectIDs     []string
}

// cachedCredentials bounds the cache: several times the keys in daily use.
const cachedCredentials = 20_000

// NewAuthenticator returns the authenticator and subscribes it to changes.
func NewAuthenticator(db database.DB, c clock.Clock, e Entitlements) *Authenticator {
	a := &Authenticator{db: db, clock: c, entitlements: e, cache: cache.New[*credential](cachedCredentials)}
	db.Changes().Subscribe(func(change database.Change) {
		switch {
		case change == database.Everything:
			a.cache.Drop(func(*credential) bool { return true })
		case change.Topic == database.TopicCredentials:
			a.cache.Drop(func(c *credential) bool { return c.organizationID == change.Key || c.organizationID == "" })
		}
	})
	return a
}

// Authenticate returns the actor of a key. Whatever is wrong with the
// credential, the answer is the same fault.Unauthorized; only a good one used
// from an address that is not on its list is told so, with fault.Forbidden.
func (a *Authenticator) Authenticate(ctx context.Context, id, token string, from netip.Addr) (*ident.Actor, error) {
	if len(id) > 64 || len(token) > 128 || !utf8.ValidString(id) {
		return nil, api.ErrUnauthorized()
	}
	c, err := a.cache.Get(ctx, id, func(ctx context.Context) (*credential, error) { return a.load(ctx, id) })
	if err != nil {
		return nil, err
	}
	now := a.clock.Now()
	hash := hashToken(token)
	good := subtle.ConstantTimeCompare(hash, c.hash)
	if now < c.previousUntil {
		good |= subtle.ConstantTimeCompare(hash, c.previous)
	}
	if good != 1 || (c.expiresAt != nil && now >= *c.expiresAt) {
		return nil, api.ErrUnauthorized()
	}
	if len(c.ranges) > 0 && !slices.ContainsFunc(c.ranges, func(p netip.Prefix) bool { return p.Contains(from) }) {
		return nil, fault.Denied("The key may not be used from the address %s", from)
	}
	return &ident.Actor{
		Kind: ident.ByManagementKey, ID: id, Name: c.name, OrganizationID: c.organizationID, Unlocked: c.unlocked,
		Scopes: c.scopes, ProjectIDs: c.projectIDs, Address: from,
	}, nil
}

// Hits returns the cache's hits and misses.
func (a *Authenticator) Hits() (hits, misses uint64) { return a.cache.Hits() }

func (a *Authenticator) load(ctx context.Context, id string) (*credential, error) {
	k, err := a.store.Find(ctx, a.db, id)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return &credential{hash: make([]byte, 32)}, nil // no token hashes to zeros
	}
	c := &credential{
		organizationID: k.organizationID, name: k.Name, hash: k.tokenHash, previous: k.previousHash,
		expiresAt: k.ExpiresAt, scopes: k.Scopes, projectIDs: k.ProjectIDs,
	}
	if k.PreviousValidUntil != nil {
		c.previousUntil = *k.PreviousValidUntil
	}
	for _, text := range k.AllowedIP {
		p, err := api.ParseIPRange(text)
		if err != nil {
			return nil, fmt.Errorf("%s: allowed address %q: %w", id, text, err)
		}
		c.ranges = append(c.ranges, p)
	}
	c.unlocked, err = a.entitlements.Unlocked(ctx, a.db, k.organizationID)
	return c, err
}
