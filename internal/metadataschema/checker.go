package metadataschema

import (
	"context"

	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// cachedProjects bounds how many projects' compiled schemas are kept.
const cachedProjects = 10_000

// compiled are a project's schemas, ready to be shown and to check. They are
// shared: nobody changes them.
type compiled struct {
	shown    []*ProjectMetadataSchema // in the order of their objects
	byObject map[string]compiledSchema
}

type compiledSchema struct {
	shown   *ProjectMetadataSchema
	checker *conform.Checker
}

func (s *Service) load(ctx context.Context, q database.Querier, projectID string) (*compiled, error) {
	all, err := s.store.List(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	c := &compiled{shown: []*ProjectMetadataSchema{}, byObject: make(map[string]compiledSchema, len(all))}
	checkers := compile(all)
	for _, schema := range all {
		shown := schema.project()
		c.shown = append(c.shown, shown)
		c.byObject[schema.RelatedObject] = compiledSchema{shown, checkers[schema.RelatedObject]}
	}
	return c, nil
}

// Current returns the project's schemas from the cache, in the order of their
// objects, for the Project API. Callers must not change them.
func (s *Service) Current(ctx context.Context, projectID string) ([]*ProjectMetadataSchema, error) {
	c, err := s.cached.Get(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return c.shown, nil
}

// CurrentOf returns the schema of an object from the cache, or
// fault.ResourceNotFound if the project has none. Callers must not change it.
func (s *Service) CurrentOf(ctx context.Context, projectID, object string) (*ProjectMetadataSchema, error) {
	c, err := s.find(ctx, projectID, object)
	return c.shown, err
}

// find returns the compiled schema of an object, or fault.ResourceNotFound.
func (s *Service) find(ctx context.Context, projectID, object string) (compiledSchema, error) {
	all, err := s.cached.Get(ctx, projectID)
	if err != nil {
		return compiledSchema{}, err
	}
	c, ok := all.byObject[object]
	if !ok {
		return compiledSchema{}, fault.NotFound(kind, object)
	}
	return c, nil
}

// Checker returns what judges the metadata of an object, from the cache; nil,
// which takes anything, if the project has no schema for it.
func (s *Service) Checker(ctx context.Context, projectID, object string) (*conform.Checker, error) {
	all, err := s.cached.Get(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return all.byObject[object].checker, nil
}

// Check returns in what the metadata breaks the object's schema; nothing if it
// obeys, or if the project has no schema for the object.
func (s *Service) Check(ctx context.Context, projectID, object string, metadata map[string]any) ([]conform.Violation, error) {
	c, err := s.Checker(ctx, projectID, object)
	if err != nil {
		return nil, err
	}
	return c.Check(metadata), nil
}

// Hits returns the hits and misses of the cache, for /metrics.
func (s *Service) Hits() (hits, misses uint64) { return s.cached.Hits() }

// compile returns the checkers of a project's schemas, by their objects. Those
// that nest nothing come first, for the others nest them and no others: objects
// nest one level deep.
func compile(all []*MetadataSchema) map[string]*conform.Checker {
	leaves, checkers := map[string]*conform.Checker{}, map[string]*conform.Checker{}
	for _, s := range all {
		if len(nested(s.Properties)) == 0 {
			leaves[s.RelatedObject] = s.checker(nil)
		}
	}
	for _, s := range all {
		checkers[s.RelatedObject] = leaves[s.RelatedObject]
		if checkers[s.RelatedObject] == nil {
			checkers[s.RelatedObject] = s.checker(leaves)
		}
	}
	return checkers
}

// checker compiles the schema; inner are those that it may nest.
func (s *MetadataSchema) checker(inner map[string]*conform.Checker) *conform.Checker {
	fields := make([]conform.Field, 0, len(s.Properties))
	for name, d := range s.Properties {
		f := conform.Field{
			Name: name, Type: conform.Type(d.Type), Array: d.Array, Optional: d.Optional, Deleted: d.Deleted,
			MinLength: d.MinLength, MaxLength: d.MaxLength, ExactLength: d.ExactLength,
			Eq: d.Eq, Ne: d.Ne, Lt: d.Lt, Lte: d.Lte, Gt: d.Gt, Gte: d.Gte,
		}
		if d.ObjectType != nil {
			f.Inner = inner[*d.ObjectType]
		}
		fields = append(fields, f)
	}
	return conform.Compile(fields, s.AllowDefinedOnly != nil && *s.AllowDefinedOnly)
}
