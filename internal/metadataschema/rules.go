package metadataschema

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/api"
)

const (
	// maxName is how many characters the name of a definition may have.
	maxName = 100
	// maxNumber bounds the numbers of a definition: beyond it, doubles skip
	// integers.
	maxNumber = 1 << 53
)

// Check returns everything that is wrong with the definitions of an object,
// by itself, sorted; what depends on other schemas is not its business.
func Check(relatedObject string, properties map[string]MetadataSchemaDefinition) []string {
	var found violations
	if len(properties) > MaxDefinitions {
		found.add(".properties", "must NOT have more than %d properties, removed ones included", MaxDefinitions)
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		at := ".properties." + name
		if !validName(name) {
			found.add(".properties", "must NOT have a property named '%.64s': a name has 1 to %d characters, none of them a control character, and is not blank", name, maxName)
			continue
		}
		d := properties[name]
		found.definition(at, relatedObject, &d)
	}
	slices.Sort(found)
	return found
}

// checkObject returns what is wrong with the name of an object.
func checkObject(name string) []string {
	if validName(name) {
		return nil
	}
	return []string{fmt.Sprintf("Property .related_object must have 1 to %d characters, none of them a control character, and not be blank", maxName)}
}

func validName(s string) bool {
	return utf8.RuneCountInString(s) <= maxName && api.ValidName(s) == nil
}

// violations gathers sentences.
type violations []string

func (v *violations) add(at, format string, args ...any) {
	*v = append(*v, "Property "+at+" "+fmt.Sprintf(format, args...))
}

func (v *violations) definition(at, relatedObject string, d *MetadataSchemaDefinition) {
	if d.Type == Geopoint && relatedObject != "customer" && relatedObject != "product" {
		v.add(at+".type", "must not be geopoint: that is for customer and product only")
	}
	switch {
	case d.Type == Object && (d.ObjectType == nil || *d.ObjectType == ""):
		v.add(at, "must have required property 'object_type', the name of a custom schema")
	case d.Type == Object && IsStandard(*d.ObjectType):
		v.add(at+".object_type", "must be the name of a custom schema, not of a standard one")
	case d.Type != Object && d.ObjectType != nil:
		v.add(at+".object_type", "must be null: it is for the type object only")
	}
	v.applicable(at, d)
	if d.Type == String {
		v.lengths(at, d)
	}
	v.values(at, d)
	if d.Type == Number {
		v.bounds(at, d)
	}
}

// applicable refuses constraints that the type does not have.
func (v *violations) applicable(at string, d *MetadataSchemaDefinition) {
	for _, c := range []struct {
		name  string
		set   bool
		types []Type
	}{
		{"min_length", d.MinLength != nil, []Type{String}},
		{"max_length", d.MaxLength != nil, []Type{String}},
		{"exact_length", d.ExactLength != nil, []Type{String}},
		{"eq", d.Eq != nil, []Type{String, Number}},
		{"ne", d.Ne != nil, []Type{Number}},
		{"lt", d.Lt != nil, []Type{Number}},
		{"lte", d.Lte != nil, []Type{Number}},
		{"gt", d.Gt != nil, []Type{Number}},
		{"gte", d.Gte != nil, []Type{Number}},
	} {
		if c.set && !slices.Contains(c.types, d.Type) {
			v.add(at+"."+c.name, "must not be given: it does not apply to the type %s", d.Type)
		}
	}
}

func (v *violations) lengths(at string, d *MetadataSchemaDefinition) {
	if d.ExactLength != nil && (d.MinLength != nil || d.MaxLength != nil) {
		v.add(at+".exact_length", "must not be given beside min_length or max_length")
	}
	if d.MinLength != nil && d.MaxLength != nil && *d.MinLength > *d.MaxLength {
		v.add(at+".min_length", "must be <= max_length (%d is more than %d)", *d.MinLength, *d.MaxLength)
	}
}

