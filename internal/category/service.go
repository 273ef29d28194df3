package category

import (
	"context"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/projectcache"
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
	store  Store
	rules  StackingRules
	cached *projectcache.Cache[*catalogue]
}

// cachedProjects bounds the cache of categories.
const cachedProjects = 10_000

// NewService returns the service, which from now on hears of changes.
func NewService(db database.DB, rules StackingRules) *Service {
	s := &Service{rules: rules}
	s.cached = projectcache.New(db, cachedProjects, s.load)
	return s
}

// List returns the project's categories by their hierarchy, the lowest first,
// and by age where it is the same. Callers must not change them.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string) ([]*Category, error) {
	c, err := s.catalogue(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	return c.all, nil
}

// Get returns a category, which callers must not change, or
// fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*Category, error) {
	c, err := s.catalogue(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	if found, ok := c.byID[id]; ok {
		return found, nil
	}
	return nil, fault.NotFound(object, id)
}

// Hierarchies returns the place of each of the project's categories, by id.
// Callers must not change it.
func (s *Service) Hierarchies(ctx context.Context, q database.Querier, projectID string) (map[string]int64, error) {
	c, err := s.catalogue(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	return c.hierarchies, nil
}

// catalogue is all of a project's categories, to be read alone.
type catalogue struct {
	all         []*Category
	byID        map[string]*Category
	hierarchies map[string]int64
}

// catalogue returns the project's categories from the cache, or as the
// transaction sees them if q is one.
func (s *Service) catalogue(ctx context.Context, q database.Querier, projectID string) (*catalogue, error) {
	if tx, ok := q.(database.Tx); ok {
		return s.load(ctx, tx, projectID)
	}
	return s.cached.Get(ctx, projectID)
}

func (s *Service) load(ctx context.Context, q database.Querier, projectID string) (*catalogue, error) {
	all, err := s.store.List(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	c := &catalogue{all: all, byID: make(map[string]*Category, len(all)), hierarchies: make(map[string]int64, len(all))}
	for _, one := range all {
		c.byID[one.ID], c.hierarchies[one.ID] = one, one.Hierarchy
	}
	return c, nil
}

// Hits returns the hits and misses of the cache, for /metrics.
func (s *Service) Hits() (hits, misses uint64) { return s.cached.Hits() }

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

// Update gives a category another definition and returns it before and after;
// both are the same if it has been updated before and nothing changes.
// It returns fault.ResourceNotFound or fault.InvalidPayload.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, d Definition, now clock.Timestamp) (before, after *Category, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	if err := d.check(); err != nil {
		return nil, nil, err
	}
	if d == before.Definition && before.UpdatedAt != nil { // the reference contract has updated_at in every answer to an update
		return before, before, nil
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
