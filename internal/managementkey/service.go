package managementkey

import (
	"context"
	"fmt"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/seal"
)

// Organizations tells what an organization is entitled to.
type Organizations interface {
	// ManagementKeyLimit returns how many keys the organization may have.
	ManagementKeyLimit(ctx context.Context, q database.Querier, organizationID string) (int, error)
}

// Projects tells which projects there are.
type Projects interface {
	// Exists reports whether the organization has this project.
	Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error)
}

// Service does what can be done with management keys. Every change tells all
// nodes to drop the organization's cached credentials (CONTRACT 4).
type Service struct {
	store         Store
	seal          *seal.Box
	organizations Organizations
	projects      Projects
}

// NewService returns the service.
func NewService(box *seal.Box, organizations Organizations, projects Projects) *Service {
	return &Service{seal: box, organizations: organizations, projects: projects}
}

// List returns the organization's keys, the oldest first.
func (s *Service) List(ctx context.Context, q database.Querier, organizationID string) ([]*Key, error) {
	return s.store.List(ctx, q, organizationID)
}

// Get returns a key, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, organizationID, id string) (*Key, error) {
	return s.store.Get(ctx, q, organizationID, id)
}

// Find returns a key of whatever organization and that organization's id, or
// fault.ResourceNotFound. It is for operators.
func (s *Service) Find(ctx context.Context, q database.Querier, id string) (*Key, string, error) {
	k, err := s.store.Find(ctx, q, id)
	if err != nil {
		return nil, "", err
	}
	if k == nil {
		return nil, "", fault.NotFound(kind, id)
	}
	return k, k.organizationID, nil
}

// Create mints a key. It returns fault.InvalidPayload, fault.ResourceNotFound
// for a project that the organization does not have, or
// fault.ManagementKeysLimit if it has as many keys as it may.
func (s *Service) Create(ctx context.Context, tx database.Tx, organizationID string, d Draft, by string, now clock.Timestamp) (*Minted, error) {
	if err := s.checkDraft(ctx, tx, organizationID, &d, now); err != nil {
		return nil, err
	}
	limit, err := s.organizations.ManagementKeyLimit(ctx, tx, organizationID)
	if err != nil {
		return nil, err
	}
	count, err := s.store.Count(ctx, tx, organizationID)
	if err != nil {
		return nil, err
	}
	if count >= limit {
		return nil, fault.New(fault.ManagementKeysLimit, "The organization has %d of the %d Management API keys it may have; delete one, or ask the operator to raise the limit", count, limit)
	}
	k := &Key{
		ID: ident.NewID(ident.ManagementKey), organizationID: organizationID,
		CreatedBy: by, UpdatedBy: by, CreatedAt: now, UpdatedAt: now,
	}
	k.apply(d)
	token := s.mint(k, now)
	if err := s.store.Insert(ctx, tx, k); err != nil {
		return nil, err
	}
	return &Minted{*k, token}, changed(ctx, tx, organizationID)
}

// Update changes what the draft says and returns the key before and after. It
// returns fault.InvalidPayload or fault.ResourceNotFound.
func (s *Service) Update(ctx context.Context, tx database.Tx, organizationID, id string, body []byte, by string, now clock.Timestamp) (before, after *Key, err error) {
	if before, err = s.store.Get(ctx, tx, organizationID, id); err != nil {
		return nil, nil, err
	}
	d := Draft{Name: before.Name, Scopes: before.Scopes, AllowedIP: before.AllowedIP, ProjectIDs: before.ProjectIDs}
	if before.ExpiresAt != nil {
		expires := *before.ExpiresAt
		d.ExpiresAt = &expires
	}
	if err := api.Merge(body, &d); err != nil {
		return nil, nil, err
	}
	unchanged := d.ExpiresAt != nil && before.ExpiresAt != nil && *d.ExpiresAt == *before.ExpiresAt
	checked := d
	if unchanged { // an expired key may still be renamed
		checked.ExpiresAt = nil
	}
	if err := s.checkDraft(ctx, tx, organizationID, &checked, now); err != nil {
		return nil, nil, err
	}
	changedKey := *before
	changedKey.apply(d)
	changedKey.UpdatedBy, changedKey.UpdatedAt = by, now
	if err := s.store.Update(ctx, tx, &changedKey); err != nil {
		return nil, nil, err
	}
	return before, &changedKey, changed(ctx, tx, organizationID)
}