// values checks the lists of allowed and of refused values.
func (v *violations) values(at string, d *MetadataSchemaDefinition) {
	if d.Type != String && d.Type != Number {
		return
	}
	if d.Eq != nil && len(d.Eq) == 0 {
		v.add(at+".eq", "must NOT have fewer than 1 items")
	}
	seen := map[any]bool{}
	for i, value := range d.Eq {
		here := fmt.Sprintf("%s.eq.%d", at, i)
		switch value := value.(type) {
		case string:
			if d.Type != String {
				v.add(here, "must be %s", d.Type)
				continue
			}
			v.allowedText(here, value, d)
		case float64:
			if d.Type != Number {
				v.add(here, "must be %s", d.Type)
				continue
			}
			v.number(here, value)
			if !d.within(value) {
				v.add(here, "must obey the definition's own bounds")
			}
		default:
			v.add(here, "must be %s", d.Type)
			continue
		}
		if seen[value] {
			v.add(here, "must NOT be given twice")
		}
		seen[value] = true
	}
	seen = map[any]bool{}
	for i, value := range d.Ne {
		here := fmt.Sprintf("%s.ne.%d", at, i)
		v.number(here, value)
		if seen[value] {
			v.add(here, "must NOT be given twice")
		}
		if slices.Contains(d.Eq, any(value)) {
			v.add(here, "must not be among the values of eq")
		}
		seen[value] = true
	}
}

func (v *violations) allowedText(at, value string, d *MetadataSchemaDefinition) {
	n := utf8.RuneCountInString(value)
	if n > 1024 {
		v.add(at, "must NOT have more than 1024 characters")
	}
	if (d.MinLength != nil && n < *d.MinLength) || (d.MaxLength != nil && n > *d.MaxLength) || (d.ExactLength != nil && n != *d.ExactLength) {
		v.add(at, "must obey the definition's own lengths")
	}
}

func (v *violations) number(at string, value float64) {
	switch {
	case math.Abs(value) > maxNumber:
		v.add(at, "must be between -%d and %[1]d", int64(maxNumber))
	case math.Round(value*100)/100 != value:
		v.add(at, "must have at most two decimals")
	}
}

// bounds checks that the bounds of a number leave it a value.
func (v *violations) bounds(at string, d *MetadataSchemaDefinition) {
	for name, bound := range map[string]*float64{"lt": d.Lt, "lte": d.Lte, "gt": d.Gt, "gte": d.Gte} {
		if bound != nil {
			v.number(at+"."+name, *bound)
		}
	}
	if d.Lt != nil && d.Lte != nil {
		v.add(at+".lt", "must not be given beside lte")
	}
	if d.Gt != nil && d.Gte != nil {
		v.add(at+".gt", "must not be given beside gte")
	}
	lower, upper, open := math.Inf(-1), math.Inf(1), false
	for _, b := range []*float64{d.Gt, d.Gte} {
		if b != nil {
			lower = max(lower, *b)
		}
	}
	for _, b := range []*float64{d.Lt, d.Lte} {
		if b != nil {
			upper = min(upper, *b)
		}
	}
	open = (d.Gt != nil && *d.Gt == lower) || (d.Lt != nil && *d.Lt == upper)
	if lower > upper || (lower == upper && open) {
		v.add(at, "must have bounds that a number can meet")
	}
}

// within reports whether a number obeys the bounds.
func (d *MetadataSchemaDefinition) within(n float64) bool {
	return (d.Lt == nil || n < *d.Lt) && (d.Lte == nil || n <= *d.Lte) && (d.Gt == nil || n > *d.Gt) && (d.Gte == nil || n >= *d.Gte)
}

// nested returns the names of the custom objects that the definitions, removed
// ones excluded, nest.
func nested(properties map[string]MetadataSchemaDefinition) []string {
	var out []string
	for _, d := range properties {
		if d.Type == Object && !d.Deleted && d.ObjectType != nil && !slices.Contains(out, *d.ObjectType) {
			out = append(out, *d.ObjectType)
		}
	}
	slices.Sort(out)
	return out
}

// merge returns the definitions with the sent ones in their places, and the
// names of those whose type would change.
func merge(stored, sent map[string]MetadataSchemaDefinition) (merged map[string]MetadataSchemaDefinition, changed []string) {
	merged = maps.Clone(stored)
	if merged == nil {
		merged = map[string]MetadataSchemaDefinition{}
	}
	for name, d := range sent {
		if old, ok := stored[name]; ok && old.Type != d.Type {
			changed = append(changed, name)
		}
		merged[name] = d
	}
	slices.Sort(changed)
	return merged, changed
}
