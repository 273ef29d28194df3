package conform

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// order is the object of the comparison: ten properties.
var order = []Field{
	{Name: "channel", Type: String, Eq: []any{"web", "shop", "mobile", "phone"}},
	{Name: "currency", Type: String, ExactLength: ptr(3)},
	{Name: "note", Type: String, Optional: true, MinLength: ptr(1), MaxLength: ptr(200)},
	{Name: "tier", Type: String, Eq: []any{"bronze", "silver", "gold"}},
	{Name: "amount", Type: Number, Gte: ptr(0.0), Lt: ptr(1e6)},
	{Name: "items", Type: Number, Gt: ptr(0.0), Lte: ptr(100.0), Ne: []float64{13}},
	{Name: "ordered_on", Type: Date},
	{Name: "paid_at", Type: DateTime},
	{Name: "gift", Type: Boolean},
	{Name: "address", Type: Object, Inner: Compile([]Field{
		{Name: "city", Type: String, MinLength: ptr(1), MaxLength: ptr(100)},
		{Name: "postal", Type: String, MaxLength: ptr(12)},
		{Name: "country", Type: String, Eq: []any{"PL", "DE", "FR"}},
	}, false)},
}

// orderSchema says the same as JSON Schema.
const orderSchema = `{"type":"object","required":["channel","currency","tier","amount","items","ordered_on","paid_at","gift","address"],"properties":{
	"channel":{"type":"string","enum":["web","shop","mobile","phone"]},
	"currency":{"type":"string","minLength":3,"maxLength":3},
	"note":{"type":["string","null"],"minLength":1,"maxLength":200},
	"tier":{"type":"string","enum":["bronze","silver","gold"]},
	"amount":{"type":"number","minimum":0,"exclusiveMaximum":1000000},
	"items":{"type":"number","exclusiveMinimum":0,"maximum":100,"not":{"enum":[13]}},
	"ordered_on":{"type":"string","format":"date"},
	"paid_at":{"type":"string","format":"date-time"},
	"gift":{"type":"boolean"},
	"address":{"type":"object","required":["city","postal","country"],"properties":{
		"city":{"type":"string","minLength":1,"maxLength":100},
		"postal":{"type":"string","maxLength":12},
		"country":{"type":"string","enum":["PL","DE","FR"]}}}}}`

const orderMetadata = `{"channel":"web","currency":"EUR","note":"Leave it at the door","tier":"gold","amount":1234.56,"items":3,
	"ordered_on":"2026-11-23","paid_at":"2026-11-23T10:00:00.000Z","gift":false,"address":{"city":"Katowice","postal":"40-246","country":"PL"}}`

func compileOrderSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(orderSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("order.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("order.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestTheTwoSidesOfTheComparisonAgree(t *testing.T) {
	t.Parallel()
	checker, schema := Compile(order, false), compileOrderSchema(t)
	valid := decode(t, orderMetadata)
	if got, err := checker.Check(valid), schema.Validate(valid); got != nil || err != nil {
		t.Fatalf("the object is refused: %v, %v", got, err)
	}
	for _, f := range order {
		for _, wrong := range []string{`[]`, `"` + strings.Repeat("x", 201) + `"`, `-1e9`, `{}`, `"2024-02-30"`} {
			metadata := decode(t, orderMetadata)
			var value any
			if err := json.Unmarshal([]byte(wrong), &value); err != nil {
				t.Fatal(err)
			}
			metadata[f.Name] = value
			if got, err := checker.Check(metadata), schema.Validate(metadata); (got == nil) != (err == nil) {
				t.Errorf("%s as %s: %v, and %v", wrong, f.Name, got, err)
			}
		}
	}
}

func TestMetadataThatObeysCostsNoAllocation(t *testing.T) {
	checker, metadata := Compile(order, true), decode(t, orderMetadata)
	if n := testing.AllocsPerRun(100, func() { checker.Check(metadata) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkCheck measures the checker, and a JSON Schema validator on the same
// decoded value.
func BenchmarkCheck(b *testing.B) {
	checker, schema, metadata := Compile(order, false), compileOrderSchema(b), decode(b, orderMetadata)
	b.Run("conform", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if checker.Check(metadata) != nil {
				b.Fatal("refused")
			}
		}
	})
	b.Run("jsonschema", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if schema.Validate(metadata) != nil {
				b.Fatal("refused")
			}
		}
	})
}
