package branding

import (
	"context"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/projectcache"
)

// Service does what can be done with a brand. Its callers have checked that
// the project is within the actor's reach.
type Service struct {
	store  Store
	cached *projectcache.Cache[*Branding] // nil where a project has no brand
}

// cachedProjects bounds the cache of brands.
const cachedProjects = 10_000

// NewService returns the service, which from now on hears of changes.
func NewService(db database.DB) *Service {
	s := &Service{}
	s.cached = projectcache.New(db, cachedProjects, s.store.Find)
	return s
}

// Current returns the project's brand from the cache, for the Project API, or
// fault.ResourceNotFound if it has none. Callers must not change it.
func (s *Service) Current(ctx context.Context, projectID string) (*Branding, error) {
	b, err := s.cached.Get(ctx, projectID)
	if err == nil && b == nil {
		return nil, fault.New(fault.ResourceNotFound, "Cannot find %s of project %s: it has none", kind, projectID)
	}
	return b, err
}

// Hits returns the hits and misses of the cache, for /metrics.
func (s *Service) Hits() (hits, misses uint64) { return s.cached.Hits() }

// List returns the project's brand, as a list of one or none.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string) ([]*Branding, error) {
	b, err := s.store.Find(ctx, q, projectID)
	if b == nil || err != nil {
		return nil, err
	}
	return []*Branding{b}, nil
}

// Get returns the brand, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*Branding, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// Create makes the project's brand. It returns fault.InvalidPayload, or
// fault.BrandingExist if there is one already (CONTRACT 3).
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, document Document, now clock.Timestamp) (*Branding, error) {
	if err := document.check(); err != nil {
		return nil, err
	}
	document.settle()
	b := &Branding{ID: ident.NewID(ident.Branding), Document: document}
	if err := s.store.Insert(ctx, tx, projectID, b, now); err != nil {
		return nil, err
	}
	return b, changed(ctx, tx, projectID)
}

// Update merges the members that the body sends into the brand and returns it
// before and after. It returns fault.ResourceNotFound or fault.InvalidPayload.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, body []byte, now clock.Timestamp) (before, after *Branding, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	if after, err = s.store.Get(ctx, tx, projectID, id); err != nil { // a second copy: merging writes through pointers
		return nil, nil, err
	}
	if err := api.Merge(body, &after.Document); err != nil {
		return nil, nil, err
	}
	if err := after.check(); err != nil {
		return nil, nil, err
	}
	after.settle()
	if err := s.store.Update(ctx, tx, projectID, after, now); err != nil {
		return nil, nil, err
	}
	return before, after, changed(ctx, tx, projectID)
}

// Delete removes the brand and returns what it was, or fault.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tx database.Tx, projectID, id string) (*Branding, error) {
	b, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, tx, projectID, id); err != nil {
		return nil, err
	}
	return b, changed(ctx, tx, projectID)
}

// CopyProject copies the brand of one project to a new one, for a clone.
func (s *Service) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	b, err := s.store.Find(ctx, tx, from)
	if b == nil || err != nil {
		return err
	}
	b.ID = ident.NewID(ident.Branding)
	return s.store.Insert(ctx, tx, to, b, now)
}

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
