package conform

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func ptr[T any](v T) *T { return &v }

// decode reads JSON as a payload is read.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

// tell writes violations as JSON, without the members that are the same.
func tell(t testing.TB, violations []Violation) string {
	t.Helper()
	lines := []string{}
	for _, v := range violations {
		raw, err := json.Marshal([]any{v.Path, v.Rule, v.Expected, v.Actual})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(raw))
	}
	return strings.Join(lines, " ")
}

func TestEachTypeAndRuleAcceptsAndRefuses(t *testing.T) {
	t.Parallel()
	city := Compile([]Field{{Name: "city", Type: String}, {Name: "tags", Type: Number, Array: true, Optional: true}}, true)
	for name, c := range map[string]struct {
		field   Field
		accepts []string
		refuses map[string]string // value → what is told
	}{
		"string": {
			Field{Type: String},
			[]string{`""`, `"x"`, `"żółć"`},
			map[string]string{
				`7`: `["a","type","string",7]`, `true`: `["a","type","string",true]`, `["x"]`: `["a","type","string",["x"]]`,
				`{}`: `["a","type","string",{}]`, `null`: `["a","required","string",null]`,
			},
		},
		"number": {
			Field{Type: Number},
			[]string{`0`, `-1.5`, `1e308`, `9007199254740993`},
			map[string]string{`"7"`: `["a","type","number","7"]`, `false`: `["a","type","number",false]`, `[1]`: `["a","type","number",[1]]`, `null`: `["a","required","number",null]`},
		},
		"boolean": {
			Field{Type: Boolean},
			[]string{`true`, `false`},
			map[string]string{`"true"`: `["a","type","boolean","true"]`, `0`: `["a","type","boolean",0]`},
		},
		"date": {
			Field{Type: Date},
			[]string{`"2024-02-29"`, `"2000-02-29"`, `"0000-01-01"`, `"9999-12-31"`},
			map[string]string{
				`"2024-02-30"`: `["a","format","date","2024-02-30"]`, `"2023-02-29"`: `["a","format","date","2023-02-29"]`,
				`"1900-02-29"`: `["a","format","date","1900-02-29"]`, `"2024-13-01"`: `["a","format","date","2024-13-01"]`,
				`"2024-04-31"`: `["a","format","date","2024-04-31"]`, `"2024-1-01"`: `["a","format","date","2024-1-01"]`,
				`"2024-01-01T00:00:00Z"`: `["a","format","date","2024-01-01T00:00:00Z"]`, `""`: `["a","format","date",""]`,
				`20240101`: `["a","type","date",20240101]`,
			},
		},
		"datetime": {
			Field{Type: DateTime},
			[]string{`"2024-02-29T23:59:59Z"`, `"2024-01-01T00:00:00.123456789+14:00"`, `"2024-01-01T00:00:00-23:59"`},
			map[string]string{
				`"2024-02-30T00:00:00Z"`: `["a","format","datetime","2024-02-30T00:00:00Z"]`, `"2024-01-01"`: `["a","format","datetime","2024-01-01"]`,
				`"2024-01-01T24:00:00Z"`: `["a","format","datetime","2024-01-01T24:00:00Z"]`, `"2024-01-01T00:00:00"`: `["a","format","datetime","2024-01-01T00:00:00"]`,
				`"2024-01-01 00:00:00Z"`: `["a","format","datetime","2024-01-01 00:00:00Z"]`, `"2024-01-01T00:00:00,5Z"`: `["a","format","datetime","2024-01-01T00:00:00,5Z"]`,
				`"2024-01-01T1:00:00Z"`: `["a","format","datetime","2024-01-01T1:00:00Z"]`, `"2024-01-01T00:00:00+24:00"`: `["a","format","datetime","2024-01-01T00:00:00+24:00"]`,
				`1704067200`: `["a","type","datetime",1704067200]`,
			},
		},
		"geopoint": {
			Field{Type: Geopoint},
			[]string{`"50.26,19.02"`, `"-90,180"`, `"90.000,-180.0"`, `"0,0"`, `"+1.5,-0"`},
			map[string]string{
				`"90.1,0"`: `["a","format","geopoint","90.1,0"]`, `"0,180.0000000000000000000001"`: `["a","format","geopoint","0,180.0000000000000000000001"]`,
				`"-91,0"`: `["a","format","geopoint","-91,0"]`, `"50.26, 19.02"`: `["a","format","geopoint","50.26, 19.02"]`, `"50.26"`: `["a","format","geopoint","50.26"]`,
				`"1,2,3"`: `["a","format","geopoint","1,2,3"]`, `"NaN,0"`: `["a","format","geopoint","NaN,0"]`, `"1e1,0"`: `["a","format","geopoint","1e1,0"]`,
				`".5,1."`: `["a","format","geopoint",".5,1."]`, `"0x1,0"`: `["a","format","geopoint","0x1,0"]`, `[1,2]`: `["a","type","geopoint",[1,2]]`,
			},
		},
		"image_url": {
			Field{Type: ImageURL},
			[]string{`"https://acme.example/a.png"`, `"http://10.0.0.1:8080/a?b=c#d"`, `"HTTPS://acme.example"`, `"https://acme.example/%C5%BC"`, `"https://[::1]/x"`, `"https://acme.example./x"`, `"https://acme.example:65535/x"`},
			map[string]string{
				`"acme.example/a.png"`: `["a","format","image_url","acme.example/a.png"]`, `"/a.png"`: `["a","format","image_url","/a.png"]`,
				`"ftp://acme.example/a"`: `["a","format","image_url","ftp://acme.example/a"]`, `"https://"`: `["a","format","image_url","https://"]`,
				`"https://x:99999999/"`: `["a","format","image_url","https://x:99999999/"]`, `"https://x:0/"`: `["a","format","image_url","https://x:0/"]`,
				`"https://."`: `["a","format","image_url","https://."]`, `"https://a..b/x"`: `["a","format","image_url","https://a..b/x"]`, `"https://-/x"`: `["a","format","image_url","https://-/x"]`,
				`"https:///a.png"`: `["a","format","image_url","https:///a.png"]`, `"https://a.example/x y"`: `["a","format","image_url","https://a.example/x y"]`,
				`"javascript:alert(1)"`: `["a","format","image_url","javascript:alert(1)"]`, `"https://a.example/%zz"`: `["a","format","image_url","https://a.example/%zz"]`,
				`7`: `["a","type","image_url",7]`,
			},
		},
		"object": {
			Field{Type: Object, Inner: city},
			[]string{`{"city":"Katowice"}`, `{"city":"","tags":[1,2]}`},
			map[string]string{
				`{}`: `["a.city","required","string",null]`, `{"city":7}`: `["a.city","type","string",7]`,
				`{"city":"x","tags":[1,"2"]}`: `["a.tags.1","type","number","2"]`, `{"city":"x","zip":1}`: `["a.zip","unknown",null,1]`,
				`"x"`: `["a","type","object","x"]`, `[]`: `["a","type","object",[]]`,
			},
		},
		"object whose schema is gone": {Field{Type: Object}, []string{`{}`, `{"x":[1]}`}, map[string]string{`1`: `["a","type","object",1]`}},
		"array": {
			Field{Type: String, Array: true},
			[]string{`[]`, `["x","y"]`},
			map[string]string{
				`"x"`: `["a","type","array","x"]`, `{}`: `["a","type","array",{}]`, `null`: `["a","required","array",null]`,
				`["x",7,null]`: `["a.1","type","string",7] ["a.2","type","string",null]`, `[["x"]]`: `["a.0","type","string",["x"]]`,
			},
		},
		"array of objects": {
			Field{Type: Object, Array: true, Inner: city},
			[]string{`[{"city":"x"}]`},
			map[string]string{`[{"city":"x"},{"city":1,"b":2,"a":1}]`: `["a.1.city","type","string",1] ["a.1.a","unknown",null,1] ["a.1.b","unknown",null,2]`},
		},
		"optional": {Field{Type: String, Optional: true}, []string{`null`, `"x"`}, map[string]string{`1`: `["a","type","string",1]`}},
		"deleted":  {Field{Type: String, Deleted: true}, []string{`null`, `7`, `[{}]`}, nil},
		"min_length": {
			Field{Type: String, MinLength: ptr(2)},
			[]string{`"żó"`, `"abc"`}, map[string]string{`"ż"`: `["a","min_length",2,"ż"]`, `""`: `["a","min_length",2,""]`},
		},
		"max_length": {
			Field{Type: String, MaxLength: ptr(2)},
			[]string{`""`, `"żó"`, `"日本"`}, map[string]string{`"abc"`: `["a","max_length",2,"abc"]`},
		},
		"exact_length": {
			Field{Type: String, ExactLength: ptr(2)},
			[]string{`"żó"`}, map[string]string{`"a"`: `["a","exact_length",2,"a"]`, `"abc"`: `["a","exact_length",2,"abc"]`},
		},
		"exact_length of nothing": {Field{Type: String, ExactLength: ptr(0)}, []string{`""`}, map[string]string{`"a"`: `["a","exact_length",0,"a"]`}},
		"eq of strings": {
			Field{Type: String, Eq: []any{"web", "shop"}},
			[]string{`"web"`, `"shop"`}, map[string]string{`"Web"`: `["a","eq",["web","shop"],"Web"]`, `7`: `["a","type","string",7]`},
		},
		"eq of numbers": {Field{Type: Number, Eq: []any{1.0, 2.25}}, []string{`1`, `1.0`, `2.25`}, map[string]string{`3`: `["a","eq",[1,2.25],3]`}},
		"ne":            {Field{Type: Number, Ne: []float64{1, 2}}, []string{`3`}, map[string]string{`2.0`: `["a","ne",[1,2],2]`}},
		"lt":            {Field{Type: Number, Lt: ptr(10.5)}, []string{`10.49`, `-1e308`}, map[string]string{`10.5`: `["a","lt",10.5,10.5]`}},
		"lte":           {Field{Type: Number, Lte: ptr(10.5)}, []string{`10.5`}, map[string]string{`10.51`: `["a","lte",10.5,10.51]`}},
		"gt":            {Field{Type: Number, Gt: ptr(0.0)}, []string{`0.01`}, map[string]string{`0`: `["a","gt",0,0]`}},
		"gte":           {Field{Type: Number, Gte: ptr(0.0)}, []string{`0`}, map[string]string{`-0.01`: `["a","gte",0,-0.01]`}},
		"every rule at once": {
			Field{Type: Number, Eq: []any{5.0}, Ne: []float64{1}, Gte: ptr(4.0), Array: true},
			nil, map[string]string{`[5,1]`: `["a.1","eq",[5],1] ["a.1","ne",[1],1] ["a.1","gte",4,1]`},
		},
		"a type that there is not": {Field{Type: "colour"}, nil, map[string]string{`"red"`: `["a","type","colour","red"]`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.field.Name = "a"
			checker := Compile([]Field{c.field}, true)
			for _, value := range c.accepts {
				if got := checker.Check(decode(t, `{"a":`+value+`}`)); got != nil {
					t.Errorf("%s is refused: %s", value, tell(t, got))
				}
			}
			for value, want := range c.refuses {
				if got := tell(t, checker.Check(decode(t, `{"a":`+value+`}`))); got != want {
					t.Errorf("%s:\n%s\nwant\n%s", value, got, want)
				}
			}
		})
	}
}