// Rotate gives the key a new token; the old one stays good for the overlap (0
// to MaxOverlap). While the one before it still is, only an overlap of 0 is
// taken, which ends both at once. It returns fault.InvalidPayload or fault.ResourceNotFound.
func (s *Service) Rotate(ctx context.Context, tx database.Tx, organizationID, id string, overlap time.Duration, by string, now clock.Timestamp) (*Minted, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return nil, fault.Invalid("Property .overlap_seconds must be >= 0 and <= 604800")
	}
	k, err := s.store.Get(ctx, tx, organizationID, id)
	if err != nil {
		return nil, err
	}
	if until := k.PreviousValidUntil; overlap > 0 && until != nil && now < *until {
		return nil, fault.Invalid(fmt.Sprintf("Property .overlap_seconds must be 0 until %s: the token before the last rotation stays good until then, and only one can", until))
	}
	k.previousHash, k.PreviousValidUntil = nil, nil
	if overlap > 0 {
		until := now.Add(overlap)
		k.previousHash, k.PreviousValidUntil = k.tokenHash, &until
	}
	token := s.mint(k, now)
	k.UpdatedBy, k.UpdatedAt = by, now
	if err := s.store.Update(ctx, tx, k); err != nil {
		return nil, err
	}
	return &Minted{*k, token}, changed(ctx, tx, organizationID)
}

// Reveal returns the token inside its window, fault.TokenNotVisible after it,
// or fault.ResourceNotFound.
func (s *Service) Reveal(ctx context.Context, q database.Querier, organizationID, id string, now clock.Timestamp) (string, error) {
	k, err := s.store.Get(ctx, q, organizationID, id)
	if err != nil {
		return "", err
	}
	if now >= k.TokenVisibleUntil || k.sealedToken == nil {
		return "", fault.New(fault.TokenNotVisible, "The token could be shown until %s; rotate the key to get a new one", k.TokenVisibleUntil).About(kind, id)
	}
	token, err := s.seal.Open(purpose(k.ID), k.sealedToken)
	return string(token), err
}

// Delete removes the key for good and returns what it was, or
// fault.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tx database.Tx, organizationID, id string) (*Key, error) {
	k, err := s.store.Get(ctx, tx, organizationID, id)
	if err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, tx, organizationID, id); err != nil {
		return nil, err
	}
	return k, changed(ctx, tx, organizationID)
}

// Touch notes the last use of a key.
func (s *Service) Touch(ctx context.Context, tx database.Tx, id string, at clock.Timestamp, address string) error {
	return s.store.Touch(ctx, tx, id, at, address)
}

// Erase removes the ciphertexts of tokens whose window is over, and the hashes
// of tokens whose overlap is, from the rows, and reports whether there were
// any: then the database's files have to be scrubbed.
func (s *Service) Erase(ctx context.Context, db database.DB, now clock.Timestamp) (erased bool, err error) {
	err = db.Append(ctx, func(tx database.Tx) error {
		n, err := s.store.Erase(ctx, tx, now)
		erased = n > 0
		return err
	})
	return erased && err == nil, err
}

func (s *Service) checkDraft(ctx context.Context, tx database.Tx, organizationID string, d *Draft, now clock.Timestamp) error {
	if err := d.check(now); err != nil {
		return err
	}
	for _, id := range d.ProjectIDs {
		found, err := s.projects.Exists(ctx, tx, organizationID, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.NotFound("project", id)
		}
	}
	return nil
}

// mint gives the key a fresh token and opens its reveal window.
func (s *Service) mint(k *Key, now clock.Timestamp) string {
	token := newToken()
	k.tokenHash, k.LastFour = hashToken(token), lastFour(token)
	k.sealedToken, k.TokenVisibleUntil = s.seal.Seal(purpose(k.ID), []byte(token)), now.Add(RevealWindow)
	return token
}

func (k *Key) apply(d Draft) {
	k.Name, k.Scopes, k.AllowedIP, k.ProjectIDs, k.ExpiresAt = d.Name, d.Scopes, d.AllowedIP, d.ProjectIDs, d.ExpiresAt
	for _, l := range []*[]string{&k.Scopes, &k.AllowedIP, &k.ProjectIDs} {
		if *l == nil {
			*l = []string{}
		}
	}
}

func purpose(id string) string { return "management key " + id }

func changed(ctx context.Context, tx database.Tx, organizationID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicCredentials, Key: organizationID})
}
