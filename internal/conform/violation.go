package conform

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The rules that a value can break.
const (
	RuleType        = "type"
	RuleRequired    = "required"
	RuleUnknown     = "unknown"
	RuleMinLength   = "min_length"
	RuleMaxLength   = "max_length"
	RuleExactLength = "exact_length"
	RuleEq          = "eq"
	RuleNe          = "ne"
	RuleLt          = "lt"
	RuleLte         = "lte"
	RuleGt          = "gt"
	RuleGte         = "gte"
	RuleFormat      = "format"
)

// Violation says which value breaks which rule. What it quotes is cut short
// where it is long.
type Violation struct {
	Path     string `json:"path" doc:"The value: names and positions, joined with dots." example:"address.city"`
	Rule     string `json:"rule" enum:"type,required,unknown,min_length,max_length,exact_length,eq,ne,lt,lte,gt,gte,format" doc:"The rule that it breaks; format is a text that is not of its type's form, unknown a property without a definition."`
	Expected any    `json:"expected" doc:"What the rule asks for: the name of the type, the bound, or the values (the first 20 of them); null for an unknown property." example:"\"string\""`
	Actual   any    `json:"actual" doc:"The value, long ones cut short; null where there is none." example:"7"`
}

const (
	maxQuoted  = 64   // characters of a value in a sentence
	maxName    = 100  // characters of a name in a path; no definition has a longer one
	maxListed  = 20   // values that a violation lists of those allowed or refused
	maxActual  = 1024 // characters, or what is as much, of a value in a violation
	scalarCost = 8    // what a value that is no text counts for
	ellipsis   = "…"
)

// String returns the violation as a sentence, for example
// "rating: must be a number (actual value is 'x')".
func (v Violation) String() string {
	if v.Rule == RuleRequired {
		return v.Path + ": is required"
	}
	return v.Path + ": " + v.demand() + " (actual value is " + quote(v.Actual) + ")"
}

func (v Violation) demand() string {
	switch v.Rule {
	case RuleType, RuleFormat:
		return "must be " + form(v.Expected)
	case RuleUnknown:
		return "is not defined"
	case RuleMinLength:
		return fmt.Sprintf("must have at least %v characters", v.Expected)
	case RuleMaxLength:
		return fmt.Sprintf("must have at most %v characters", v.Expected)
	case RuleExactLength:
		return fmt.Sprintf("must have exactly %v characters", v.Expected)
	case RuleEq:
		return "must be one of " + enumerate(v.Expected)
	case RuleNe:
		return "must be none of " + enumerate(v.Expected)
	case RuleLt:
		return "must be less than " + quote(v.Expected)
	case RuleLte:
		return "must be at most " + quote(v.Expected)
	case RuleGt:
		return "must be more than " + quote(v.Expected)
	case RuleGte:
		return "must be at least " + quote(v.Expected)
	}
	return "is not valid"
}

// form describes a type.
func form(expected any) string {
	name, _ := expected.(string)
	switch Type(name) {
	case Date:
		return "a date (YYYY-MM-DD)"
	case DateTime:
		return "a date and time (RFC 3339)"
	case Geopoint:
		return "a geopoint (latitude,longitude)"
	case ImageURL:
		return "an image URL (absolute, http or https)"
	case Object, "array":
		return "an " + name
	}
	return "a " + name
}

// enumerate writes the values of a list.
func enumerate(list any) string {
	values, _ := list.([]any)
	words := make([]string, 0, len(values))
	for _, v := range values {
		words = append(words, quote(v))
	}
	return strings.Join(words, ", ")
}

// quote writes a value, at most maxQuoted characters of it.
func quote(v any) string {
	if s, ok := v.(string); ok {
		return "'" + cut(s, maxQuoted) + "'"
	}
	raw, err := json.Marshal(v)
	if err != nil { // what is no JSON never came from JSON
		return cut(fmt.Sprint(v), maxQuoted)
	}
	return cut(string(raw), maxQuoted)
}

// cut returns at most n characters of s, the last of which then tells that
// there was more.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end, count := 0, 0
	for i := range s {
		if count == n-1 {
			end = i
		}
		if count++; count > n {
			return s[:end] + ellipsis
		}
	}
	return s
}

// place is where the walk is: a property, or an element of one.
type place struct {
	parent  *place
	name    string
	index   int
	indexed bool
}

func (p *place) path() string { return string(p.write(nil)) }

// write appends the path's bytes, so that no string of a place, and with it
// the place, escapes to the heap.
func (p *place) write(b []byte) []byte {
	if p.parent != nil {
		b = append(p.parent.write(b), '.')
	}
	if p.indexed {
		return strconv.AppendInt(b, int64(p.index), 10)
	}
	return append(b, cut(p.name, maxName)...)
}

// findings gathers violations.
type findings struct {
	list  []Violation
	limit int
}

func (f *findings) full() bool { return len(f.list) >= f.limit }

func (f *findings) add(at *place, rule string, expected, actual any) {
	if !f.full() {
		f.list = append(f.list, Violation{Path: at.path(), Rule: rule, Expected: expected, Actual: excerpt(actual)})
	}
}

// few returns the first values of a list, long texts cut short.
func few[T any](values []T) []any {
	out := make([]any, 0, min(len(values), maxListed))
	for _, v := range values[:cap(out)] {
		var value any = v
		if s, ok := value.(string); ok {
			value = cut(s, maxQuoted)
		}
		out = append(out, value)
	}
	return out
}

// excerpt returns the value itself if it is short, else as much of it as fits.
func excerpt(v any) any {
	left := maxActual
	if fits(v, &left) {
		return v
	}
	left = maxActual
	return take(v, &left)
}

func fits(v any, left *int) bool {
	*left -= scalarCost
	switch v := v.(type) {
	case string:
		*left -= len(v)
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0) // JSON cannot write these
	case []any:
		for _, element := range v {
			if *left < 0 || !fits(element, left) {
				return false
			}
		}
	case map[string]any:
		for name, element := range v {
			if *left -= len(name); *left < 0 || !fits(element, left) {
				return false
			}
		}
	}
	return *left >= 0
}

// take copies the value until nothing is left of what it may cost.
func take(v any, left *int) any {
	*left -= scalarCost
	switch v := v.(type) {
	case string:
		s := cut(v, max(*left, 1))
		*left -= len(s)
		return s
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
	case []any:
		out := []any{}
		for _, element := range v {
			if *left <= 0 {
				break
			}
			out = append(out, take(element, left))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if *left <= 0 {
				break
			}
			short := cut(name, maxName)
			*left -= len(short)
			out[short] = take(v[name], left)
		}
		return out
	}
	return v
}
