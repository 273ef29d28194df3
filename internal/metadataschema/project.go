package metadataschema

import (
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/fault"
)

// ProjectMetadataSchema is a schema as the Project API shows it: the members of
// its definitions are in camel case there (CONTRACT 6).
type ProjectMetadataSchema struct {
	ID               string                                     `json:"id" doc:"Identifies the schema." example:"ms_01kaqm5f3ve0rabpx1v0p2xwz8"`
	RelatedObject    string                                     `json:"related_object" doc:"The resource it is for, or the name of a custom object." example:"order"`
	Properties       map[string]ProjectMetadataSchemaDefinition `json:"properties" doc:"The definitions, by the name of the metadata."`
	AllowDefinedOnly *bool                                      `json:"allow_defined_only" nullable:"true" doc:"Whether metadata without a definition is refused."`
	CreatedAt        clock.Timestamp                            `json:"created_at" doc:"When it was made."`
	UpdatedAt        *clock.Timestamp                           `json:"updated_at" nullable:"true" doc:"When it was last changed; null if it never was."`
	Object           string                                     `json:"object" enum:"metadata_schema" doc:"Always metadata_schema."`
}

// ProjectMetadataSchemaDefinition says what one piece of metadata must be.
type ProjectMetadataSchemaDefinition struct {
	Type        Type      `json:"type" enum:"string,number,object,date,datetime,geopoint,boolean,image_url" doc:"Its type."`
	Array       bool      `json:"array" doc:"Whether it is a list of values of the type."`
	Optional    bool      `json:"optional" doc:"Whether it may be missing or null."`
	ObjectType  *string   `json:"objectType" nullable:"true" doc:"For the type object: the name of the custom schema that its value follows. Null for other types."`
	Deleted     bool      `json:"deleted,omitempty" doc:"Whether the definition is removed, and so ignored."`
	MinLength   *int      `json:"minLength,omitempty" doc:"Fewest characters of a string."`
	MaxLength   *int      `json:"maxLength,omitempty" doc:"Most characters of a string."`
	ExactLength *int      `json:"exactLength,omitempty" doc:"Exact number of characters of a string."`
	Eq          []any     `json:"eq,omitempty" nullable:"false" doc:"The allowed values of a string or number."`
	Ne          []float64 `json:"ne,omitempty" nullable:"false" doc:"The values that a number must not have."`
	Lt          *float64  `json:"lt,omitempty" doc:"A number must be less than this."`
	Lte         *float64  `json:"lte,omitempty" doc:"A number must be at most this."`
	Gt          *float64  `json:"gt,omitempty" doc:"A number must be more than this."`
	Gte         *float64  `json:"gte,omitempty" doc:"A number must be at least this."`
}

// project returns the schema as the Project API shows it.
func (s *MetadataSchema) project() *ProjectMetadataSchema {
	shown := &ProjectMetadataSchema{
		ID: s.ID, RelatedObject: s.RelatedObject, Properties: make(map[string]ProjectMetadataSchemaDefinition, len(s.Properties)),
		AllowDefinedOnly: s.AllowDefinedOnly, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt, Object: s.Object,
	}
	for name, d := range s.Properties {
		shown.Properties[name] = ProjectMetadataSchemaDefinition(d) // the same fields under other names
	}
	return shown
}

// ProjectMetadataSchemaList is the list of a project's schemas.
type ProjectMetadataSchemaList struct {
	Object  string                   `json:"object" enum:"list" doc:"Always list."`
	DataRef string                   `json:"data_ref" enum:"schemas" doc:"Names the member that holds the entries: schemas."`
	Schemas []*ProjectMetadataSchema `json:"schemas" nullable:"false" doc:"The schemas, in the order of their objects."`
	Total   int                      `json:"total" minimum:"0" doc:"How many there are."`
}

// MaxItems is how many objects one call validates, or a dry run checks.
const MaxItems = 1000

// maxTold bounds how many violations one answer tells, beyond the first of each
// object.
const maxTold = 10_000

// MetadataToValidate is what to validate: metadata or items.
type MetadataToValidate struct {
	Metadata map[string]any   `json:"metadata,omitempty" nullable:"false" doc:"The metadata of one object. Give either this or items."`
	Items    []map[string]any `json:"items,omitempty" nullable:"false" maxItems:"1000" doc:"The metadata of up to 1,000 objects."`
}

// check holds that exactly one of the two is given.
func (m *MetadataToValidate) check() error {
	if (m.Metadata == nil) == (m.Items == nil) {
		return fault.Invalid("Payload must have exactly one of the properties 'metadata' and 'items'")
	}
	return nil
}

// MetadataVerdict says whether metadata obeys.
type MetadataVerdict struct {
	Valid      bool                `json:"valid" doc:"Whether it obeys the schema."`
	Violations []conform.Violation `json:"violations" nullable:"false" maxItems:"100" doc:"What breaks the schema, at most 100; empty if nothing does."`
}

// MetadataValidation is the verdict on one object.
type MetadataValidation struct {
	Object string `json:"object" enum:"validation" doc:"Always validation."`
	MetadataVerdict
}

// verdicts checks every item. At least one violation of each that does not obey
// is told.
func verdicts(c *conform.Checker, items []map[string]any) []MetadataVerdict {
	out, left := make([]MetadataVerdict, 0, len(items)), maxTold
	for _, item := range items {
		v := verdict(c, item, left)
		left -= len(v.Violations)
		out = append(out, v)
	}
	return out
}

func verdict(c *conform.Checker, metadata map[string]any, limit int) MetadataVerdict {
	violations := c.CheckUpTo(metadata, limit)
	if violations == nil {
		violations = []conform.Violation{}
	}
	return MetadataVerdict{Valid: len(violations) == 0, Violations: violations}
}
