package metadataschema

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/management/v1/projects/{projectId}/metadata-schemas"
	single     = collection + "/{metadataSchemaId}"
)

type inProject struct {
	ProjectID string `path:"projectId" doc:"The project."`
}

type one struct {
	ProjectID string `path:"projectId" doc:"The project."`
	SchemaID  string `path:"metadataSchemaId" doc:"The metadata schema."`
}

type create struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      MetadataSchemaCreate
}

type update struct {
	ProjectID string `path:"projectId" doc:"The project."`
	SchemaID  string `path:"metadataSchemaId" doc:"The metadata schema."`
	Body      MetadataSchemaUpdate
	RawBody   []byte
}

// Register adds the operations on metadata schemas.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Metadata schemas", Resource: "metadata-schemas", Permission: ident.SettingsRead}

	list := op
	list.ID, list.Method, list.Path = "list-metadata-schemas-1", http.MethodGet, collection
	list.Summary = "List metadata schemas"
	list.Description = "Lists the project's metadata schemas in the order of their related objects."
	api.Read(r, list, func(ctx context.Context, q database.Querier, _ *api.Call, in *inProject) (api.List[*MetadataSchema], error) {
		all, err := s.List(ctx, q, in.ProjectID)
		return api.All(all), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-metadata-schema-1", http.MethodGet, single
	get.Summary = "Get a metadata schema"
	get.Description = "Shows one metadata schema, with its removed definitions."
	api.Read(r, get, func(ctx context.Context, q database.Querier, _ *api.Call, in *one) (*MetadataSchema, error) {
		return s.Get(ctx, q, in.ProjectID, in.SchemaID)
	})

	op.Permission = ident.SettingsWrite
	post := op
	post.ID, post.Method, post.Path = "create-metadata-schema", http.MethodPost, collection
	post.Summary = "Create a metadata schema"
	post.Description = "Makes the schema of a standard resource, or of a custom object that standard ones can nest. There is one schema an object; add to it with an update."
	post.Faults = []*fault.Code{fault.DuplicateFound}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*MetadataSchema, error) {
		made, err := s.Create(ctx, tx, in.ProjectID, in.Body, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, made.ID, nil, made)
		return made, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-metadata-schema", http.MethodPut, single
	put.Summary = "Update a metadata schema"
	put.Description = "Adds the sent definitions, or replaces them whole; those that are not sent stay. The type of a definition cannot change. " +
		"A definition sent with `deleted` is removed, and restored when it is sent without."
	put.Faults = []*fault.Code{fault.SchemaTypeImmutable}
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*MetadataSchema, error) {
		before, after, err := s.Update(ctx, tx, in.ProjectID, in.SchemaID, in.Body, in.RawBody, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-metadata-schema", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a metadata schema"
	del.Description = "Drops the schema with all its definitions. A custom schema cannot be dropped while another one nests it."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (api.None, error) {
		was, err := s.Delete(ctx, tx, in.ProjectID, in.SchemaID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, was.ID, was, nil)
		return api.None{}, nil
	})
}
