package app_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Every success must be what the reference contract shows, so that clients
// generated from it can read it.
func TestAnswersFitTheSchemasOfTheReferenceContract(t *testing.T) {
	t.Parallel()
	documents := map[string]any{}
	for _, name := range []string{"management", "project"} {
		raw, err := os.ReadFile("../../../shared/contract/" + name + ".openapi.json")
		if err != nil {
			t.Skip("the reference documents are not beside the project")
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		allowNull(doc)
		documents[name] = doc
	}
	eachEngine(t, func(t *testing.T, w *world) {
		compiler := jsonschema.NewCompiler() // not made for use by two tests at once
		compiler.DefaultDraft(jsonschema.Draft2020)
		for name, doc := range documents {
			if err := compiler.AddResource("reference:///"+name+".json", doc); err != nil {
				t.Fatal(err)
			}
		}
		checked := 0
		for _, op := range sorted(t) {
			switch op.id {
			case "management-list-campaign-templates", "list-campaign-templates", "list-metadata-schemas":
				continue // the reference requires a member that its own example lacks
			}
			status, answer := w.as(t, w.ours, op, w.ours.ids, validBody(op.id, w.theirs, "ours"))
			if status != http.StatusOK || !known(documents, op) {
				continue
			}
			checked++
			schema, err := compiler.Compile("reference:///" + op.document() + ".json#" + responsePointer(op))
			if err != nil {
				t.Fatalf("%s: %v", op.id, err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s answers what the reference does not know: %v\n%s", op.id, err, answer)
			}
		}
		if checked < 26 {
			t.Errorf("only %d answers were checked", checked)
		}
	})
}

// document is the reference document that may know the operation.
func (o operation) document() string {
	if o.ofProject() {
		return "project"
	}
	return "management"
}

// known reports whether the reference has the operation; others are our own.
func known(documents map[string]any, op operation) bool {
	doc, _ := documents[op.document()].(map[string]any)
	paths, _ := doc["paths"].(map[string]any)
	path, _ := paths[op.path].(map[string]any)
	return path[strings.ToLower(op.method)] != nil
}

func responsePointer(op operation) string {
	escaped := bytes.ReplaceAll([]byte(op.path), []byte("/"), []byte("~1"))
	escaped = bytes.ReplaceAll(bytes.ReplaceAll(escaped, []byte("{"), []byte("%7B")), []byte("}"), []byte("%7D"))
	return "/paths/" + string(escaped) + "/" + map[string]string{"GET": "get", "POST": "post", "PUT": "put", "DELETE": "delete"}[op.method] +
		"/responses/200/content/application~1json/schema"
}

// allowNull turns OpenAPI 3.0's nullable into JSON Schema's list of types.
func allowNull(node any) {
	switch node := node.(type) {
	case map[string]any:
		if nullable, _ := node["nullable"].(bool); nullable {
			if name, ok := node["type"].(string); ok {
				node["type"] = []any{name, "null"}
			}
		}
		for _, child := range node {
			allowNull(child)
		}
	case []any:
		for _, child := range node {
			allowNull(child)
		}
	}
}
