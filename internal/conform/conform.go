// Package conform checks metadata against what a project has defined, compiled
// once for speed (CONTRACT 6). It stands on the standard library alone and
// knows neither where definitions come from nor what becomes of violations.
package conform

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// MaxViolations is how many violations of one object Check tells at most, so
// that a hostile object cannot blow an answer up.
const MaxViolations = 100

// Type is what a value must be.
type Type string

// The types. A value of another type than these is never accepted.
const (
	String   Type = "string"
	Number   Type = "number"
	Date     Type = "date"      // a text: a real day, YYYY-MM-DD
	DateTime Type = "datetime"  // a text: RFC 3339, with upper-case T and Z and without leap seconds
	Boolean  Type = "boolean"   // true or false
	Geopoint Type = "geopoint"  // a text: latitude,longitude in degrees, within ±90 and ±180
	ImageURL Type = "image_url" // a text: an absolute http or https URL
	Object   Type = "object"
)

// Field defines one property of an object. A pointer or list that is nil sets
// no bound; a bound that does not apply to the type is ignored.
type Field struct {
	Name     string
	Type     Type
	Array    bool // the value is a list whose every element obeys the rest
	Optional bool // it may be missing or null
	Deleted  bool // whatever stands there passes

	MinLength, MaxLength, ExactLength *int // characters of a string, not bytes

	Eq               []any // the allowed values of a string or number, as strings and float64s
	Ne               []float64
	Lt, Lte, Gt, Gte *float64

	Inner *Checker // of an object; nil takes any object
}

// Checker is a compiled set of fields. It never changes and is safe for
// concurrent use.
type Checker struct {
	fields      []field // in the order of their names
	definedOnly bool
}

// field is a Field as the check wants it.
type field struct {
	Field
	eqTexts     set[string]
	eqNumbers   set[float64]
	neNumbers   set[float64]
	min, max    int // length in characters
	exactLength int // -1 for none
}

// Compile returns the checker of the fields. definedOnly refuses properties
// that no field defines; deleted ones count as defined. Where two fields share
// a name the last one holds.
func Compile(fields []Field, definedOnly bool) *Checker {
	byName := make(map[string]field, len(fields))
	for _, f := range fields {
		byName[f.Name] = compile(f)
	}
	c := &Checker{fields: slices.Collect(maps.Values(byName)), definedOnly: definedOnly}
	slices.SortFunc(c.fields, func(a, b field) int { return cmp.Compare(a.Name, b.Name) })
	return c
}

func compile(f Field) field {
	c := field{Field: f, min: 0, max: math.MaxInt, exactLength: -1}
	if f.MinLength != nil {
		c.min = *f.MinLength
	}
	if f.MaxLength != nil {
		c.max = *f.MaxLength
	}
	if f.ExactLength != nil {
		c.exactLength = *f.ExactLength
	}
	if f.Eq != nil {
		c.eqTexts, c.eqNumbers = newSet(only[string](f.Eq)), newSet(only[float64](f.Eq))
	}
	c.neNumbers = newSet(f.Ne)
	return c
}

