package eventschema

import (
	"context"
	"maps"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/projectcache"
)

// Service does what can be done with custom event schemas. Its callers have
// checked that the project is within the actor's reach.
type Service struct {
	store  Store
	stored Stored
	cached *projectcache.Cache[map[string]*conform.Checker] // by the name of the event
}

// NewService returns the service, which from now on hears of changes. Without
// stored (nil), a dry run checks nothing but given samples.
func NewService(db database.DB, stored Stored) *Service {
	s := &Service{stored: stored}
	s.cached = projectcache.New(db, cachedProjects, s.load)
	return s
}

// List returns the project's schemas, the oldest first.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string) ([]*CustomEventSchema, error) {
	return s.store.List(ctx, q, projectID)
}

// Get returns a schema, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*CustomEventSchema, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// Create makes a schema. It returns fault.InvalidPayload, or
// fault.DuplicateFound if the project has one of the name (CONTRACT 3).
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, body CustomEventSchemaCreate, now clock.Timestamp) (*CustomEventSchema, error) {
	if violations := append(checkName(body.Name), check(body.Content.Properties)...); len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	schema := &CustomEventSchema{ID: ident.NewID(ident.Schema), Name: body.Name, Content: body.Content, CreatedAt: now, Object: object}
	if err := s.store.Insert(ctx, tx, projectID, schema); err != nil {
		return nil, err
	}
	return schema, changed(ctx, tx, projectID)
}

// Update puts the sent properties in their places, leaves the others, and
// returns the schema before and after. It returns fault.ResourceNotFound or
// fault.InvalidPayload.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, body CustomEventSchemaUpdate, now clock.Timestamp) (before, after *CustomEventSchema, err error) {
	if before, after, err = s.plan(ctx, tx, projectID, id, body, now); err != nil || before == after {
		return before, after, err
	}
	if err := s.store.Update(ctx, tx, projectID, after); err != nil {
		return nil, nil, err
	}
	return before, after, changed(ctx, tx, projectID)
}

// plan returns the schema before and after an update that it does not do; both
// are the same if nothing changes. Its errors are Update's.
func (s *Service) plan(ctx context.Context, q database.Querier, projectID, id string, body CustomEventSchemaUpdate, now clock.Timestamp) (before, after *CustomEventSchema, err error) {
	if before, err = s.store.Get(ctx, q, projectID, id); err != nil {
		return nil, nil, err
	}
	merged := merge(before.Content.Properties, body.Content.Properties)
	if violations := check(merged); len(violations) > 0 {
		return nil, nil, fault.Invalid(violations...)
	}
	if maps.Equal(before.Content.Properties, merged) {
		return before, before, nil
	}
	planned := *before
	planned.Content.Properties, planned.UpdatedAt = merged, &now
	return before, &planned, nil
}

// Delete drops the schema and returns what it was, or fault.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tx database.Tx, projectID, id string) (*CustomEventSchema, error) {
	schema, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, tx, projectID, id); err != nil {
		return nil, err
	}
	return schema, changed(ctx, tx, projectID)
}

// CopyProject copies the schemas of one project to a new one, for a clone.
func (s *Service) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	all, err := s.store.List(ctx, tx, from)
	if err != nil {
		return err
	}
	for _, schema := range all {
		schema.ID, schema.CreatedAt, schema.UpdatedAt = ident.NewID(ident.Schema), now, nil
		if err := s.store.Insert(ctx, tx, to, schema); err != nil {
			return err
		}
	}
	return nil
}

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
