package metadataschema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/metadataschema"
)

const collection = "/management/v1/projects/" + apitest.ProjectID + "/metadata-schemas"

func start(t *testing.T, db database.DB) *apitest.Server {
	t.Helper()
	return apitest.New(t, db, func(s *apitest.Server) { metadataschema.Register(s.Router, metadataschema.NewService(db, nil)) })
}

func create(t *testing.T, s *apitest.Server, body string) (path string) {
	t.Helper()
	r := s.Do(t, "POST", collection, body)
	if r.Status != 200 {
		t.Fatalf("create: %d %s", r.Status, r.Body)
	}
	return collection + "/" + r.String(t, "id")
}

func TestASchemaIsMadeShownChangedAndDropped(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		path := create(t, s, `{"related_object":"order","properties":{
			"channel":{"type":"string","optional":false,"array":false,"eq":["web","shop"]},
			"size":{"type":"number","optional":true,"array":true,"gte":1,"lt":10.5}}}`)
		s.Run(t, []apitest.Case{
			{
				Name: "it is shown as the reference does", Method: "GET", Path: path, Status: 200,
				Contains: []string{
					`"object":"metadata_schema"`, `"allow_defined_only":null`, `"updated_at":null`, `"related_object":"order"`,
					`"channel":{"type":"string","array":false,"optional":false,"object_type":null,"eq":["web","shop"]}`,
					`"size":{"type":"number","array":true,"optional":true,"object_type":null,"lt":10.5,"gte":1}`,
				},
			},
			{
				Name: "there is one for an object", Method: "POST", Path: collection, Body: `{"related_object":"order","properties":{}}`, Status: 409, Key: "duplicate_found",
				Details: "Duplicated metadata schema exists with related_object order", Contains: []string{`"resource_id":"order"`, `"resource_type":"metadata schema"`},
				Rows: map[string]int{"metadata_schemas": 1},
			},
			{
				Name: "an update that changes nothing says so", Method: "PUT", Path: path, Body: `{"properties":{}}`, Status: 200,
				Contains: []string{`"updated_at":null`},
			},
			{
				Name: "a sent definition replaces the old one whole, the others stay", Method: "PUT", Path: path, Status: 200,
				Body:     `{"properties":{"channel":{"type":"string","optional":true,"array":false},"vip":{"type":"boolean","optional":true,"array":false}},"allow_defined_only":true}`,
				Contains: []string{`"channel":{"type":"string","array":false,"optional":true,"object_type":null}`, `"lt":10.5`, `"vip"`, `"allow_defined_only":true`, `"updated_at":"2026-11-23T10:00:00.000Z"`},
			},
			{Name: "what is not sent stays", Method: "PUT", Path: path, Body: `{"properties":{}}`, Status: 200, Contains: []string{`"allow_defined_only":true`}},
			{Name: "null clears it", Method: "PUT", Path: path, Body: `{"properties":{},"allow_defined_only":null}`, Status: 200, Contains: []string{`"allow_defined_only":null`}},
			{
				Name: "a type cannot change", Method: "PUT", Path: path, Body: `{"properties":{"vip":{"type":"string","optional":true,"array":false},"size":{"type":"date","optional":true,"array":false}}}`,
				Status: 400, Key: "schema_type_immutable", Details: "Property .properties.size.type must stay number; Property .properties.vip.type must stay boolean",
			},
			{Name: "a definition is removed softly", Method: "PUT", Path: path, Body: `{"properties":{"vip":{"type":"boolean","optional":true,"array":false,"deleted":true}}}`, Status: 200, Contains: []string{`"deleted":true`}},
			{Name: "its type cannot change then either", Method: "PUT", Path: path, Body: `{"properties":{"vip":{"type":"string","optional":true,"array":false}}}`, Status: 400, Key: "schema_type_immutable"},
			{Name: "and sending it again restores it", Method: "PUT", Path: path, Body: `{"properties":{"vip":{"type":"boolean","optional":false,"array":false}}}`, Status: 200, Contains: []string{`"vip":{"type":"boolean","array":false,"optional":false,"object_type":null}`}},
			{Name: "properties must be sent", Method: "PUT", Path: path, Body: `{}`, Status: 400, Details: "Payload must have required property 'properties'"},
			{Name: "a stranger cannot tell it from one that never was", Credential: apitest.StrangerKey, Method: "GET", Path: strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1), Status: 404},
			{Name: "a viewer can see it", Credential: apitest.Viewer, Method: "GET", Path: path, Status: 200},
			{Name: "a viewer cannot change it", Credential: apitest.Viewer, Method: "PUT", Path: path, Body: `{"properties":{}}`, Status: 403},
			{Name: "a key that may only read cannot drop it", Credential: apitest.ReadKey, Method: "DELETE", Path: path, Status: 403},
			{Name: "it is dropped", Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"metadata_schemas": 0}},
			{Name: "and then gone", Method: "GET", Path: path, Status: 404, Key: "not_found"},
		})
	})
}

func TestTheListIsInTheOrderOfObjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		for _, object := range []string{"voucher", "campaign", "order"} {
			create(t, s, `{"related_object":"`+object+`","properties":{}}`)
		}
		body := string(s.Do(t, "GET", collection, nil).Body)
		if a, b, c := strings.Index(body, "campaign"), strings.Index(body, `"order"`), strings.Index(body, `"voucher"`); a > b || b > c || !strings.Contains(body, `"total":3`) {
			t.Errorf("the list is %s", body)
		}
	})
}

func TestObjectsNestOneLevelDeep(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		nest := func(object, inner string) string {
			return `{"related_object":"` + object + `","properties":{"x":{"type":"object","object_type":"` + inner + `","optional":true,"array":false}}}`
		}
		address := create(t, s, `{"related_object":"address","properties":{"city":{"type":"string","optional":false,"array":false}}}`)
		create(t, s, nest("customer", "address"))
		create(t, s, nest("box", "address"))
		s.Run(t, []apitest.Case{
			{Name: "an object that there is not", Method: "POST", Path: collection, Body: nest("order", "nowhere"), Status: 400, Details: "The object_type nowhere must be the name of a custom schema of the project"},
			{Name: "a standard object", Method: "POST", Path: collection, Body: nest("order", "customer"), Status: 400, Details: "Property .properties.x.object_type must be the name of a custom schema, not of a standard one"},
			{Name: "an object that nests one itself", Method: "POST", Path: collection, Body: nest("order", "box"), Status: 400, Details: "The object_type box must not have definitions of the type object itself"},
			{Name: "a nested object gains no object", Method: "PUT", Path: address, Body: `{"properties":{"x":{"type":"object","object_type":"box","optional":true,"array":false}}}`, Status: 400, Details: "The schema address must not have definitions of the type object: it is itself nested in box, customer; The object_type box must not have definitions of the type object itself"},
			{Name: "a nested object is not dropped", Method: "DELETE", Path: address, Status: 400, Details: "The schema address must not be deleted while it is the object_type of definitions in box, customer", Rows: map[string]int{"metadata_schemas": 3}},
		})
	})
}

func TestEverythingWrongWithDefinitionsIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	none := map[string]int{"metadata_schemas": 0}
	property := func(members string) string {
		return `{"related_object":"voucher","properties":{"a":{"optional":true,"array":false,` + members + `}}}`
	}
	var cases []apitest.Case
	for members, details := range map[string]string{
		`"type":"number","eq":["S"]`:                      "Property .properties.a.eq.0 must be number",
		`"type":"string","eq":[1]`:                        "Property .properties.a.eq.0 must be string",
		`"type":"string","eq":[]`:                         "Property .properties.a.eq must NOT have fewer than 1 items",
		`"type":"string","eq":["x","x"]`:                  "Property .properties.a.eq.1 must NOT be given twice",
		`"type":"string","eq":["x"],"min_length":2`:       "Property .properties.a.eq.0 must obey the definition's own lengths",
		`"type":"string","min_length":3,"max_length":2`:   "Property .properties.a.min_length must be <= max_length (3 is more than 2)",
		`"type":"string","min_length":3,"exact_length":3`: "Property .properties.a.exact_length must not be given beside min_length or max_length",
		`"type":"boolean","eq":[true],"lt":3`:             "Property .properties.a.eq must not be given: it does not apply to the type boolean; Property .properties.a.lt must not be given: it does not apply to the type boolean",
		`"type":"number","min_length":3`:                  "Property .properties.a.min_length must not be given: it does not apply to the type number",
		`"type":"number","gt":5,"lt":5`:                   "Property .properties.a must have bounds that a number can meet",
		`"type":"number","gte":6,"lte":5`:                 "Property .properties.a must have bounds that a number can meet",
		`"type":"number","gt":1,"gte":1`:                  "Property .properties.a.gt must not be given beside gte",
		`"type":"number","lt":1.005`:                      "Property .properties.a.lt must have at most two decimals",
		`"type":"number","lt":1e300`:                      "Property .properties.a.lt must be between -9007199254740992 and 9007199254740992",
		`"type":"number","eq":[3],"ne":[3]`:               "Property .properties.a.ne.0 must not be among the values of eq",
		`"type":"number","eq":[3],"gt":3`:                 "Property .properties.a.eq.0 must obey the definition's own bounds",
		`"type":"geopoint"`:                               "Property .properties.a.type must not be geopoint: that is for customer and product only",
		`"type":"object"`:                                 "Property .properties.a must have required property 'object_type', the name of a custom schema",
		`"type":"date","object_type":"x"`:                 "Property .properties.a.object_type must be null: it is for the type object only",
		`"type":"colour"`:                                 "Property .properties.a.type must be equal to one of the allowed values: string, number, object, date, datetime, geopoint, boolean, image_url",
	} {
		cases = append(cases, apitest.Case{Name: members, Method: "POST", Path: collection, Body: property(members), Status: 400, Key: "invalid_payload", Details: details, Rows: none})
	}
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf(`"p%d":{"type":"string","optional":true,"array":false}`, i)
	}
	cases = append(cases,
		apitest.Case{Name: "more than 100 definitions", Method: "POST", Path: collection, Body: `{"related_object":"voucher","properties":{` + strings.Join(many, ",") + `}}`, Status: 400, Details: "Property .properties must NOT have more than 100 properties", Rows: none},
		apitest.Case{Name: "a blank name", Method: "POST", Path: collection, Body: `{"related_object":" ","properties":{" ":{"type":"string","optional":true,"array":false}}}`, Status: 400, Key: "invalid_payload", Rows: none},
	)
	s.Run(t, cases)
}

func TestAHundredDefinitionsCountRemovedOnes(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprintf(`"p%d":{"type":"string","optional":true,"array":false,"deleted":true}`, i))
	}
	path := create(t, s, `{"related_object":"voucher","properties":{`+strings.Join(all, ",")+`}}`)
	s.Run(t, []apitest.Case{{
		Name: "one more", Method: "PUT", Path: path, Body: `{"properties":{"more":{"type":"string","optional":true,"array":false}}}`, Status: 400,
		Details: "Property .properties must NOT have more than 100 properties, removed ones included",
	}})
}

func TestACloneGetsTheSchemas(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		create(t, s, `{"related_object":"order","properties":{"a":{"type":"string","optional":true,"array":false}},"allow_defined_only":false}`)
		s.AddProject(t, apitest.OrganizationID, "proj_copy")
		err := db.Write(t.Context(), func(tx database.Tx) error {
			return metadataschema.NewService(db, nil).CopyProject(t.Context(), tx, apitest.ProjectID, "proj_copy", clock.At(s.Now()))
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Run(t, []apitest.Case{{
			Name: "with definitions and all", Method: "GET", Path: strings.Replace(collection, apitest.ProjectID, "proj_copy", 1), Status: 200,
			Contains: []string{`"total":1`, `"allow_defined_only":false`, `"a":{"type":"string"`}, Rows: map[string]int{"metadata_schemas": 2},
		}})
	})
}
