package metadataschema

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

// FuzzCheck holds, for whatever definitions JSON can hold: checking never
// panics and always says the same; accepted definitions survive being stored;
// merging is idempotent, and merging nothing changes nothing; and metadata may
// hold every value that a definition allows.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{"a":{"type":"number","optional":true,"array":false,"eq":[1,2.25],"ne":[3],"gte":0,"lt":10}}`,
		`{"a":{"type":"string","optional":false,"array":true,"eq":["x"],"min_length":1,"max_length":3}}`,
		`{"a":{"type":"object","object_type":"address","optional":true,"array":false,"deleted":true},"":{}}`,
		`{"a":{"type":"number","eq":[1e308,-0,null,{}],"lt":-1e308}}`,
	} {
		f.Add("customer", seed)
	}
	f.Fuzz(func(t *testing.T, object, text string) {
		var properties map[string]MetadataSchemaDefinition
		if json.Unmarshal([]byte(text), &properties) != nil {
			return
		}
		first := Check(object, properties)
		if again := Check(object, properties); !slices.Equal(first, again) {
			t.Fatalf("%q, then %q", first, again)
		}
		if len(first) > 0 {
			return
		}
		checkAllowed(t, properties)
		raw, err := json.Marshal(properties)
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]MetadataSchemaDefinition
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		if len(Check(object, back)) > 0 {
			t.Errorf("accepted, and refused when read back: %s", raw)
		}
		if same, changed := merge(back, nil); len(changed) > 0 || !reflect.DeepEqual(same, back) && len(back) > 0 {
			t.Errorf("merging nothing changed %v", changed)
		}
		once, _ := merge(back, properties)
		twice, changed := merge(once, properties)
		if len(changed) > 0 || !reflect.DeepEqual(once, twice) {
			t.Error("merging twice differs from merging once")
		}
	})
}

func checkAllowed(t *testing.T, properties map[string]MetadataSchemaDefinition) {
	t.Helper()
	for name, d := range properties {
		checker := (&MetadataSchema{Properties: map[string]MetadataSchemaDefinition{name: d}}).checker(nil)
		for _, allowed := range d.Eq {
			value := allowed
			if d.Array {
				value = []any{allowed, allowed}
			}
			if got := checker.Check(map[string]any{name: value}); got != nil {
				t.Errorf("allowed, and refused: %v", got)
			}
		}
	}
}
