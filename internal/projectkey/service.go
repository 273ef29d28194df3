package projectkey

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

// Projects tells about the project of a key.
type Projects interface {
	// IsSandbox reports whether the project is a sandbox, or returns
	// fault.ResourceNotFound.
	IsSandbox(ctx context.Context, q database.Querier, projectID string) (bool, error)
}

// Service does what can be done with a project's keys. Its callers have
// checked that the project is the organization's and within the actor's reach.
// Every change to a key tells all nodes to drop the organization's cached
// credentials (CONTRACT 4).
type Service struct {
	store    Store
	seal     *seal.Box
	projects Projects
}

// NewService returns the service.
func NewService(box *seal.Box, projects Projects) *Service {
	return &Service{seal: box, projects: projects}
}

// MintPair makes the first keys of a new project. Their tokens can be shown
// again for FirstWindow, those of a sandbox always. No node is told, for none
// can know anything of keys that were never there.
func (s *Service) MintPair(ctx context.Context, tx database.Tx, projectID string, sandbox bool, createdBy string, now clock.Timestamp) (server, client Minted, err error) {
	window := FirstWindow
	if sandbox {
		window = always
	}
	pair := []struct {
		kind Kind
		name string
		into *Minted
	}{{Server, "Server-side key", &server}, {Client, "Client-side key", &client}}
	for _, p := range pair {
		minted, err := s.insert(ctx, tx, projectID, p.kind, ProjectKeyDraft{Name: p.name}, window, createdBy, now)
		if err != nil {
			return Minted{}, Minted{}, err
		}
		*p.into = Minted{AppID: minted.ID, AppToken: minted.Token}
	}
	return server, client, nil
}

// List returns the project's keys, the oldest first.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string) ([]*ProjectKey, error) {
	return s.store.List(ctx, q, projectID)
}

// Get returns a key of the project, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*ProjectKey, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// Create mints a key. It returns fault.InvalidPayload, or
// fault.ResourceNotFound if there is no such project.
func (s *Service) Create(ctx context.Context, tx database.Tx, organizationID, projectID string, kind Kind, d ProjectKeyDraft, by string, now clock.Timestamp) (*ProjectKeyMinted, error) {
	if err := kind.check(); err != nil {
		return nil, err
	}
	if err := d.check(now); err != nil {
		return nil, err
	}
	window, err := s.window(ctx, tx, projectID)
	if err != nil {
		return nil, err
	}
	minted, err := s.insert(ctx, tx, projectID, kind, d, window, by, now)
	if err != nil {
		return nil, err
	}
	return minted, changed(ctx, tx, organizationID)
}

// Regenerate gives the key a new token; the old one stays good for the overlap
// (0 to MaxOverlap). While the one before it still is, only an overlap of 0 is
// taken, which ends both at once. It returns the key as it was, and as it is
// with its new token, or fault.InvalidPayload or fault.ResourceNotFound.
func (s *Service) Regenerate(ctx context.Context, tx database.Tx, organizationID, projectID, id string, overlap time.Duration, by string, now clock.Timestamp) (before *ProjectKey, after *ProjectKeyMinted, err error) {
	if overlap < 0 || overlap > MaxOverlap {
		return nil, nil, fault.Invalid("Property .overlap_seconds must be >= 0 and <= 604800")
	}
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	if until := before.PreviousValidUntil; overlap > 0 && until != nil && now < *until {
		return nil, nil, fault.Invalid(fmt.Sprintf("Property .overlap_seconds must be 0 until %s: the token before the last regeneration stays good until then, and only one can", until))
	}
	window, err := s.window(ctx, tx, projectID)
	if err != nil {
		return nil, nil, err
	}
	k := *before
	k.previousHash, k.PreviousValidUntil = nil, nil
	if overlap > 0 {
		until := now.Add(overlap)
		k.previousHash, k.PreviousValidUntil = k.tokenHash, &until
	}
	token := s.mint(&k, window, now)
	k.UpdatedBy, k.UpdatedAt = by, now
	if err := s.store.Update(ctx, tx, &k); err != nil {
		return nil, nil, err
	}
	return before, &ProjectKeyMinted{k, token}, changed(ctx, tx, organizationID)
}

