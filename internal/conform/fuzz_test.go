package conform

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// definitions are fields before they are compiled, with what they nest.
type definitions struct {
	fields      []Field
	inner       map[string]*definitions // by the name of the field
	definedOnly bool
}

func (d *definitions) compile() *Checker {
	fields := slices.Clone(d.fields)
	for i := range fields {
		if inner := d.inner[fields[i].Name]; inner != nil {
			fields[i].Inner = inner.compile()
		}
	}
	return Compile(fields, d.definedOnly)
}

// broken is the slow and obvious reading of the rules: "path rule" of every
// violation.
func (d *definitions) broken(prefix string, metadata map[string]any) []string {
	var out []string
	known := map[string]bool{}
	for _, f := range d.fields {
		known[f.Name] = true
		if f.Deleted {
			continue
		}
		value := metadata[f.Name]
		if value == nil {
			if !f.Optional {
				out = append(out, prefix+f.Name+" required")
			}
			continue
		}
		if !f.Array {
			out = append(out, d.brokenValue(prefix+f.Name, f, value)...)
			continue
		}
		list, ok := value.([]any)
		if !ok {
			out = append(out, prefix+f.Name+" type")
		}
		for i, element := range list {
			out = append(out, d.brokenValue(fmt.Sprintf("%s%s.%d", prefix, f.Name, i), f, element)...)
		}
	}
	for name := range metadata {
		if d.definedOnly && !known[name] {
			out = append(out, prefix+cut(name, maxName)+" unknown")
		}
	}
	return out
}

func (d *definitions) brokenValue(path string, f Field, value any) []string {
	var out []string
	check := func(rule string, ok bool) {
		if !ok {
			out = append(out, path+" "+rule)
		}
	}
	text, isText := value.(string)
	n, isNumber := value.(float64)
	switch f.Type {
	case Boolean:
		_, ok := value.(bool)
		check("type", ok)
	case Object:
		m, ok := value.(map[string]any)
		check("type", ok)
		if ok && d.inner[f.Name] != nil {
			out = append(out, d.inner[f.Name].broken(path+".", m)...)
		}
	case Number:
		if isNumber = isNumber && n-n == 0; !isNumber {
			return []string{path + " type"}
		}
		check("eq", f.Eq == nil || slices.Contains(f.Eq, any(n)))
		check("ne", !slices.Contains(f.Ne, n))
		check("lt", f.Lt == nil || n < *f.Lt)
		check("lte", f.Lte == nil || n <= *f.Lte)
		check("gt", f.Gt == nil || n > *f.Gt)
		check("gte", f.Gte == nil || n >= *f.Gte)
	case String:
		if !isText {
			return []string{path + " type"}
		}
		length := len([]rune(text))
		check("eq", f.Eq == nil || slices.Contains(f.Eq, any(text)))
		check("min_length", f.MinLength == nil || length >= *f.MinLength)
		check("max_length", f.MaxLength == nil || length <= *f.MaxLength)
		check("exact_length", f.ExactLength == nil || length == *f.ExactLength)
	default:
		if !isText {
			return []string{path + " type"}
		}
		check("format", obviousFormats[f.Type](text))
	}
	return out
}

var obviousFormats = map[Type]func(string) bool{
	Date: obviousDate, DateTime: obviousDateTime, Geopoint: obviousGeopoint, ImageURL: obviousURL,
}

func obviousDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// time.Parse takes hours of one digit, commas and offsets of 24 hours besides,
// which RFC 3339 has not.
var dateTimeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func obviousDateTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil && dateTimeForm.MatchString(s)
}

var geopointForm = regexp.MustCompile(`^([+-]?\d{1,3}(?:\.\d+)?),([+-]?\d{1,3}(?:\.\d+)?)$`)

func obviousGeopoint(s string) bool {
	parts := geopointForm.FindStringSubmatch(s)
	if parts == nil {
		return false
	}
	for i, limit := range []int64{90, 180} {
		degrees, ok := new(big.Rat).SetString(parts[i+1])
		if !ok || degrees.Abs(degrees).Cmp(new(big.Rat).SetInt64(limit)) > 0 {
			return false
		}
	}
	return true
}

func obviousURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && strings.IndexFunc(s, unicode.IsSpace) < 0
}

// FuzzFormats holds that the hand-written readers accept exactly what the
// standard library's do, within the narrower forms that the contract names.
func FuzzFormats(f *testing.F) {
	for _, seed := range []string{
		"2024-02-29", "2023-02-29", "1900-02-29", "0000-02-29", "2024-02-30", "2024-00-10", "2024-11-31", "+024-01-01", "2024-01-01\n",
		"2024-02-29T23:59:59Z", "2024-02-29T23:59:60Z", "2024-02-29T3:59:59Z", "2024-02-29T23:59:59,5Z", "2024-02-29T23:59:59.Z", "2024-02-29T23:59:59.0123456789012+24:00",
		"2024-02-29t23:59:59z", "2024-02-29T23:59:59-23:60", "2024-02-29T23:59:59.5", "50.1,19", "-90.0,+180.000", "90.0000000000000000000001,0", "1,2,", "007,1.", "1e1,2",
		"https://acme.example/a_b-c~d.png?x=1&y=2", "http://[::1%25en0]:80/", "HTTP://a", "https://a b", "https://a/%2", "http://user:pw@h/", "http://:80/", "https://a:b", "http://a//b?c#d", "http:a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for typ, valid := range map[Type]func(string) bool{Date: validDate, DateTime: validDateTime, Geopoint: validGeopoint, ImageURL: validImageURL} {
			if got, want := valid(s), obviousFormats[typ](s); got != want {
				t.Errorf("%q is a %s: %v, want %v", s, typ, got, want)
			}
		}
		if plainURL(s) && !parsedURL(s) {
			t.Errorf("%q is taken for a URL at a glance", s)
		}
	})
}

// FuzzCheck holds, for generated definitions and for metadata that either was
// made to obey them, was made and then spoiled, or is any JSON at all: Check
// tells exactly what the obvious reading does, the same every time, leaves the
// metadata alone, and nothing about metadata made to obey.
func FuzzCheck(f *testing.F) {
	for i, text := range []string{"", "spoil", `{"a":{"b":[1,null,"x"]},"b":1e308}`, `{"a":null,"b":[],"c":"2024-02-30"}`, `{"d":[["1,2"]],"e":{"a":{}}}`} {
		for j := range 4 {
			f.Add(uint64(i*4+j), text)
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		defined := g.definitions(2)
		checker := defined.compile()
		metadata := g.obeying(defined)
		if got := checker.Check(metadata); got != nil {
			t.Fatalf("what was made to obey is refused: %v", got)
		}
		var given map[string]any
		if json.Unmarshal([]byte(text), &given) == nil {
			metadata = given
		} else {
			g.spoil(metadata)
		}
		before := fmt.Sprint(metadata)
		got := checker.Check(metadata)
		if again := checker.Check(metadata); !reflect.DeepEqual(got, again) {
			t.Fatalf("%v, then %v", got, again)
		}
		if fmt.Sprint(metadata) != before {
			t.Fatal("the metadata was changed")
		}
		compare(t, got, defined.broken("", metadata))
	})
}