func only[T any](values []any) []T {
	var out []T
	for _, v := range values {
		if t, ok := v.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

// Check returns everything in which the metadata, decoded from JSON as
// encoding/json does by default, breaks the definitions; nil if it obeys. The
// order is that of the names, then of elements and rules, and at last what is
// not defined; it is the same every time. At most MaxViolations are told. A
// nil Checker takes anything.
func (c *Checker) Check(metadata map[string]any) []Violation {
	return c.CheckUpTo(metadata, MaxViolations)
}

// CheckUpTo is Check for those who want no more than the first limit
// violations, of which there are at least one and at most MaxViolations.
func (c *Checker) CheckUpTo(metadata map[string]any, limit int) []Violation {
	if c == nil {
		return nil
	}
	out := findings{limit: min(max(limit, 1), MaxViolations)}
	c.object(metadata, nil, &out)
	return out.list
}

// The walk keeps its place on the stack and writes it down only for a
// violation, so that metadata which obeys costs no allocation.

func (c *Checker) object(metadata map[string]any, at *place, out *findings) {
	here := place{parent: at}
	defined := 0
	for i := range c.fields {
		f := &c.fields[i]
		value, there := metadata[f.Name]
		if there {
			defined++
		}
		if f.Deleted || (value == nil && f.Optional) {
			continue
		}
		here.name = f.Name
		if value == nil {
			out.add(&here, RuleRequired, f.expected(), nil)
		} else {
			f.property(value, &here, out)
		}
		if out.full() {
			return
		}
	}
	if c.definedOnly && defined < len(metadata) {
		c.undefined(metadata, at, out)
	}
}

// undefined tells the properties that no field defines.
func (c *Checker) undefined(metadata map[string]any, at *place, out *findings) {
	here := place{parent: at}
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		_, defined := slices.BinarySearchFunc(c.fields, name, func(f field, name string) int { return cmp.Compare(f.Name, name) })
		if defined {
			continue
		}
		here.name = name
		out.add(&here, RuleUnknown, nil, metadata[name])
		if out.full() {
			return
		}
	}
}

// expected names what the property as a whole must be.
func (f *field) expected() string {
	if f.Array {
		return "array"
	}
	return string(f.Type)
}

func (f *field) property(value any, at *place, out *findings) {
	if !f.Array {
		f.value(value, at, out)
		return
	}
	list, ok := value.([]any)
	if !ok {
		out.add(at, RuleType, "array", value)
		return
	}
	element := place{parent: at, indexed: true}
	for i, value := range list {
		element.index = i
		f.value(value, &element, out)
		if out.full() {
			return
		}
	}
}

func (f *field) value(value any, at *place, out *findings) {
	switch f.Type {
	case Number:
		if n, ok := value.(float64); ok && !math.IsNaN(n) && !math.IsInf(n, 0) {
			f.number(n, at, out)
			return
		}
	case Boolean:
		if _, ok := value.(bool); ok {
			return
		}
	case Object:
		if inner, ok := value.(map[string]any); ok {
			if f.Inner != nil {
				f.Inner.object(inner, at, out)
			}
			return
		}
	case String, Date, DateTime, Geopoint, ImageURL:
		if s, ok := value.(string); ok {
			f.text(s, at, out)
			return
		}
	}
	out.add(at, RuleType, string(f.Type), value)
}

func (f *field) text(s string, at *place, out *findings) {
	ok := true
	switch f.Type {
	case Date:
		ok = validDate(s)
	case DateTime:
		ok = validDateTime(s)
	case Geopoint:
		ok = validGeopoint(s)
	case ImageURL:
		ok = validImageURL(s)
	default:
		f.plain(s, at, out)
	}
	if !ok {
		out.add(at, RuleFormat, string(f.Type), s)
	}
}

// plain checks the bounds of a string.
func (f *field) plain(s string, at *place, out *findings) {
	n := utf8.RuneCountInString(s)
	if n < f.min {
		out.add(at, RuleMinLength, f.min, s)
	}
	if n > f.max {
		out.add(at, RuleMaxLength, f.max, s)
	}
	if f.exactLength >= 0 && n != f.exactLength {
		out.add(at, RuleExactLength, f.exactLength, s)
	}
	if f.Eq != nil && !f.eqTexts.has(s) {
		out.add(at, RuleEq, few(f.Eq), s)
	}
}

// number checks the bounds of a number.
func (f *field) number(n float64, at *place, out *findings) {
	if f.Eq != nil && !f.eqNumbers.has(n) {
		out.add(at, RuleEq, few(f.Eq), n)
	}
	if f.Ne != nil && f.neNumbers.has(n) {
		out.add(at, RuleNe, few(f.Ne), n)
	}
	if f.Lt != nil && n >= *f.Lt {
		out.add(at, RuleLt, *f.Lt, n)
	}
	if f.Lte != nil && n > *f.Lte {
		out.add(at, RuleLte, *f.Lte, n)
	}
	if f.Gt != nil && n <= *f.Gt {
		out.add(at, RuleGt, *f.Gt, n)
	}
	if f.Gte != nil && n < *f.Gte {
		out.add(at, RuleGte, *f.Gte, n)
	}
}

// set holds values to look up: a few are quicker to walk than to hash.
type set[T comparable] struct {
	few  []T
	many map[T]struct{}
}

const fewValues = 8

func newSet[T comparable](values []T) set[T] {
	if len(values) <= fewValues {
		return set[T]{few: values}
	}
	many := make(map[T]struct{}, len(values))
	for _, v := range values {
		many[v] = struct{}{}
	}
	return set[T]{many: many}
}

func (s *set[T]) has(v T) bool {
	if s.many != nil {
		_, ok := s.many[v]
		return ok
	}
	return slices.Contains(s.few, v)
}
