package metadataschema

import (
	"context"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Stored finds metadata that is stored, to try changed schemas on.
type Stored interface {
	// LatestMetadata returns the metadata of the latest objects of the name, at
	// most limit and the latest first; none for objects that are not stored.
	LatestMetadata(ctx context.Context, q database.Querier, projectID, object string, limit int) ([]conform.Sample, error)
}

// MetadataSchemaDryRun is what an update would do.
type MetadataSchemaDryRun struct {
	Object string `json:"object" enum:"dry_run" doc:"Always dry_run."`
	conform.Trial
	Schema *MetadataSchema `json:"schema" doc:"The schema as it would be."`
}

// TryUpdate returns what Update would do, and which of the samples, or where
// none are given of the latest stored metadata, would not obey then. For a
// custom object that is the metadata of the objects that nest it. It writes
// nothing, and returns the errors of Update.
func (s *Service) TryUpdate(ctx context.Context, q database.Querier, projectID, id string, body MetadataSchemaUpdate, raw []byte, now clock.Timestamp) (*MetadataSchemaDryRun, error) {
	_, after, err := s.plan(ctx, q, projectID, id, body, raw, now)
	if err != nil {
		return nil, err
	}
	all, err := s.store.List(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(other *MetadataSchema) bool { return other.ID == id })
	if i < 0 { // deleted between the two reads
		return nil, fault.NotFound(kind, id)
	}
	all[i] = after
	checkers := compile(all)
	out := &MetadataSchemaDryRun{Object: "dry_run", Trial: conform.NewTrial(), Schema: after}
	switch {
	case body.Samples != nil:
		out.Run(checkers[after.RelatedObject], conform.Samples(body.Samples))
	case s.stored != nil:
		for _, name := range append([]string{after.RelatedObject}, nestedBy(all, after.RelatedObject)...) {
			latest, err := s.stored.LatestMetadata(ctx, q, projectID, name, MaxItems-out.Checked)
			if err != nil {
				return nil, err
			}
			if out.Run(checkers[name], latest); out.Checked >= MaxItems {
				break
			}
		}
	}
	return out, nil
}
