package stacking

import (
	"context"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/projectcache"
)

// Categories are the categories that rules name.
type Categories interface {
	// Missing returns those ids that are of no category of the project.
	Missing(ctx context.Context, q database.Querier, projectID string, ids []string) ([]string, error)
	// CopyCategories copies the categories of a project to one just made and
	// returns which id became which.
	CopyCategories(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) (map[string]string, error)
	// Hierarchies returns the place of each category of the project, by its id.
	// It is asked on every evaluation.
	Hierarchies(ctx context.Context, q database.Querier, projectID string) (map[string]int64, error)
}

// Service does what can be done with stacking rules. Its callers have checked
// that the project is within the actor's reach.
type Service struct {
	store      Store
	categories Categories
	cached     *projectcache.Cache[*StackingRules] // for evaluations
}

// NewService returns a service that remembers the rules it evaluates by, and
// hears from now on when they change.
func NewService(db database.DB, categories Categories) *Service {
	s := &Service{categories: categories}
	s.cached = projectcache.New(db, cachedProjects, s.Current)
	return s
}

// Current returns the rules that hold in the project: its own, or the defaults.
func (s *Service) Current(ctx context.Context, q database.Querier, projectID string) (*StackingRules, error) {
	own, err := s.store.Find(ctx, q, projectID)
	if own == nil && err == nil {
		own = &StackingRules{Rules: Defaults()}
	}
	return own, err
}

// Get returns the project's own rules, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*StackingRules, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// Create gives the project rules of its own. It returns fault.InvalidPayload
// if they do not hold together or name unknown categories, or
// fault.StackingRulesExist if there are some already (CONTRACT 3).
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, rules Rules, now clock.Timestamp) (*StackingRules, error) {
	own := &StackingRules{ID: ident.NewID(ident.StackingRules), Rules: rules.Clone(), CreatedAt: &now}
	if err := s.check(ctx, tx, projectID, &own.Rules); err != nil {
		return nil, err
	}
	if err := s.store.Insert(ctx, tx, projectID, own); err != nil {
		return nil, err
	}
	return own, changed(ctx, tx, projectID)
}

// Update merges the members that the body sends into the rules and returns
// them before and after. It returns fault.ResourceNotFound, or
// fault.InvalidPayload if what comes out does not hold together or names
// unknown categories.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, body []byte, now clock.Timestamp) (before, after *StackingRules, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	merged := *before
	merged.Rules, merged.UpdatedAt = before.Clone(), &now // merging writes through pointers
	if err := api.Merge(body, &merged.Rules); err != nil {
		return nil, nil, err
	}
	if err := s.check(ctx, tx, projectID, &merged.Rules); err != nil {
		return nil, nil, err
	}
	if err := s.store.Update(ctx, tx, projectID, &merged); err != nil {
		return nil, nil, err
	}
	return before, &merged, changed(ctx, tx, projectID)
}

// Delete removes the project's own rules, so that the defaults hold again, and
// returns what they were. It returns fault.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tx database.Tx, projectID, id string) (*StackingRules, error) {
	own, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, tx, projectID, id); err != nil {
		return nil, err
	}
	return own, changed(ctx, tx, projectID)
}

// CopyProject copies the categories of one project to a new one, for a clone,
// and its rules, which then name the copies.
func (s *Service) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	became, err := s.categories.CopyCategories(ctx, tx, from, to, now)
	if err != nil {
		return err
	}
	own, err := s.store.Find(ctx, tx, from)
	if own == nil || err != nil {
		return err
	}
	own.Rename(became)
	own.ID, own.CreatedAt, own.UpdatedAt = ident.NewID(ident.StackingRules), &now, nil
	return s.store.Insert(ctx, tx, to, own)
}

func (s *Service) check(ctx context.Context, q database.Querier, projectID string, rules *Rules) error {
	missing, err := s.categories.Missing(ctx, q, projectID, rules.Categories())
	if err != nil {
		return err
	}
	return judge(rules, missing)
}

// CategoryUse tells the room of categories where the rules name them. It
// stands by itself because that room needs it before the Service, which needs
// that room, can be made.
type CategoryUse struct{ store Store }

// UsesCategory reports whether the project's own rules name the category.
func (u CategoryUse) UsesCategory(ctx context.Context, q database.Querier, projectID, categoryID string) (bool, error) {
	own, err := u.store.Find(ctx, q, projectID)
	return own != nil && names(&own.Rules, categoryID), err
}

// RemoveCategory takes the category out of the project's own rules, wherever
// it stands; rules that do not name it stay as they are.
func (u CategoryUse) RemoveCategory(ctx context.Context, tx database.Tx, projectID, categoryID string, now clock.Timestamp) error {
	own, err := u.store.Find(ctx, tx, projectID)
	if own == nil || err != nil || !names(&own.Rules, categoryID) {
		return err
	}
	without(&own.Rules, categoryID)
	own.UpdatedAt = &now
	if err := u.store.Update(ctx, tx, projectID, own); err != nil {
		return err
	}
	return changed(ctx, tx, projectID)
}

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
