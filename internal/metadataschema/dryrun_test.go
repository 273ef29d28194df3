package metadataschema_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/metadataschema"
)

// stored are the latest objects of a project, by their names.
type stored map[string][]conform.Sample

func (s stored) LatestMetadata(_ context.Context, _ database.Querier, projectID, object string, limit int) ([]conform.Sample, error) {
	if projectID != apitest.ProjectID {
		return nil, nil
	}
	return s[object][:min(limit, len(s[object]))], nil
}

func TestADryRunTellsWhatWouldBreakAndWritesNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		many := make([]conform.Sample, 1500)
		for i := range many {
			many[i] = conform.Sample{ID: fmt.Sprint("cust_", i), Metadata: map[string]any{"age": "old"}}
		}
		s := apitest.New(t, db, func(s *apitest.Server) {
			metadataschema.Register(s.Router, metadataschema.NewService(db, stored{
				"order": {
					{ID: "ord_2", Metadata: map[string]any{"channel": "web"}},
					{ID: "ord_1", Metadata: map[string]any{"channel": "shop", "address": map[string]any{"city": "Łódź"}}},
				},
				"customer": many,
			}))
		})
		address := create(t, s, addressSchema)
		path := create(t, s, orderSchema)
		customer := create(t, s, `{"related_object":"customer","properties":{}}`)
		voucher := create(t, s, `{"related_object":"voucher","properties":{}}`)
		tag := s.Do(t, "GET", path, nil).Header.Get("ETag")
		told := databasetest.Hear(t, db)

		definition := func(name, members string) string {
			return `"properties":{"` + name + `":{"optional":true,"array":false,` + members + `}}`
		}
		cases := []apitest.Case{
			{
				Name: "nothing would break", Path: path, Body: `{` + definition("vip", `"type":"boolean"`) + `}`, Status: 200,
				Contains: []string{`{"object":"dry_run","valid":true,"checked":2,"failed":0,"failures":[],"schema":{"id":"ms_`, `"vip":{"type":"boolean"`, `"channel":{"type":"string"`, `"updated_at":"2026-11-23T10:00:00.000Z"`},
			},
			{
				Name: "what is stored would break", Path: path, Body: `{` + definition("channel", `"type":"string","eq":["shop","fax"]`) + `}`, Status: 200,
				Contains: []string{`"valid":false,"checked":2,"failed":1,"failures":[{"index":0,"id":"ord_2","violations":[{"path":"channel","rule":"eq","expected":["shop","fax"],"actual":"web"}]}]`},
			},
			{
				Name: "a custom object is tried in what nests it", Path: address, Body: `{` + definition("city", `"type":"string","eq":["Kraków"]`) + `}`, Status: 200,
				Contains: []string{`"checked":2,"failed":1,"failures":[{"index":1,"id":"ord_1","violations":[{"path":"address.city","rule":"eq","expected":["Kraków"],"actual":"Łódź"}]}]`},
			},
			{
				Name: "given samples are tried instead", Path: path, Body: `{` + definition("channel", `"type":"string"`) + `,"samples":[{},{"channel":7},{"channel":"x","address":{"zip":1}}]}`, Status: 200,
				Contains: []string{`"valid":false,"checked":3,"failed":2,"failures":[{"index":1,"violations":[{"path":"channel","rule":"type","expected":"string","actual":7}]},{"index":2,"violations":[{"path":"address.city","rule":"required"`},
			},
			{Name: "no samples are no failures", Path: path, Body: `{"properties":{},"samples":[]}`, Status: 200, Contains: []string{`"valid":true,"checked":0,"failed":0,"failures":[]`, `"updated_at":null`}},
			{Name: "what is never stored cannot break", Path: voucher, Body: `{` + definition("a", `"type":"date"`) + `}`, Status: 200, Contains: []string{`"valid":true,"checked":0`}},
			{Name: "the latest thousand are tried", Path: customer, Body: `{` + definition("age", `"type":"number"`) + `}`, Status: 200, Contains: []string{`"checked":1000,"failed":1000`, `{"index":99,"id":"cust_99"`}},
			{Name: "the type cannot change here either", Path: path, Body: `{` + definition("channel", `"type":"number"`) + `}`, Status: 400, Key: "schema_type_immutable", Details: "Property .properties.channel.type must stay string"},
			{Name: "nor may a definition be wrong", Path: path, Body: `{` + definition("n", `"type":"number","eq":["S"]`) + `}`, Status: 400, Key: "invalid_payload", Details: "Property .properties.n.eq.0 must be number"},
			{Name: "nor nest what is not there", Path: path, Body: `{` + definition("n", `"type":"object","object_type":"nowhere"`) + `}`, Status: 400, Details: "The object_type nowhere must be the name of a custom schema of the project"},
			{Name: "samples are objects", Path: path, Body: `{"properties":{},"samples":[7]}`, Status: 400, Details: "Property .samples.0 must be object"},
			{Name: "a thousand at most", Path: path, Body: `{"properties":{},"samples":[{}` + strings.Repeat(",{}", 1000) + `]}`, Status: 400, Details: "Property .samples must NOT have more than 1000 items"},
			{Name: "If-Match holds", Path: path, Body: `{"properties":{}}`, Header: []string{"If-Match", `"other"`}, Status: 412, Key: "precondition_failed"},
			{Name: "a schema that there is not", Path: collection + "/ms_x", Body: `{"properties":{}}`, Status: 404, Details: "Cannot find metadata_schema with id ms_x"},
			{Name: "a stranger's", Credential: apitest.StrangerKey, Path: strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1), Body: `{"properties":{}}`, Status: 404},
			{Name: "a key that may only read", Credential: apitest.ReadKey, Path: path, Body: `{"properties":{}}`, Status: 403},
			{Name: "a viewer", Credential: apitest.Viewer, Path: path, Body: `{"properties":{}}`, Status: 403},
			{Name: "an owner", Credential: apitest.Owner, Path: path, Body: `{` + definition("vip", `"type":"boolean"`) + `}`, Status: 200, Contains: []string{`"object":"dry_run"`}},
		}
		for i := range cases {
			cases[i].Method, cases[i].Rows = "PUT", map[string]int{"metadata_schemas": 4}
			cases[i].Path += "?dry_run=true"
		}
		s.Run(t, cases)

		if r := s.Do(t, "PUT", path+"?dry_run=true", `{"properties":{}}`); r.Header.Get("ETag") != "" {
			t.Errorf("the answer has the ETag %s", r.Header.Get("ETag"))
		}
		if r := s.Do(t, "GET", path, nil); r.Header.Get("ETag") != tag {
			t.Errorf("the schema has changed: %s", r.Body)
		}
		if len(s.Audited()) != 0 {
			t.Errorf("the audit log holds %+v", s.Audited())
		}
		if changes := told(); len(changes) != 0 {
			t.Errorf("changes are told: %v", changes)
		}
		s.Run(t, []apitest.Case{
			{Name: "samples without dry_run", Method: "PUT", Path: path, Body: `{"properties":{},"samples":[]}`, Status: 400, Key: "invalid_payload", Details: "Property .samples must not be given without dry_run=true"},
			{Name: "a dry_run that is none", Method: "PUT", Path: path + "?dry_run=maybe", Body: `{"properties":{}}`, Status: 400, Details: "Property .dry_run must be boolean"},
		})
		if len(s.Audited()) != 0 {
			t.Error("a refused update is audited")
		}
		if s.As(t, apitest.Owner, "PUT", path+"?dry_run=false", `{"properties":{}}`); len(s.Audited()) != 1 {
			t.Errorf("a real update is not audited: %+v", s.Audited())
		}
	})
}

