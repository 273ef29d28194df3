package eventschema

import (
	"context"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
)

const (
	// cachedProjects bounds how many projects' compiled schemas are kept.
	cachedProjects = 10_000
	// maxTried is how many stored events a dry run checks.
	maxTried = 1000
)

// Checker returns what judges the metadata of the events of a name, from the
// cache; nil if the project has no schema of the name, so no such event.
func (s *Service) Checker(ctx context.Context, projectID, name string) (*conform.Checker, error) {
	all, err := s.cached.Get(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return all[name], nil
}

// Hits returns the hits and misses of the cache, for /metrics.
func (s *Service) Hits() (hits, misses uint64) { return s.cached.Hits() }

func (s *Service) load(ctx context.Context, q database.Querier, projectID string) (map[string]*conform.Checker, error) {
	all, err := s.store.List(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	checkers := make(map[string]*conform.Checker, len(all))
	for _, schema := range all {
		checkers[schema.Name] = schema.checker()
	}
	return checkers, nil
}

// checker compiles the schema. What it does not define passes.
func (s *CustomEventSchema) checker() *conform.Checker {
	fields := make([]conform.Field, 0, len(s.Content.Properties))
	for name, p := range s.Content.Properties {
		fields = append(fields, conform.Field{Name: name, Type: conform.Type(p.Type), Optional: p.Optional, Deleted: p.Deleted})
	}
	return conform.Compile(fields, false)
}

// Stored finds events that are stored, to try changed schemas on.
type Stored interface {
	// LatestMetadata returns the metadata of the latest events of the name, at
	// most limit and the latest first.
	LatestMetadata(ctx context.Context, q database.Querier, projectID, name string, limit int) ([]conform.Sample, error)
}

// CustomEventSchemaDryRun is what an update would do.
type CustomEventSchemaDryRun struct {
	Object string `json:"object" enum:"dry_run" doc:"Always dry_run."`
	conform.Trial
	Schema *CustomEventSchema `json:"schema" doc:"The schema as it would be."`
}

// TryUpdate returns what Update would do, and which of the samples, or where
// none are given of the latest stored events, would not obey then. It writes
// nothing, and returns the errors of Update.
func (s *Service) TryUpdate(ctx context.Context, q database.Querier, projectID, id string, body CustomEventSchemaUpdate, now clock.Timestamp) (*CustomEventSchemaDryRun, error) {
	_, after, err := s.plan(ctx, q, projectID, id, body, now)
	if err != nil {
		return nil, err
	}
	samples := conform.Samples(body.Samples)
	if body.Samples == nil && s.stored != nil {
		if samples, err = s.stored.LatestMetadata(ctx, q, projectID, after.Name, maxTried); err != nil {
			return nil, err
		}
	}
	out := &CustomEventSchemaDryRun{Object: "dry_run", Trial: conform.NewTrial(), Schema: after}
	out.Run(after.checker(), samples)
	return out, nil
}
