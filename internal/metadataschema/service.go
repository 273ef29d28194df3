package metadataschema

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/projectcache"
)

// Service does what can be done with metadata schemas. Its callers have
// checked that the project is within the actor's reach.
type Service struct {
	store  Store
	stored Stored
	cached *projectcache.Cache[*compiled]
}

// NewService returns the service, which from now on hears of changes. Without
// stored (nil), a dry run checks nothing but given samples.
func NewService(db database.DB, stored Stored) *Service {
	s := &Service{stored: stored}
	s.cached = projectcache.New(db, cachedProjects, s.load)
	return s
}

// List returns the project's schemas in the order of their objects.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string) ([]*MetadataSchema, error) {
	return s.store.List(ctx, q, projectID)
}

// Get returns a schema, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*MetadataSchema, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// Create makes the schema of an object. It returns fault.InvalidPayload, or
// fault.DuplicateFound if the project has one for the object (CONTRACT 3).
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, body MetadataSchemaCreate, now clock.Timestamp) (*MetadataSchema, error) {
	violations := append(checkObject(body.RelatedObject), Check(body.RelatedObject, body.Properties)...)
	if len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	schema := &MetadataSchema{
		ID: ident.NewID(ident.Schema), RelatedObject: body.RelatedObject, Properties: body.Properties,
		AllowDefinedOnly: body.AllowDefinedOnly, CreatedAt: now, Object: object,
	}
	if err := s.checkNesting(ctx, tx, projectID, schema); err != nil {
		return nil, err
	}
	if err := s.store.Insert(ctx, tx, projectID, schema); err != nil {
		return nil, err
	}
	return schema, changed(ctx, tx, projectID)
}

// Update puts the sent definitions in their places, leaves the others, and
// returns the schema before and after. It returns fault.ResourceNotFound,
// fault.InvalidPayload, or fault.SchemaTypeImmutable for a definition whose
// type would change, removed ones included (CONTRACT 3).
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, body MetadataSchemaUpdate, raw []byte, now clock.Timestamp) (before, after *MetadataSchema, err error) {
	if before, after, err = s.plan(ctx, tx, projectID, id, body, raw, now); err != nil || before == after {
		return before, after, err
	}
	if err := s.store.Update(ctx, tx, projectID, after); err != nil {
		return nil, nil, err
	}
	return before, after, changed(ctx, tx, projectID)
}

// plan returns the schema before and after an update that it does not do; both
// are the same if nothing changes. Its errors are Update's.
func (s *Service) plan(ctx context.Context, q database.Querier, projectID, id string, body MetadataSchemaUpdate, raw []byte, now clock.Timestamp) (before, after *MetadataSchema, err error) {
	if before, err = s.store.Get(ctx, q, projectID, id); err != nil {
		return nil, nil, err
	}
	merged, retyped := merge(before.Properties, body.Properties)
	if len(retyped) > 0 {
		sentences := make([]string, 0, len(retyped))
		for _, name := range retyped {
			sentences = append(sentences, fmt.Sprintf("Property .properties.%s.type must stay %s", name, before.Properties[name].Type))
		}
		return nil, nil, fault.New(fault.SchemaTypeImmutable, "%s", strings.Join(sentences, "; "))
	}
	planned := *before
	planned.Properties = merged
	if planned.AllowDefinedOnly, err = allowed(before.AllowDefinedOnly, raw); err != nil {
		return nil, nil, err
	}
	if violations := Check(before.RelatedObject, merged); len(violations) > 0 {
		return nil, nil, fault.Invalid(violations...)
	}
	if err := s.checkNesting(ctx, q, projectID, &planned); err != nil {
		return nil, nil, err
	}
	if reflect.DeepEqual(*before, planned) {
		return before, before, nil
	}
	planned.UpdatedAt = &now
	return before, &planned, nil
}

// allowed returns what allow_defined_only is after the body: null clears it,
// and it stays if it is not sent.
func allowed(stored *bool, raw []byte) (*bool, error) {
	var sent struct {
		AllowDefinedOnly *bool `json:"allow_defined_only"`
	}
	if stored != nil {
		was := *stored
		sent.AllowDefinedOnly = &was
	}
	err := api.Merge(raw, &sent)
	return sent.AllowDefinedOnly, err
}

// Delete drops the schema and returns what it was. It returns
// fault.ResourceNotFound, or fault.InvalidPayload for a custom schema that
// another one nests.
func (s *Service) Delete(ctx context.Context, tx database.Tx, projectID, id string) (*MetadataSchema, error) {
	schema, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	all, err := s.store.List(ctx, tx, projectID)
	if err != nil {
		return nil, err
	}
	if users := nestedBy(all, schema.RelatedObject); len(users) > 0 {
		return nil, fault.Invalid(fmt.Sprintf("The schema %s must not be deleted while it is the object_type of definitions in %s", schema.RelatedObject, strings.Join(users, ", ")))
	}
	if err := s.store.Delete(ctx, tx, projectID, id); err != nil {
		return nil, err
	}
	return schema, changed(ctx, tx, projectID)
}

// CopyProject copies the schemas of one project to a new one, for a clone.
func (s *Service) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	all, err := s.store.List(ctx, tx, from)
	if err != nil {
		return err
	}
	for _, schema := range all {
		schema.ID, schema.CreatedAt, schema.UpdatedAt = ident.NewID(ident.Schema), now, nil
		if err := s.store.Insert(ctx, tx, to, schema); err != nil {
			return err
		}
	}
	return nil
}

// checkNesting holds the rule that objects nest one level deep: what is nested
// is a custom schema of the project that itself nests nothing (CONTRACT 3).
func (s *Service) checkNesting(ctx context.Context, q database.Querier, projectID string, schema *MetadataSchema) error {
	inner := nested(schema.Properties)
	if len(inner) == 0 {
		return nil
	}
	all, err := s.store.List(ctx, q, projectID)
	if err != nil {
		return err
	}
	var violations []string
	if users := nestedBy(all, schema.RelatedObject); len(users) > 0 && !IsStandard(schema.RelatedObject) {
		violations = append(violations, fmt.Sprintf("The schema %s must not have definitions of the type object: it is itself nested in %s", schema.RelatedObject, strings.Join(users, ", ")))
	}
	for _, name := range inner {
		i := slices.IndexFunc(all, func(other *MetadataSchema) bool { return other.RelatedObject == name })
		switch {
		case name == schema.RelatedObject:
			violations = append(violations, fmt.Sprintf("The object_type %s must not be the schema itself", name))
		case i < 0:
			violations = append(violations, fmt.Sprintf("The object_type %s must be the name of a custom schema of the project", name))
		case len(nested(all[i].Properties)) > 0:
			violations = append(violations, fmt.Sprintf("The object_type %s must not have definitions of the type object itself", name))
		}
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}

// nestedBy returns the objects of the schemas that nest this one.
func nestedBy(all []*MetadataSchema, name string) []string {
	var users []string
	for _, other := range all {
		if other.RelatedObject != name && slices.Contains(nested(other.Properties), name) {
			users = append(users, other.RelatedObject)
		}
	}
	return users
}

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
