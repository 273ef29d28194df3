package app

import (
	"context"

	"github.com/steward-platform/steward/internal/branding"
	"github.com/steward-platform/steward/internal/category"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/eventschema"
	"github.com/steward-platform/steward/internal/metadataschema"
	"github.com/steward-platform/steward/internal/project"
	"github.com/steward-platform/steward/internal/stacking"
	"github.com/steward-platform/steward/internal/webhook"
)

// Configuration is what engines need of a project, in one document. It holds no
// secret.
type Configuration struct {
	Object             string                           `json:"object" enum:"configuration" doc:"Always configuration."`
	Project            ConfiguredProject                `json:"project" doc:"The project and its settings."`
	MetadataSchemas    []*metadataschema.MetadataSchema `json:"metadata_schemas" nullable:"false" doc:"Its metadata schemas, by their objects."`
	CustomEventSchemas []*eventschema.CustomEventSchema `json:"custom_event_schemas" nullable:"false" doc:"Its custom event schemas, the oldest first."`
	Categories         []*category.Category             `json:"categories" nullable:"false" doc:"Its categories, by hierarchy."`
	StackingRules      *stacking.StackingRules          `json:"stacking_rules" doc:"The stacking rules that hold: its own, or the defaults."`
	Brandings          []*branding.Branding             `json:"brandings" nullable:"false" doc:"Its brand: one, or none."`
	Webhooks           []*webhook.Webhook               `json:"webhooks" nullable:"false" doc:"Its webhooks."`
}

// ConfiguredProject is a project as engines see it.
type ConfiguredProject struct {
	ID string `json:"id" doc:"Identifies the project." example:"proj_01kaqm5f3ve0rabpx1v0p2xwz8"`
	project.Document
	project.Origin
	IsSandbox bool `json:"is_sandbox" doc:"Whether it is the organization's sandbox."`
}

// configuration reads a project's document.
func (s *services) configuration(ctx context.Context, q database.Querier, projectID string) (*Configuration, error) {
	p, err := project.Store{}.Find(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	c := &Configuration{Object: "configuration", Project: ConfiguredProject{p.ID, p.Document, p.Origin, p.IsSandbox}}
	if c.MetadataSchemas, err = s.metadata.List(ctx, q, projectID); err != nil {
		return nil, err
	}
	if c.CustomEventSchemas, err = s.events.List(ctx, q, projectID); err != nil {
		return nil, err
	}
	// From the store: the service's own cache may hear of a change only after this one has.
	if c.Categories, err = (category.Store{}).List(ctx, q, projectID); err != nil {
		return nil, err
	}
	if c.StackingRules, err = s.stacking.Current(ctx, q, projectID); err != nil {
		return nil, err
	}
	brands, err := s.brandings.List(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	c.Brandings = append([]*branding.Branding{}, brands...)
	c.Webhooks, err = s.webhooks.List(ctx, q, projectID)
	return c, err
}