func TestWhatIsNotDefinedPassesUnlessOnlyDefinedIsAllowed(t *testing.T) {
	t.Parallel()
	fields := []Field{{Name: "a", Type: String}, {Name: "gone", Type: Number, Deleted: true}, {Name: "o", Type: String, Optional: true}}
	metadata := decode(t, `{"z":1,"a":"x","gone":"anything","b":[2]}`)
	if got := Compile(fields, false).Check(metadata); got != nil {
		t.Errorf("refused: %s", tell(t, got))
	}
	if got, want := tell(t, Compile(fields, true).Check(metadata)), `["b","unknown",null,[2]] ["z","unknown",null,1]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := tell(t, Compile(fields, true).Check(nil)), `["a","required","string",null]`; got != want {
		t.Errorf("no metadata at all: %s, want %s", got, want)
	}
	for name, none := range map[string]*Checker{"no definitions": Compile(nil, false), "no checker": nil} {
		if got := none.Check(metadata); got != nil {
			t.Errorf("%s: %s", name, tell(t, got))
		}
	}
}

func TestNonFiniteNumbersAreRefusedAndCanBeTold(t *testing.T) {
	t.Parallel()
	c := Compile([]Field{{Name: "a", Type: Number, Optional: true}, {Name: "b", Type: String, Optional: true}}, false)
	for _, n := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		got := c.Check(map[string]any{"a": n, "b": []any{n}})
		text := fmt.Sprint(n)
		if want := fmt.Sprintf(`["a","type","number",%q] ["b","type","string",[%q]]`, text, text); tell(t, got) != want {
			t.Errorf("%s, want %s", tell(t, got), want)
		}
	}
}

func TestAnAnswerStaysSmallWhateverIsSent(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ż", 1<<20)
	var eq []any
	for i := range 1000 {
		eq = append(eq, strconv.Itoa(i)+strings.Repeat("y", 1000))
	}
	c := Compile([]Field{{Name: "a", Type: String, Optional: true, Eq: eq, MaxLength: ptr(3)}, {Name: "n", Type: Number, Array: true, Optional: true}}, true)
	nested := any(long)
	for range 30 {
		nested = map[string]any{"b": nested, long: []any{1.0, nested}}
	}
	many := make([]any, 100_000)
	for i := range many {
		many[i] = "x"
	}
	unknown := map[string]any{}
	for i := range 10_000 {
		unknown[fmt.Sprintf("%05d%s", i, long[:200])] = many
	}
	for name, metadata := range map[string]map[string]any{
		"a long text": {"a": long}, "a deep value": {"a": nested}, "many elements": {"n": many}, "a long list": {"a": many},
		"many names": unknown, "a long name": {long: long}, "all of it": {"a": long, "n": many, "z": nested},
	} {
		got := c.Check(metadata)
		if len(got) == 0 || len(got) > MaxViolations {
			t.Errorf("%s: %d violations", name, len(got))
		}
		for _, v := range got {
			raw, err := json.Marshal(v)
			if err != nil || len(raw) > 8<<10 || len(v.String()) > 4<<10 {
				t.Errorf("%s: %d bytes, a sentence of %d, %v", name, len(raw), len(v.String()), err)
			}
		}
		if again := c.Check(metadata); !reflect.DeepEqual(got, again) {
			t.Errorf("%s: told differently the second time", name)
		}
		if one := c.CheckUpTo(metadata, 0); len(one) != 1 || !reflect.DeepEqual(one[0], got[0]) {
			t.Errorf("%s: asked for the first, told %d", name, len(one))
		}
	}
	if got := c.Check(map[string]any{"n": many[:99]}); len(got) != 99 {
		t.Errorf("%d violations, want all 99", len(got))
	}
}

func TestViolationsReadAsSentences(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]Violation{
		"rating: must be a number (actual value is 'x')":                          {"rating", RuleType, "number", "x"},
		"a: must be an array (actual value is {\"b\":1})":                         {"a", RuleType, "array", map[string]any{"b": 1.0}},
		"a: must be an object (actual value is null)":                             {"a", RuleType, "object", nil},
		"a.0: must be a date (YYYY-MM-DD) (actual value is '2024-02-30')":         {"a.0", RuleFormat, "date", "2024-02-30"},
		"a: must be a date and time (RFC 3339) (actual value is 'x')":             {"a", RuleFormat, "datetime", "x"},
		"a: must be a geopoint (latitude,longitude) (actual value is 'x')":        {"a", RuleFormat, "geopoint", "x"},
		"a: must be an image URL (absolute, http or https) (actual value is 'x')": {"a", RuleFormat, "image_url", "x"},
		"a: is required": {"a", RuleRequired, "string", nil},
		"a: is not defined (actual value is true)":                   {"a", RuleUnknown, nil, true},
		"a: must have at least 3 characters (actual value is 'x')":   {"a", RuleMinLength, 3, "x"},
		"a: must have at most 3 characters (actual value is 'abcd')": {"a", RuleMaxLength, 3, "abcd"},
		"a: must have exactly 3 characters (actual value is 'x')":    {"a", RuleExactLength, 3, "x"},
		"a: must be one of 'web', 'shop' (actual value is 'x')":      {"a", RuleEq, []any{"web", "shop"}, "x"},
		"a: must be none of 1, 2.5 (actual value is 1)":              {"a", RuleNe, []any{1.0, 2.5}, 1.0},
		"a: must be less than 10.5 (actual value is 1e+308)":         {"a", RuleLt, 10.5, 1e308},
		"a: must be at most 1000000 (actual value is 1000001)":       {"a", RuleLte, 1e6, 1e6 + 1},
		"a: must be more than 1 (actual value is 1)":                 {"a", RuleGt, 1.0, 1.0},
		"a: must be at least 1 (actual value is 0.5)":                {"a", RuleGte, 1.0, 0.5},
		"a: must be a string (actual value is [1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,…)": {
			"a", RuleType, "string", []any{1., 2., 3., 4., 5., 6., 7., 8., 9., 1., 2., 3., 4., 5., 6., 7., 8., 9., 1., 2., 3., 4., 5., 6., 7., 8., 9., 1., 2., 3., 4., 5., 6.},
		},
	} {
		if got := v.String(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	cutShort := Violation{"a", RuleMaxLength, 3, strings.Repeat("ż", 65)}.String()
	if want := "a: must have at most 3 characters (actual value is '" + strings.Repeat("ż", 63) + "…')"; cutShort != want {
		t.Errorf("%s\nwant\n%s", cutShort, want)
	}
	if whole := (Violation{"a", RuleMaxLength, 3, strings.Repeat("ż", 64)}).String(); !strings.Contains(whole, strings.Repeat("ż", 64)) {
		t.Errorf("64 characters are cut: %s", whole)
	}
}

func TestAViolationIsWrittenAsTheContractShows(t *testing.T) {
	t.Parallel()
	got := Compile([]Field{{Name: "channel", Type: String}}, false).Check(decode(t, `{"channel":7}`))
	raw, err := json.Marshal(got)
	if want := `[{"path":"channel","rule":"type","expected":"string","actual":7}]`; err != nil || string(raw) != want {
		t.Errorf("%s, %v, want %s", raw, err, want)
	}
}

func TestATrialCountsAllAndListsTheFirstHundredFailures(t *testing.T) {
	t.Parallel()
	c := Compile([]Field{{Name: "a", Type: Number, Array: true}}, false)
	bad := make([]any, 200)
	samples := []Sample{{ID: "ev_1", Metadata: decode(t, `{"a":[1]}`)}}
	for i := range 150 {
		samples = append(samples, Sample{ID: fmt.Sprint("ev_", i+2), Metadata: map[string]any{"a": bad}})
	}
	trial := NewTrial()
	if trial.Run(c, nil); !trial.Valid || trial.Checked != 0 || trial.Failures == nil {
		t.Errorf("nothing tried: %+v", trial)
	}
	trial.Run(c, samples[:50])
	trial.Run(c, samples[50:])
	if trial.Valid || trial.Checked != 151 || trial.Failed != 150 || len(trial.Failures) != 100 {
		t.Fatalf("valid %v, %d checked, %d failed, %d listed", trial.Valid, trial.Checked, trial.Failed, len(trial.Failures))
	}
	told := 0
	for i, f := range trial.Failures {
		if f.Index != i+1 || f.ID != samples[i+1].ID || len(f.Violations) == 0 {
			t.Errorf("failure %d is %d %s with %d violations", i, f.Index, f.ID, len(f.Violations))
		}
		told += len(f.Violations)
	}
	if told > maxTrialTold+maxFailures {
		t.Errorf("%d violations are told", told)
	}
}
