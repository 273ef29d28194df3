package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/steward-platform/steward/internal/fault"
)

// Input of an operation is a struct whose fields say where they come from:
//
//	ProjectID string          `path:"projectId" doc:"…"`
//	Limit     int             `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"…"`
//	Query     url.Values      // the whole query, for parameters with a grammar of their own
//	Body      T               // decoded and validated against T's schema
//	RawBody   []byte          // the body's bytes, to merge into what is stored
//
// Fields are strings, integers or booleans, or pointers to them where absence
// matters. Exported structs may be embedded, for parameters that operations
// share. Unexported fields are the operation's own.
type input struct {
	path, query []param
	body        int // index of Body, or -1
	rawBody     int
	rawQuery    int
	bodyType    reflect.Type
	params      *validator // of path and query
	payload     *validator // of the body
}

type param struct {
	name     string
	index    []int
	kind     reflect.Kind
	pointer  bool
	fallback string
}

func inspect(t reflect.Type, r huma.Registry, op *Operation) (*input, []*huma.Param, *huma.Schema) {
	in := &input{body: -1, rawBody: -1, rawQuery: -1}
	var documented []*huma.Param
	var payload *huma.Schema
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Tag.Get("path") != "":
			p := newParam(f, f.Tag.Get("path"))
			in.path = append(in.path, p)
			documented = append(documented, &huma.Param{Name: p.name, In: "path", Required: true, Description: f.Tag.Get("doc"), Schema: paramSchema(r, f)})
		case f.Tag.Get("query") != "":
			p := newParam(f, f.Tag.Get("query"))
			in.query = append(in.query, p)
			documented = append(documented, &huma.Param{Name: p.name, In: "query", Description: f.Tag.Get("doc"), Schema: paramSchema(r, f)})
		case f.Name == "Body" && len(f.Index) == 1:
			in.body, in.bodyType = f.Index[0], f.Type
			payload = r.Schema(f.Type, true, op.ID+"-body")
			if len(resolve(r, payload).Properties) == 0 {
				panic("operation " + op.ID + ": its body has no members; embedded structs must be exported") // found by any test
			}
		case f.Name == "RawBody" && len(f.Index) == 1:
			in.rawBody = f.Index[0]
		case f.Name == "Query" && len(f.Index) == 1:
			in.rawQuery = f.Index[0]
		}
	}
	return in, documented, payload
}

// resolve follows a reference.
func resolve(r huma.Registry, s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return r.SchemaFromRef(s.Ref)
	}
	return s
}

func newParam(f reflect.StructField, name string) param {
	p := param{name: name, index: f.Index, kind: f.Type.Kind(), fallback: f.Tag.Get("default")}
	if p.kind == reflect.Pointer {
		p.pointer, p.kind = true, f.Type.Elem().Kind()
	}
	switch p.kind {
	case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		return p
	}
	panic(fmt.Sprintf("parameter %s: a %s is not supported", name, p.kind))
}

// paramSchema is the schema of a parameter; its description stands on the
// parameter itself.
func paramSchema(r huma.Registry, f reflect.StructField) *huma.Schema {
	s := huma.SchemaFromField(r, f, "")
	s.Description, s.Nullable = "", false
	return s
}

// decode fills in from the request and validates it. All violations of the
// parameters, or of the body, are told at once.
func (in *input) decode(req *http.Request, body []byte, into any) error {
	v := reflect.ValueOf(into).Elem()
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return fault.Invalid("The query cannot be read: a % must be followed by two hexadecimal digits, and a ; must be written %3B")
	}
	if err := in.decodeParams(req, query, v); err != nil {
		return err
	}
	if in.rawQuery >= 0 {
		v.Field(in.rawQuery).Set(reflect.ValueOf(query))
	}
	if in.rawBody >= 0 {
		v.Field(in.rawBody).SetBytes(body)
	}
	if in.body < 0 {
		return nil
	}
	doc, err := parse(body)
	if err != nil {
		return err
	}
	if violations := in.payload.check(doc); len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return Merge(body, v.Field(in.body).Addr().Interface())
}

// wholeNumbers reads integers as JSON Schema tells them: 4.0 and 1e1 are
// integers too.
var wholeNumbers = json.JoinUnmarshalers(json.UnmarshalFromFunc(wholeNumber[int]), json.UnmarshalFromFunc(wholeNumber[int64]))

func wholeNumber[T int | int64](dec *jsontext.Decoder, v *T) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported // not a number: read as usual
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		*v = T(n)
		return nil
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return errors.New("not an integer in range")
	}
	*v = T(f)
	return nil
}

// Merge reads a validated body into what is there: members that were not sent
// stay, a null clears what is a pointer, objects merge, arrays are replaced.
// Names are told apart by case, as the schema does, so that nothing gets past
// the schema under another spelling.
func Merge(body []byte, into any) error {
	if err := json.Unmarshal(body, into, json.WithUnmarshalers(wholeNumbers)); err != nil {
		return fault.Invalid(describeUnmarshal(err)).Because(err)
	}
	return nil
}

// decodePath fills in the path's parameters alone.
func (in *input) decodePath(req *http.Request, into any) error {
	return in.decodeParams(req, nil, reflect.ValueOf(into).Elem())
}

func (in *input) decodeParams(req *http.Request, query url.Values, v reflect.Value) error {
	doc := map[string]any{}
	var violations []string
	for _, p := range in.path {
		text := req.PathValue(p.name)
		if err := checkText(text); err != nil {
			return fault.Invalid(fmt.Sprintf("Parameter %s %s", p.name, err))
		}
		v.FieldByIndex(p.index).SetString(text)
	}
	for _, p := range in.query {
		text := query.Get(p.name)
		if !query.Has(p.name) {
			if p.fallback == "" {
				continue
			}
			text = p.fallback
		}
		if err := checkText(text); err != nil {
			violations = append(violations, fmt.Sprintf("Property .%s %s", p.name, err))
			continue
		}
		value, problem := p.parse(text)
		if problem != "" {
			violations = append(violations, "Property ."+p.name+" "+problem)
			continue
		}
		doc[p.name] = value
		p.set(v.FieldByIndex(p.index), value)
	}
	if in.params != nil {
		violations = append(violations, in.params.check(doc)...)
	}
	if len(violations) > 0 {
		slices.Sort(violations)
		return fault.Invalid(violations...)
	}
	return nil
}

func (p param) parse(text string) (any, string) {
	switch p.kind {
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, "must be boolean"
		}
		return b, ""
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, "must be integer"
		}
		return n, ""
	}
	return text, ""
}

func (p param) set(field reflect.Value, value any) {
	if p.pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	field.Set(reflect.ValueOf(value).Convert(field.Type()))
}
