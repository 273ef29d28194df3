package metadataschema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/metadataschema"
)

const (
	current = "/v1/metadata-schemas"
	people  = "/team/v1/projects/" + apitest.ProjectID + "/metadata-schemas"
)

// orderSchema nests the address of addressSchema.
const (
	orderSchema = `{"related_object":"order","properties":{
		"channel":{"type":"string","optional":false,"array":false,"min_length":2,"eq":["web","shop"]},
		"size":{"type":"number","optional":true,"array":true,"gte":1,"ne":[2.5]},
		"code":{"type":"string","optional":true,"array":false,"exact_length":3},
		"old":{"type":"boolean","optional":false,"array":false,"deleted":true},
		"address":{"type":"object","object_type":"address","optional":true,"array":false}}}`
	addressSchema = `{"related_object":"address","allow_defined_only":true,"properties":{"city":{"type":"string","optional":false,"array":false,"max_length":10}}}`
)

func TestTheProjectAPIShowsSchemasAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		s.Run(t, []apitest.Case{
			{Name: "none at first", Credential: apitest.AppKey, Method: "GET", Path: current, Status: 200, Contains: []string{`{"object":"list","data_ref":"schemas","schemas":[],"total":0}`}},
			{Name: "and none of an order", Credential: apitest.AppKey, Method: "GET", Path: current + "/order", Status: 404, Key: "not_found", Details: "Cannot find metadata_schema with id order"},
		})
		create(t, s, addressSchema)
		path := create(t, s, orderSchema)
		order := `"properties":{"address":{"type":"object","array":false,"optional":true,"objectType":"address"},` +
			`"channel":{"type":"string","array":false,"optional":false,"objectType":null,"minLength":2,"eq":["web","shop"]},` +
			`"code":{"type":"string","array":false,"optional":true,"objectType":null,"exactLength":3},` +
			`"old":{"type":"boolean","array":false,"optional":false,"objectType":null,"deleted":true},` +
			`"size":{"type":"number","array":true,"optional":true,"objectType":null,"ne":[2.5],"gte":1}},` +
			`"allow_defined_only":null,"created_at":"2026-11-23T10:00:00.000Z","updated_at":null,"object":"metadata_schema"}`
		s.Run(t, []apitest.Case{
			{
				Name: "all of them, in the order of their objects", Credential: apitest.AppKey, Method: "GET", Path: current, Status: 200,
				Contains: []string{`{"object":"list","data_ref":"schemas","schemas":[{"id":"ms_`, `"related_object":"address","properties":{"city":{"type":"string","array":false,"optional":false,"objectType":null,"maxLength":10}},"allow_defined_only":true`, `},{"id":"ms_`, order, `],"total":2}`},
			},
			{Name: "one by its object", Credential: apitest.AppKey, Method: "GET", Path: current + "/order", Status: 200, Contains: []string{`"related_object":"order",` + order}},
			{Name: "a custom one", Credential: apitest.AppKey, Method: "GET", Path: current + "/address", Status: 200, Contains: []string{`"related_object":"address"`}},
			{Name: "a stranger's project has none", Credential: apitest.StrangerAppKey, Method: "GET", Path: current, Status: 200, Contains: []string{`"total":0`}},
			{Name: "and no order", Credential: apitest.StrangerAppKey, Method: "GET", Path: current + "/order", Status: 404, Details: "Cannot find metadata_schema with id order"},
			{Name: "nobody sees them without a key", Credential: "app_unknown", Method: "GET", Path: current, Status: 401, Key: "unauthorized"},
			{Name: "a client-side key does not open them", Credential: apitest.ClientKey, Method: "GET", Path: current, Status: 401},
			{Name: "people see them", Credential: apitest.Viewer, Method: "GET", Path: people + "/order", Status: 200, Contains: []string{order}},
			{Name: "people without a role do not", Credential: apitest.Outsider, Method: "GET", Path: people, Status: 403, Key: "forbidden"},
			{Name: "a change is seen at once", Method: "PUT", Path: path, Body: `{"properties":{},"allow_defined_only":true}`, Status: 200},
			{Name: "in the cached answer too", Credential: apitest.AppKey, Method: "GET", Path: current + "/order", Status: 200, Contains: []string{`"allow_defined_only":true`, `"updated_at":"2026-11-23T10:00:00.000Z"`}},
			{Name: "as is that it was dropped", Method: "DELETE", Path: path, Status: 204},
			{Name: "there too", Credential: apitest.AppKey, Method: "GET", Path: current + "/order", Status: 404},
		})
	})
}

