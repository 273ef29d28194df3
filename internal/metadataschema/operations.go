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

	current   = "/v1/metadata-schemas"
	currentOf = current + "/{resource}"
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
	DryRun    bool   `query:"dry_run" doc:"Write nothing and answer what the update would do: the schema as it would be, and which metadata would break it."`
	Body      MetadataSchemaUpdate
	RawBody   []byte
}

type ofResource struct {
	Resource string `path:"resource" doc:"The resource, or the name of a custom object."`
}

// validated is the answer of a validation, updated that of an update.
type (
	validated = api.Either[*MetadataValidation, api.List[MetadataVerdict]]
	updated   = api.Either[*MetadataSchema, *MetadataSchemaDryRun]
)

type validate struct {
	Resource string `path:"resource" doc:"The resource, or the name of a custom object."`
	Body     MetadataToValidate
}

// Register adds the operations on metadata schemas.
func Register(r *api.Router, s *Service) {
	registerManagement(r, s)
	registerProject(r, s)
}

// registerProject adds what the Project API does with the schemas.
func registerProject(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Project, Tag: "Metadata schemas", Permission: ident.SettingsRead}

	list := op
	list.ID, list.Method, list.Path = "list-metadata-schemas", http.MethodGet, current
	list.Summary = "List metadata schemas"
	list.Description = "Lists the project's metadata schemas in the order of their objects."
	api.Read(r, list, func(ctx context.Context, _ database.Querier, c *api.Call, _ *struct{}) (*ProjectMetadataSchemaList, error) {
		all, err := s.Current(ctx, c.ProjectID)
		return &ProjectMetadataSchemaList{Object: "list", DataRef: "schemas", Schemas: all, Total: len(all)}, err
	})

	get := op
	get.ID, get.Method, get.Path = "get-metadata-schema", http.MethodGet, currentOf
	get.Summary = "Get a metadata schema"
	get.Description = "Shows the metadata schema of a resource or custom object, with its removed definitions."
	api.Read(r, get, func(ctx context.Context, _ database.Querier, c *api.Call, in *ofResource) (*ProjectMetadataSchema, error) {
		return s.CurrentOf(ctx, c.ProjectID, in.Resource)
	})

	op.Permission = ident.DataRead
	check := op
	check.ID, check.Method, check.Path = "validate-metadata", http.MethodPost, currentOf+"/validate"
	check.Summary = "Validate metadata"
	check.Description = "Says of the metadata of one object, or of up to 1,000, whether it obeys the metadata schema of the resource, and what breaks it. Nothing is stored. " +
		"Metadata without a definition passes unless the schema has `allow_defined_only`; what is not optional must be there and not null; removed definitions are ignored. " +
		"At most 100 violations of an object are told."
	api.Compute(r, check, func(ctx context.Context, _ database.Querier, c *api.Call, in *validate) (validated, error) {
		return s.validate(ctx, c, in)
	})
}

func (s *Service) validate(ctx context.Context, c *api.Call, in *validate) (validated, error) {
	if err := in.Body.check(); err != nil {
		return validated{}, err
	}
	schema, err := s.find(ctx, c.ProjectID, in.Resource)
	if err != nil {
		return validated{}, err
	}
	if in.Body.Metadata != nil {
		one := verdict(schema.checker, in.Body.Metadata, maxTold)
		return api.One[*MetadataValidation, api.List[MetadataVerdict]](&MetadataValidation{Object: "validation", MetadataVerdict: one}), nil
	}
	if err := c.Bulk(); err != nil {
		return validated{}, err
	}
	return api.Other[*MetadataValidation](api.All(verdicts(schema.checker, in.Body.Items))), nil
}

func registerManagement(r *api.Router, s *Service) {
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
		"A definition sent with `deleted` is removed, and restored when it is sent without.\n\n" +
		"With `dry_run=true` nothing is written; the answer tells which of the given samples, or else of the latest 1,000 stored objects, would break the changed schema, and why. " +
		"For a custom object those are the objects that nest it."
	put.Faults = []*fault.Code{fault.SchemaTypeImmutable}
	try := api.DryRun[update, updated]{
		Wanted: func(in *update) bool { return in.DryRun },
		Run: func(ctx context.Context, q database.Querier, c *api.Call, in *update) (updated, error) {
			report, err := s.TryUpdate(ctx, q, in.ProjectID, in.SchemaID, in.Body, in.RawBody, c.Now)
			return api.Other[*MetadataSchema](report), err
		},
	}
	api.WriteOrTry(r, put, try, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (updated, error) {
		if in.Body.Samples != nil { // who sends them means to try, not to change
			return updated{}, fault.Invalid("Property .samples must not be given without dry_run=true")
		}
		before, after, err := s.Update(ctx, tx, in.ProjectID, in.SchemaID, in.Body, in.RawBody, c.Now)
		if err != nil {
			return updated{}, err
		}
		c.Record(kind, after.ID, before, after)
		return api.One[*MetadataSchema, *MetadataSchemaDryRun](after), nil
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
