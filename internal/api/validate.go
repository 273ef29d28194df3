package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// validator checks a payload against the schema that the OpenAPI document
// shows, and tells every violation in the words of the contract.
type validator struct {
	schema *jsonschema.Schema
}

// schemaURL is the base of all schemas; nothing is ever loaded from it.
const schemaURL = "steward:///openapi.json"

// compileSchemas compiles the components and the extra schemas, which may
// refer to them, and returns the extra ones by name.
func compileSchemas(components map[string]*huma.Schema, extra map[string]*huma.Schema) (map[string]*validator, error) {
	raw, err := json.Marshal(map[string]any{
		"components": map[string]any{"schemas": components},
		"extra":      extra,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot write the schemas: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("cannot read the schemas: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for _, f := range formats {
		c.RegisterFormat(f)
	}
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, fmt.Errorf("cannot add the schemas: %w", err)
	}
	out := map[string]*validator{}
	for name := range extra {
		s, err := c.Compile(schemaURL + "#/extra/" + name)
		if err != nil {
			return nil, fmt.Errorf("cannot compile the schema of %s: %w", name, err)
		}
		out[name] = &validator{s}
	}
	return out, nil
}

// check returns the violations, sorted; none if the payload is valid.
func (v *validator) check(doc any) []string {
	err := v.schema.Validate(doc)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []string{"Payload cannot be checked"}
	}
	var violations []string
	collect(invalid, &violations)
	slices.Sort(violations)
	return few(slices.Compact(violations))
}

// maxViolations is how many violations of one payload are told: a body of a
// megabyte can have half a million of them.
const maxViolations = 100

// few returns the first violations, and says how many more there are.
func few(violations []string) []string {
	if len(violations) <= maxViolations {
		return violations
	}
	return append(violations[:maxViolations:maxViolations], fmt.Sprintf("and %d more", len(violations)-maxViolations))
}

func collect(e *jsonschema.ValidationError, violations *[]string) {
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			collect(cause, violations)
		}
		return
	}
	at := path(e.InstanceLocation)
	if required, ok := e.ErrorKind.(*kind.Required); ok {
		for _, name := range required.Missing {
			*violations = append(*violations, fmt.Sprintf("%s must have required property '%s'", subject(at), name))
		}
		return
	}
	*violations = append(*violations, subject(at)+" "+demand(e.ErrorKind))
}

// path writes a place in a payload as the contract does: .properties.Size.eq.0
func path(tokens []string) string {
	if len(tokens) == 0 {
		return ""
	}
	return "." + strings.Join(tokens, ".")
}

// subject names the place of a violation: the payload, or a property by its
// path.
func subject(path string) string {
	if path == "" {
		return "Payload"
	}
	return "Property " + path
}

// demand says what would be right.
//
//nolint:gocyclo // one case a keyword; a table of functions would hide that
func demand(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be " + strings.Join(k.Want, " or ")
	case *kind.Enum:
		return "must be equal to one of the allowed values: " + list(k.Want)
	case *kind.Const:
		return fmt.Sprintf("must be %v", k.Want)
	case *kind.Minimum:
		return "must be >= " + number(k.Want)
	case *kind.Maximum:
		return "must be <= " + number(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be > " + number(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be < " + number(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + number(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("must NOT have fewer than %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must NOT have more than %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("must NOT have fewer than %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must NOT have more than %d items", k.Want)
	case *kind.UniqueItems:
		return fmt.Sprintf("must NOT have duplicate items (items %d and %d are identical)", k.Duplicates[0], k.Duplicates[1])
	case *kind.MinProperties:
		return fmt.Sprintf("must NOT have fewer than %d properties", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must NOT have more than %d properties", k.Want)
	case *kind.Pattern:
		return "must match pattern " + k.Want
	case *kind.Format:
		return "must match format " + k.Want + formatHint(k.Want)
	case *kind.Not, *kind.OneOf:
		return "must be given in exactly one of the documented forms"
	case *kind.PropertyNames:
		return fmt.Sprintf("must NOT have a property named '%.64s'", k.Property)
	}
	return "is not valid"
}

func number(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func list(values []any) string {
	words := make([]string, 0, len(values))
	for _, v := range values {
		words = append(words, fmt.Sprintf("%v", v))
	}
	return strings.Join(words, ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
