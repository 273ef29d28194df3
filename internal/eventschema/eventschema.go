// Package eventschema holds the custom events of a project: their names, and
// what they carry (CONTRACT 3 "Custom event schemas").
package eventschema

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
)

const (
	// MaxProperties is how many properties an event may have, removed ones
	// included.
	MaxProperties = 100
	maxName       = 100
	object        = "custom-event-schema"
)

// CustomEventSchema names an event and says what it carries.
type CustomEventSchema struct {
	ID        string                   `json:"id" doc:"Identifies the schema." example:"ms_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Name      string                   `json:"name" doc:"The name of the event." example:"review"`
	Content   CustomEventSchemaContent `json:"schema" doc:"What the event carries."`
	CreatedAt clock.Timestamp          `json:"created_at" doc:"When it was made."`
	UpdatedAt *clock.Timestamp         `json:"updated_at,omitempty" doc:"When it was last changed; absent if it never was."`
	Object    string                   `json:"object" enum:"custom-event-schema" doc:"Always custom-event-schema."`
}

// CustomEventSchemaContent is what an event carries.
type CustomEventSchemaContent struct {
	Properties map[string]CustomEventProperty `json:"properties" maxProperties:"100" doc:"The properties, by name; there may be none."`
}

// Type is the type of a property.
type Type string

// The types.
const (
	String   Type = "string"
	Number   Type = "number"
	Date     Type = "date"
	DateTime Type = "datetime"
	Boolean  Type = "boolean"
)

// CustomEventProperty says what one property of an event must be.
type CustomEventProperty struct {
	Type     Type `json:"type" enum:"string,number,date,datetime,boolean" doc:"Its type."`
	Optional bool `json:"optional" doc:"Whether it may be missing or null."`
	Deleted  bool `json:"deleted,omitempty" doc:"Whether the property is removed; sending it again without this restores it."`
}

// CustomEventSchemaCreate is the body that makes a schema.
type CustomEventSchemaCreate struct {
	Name    string                   `json:"name" minLength:"1" maxLength:"100" doc:"The name of the event, unique in the project." example:"review"`
	Content CustomEventSchemaContent `json:"schema" doc:"What the event carries."`
}

// CustomEventSchemaUpdate is the body that changes a schema.
type CustomEventSchemaUpdate struct {
	Content CustomEventSchemaContent `json:"schema" doc:"The properties to add or to replace; the others stay."`
	Samples []map[string]any         `json:"samples,omitempty" nullable:"false" maxItems:"1000" doc:"With dry_run: the metadata of up to 1,000 events to try the change on, instead of what is stored."`
}

// checkName returns what is wrong with the name of an event.
func checkName(name string) []string {
	if validName(name) {
		return nil
	}
	return []string{fmt.Sprintf("Property .name must have 1 to %d characters, none of them a control character, and not be blank", maxName)}
}

// check returns what is wrong with the properties, sorted.
func check(properties map[string]CustomEventProperty) []string {
	var violations []string
	if len(properties) > MaxProperties {
		violations = append(violations, fmt.Sprintf("Property .schema.properties must NOT have more than %d properties, removed ones included", MaxProperties))
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !validName(name) {
			violations = append(violations, fmt.Sprintf("Property .schema.properties must NOT have a property named '%.64s': a name has 1 to %d characters, none of them a control character, and is not blank", name, maxName))
		}
	}
	return violations
}

func validName(s string) bool {
	return utf8.RuneCountInString(s) <= maxName && api.ValidName(s) == nil
}

// merge returns the properties with the sent ones in their places.
func merge(stored, sent map[string]CustomEventProperty) map[string]CustomEventProperty {
	merged := maps.Clone(stored)
	if merged == nil {
		merged = map[string]CustomEventProperty{}
	}
	maps.Copy(merged, sent)
	return merged
}