func TestMetadataIsValidatedOneByOneOrInBatches(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		create(t, s, addressSchema)
		create(t, s, orderSchema)
		const validate = current + "/order/validate"
		rows := map[string]int{"metadata_schemas": 2, "idempotency_keys": 0, "audit_log": 0}
		thousand := func(n int) string {
			return `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"channel":"web"},`, n), ",") + `]}`
		}
		cases := []apitest.Case{
			{Name: "an object that obeys", Body: `{"metadata":{"channel":"web","size":[1,2],"more":{"x":1},"old":7,"code":null}}`, Status: 200, Contains: []string{`{"object":"validation","valid":true,"violations":[]}`}},
			{
				Name: "one that does not", Body: `{"metadata":{"channel":7,"size":[1,"2",2.5,0],"address":{"city":"Katowice nad Rawą","zip":1}}}`, Status: 200,
				Contains: []string{`{"object":"validation","valid":false,"violations":[` +
					`{"path":"address.city","rule":"max_length","expected":10,"actual":"Katowice nad Rawą"},{"path":"address.zip","rule":"unknown","expected":null,"actual":1},` +
					`{"path":"channel","rule":"type","expected":"string","actual":7},` +
					`{"path":"size.1","rule":"type","expected":"number","actual":"2"},{"path":"size.2","rule":"ne","expected":[2.5],"actual":2.5},{"path":"size.3","rule":"gte","expected":1,"actual":0}]}`},
			},
			{Name: "one that lacks what is required", Body: `{"metadata":{}}`, Status: 200, Contains: []string{`"violations":[{"path":"channel","rule":"required","expected":"string","actual":null}]`}},
			{
				Name: "a batch", Body: `{"items":[{"channel":"web"},{"channel":7}]}`, Status: 200,
				Contains: []string{`{"object":"list","data_ref":"data","data":[{"valid":true,"violations":[]},{"valid":false,"violations":[{"path":"channel","rule":"type","expected":"string","actual":7}]}],"total":2}`},
			},
			{Name: "an empty batch", Body: `{"items":[]}`, Status: 200, Contains: []string{`"data":[],"total":0`}},
			{Name: "a thousand", Body: thousand(1000), Status: 200, Contains: []string{`"total":1000`}},
			{Name: "more than a thousand", Body: thousand(1001), Status: 400, Key: "invalid_payload", Details: "Property .items must NOT have more than 1000 items"},
			{Name: "neither", Body: `{}`, Status: 400, Key: "invalid_payload", Details: "Payload must have exactly one of the properties 'metadata' and 'items'"},
			{Name: "both", Body: `{"metadata":{},"items":[]}`, Status: 400, Details: "Payload must have exactly one of the properties 'metadata' and 'items'"},
			{Name: "items that are no objects", Body: `{"items":[{},7,null,[]]}`, Status: 400, Details: "Property .items.1 must be object; Property .items.2 must be object; Property .items.3 must be object"},
			{Name: "metadata that is none", Body: `{"metadata":null}`, Status: 400, Details: "Property .metadata must be object"},
			{Name: "a list of metadata", Body: `{"metadata":[{}]}`, Status: 400, Details: "Property .metadata must be object"},
			{Name: "no JSON", Body: `{"metadata":{"a":`, Status: 400, Key: "invalid_payload"},
			{Name: "a number out of range", Body: `{"metadata":{"channel":1e999}}`, Status: 400, Key: "invalid_payload"},
			{Name: "a large number in range", Body: `{"metadata":{"channel":"web","size":[1e308]}}`, Status: 200, Contains: []string{`"valid":true`}},
			{Name: "a member twice", Body: `{"metadata":{"channel":"web","channel":7}}`, Status: 400, Key: "invalid_payload"},
			{Name: "a NUL", Body: `{"metadata":{"channel":"a\u0000"}}`, Status: 400, Details: "Property .metadata.channel must not contain a NUL character"},
			{Name: "too deep", Body: `{"metadata":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 41), Status: 400, Key: "invalid_payload"},
			{Name: "too large", Body: `{"metadata":{"channel":"` + strings.Repeat("x", 1<<20) + `"}}`, Status: 413, Key: "payload_too_large"},
			{Name: "an object without a schema", Path: current + "/voucher/validate", Body: `{"metadata":{}}`, Status: 404, Details: "Cannot find metadata_schema with id voucher"},
			{Name: "a stranger's object", Credential: apitest.StrangerAppKey, Body: `{"metadata":{}}`, Status: 404, Details: "Cannot find metadata_schema with id order"},
			{Name: "a key that is none", Credential: "app_unknown", Body: `{"metadata":{}}`, Status: 401},
			{Name: "a viewer", Credential: apitest.Viewer, Path: people + "/order/validate", Body: `{"metadata":{"channel":"web"}}`, Status: 200, Contains: []string{`"valid":true`}},
			{Name: "somebody without a role", Credential: apitest.Outsider, Path: people + "/order/validate", Body: `{"metadata":{}}`, Status: 403},
			{Name: "an Idempotency-Key changes nothing", Body: `{"metadata":{"channel":"web"}}`, Header: []string{"Idempotency-Key", "k"}, Status: 200, Contains: []string{`"valid":true`}},
		}
		for i := range cases {
			cases[i].Method, cases[i].Rows = "POST", rows
			if cases[i].Path == "" {
				cases[i].Path = validate
			}
			if cases[i].Credential == "" {
				cases[i].Credential = apitest.AppKey
			}
		}
		s.Run(t, cases)
		if n := len(s.Audited()); n != 0 {
			t.Errorf("%d entries in the audit log", n)
		}
		var bulk int
		for _, u := range s.Counted() {
			if u.Operation == "validate-metadata" && u.Metric == "bulk_api_calls" {
				bulk++
			}
		}
		if bulk != 3 {
			t.Errorf("%d calls are counted as bulk, want the 3 batches", bulk)
		}
	})
}

func TestABatchOfHostileItemsDoesNotBlowTheAnswerUp(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	var eq []string
	for i := range 1000 {
		eq = append(eq, fmt.Sprintf(`"%d%s"`, i, strings.Repeat("v", 900)))
	}
	create(t, s, `{"related_object":"order","properties":{"a":{"type":"string","optional":true,"array":true,"eq":[`+strings.Join(eq, ",")+`]}}}`)
	item := `{"a":["x"` + strings.Repeat(`,"x"`, 200) + `]}`
	r := s.As(t, apitest.AppKey, "POST", current+"/order/validate", `{"items":[`+item+strings.Repeat(","+item, 999)+`]}`)
	if r.Status != 200 || len(r.Body) > 32<<20 {
		t.Fatalf("%d, %d bytes", r.Status, len(r.Body))
	}
	var list struct {
		Data []metadataschema.MetadataVerdict `json:"data"`
	}
	if err := json.Unmarshal(r.Body, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Data) != 1000 || slices.ContainsFunc(list.Data, func(v metadataschema.MetadataVerdict) bool { return v.Valid || len(v.Violations) == 0 }) {
		t.Errorf("%d verdicts, or one without a violation", len(list.Data))
	}
}

func TestOthersHaveMetadataChecked(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var service *metadataschema.Service
		s := apitest.New(t, db, func(s *apitest.Server) {
			service = metadataschema.NewService(db, nil)
			metadataschema.Register(s.Router, service)
		})
		bad := map[string]any{"channel": 7.0, "address": map[string]any{"city": 1.0}}
		told := func(project, object string) string {
			violations, err := service.Check(t.Context(), project, object, bad)
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, v := range violations {
				rules = append(rules, v.Path+" "+v.Rule)
			}
			return strings.Join(rules, ", ")
		}
		if got := told(apitest.ProjectID, "order"); got != "" {
			t.Errorf("without a schema: %s", got)
		}
		create(t, s, addressSchema)
		create(t, s, orderSchema)
		if got, want := told(apitest.ProjectID, "order"), "address.city type, channel type"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		for _, other := range [][2]string{{apitest.ProjectID, "voucher"}, {apitest.StrangerID, "order"}} {
			if got := told(other[0], other[1]); got != "" {
				t.Errorf("%v: %s", other, got)
			}
		}
		before, misses := service.Hits()
		told(apitest.ProjectID, "order")
		if after, now := service.Hits(); after != before+1 || now != misses {
			t.Errorf("%d hits became %d, %d misses %d", before, after, misses, now)
		}
	})
}
