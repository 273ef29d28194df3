package eventschema

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/management/v1/projects/{projectId}/custom-event-schemas"
	single     = collection + "/{customEventSchemaId}"
)

type inProject struct {
	ProjectID string `path:"projectId" doc:"The project."`
}

type one struct {
	ProjectID string `path:"projectId" doc:"The project."`
	SchemaID  string `path:"customEventSchemaId" doc:"The custom event schema."`
}

type create struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      CustomEventSchemaCreate
}

type update struct {
	ProjectID string `path:"projectId" doc:"The project."`
	SchemaID  string `path:"customEventSchemaId" doc:"The custom event schema."`
	DryRun    bool   `query:"dry_run" doc:"Write nothing and answer what the update would do: the schema as it would be, and which metadata would break it."`
	Body      CustomEventSchemaUpdate
}

// updated is the answer of an update.
type updated = api.Either[*CustomEventSchema, *CustomEventSchemaDryRun]

// Register adds the operations on custom event schemas.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Custom event schemas", Resource: "custom-event-schemas", Permission: ident.SettingsRead}

	list := op
	list.ID, list.Method, list.Path = "list-custom-event-schemas", http.MethodGet, collection
	list.Summary = "List custom event schemas"
	list.Description = "Lists the project's custom event schemas, the oldest first."
	api.Read(r, list, func(ctx context.Context, q database.Querier, _ *api.Call, in *inProject) (api.List[*CustomEventSchema], error) {
		all, err := s.List(ctx, q, in.ProjectID)
		return api.All(all), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-custom-event-schema", http.MethodGet, single
	get.Summary = "Get a custom event schema"
	get.Description = "Shows one custom event schema, with its removed properties."
	api.Read(r, get, func(ctx context.Context, q database.Querier, _ *api.Call, in *one) (*CustomEventSchema, error) {
		return s.Get(ctx, q, in.ProjectID, in.SchemaID)
	})

	op.Permission = ident.SettingsWrite
	post := op
	post.ID, post.Method, post.Path = "create-custom-event-schema", http.MethodPost, collection
	post.Summary = "Create a custom event schema"
	post.Description = "Names an event that customers can cause, and says what it carries. The name is unique in the project."
	post.Faults = []*fault.Code{fault.DuplicateFound}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*CustomEventSchema, error) {
		made, err := s.Create(ctx, tx, in.ProjectID, in.Body, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, made.ID, nil, made)
		return made, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-custom-event-schema", http.MethodPut, single
	put.Summary = "Update a custom event schema"
	put.Description = "Adds the sent properties, or replaces them whole; those that are not sent stay. The type of a property may change. " +
		"A property sent with `deleted` is removed, and restored when it is sent without.\n\n" +
		"With `dry_run=true` nothing is written; the answer tells which of the given samples, or else of the latest 1,000 stored events, would break the changed schema, and why."
	try := api.DryRun[update, updated]{
		Wanted: func(in *update) bool { return in.DryRun },
		Run: func(ctx context.Context, q database.Querier, c *api.Call, in *update) (updated, error) {
			report, err := s.TryUpdate(ctx, q, in.ProjectID, in.SchemaID, in.Body, c.Now)
			return api.Other[*CustomEventSchema](report), err
		},
	}
	api.WriteOrTry(r, put, try, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (updated, error) {
		if in.Body.Samples != nil { // who sends them means to try, not to change
			return updated{}, fault.Invalid("Property .samples must not be given without dry_run=true")
		}
		before, after, err := s.Update(ctx, tx, in.ProjectID, in.SchemaID, in.Body, c.Now)
		if err != nil {
			return updated{}, err
		}
		c.Record(kind, after.ID, before, after)
		return api.One[*CustomEventSchema, *CustomEventSchemaDryRun](after), nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-custom-event-schema", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a custom event schema"
	del.Description = "Drops the schema with all its properties."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (api.None, error) {
		was, err := s.Delete(ctx, tx, in.ProjectID, in.SchemaID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, was.ID, was, nil)
		return api.None{}, nil
	})
}
