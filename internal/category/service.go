package category

import (
	"context"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// StackingRules tells where a project's stacking rules name a category.
type StackingRules interface {
	// UsesCategory reports whether they name it.
	UsesCategory(ctx context.Context, q database.Querier, projectID, categoryID string) (bool, error)
	// RemoveCategory takes it out of them, wherever it stands.
	RemoveCategory(ctx context.Context, tx database.Tx, projectID, categoryID string, now clock.Timestamp) error
}

// Service does what can be done with categories. Its callers have checked that
// the project is within the actor's reach.
type Service struct {
	store Store
	rules StackingRules
}

// NewService returns the service.
func NewService(rules StackingRules) *Service { return &Service{rules: rules} }

// List returns the project's categories by their hierarchy, the lowest first,
// and by age where it is the same.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string) ([]*Category, error) {
	return s.store.List(ctx, q, projectID)
}

// Get returns a category, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*Category, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// Missing returns those ids that are of no category of the project, each once,
// in the order in which they were given.
func (s *Service) Missing(ctx context.Context, q database.Querier, projectID string, ids []string) ([]string, error) {
	return s.store.Missing(ctx, q, projectID, ids)
}

// Create makes a category. It returns fault.InvalidPayload.
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, d Definition, now clock.Timestamp) (*Category, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	c := &Category{ID: ident.NewID(ident.Category), Definition: d, CreatedAt: now, Object: object}
	if err := s.store.Insert(ctx, tx, projectID, c); err != nil {
		return nil, err
	}
	return c, changed(ctx, tx, projectID)
}

// Update gives a category another definition and returns it before and after.
// It returns fault.ResourceNotFound or fault.InvalidPayload.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, d Definition, now clock.Timestamp) (before, after *Category, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	if err := d.check(); err != nil {
		return nil, nil, err
	}
	whole := *before
	whole.Definition, whole.UpdatedAt = d, &now
	if err := s.store.Update(ctx, tx, projectID, &whole); err != nil {
		return nil, nil, err
	}
	return before, &whole, changed(ctx, tx, projectID)
}

// Delete removes a category and returns what it was. If the stacking rules
// name it, it is taken out of them where the caller has said so
// (remove_from_stacking_rules); else Delete returns fault.CategoryInUse
// (CONTRACT 6). It returns fault.ResourceNotFound if there is none.
func (s *Service) Delete(ctx context.Context, tx database.Tx, projectID, id string, removeFromRules bool, now clock.Timestamp) (*Category, error) {
	c, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	used, err := s.rules.UsesCategory(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	if used && !removeFromRules {
		return nil, fault.New(fault.CategoryInUse, "The stacking rules name category %s; send remove_from_stacking_rules=true to take it out of them as well", id).About(object, id)
	}
	if used {
		if err := s.rules.RemoveCategory(ctx, tx, projectID, id, now); err != nil {
			return nil, err
		}
	}
	if err := s.store.Delete(ctx, tx, projectID, id); err != nil {
		return nil, err
	}
	return c, changed(ctx, tx, projectID)
}

// CopyCategories copies the categories of one project to a new one, for a
// clone, and returns which id became which.
func (s *Service) CopyCategories(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) (map[string]string, error) {
	categories, err := s.store.List(ctx, tx, from)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(categories))
	for i := range ids {
		ids[i] = ident.NewID(ident.Category)
	}
	slices.Sort(ids) // made within one millisecond they come in any order
	became := make(map[string]string, len(categories))
	for i, c := range categories {
		became[c.ID] = ids[i]
		c.ID, c.CreatedAt, c.UpdatedAt = ids[i], now, nil
		if err := s.store.Insert(ctx, tx, to, c); err != nil {
			return nil, err
		}
	}
	return became, nil
}

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