func TestADryRunWaitsForNoWriterAndKeepsNoAnswer(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		path := create(t, s, `{"related_object":"voucher","properties":{}}`)
		const body = `{"properties":{"a":{"type":"date","optional":true,"array":false}}}`
		key := []string{"Idempotency-Key", "k"}
		err := db.Write(t.Context(), func(database.Tx) error { // holds SQLite's one writer
			s.Run(t, []apitest.Case{
				{Name: "while another writes", Method: "PUT", Path: path + "?dry_run=true", Body: body, Header: key, Status: 200, Contains: []string{`"object":"dry_run"`}, Rows: map[string]int{"idempotency_keys": 0}},
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Run(t, []apitest.Case{
			{Name: "the update under the same key", Method: "PUT", Path: path, Body: body, Header: key, Status: 200, Contains: []string{`"object":"metadata_schema"`}},
			{Name: "a dry run tells of what is now", Method: "PUT", Path: path + "?dry_run=true", Body: `{"properties":{"b":{"type":"date","optional":true,"array":false}}}`, Header: key, Status: 200, Contains: []string{`"a":{`, `"b":{`}},
			{Name: "and holds If-Match", Method: "PUT", Path: path + "?dry_run=true", Body: body, Header: []string{"If-Match", `"other"`}, Status: 412},
		})
	})
}