// Update merges a name, addresses or an expiry that the body sends into the key
// and returns it before and after. It returns fault.InvalidPayload or
// fault.ResourceNotFound.
func (s *Service) Update(ctx context.Context, tx database.Tx, organizationID, projectID, id string, body []byte, by string, now clock.Timestamp) (before, after *ProjectKey, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	d := ProjectKeyDraft{Name: before.Name, AllowedIP: append([]string{}, before.AllowedIP...)} // merging writes into the array
	if before.ExpiresAt != nil {
		expires := *before.ExpiresAt // merging writes through the pointer
		d.ExpiresAt = &expires
	}
	if err := api.Merge(body, &d); err != nil {
		return nil, nil, err
	}
	checked := d
	if d.ExpiresAt != nil && before.ExpiresAt != nil && *d.ExpiresAt == *before.ExpiresAt { // an expired key may still be renamed
		checked.ExpiresAt = nil
	}
	if err := checked.check(now); err != nil {
		return nil, nil, err
	}
	k := *before
	k.apply(d)
	k.UpdatedBy, k.UpdatedAt = by, now
	if err := s.store.Update(ctx, tx, &k); err != nil {
		return nil, nil, err
	}
	return before, &k, changed(ctx, tx, organizationID)
}

// Delete removes the key for good and returns what it was, or
// fault.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tx database.Tx, organizationID, projectID, id string) (*ProjectKey, error) {
	k, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, tx, projectID, id); err != nil {
		return nil, err
	}
	return k, changed(ctx, tx, organizationID)
}

// Reveal returns the token while it may be shown, fault.TokenNotVisible after
// that, or fault.ResourceNotFound.
func (s *Service) Reveal(ctx context.Context, q database.Querier, projectID, id string, now clock.Timestamp) (string, error) {
	k, err := s.store.Get(ctx, q, projectID, id)
	if err != nil {
		return "", err
	}
	until := k.TokenVisibleUntil
	if until != nil && (now >= *until || k.sealedToken == nil) { // a node whose clock is ahead may have erased it
		return "", fault.New(fault.TokenNotVisible, "The token could be shown until %s; regenerate the key to get a new one", *until).About(resource, id)
	}
	token, err := s.seal.Open(purpose(id), k.sealedToken)
	return string(token), err
}

// Touch notes the last use of a key.
func (s *Service) Touch(ctx context.Context, tx database.Tx, id string, at clock.Timestamp, address string) error {
	return s.store.Touch(ctx, tx, id, at, address)
}

// Erase removes the ciphertexts of tokens whose window is over, and the hashes
// of tokens whose overlap is, from the rows, and reports whether there were
// any: then the database's files have to be scrubbed. It may report so together
// with an error.
func (s *Service) Erase(ctx context.Context, db database.DB, now clock.Timestamp) (erased bool, err error) {
	for n := int64(eraseBatch); n > 0; {
		err := db.Append(ctx, func(tx database.Tx) (err error) {
			n, err = s.store.Erase(ctx, tx, now, eraseBatch)
			return err
		})
		if err != nil {
			return erased, err
		}
		erased = erased || n > 0
	}
	return erased, nil
}

// eraseBatch bounds how many keys one transaction erases, so that writers need
// not wait long where very many projects were made in one day.
const eraseBatch = 1000

// always is the window of a sandbox's tokens.
const always time.Duration = 0

// window is how long a new token of the project can be shown.
func (s *Service) window(ctx context.Context, q database.Querier, projectID string) (time.Duration, error) {
	sandbox, err := s.projects.IsSandbox(ctx, q, projectID)
	if sandbox {
		return always, err
	}
	return RevealWindow, err
}

func (s *Service) insert(ctx context.Context, tx database.Tx, projectID string, kind Kind, d ProjectKeyDraft, window time.Duration, by string, now clock.Timestamp) (*ProjectKeyMinted, error) {
	k := &ProjectKey{
		ID: ident.NewID(ident.ProjectKey), Kind: kind, projectID: projectID,
		CreatedBy: by, UpdatedBy: by, CreatedAt: now, UpdatedAt: now,
	}
	k.apply(d)
	token := s.mint(k, window, now)
	return &ProjectKeyMinted{*k, token}, s.store.Insert(ctx, tx, k)
}

// mint gives the key a fresh token and opens its reveal window.
func (s *Service) mint(k *ProjectKey, window time.Duration, now clock.Timestamp) string {
	token := newToken(k.Kind)
	k.tokenHash, k.LastFour = hashToken(token), lastFour(token)
	k.sealedToken, k.TokenVisibleUntil = s.seal.Seal(purpose(k.ID), []byte(token)), nil
	if window != always {
		until := now.Add(window)
		k.TokenVisibleUntil = &until
	}
	return token
}

func changed(ctx context.Context, tx database.Tx, organizationID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicCredentials, Key: organizationID})
}