func compare(t *testing.T, violations []Violation, want []string) {
	t.Helper()
	var got []string
	for _, v := range violations {
		got = append(got, v.Path+" "+v.Rule)
		if _, err := json.Marshal(v); err != nil {
			t.Errorf("%v: %v", v, err)
		}
		if strings.Contains(v.String(), "is not valid") {
			t.Errorf("no sentence for %+v", v)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) <= MaxViolations && !slices.Equal(got, want) {
		t.Errorf("told\n%q\nwant\n%q", got, want)
	}
	if len(got) != min(len(want), MaxViolations) {
		t.Errorf("%d violations are told of %d", len(got), len(want))
	}
}

// generator makes definitions and metadata.
type generator struct{ *rand.Rand }

func (g generator) coin() bool { return g.IntN(2) == 0 }

func (g generator) definitions(depth int) *definitions {
	d := &definitions{inner: map[string]*definitions{}, definedOnly: g.coin()}
	types := []Type{String, Number, Date, DateTime, Boolean, Geopoint, ImageURL, Object}
	for _, name := range []string{"a", "b", "c", "d", "ę"}[:g.IntN(6)] {
		f := Field{Name: name, Type: types[g.IntN(len(types))], Array: g.IntN(3) == 0, Optional: g.coin(), Deleted: g.IntN(6) == 0}
		switch f.Type {
		case String:
			g.boundText(&f)
		case Number:
			g.boundNumber(&f)
		case Object:
			if depth > 0 {
				d.inner[name] = g.definitions(depth - 1)
			}
		}
		d.fields = append(d.fields, f)
	}
	return d
}

func (g generator) boundText(f *Field) {
	switch g.IntN(4) {
	case 0:
		f.MinLength, f.MaxLength = ptr(g.IntN(3)), ptr(3+g.IntN(3))
	case 1:
		f.ExactLength = ptr(g.IntN(5))
	case 2:
		for i := range 1 + g.IntN(20) {
			f.Eq = append(f.Eq, fmt.Sprint("v", i))
		}
	}
}

func (g generator) boundNumber(f *Field) {
	switch g.IntN(4) {
	case 0:
		f.Gt, f.Lte, f.Ne = ptr(-5.5), ptr(5.5), []float64{1, 2}
	case 1:
		f.Gte, f.Lt = ptr(-5.5), ptr(5.5)
	case 2:
		for i := range 1 + g.IntN(20) {
			f.Eq = append(f.Eq, float64(i))
		}
	}
}

// obeying makes metadata that obeys.
func (g generator) obeying(d *definitions) map[string]any {
	m := map[string]any{}
	if !d.definedOnly && g.coin() {
		m["more"] = []any{nil, map[string]any{}}
	}
	for _, f := range d.fields {
		switch {
		case f.Deleted && g.coin():
			m[f.Name] = []any{1.0, "x"}
		case f.Deleted || f.Optional && g.coin():
		case f.Optional && g.coin():
			m[f.Name] = nil
		case f.Array:
			list := []any{}
			for range g.IntN(4) {
				list = append(list, g.value(d, f))
			}
			m[f.Name] = list
		default:
			m[f.Name] = g.value(d, f)
		}
	}
	return m
}

func (g generator) value(d *definitions, f Field) any {
	if f.Eq != nil {
		return f.Eq[g.IntN(len(f.Eq))]
	}
	switch f.Type {
	case Number:
		return []float64{0, -5, 5.25, 3}[g.IntN(4)]
	case Boolean:
		return g.coin()
	case Date:
		return g.time().Format(time.DateOnly)
	case DateTime:
		zone := time.FixedZone("", 60*(g.IntN(2*24*60-1)-24*60+1))
		return g.time().In(zone).Format([]string{time.RFC3339, time.RFC3339Nano}[g.IntN(2)])
	case Geopoint:
		return fmt.Sprintf("%.*f,%.*f", g.IntN(8), 180*g.Float64()-90, g.IntN(8), 360*g.Float64()-180)
	case ImageURL:
		return []string{"https://acme.example/a.png", "http://h", "https://ż.example:8/%20?q=ż#f"}[g.IntN(3)]
	case Object:
		if inner := d.inner[f.Name]; inner != nil {
			return g.obeying(inner)
		}
		return map[string]any{"x": nil}
	}
	length := 3
	if f.ExactLength != nil {
		length = *f.ExactLength
	}
	return strings.Repeat("ż", length)
}

func (g generator) time() time.Time {
	return time.Date(1+g.IntN(9998), 1, 1+g.IntN(366), g.IntN(24), g.IntN(60), g.IntN(60), g.IntN(1e9), time.UTC)
}

// spoil puts something else in places.
func (g generator) spoil(m map[string]any) {
	others := []any{nil, "", "x", "v1", 7.0, -1e308, true, []any{nil, "x", 1.0}, map[string]any{"a": "x"}, "2024-02-30", math.Inf(1)}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch inner := m[name].(type) {
		case map[string]any:
			g.spoil(inner)
		case []any:
			if len(inner) > 0 {
				inner[g.IntN(len(inner))] = others[g.IntN(len(others))]
			}
		}
		if g.coin() {
			m[name] = others[g.IntN(len(others))]
		}
	}
	if g.coin() {
		m["zz"] = 1.0
	}
}
