package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// FuzzParse holds, for whatever bytes a caller sends: reading never panics; a
// refusal says where; and what is accepted is one JSON value that a store can
// keep.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",null]}`, `{"a":}`, `{} {}`, "\xff", `"\u0000"`, `1e999`, strings.Repeat("[", 40), ``, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := parse(body)
		if err != nil {
			if err.Error() == "" {
				t.Error("a refusal without a word")
			}
			return
		}
		if !json.Valid(body) {
			t.Errorf("accepted what is no JSON: %q", body)
		}
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatalf("%q cannot be written again: %v", body, err)
		}
		if strings.Contains(string(raw), `\u0000`) && !strings.Contains(string(raw), `\\u0000`) {
			t.Errorf("a NUL got through: %q", body)
		}
	})
}

// FuzzCheck holds that a validator never panics, says the same twice, and
// accepts exactly what obeys its schema's simplest rules.
func FuzzCheck(f *testing.F) {
	least, most := 1, 5
	compiled, err := compileSchemas(nil, map[string]*huma.Schema{"x": {
		Type: huma.TypeObject, Required: []string{"name"},
		Properties: map[string]*huma.Schema{"name": {Type: huma.TypeString, MinLength: &least, MaxLength: &most}},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"name":"a"}`))
	f.Add([]byte(`{"name":7}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := parse(body)
		if err != nil {
			return
		}
		violations := compiled["x"].check(doc)
		if again := compiled["x"].check(doc); strings.Join(again, ";") != strings.Join(violations, ";") {
			t.Fatalf("%q, then %q", violations, again)
		}
		object, _ := doc.(map[string]any)
		name, isText := object["name"].(string)
		n := len([]rune(name))
		if valid := isText && least <= n && n <= most; valid != (len(violations) == 0) {
			t.Errorf("%q: %q", body, violations)
		}
	})
}

func TestOfVeryManyViolationsTheFirstAreTold(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 250 {
		all = append(all, fmt.Sprintf("violation %03d", i))
	}
	told := few(slices.Clone(all))
	if len(told) != 101 || told[99] != "violation 099" || told[100] != "and 150 more" {
		t.Errorf("%d are told, at last %v", len(told), told[len(told)-2:])
	}
	if again := few(all[:100]); len(again) != 100 || again[99] != "violation 099" {
		t.Errorf("of a hundred %d are told", len(again))
	}
}
