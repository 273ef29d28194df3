// Package metadataschema holds what the metadata of a project's resources must
// look like (CONTRACT 3 "Metadata schemas"). Its types and rules need no
// database: they are what a validator compiles.
package metadataschema

import (
	"slices"

	"github.com/steward-platform/steward/internal/clock"
)

// MaxDefinitions is how many definitions a schema may have, removed ones
// included (CONTRACT 3).
const MaxDefinitions = 100

// StandardObjects are the resources that have metadata of their own; any other
// name is a custom object, to nest in them.
var StandardObjects = []string{
	"campaign", "customer", "earning_rule", "loyalty_tier", "order", "order_item", "product", "promotion_tier",
	"publication", "redemption", "reward", "voucher",
}

// IsStandard reports whether an object is one of StandardObjects.
func IsStandard(object string) bool { return slices.Contains(StandardObjects, object) }

// MetadataSchema says what the metadata of one kind of object must look like.
type MetadataSchema struct {
	ID               string                              `json:"id" doc:"Identifies the schema." example:"ms_01kaqm5f3ve0rabpx1v0p2xwz8"`
	RelatedObject    string                              `json:"related_object" doc:"The resource it is for, or the name of a custom object." example:"order"`
	Properties       map[string]MetadataSchemaDefinition `json:"properties" doc:"The definitions, by the name of the metadata."`
	AllowDefinedOnly *bool                               `json:"allow_defined_only" nullable:"true" doc:"Whether metadata without a definition is refused."`
	CreatedAt        clock.Timestamp                     `json:"created_at" doc:"When it was made."`
	UpdatedAt        *clock.Timestamp                    `json:"updated_at" nullable:"true" doc:"When it was last changed; null if it never was."`
	Object           string                              `json:"object" enum:"metadata_schema" doc:"Always metadata_schema."`
}

const object = "metadata_schema"

// Type is the type of a piece of metadata.
type Type string

// The types.
const (
	String   Type = "string"
	Number   Type = "number"
	Object   Type = "object"
	Date     Type = "date"
	DateTime Type = "datetime"
	Geopoint Type = "geopoint"
	Boolean  Type = "boolean"
	ImageURL Type = "image_url"
)

// MetadataSchemaDefinition says what one piece of metadata must be. A list in Eq or Ne, or a
// pointer, that is nil sets no bound.
type MetadataSchemaDefinition struct {
	Type        Type      `json:"type" enum:"string,number,object,date,datetime,geopoint,boolean,image_url" doc:"Its type. geopoint is for customer and product only."`
	Array       bool      `json:"array" doc:"Whether it is a list of values of the type."`
	Optional    bool      `json:"optional" doc:"Whether it may be missing or null."`
	ObjectType  *string   `json:"object_type" required:"false" nullable:"true" maxLength:"100" doc:"For the type object: the name of the custom schema that its value follows. Null for other types."`
	Deleted     bool      `json:"deleted,omitempty" doc:"Whether the definition is removed; sending it again without this restores it."`
	MinLength   *int      `json:"min_length,omitempty" minimum:"0" maximum:"10000" doc:"Fewest characters of a string."`
	MaxLength   *int      `json:"max_length,omitempty" minimum:"0" maximum:"10000" doc:"Most characters of a string."`
	ExactLength *int      `json:"exact_length,omitempty" minimum:"0" maximum:"10000" doc:"Exact number of characters of a string."`
	Eq          []any     `json:"eq,omitempty" nullable:"false" maxItems:"1000" doc:"The allowed values of a string or number."`
	Ne          []float64 `json:"ne,omitempty" nullable:"false" maxItems:"1000" doc:"The values that a number must not have."`
	Lt          *float64  `json:"lt,omitempty" doc:"A number must be less than this."`
	Lte         *float64  `json:"lte,omitempty" doc:"A number must be at most this."`
	Gt          *float64  `json:"gt,omitempty" doc:"A number must be more than this."`
	Gte         *float64  `json:"gte,omitempty" doc:"A number must be at least this."`
}

// MetadataSchemaCreate is the body that makes a schema.
type MetadataSchemaCreate struct {
	RelatedObject    string                              `json:"related_object" minLength:"1" maxLength:"100" doc:"The resource it is for, or the name of a custom object." example:"order"`
	Properties       map[string]MetadataSchemaDefinition `json:"properties" maxProperties:"100" doc:"The definitions, by the name of the metadata."`
	AllowDefinedOnly *bool                               `json:"allow_defined_only,omitempty" nullable:"true" doc:"Whether metadata without a definition is refused."`
}

// MetadataSchemaUpdate is the body that changes a schema.
type MetadataSchemaUpdate struct {
	Properties       map[string]MetadataSchemaDefinition `json:"properties" maxProperties:"100" doc:"The definitions to add or to replace; the others stay."`
	AllowDefinedOnly *bool                               `json:"allow_defined_only,omitempty" nullable:"true" doc:"Whether metadata without a definition is refused; stays if it is not sent."`
	Samples          []map[string]any                    `json:"samples,omitempty" nullable:"false" maxItems:"1000" doc:"With dry_run: the metadata of up to 1,000 objects to try the change on, instead of what is stored."`
}
