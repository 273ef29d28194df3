package eventschema_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/eventschema"
)

const collection = "/management/v1/projects/" + apitest.ProjectID + "/custom-event-schemas"

func start(t *testing.T, db database.DB) *apitest.Server {
	t.Helper()
	return apitest.New(t, db, func(s *apitest.Server) { eventschema.Register(s.Router, eventschema.NewService(db, nil)) })
}

func TestASchemaIsMadeShownChangedAndDropped(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		made := s.Do(t, "POST", collection, `{"name":"review left","schema":{"properties":{"rating":{"type":"number","optional":false}}}}`)
		if made.Status != 200 {
			t.Fatalf("create: %d %s", made.Status, made.Body)
		}
		if _, ok := made.JSON(t)["updated_at"]; ok {
			t.Errorf("a new schema has updated_at: %s", made.Body)
		}
		path := collection + "/" + made.String(t, "id")
		s.Run(t, []apitest.Case{
			{
				Name: "it is shown as the reference does", Method: "GET", Path: path, Status: 200,
				Contains: []string{`"object":"custom-event-schema"`, `"name":"review left"`, `"schema":{"properties":{"rating":{"type":"number","optional":false}}}`},
			},
			{Name: "it is the one entry of the list", Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":1`}},
			{
				Name: "its name is unique in the project", Method: "POST", Path: collection, Body: `{"name":"review left","schema":{"properties":{}}}`, Status: 409, Key: "duplicate_found",
				Details: "Duplicated custom_event_schema exists with name review left", Contains: []string{`"resource_type":"custom_event_schema"`, `"resource_id":"review left"`},
				Rows: map[string]int{"event_schemas": 1},
			},
			{
				Name: "a sent property replaces the old one, its type may change, the others stay", Method: "PUT", Path: path,
				Body:   `{"schema":{"properties":{"rating":{"type":"string","optional":true},"at":{"type":"datetime","optional":true}}}}`,
				Status: 200, Contains: []string{`"rating":{"type":"string","optional":true}`, `"at"`, `"updated_at":"2026-11-23T10:00:00.000Z"`},
			},
			{Name: "a property is removed softly", Method: "PUT", Path: path, Body: `{"schema":{"properties":{"at":{"type":"datetime","optional":true,"deleted":true}}}}`, Status: 200, Contains: []string{`"deleted":true`, `"rating"`}},
			{Name: "and restored", Method: "PUT", Path: path, Body: `{"schema":{"properties":{"at":{"type":"date","optional":true}}}}`, Status: 200, Contains: []string{`"at":{"type":"date","optional":true}`}},
			{
				Name: "everything wrong is told at once", Method: "POST", Path: collection, Status: 400, Key: "invalid_payload", Rows: map[string]int{"event_schemas": 1},
				Body:    `{"name":"","schema":{"properties":{"a":{"type":"colour"},"b":{"type":"number","optional":"no"}}}}`,
				Details: "Property .name must NOT have fewer than 1 characters; Property .schema.properties.a must have required property 'optional'; Property .schema.properties.a.type must be equal to one of the allowed values: string, number, date, datetime, boolean; Property .schema.properties.b.optional must be boolean",
			},
			{Name: "the properties must be sent", Method: "POST", Path: collection, Body: `{"name":"x","schema":{}}`, Status: 400, Details: "Property .schema must have required property 'properties'"},
			{Name: "names are not blank", Method: "POST", Path: collection, Body: `{"name":" ","schema":{"properties":{}}}`, Status: 400, Details: "Property .name must have 1 to 100 characters, none of them a control character, and not be blank"},
			{Name: "a stranger cannot tell it from one that never was", Credential: apitest.StrangerKey, Method: "GET", Path: strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1), Status: 404},
			{Name: "a viewer can see it", Credential: apitest.Viewer, Method: "GET", Path: path, Status: 200},
			{Name: "a viewer cannot change it", Credential: apitest.Viewer, Method: "PUT", Path: path, Body: `{"schema":{"properties":{}}}`, Status: 403},
			{Name: "a key that may only read cannot drop it", Credential: apitest.ReadKey, Method: "DELETE", Path: path, Status: 403},
			{Name: "it is dropped", Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"event_schemas": 0}},
			{Name: "and then gone", Method: "GET", Path: path, Status: 404, Details: "Cannot find custom_event_schema with id " + made.String(t, "id")},
		})
	})
}

func TestAHundredPropertiesCountRemovedOnes(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprintf(`"p%d":{"type":"string","optional":true,"deleted":true}`, i))
	}
	made := s.Do(t, "POST", collection, `{"name":"a","schema":{"properties":{`+strings.Join(all, ",")+`}}}`)
	s.Run(t, []apitest.Case{{
		Name: "one more", Method: "PUT", Path: collection + "/" + made.String(t, "id"), Status: 400,
		Body:    `{"schema":{"properties":{"more":{"type":"string","optional":true}}}}`,
		Details: "Property .schema.properties must NOT have more than 100 properties, removed ones included",
	}})
}

// stored are the latest events of a project, by their names.
type stored map[string][]conform.Sample

func (s stored) LatestMetadata(_ context.Context, _ database.Querier, projectID, name string, limit int) ([]conform.Sample, error) {
	if projectID != apitest.ProjectID {
		return nil, nil
	}
	return s[name][:min(limit, len(s[name]))], nil
}

func TestADryRunTellsWhatWouldBreakAndWritesNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		many := make([]conform.Sample, 1500)
		for i := range many {
			many[i] = conform.Sample{ID: fmt.Sprint("ev_", i), Metadata: map[string]any{"rating": float64(i)}}
		}
		many[7].Metadata = nil
		s := apitest.New(t, db, func(s *apitest.Server) {
			eventschema.Register(s.Router, eventschema.NewService(db, stored{"review": many}))
		})
		create := func(name string) string {
			r := s.Do(t, "POST", collection, `{"name":"`+name+`","schema":{"properties":{"rating":{"type":"number","optional":true}}}}`)
			return collection + "/" + r.String(t, "id")
		}
		path, other := create("review"), create("visit")
		tag := s.Do(t, "GET", path, nil).Header.Get("ETag")
		told := databasetest.Hear(t, db)
		cases := []apitest.Case{
			{
				Name: "nothing would break", Path: path, Body: `{"schema":{"properties":{"text":{"type":"string","optional":true}}}}`, Status: 200,
				Contains: []string{`{"object":"dry_run","valid":true,"checked":1000,"failed":0,"failures":[],"schema":{"id":"ms_`, `"text":{"type":"string","optional":true}`, `"updated_at":"2026-11-23T10:00:00.000Z"`},
			},
			{
				Name: "what is stored would break", Path: path, Body: `{"schema":{"properties":{"rating":{"type":"number","optional":false}}}}`, Status: 200,
				Contains: []string{`"valid":false,"checked":1000,"failed":1,"failures":[{"index":7,"id":"ev_7","violations":[{"path":"rating","rule":"required","expected":"number","actual":null}]}]`},
			},
			{
				Name: "a hundred of many failures are listed", Path: path, Body: `{"schema":{"properties":{"rating":{"type":"string","optional":true}}}}`, Status: 200,
				Contains: []string{`"failed":999`, `{"index":100,"id":"ev_100","violations":[{"path":"rating","rule":"type","expected":"string","actual":100}]}],"schema"`},
			},
			{
				Name: "given samples are tried instead", Path: path, Body: `{"schema":{"properties":{"rating":{"type":"boolean","optional":true}}},"samples":[{"rating":true,"more":1},{"rating":1}]}`, Status: 200,
				Contains: []string{`"valid":false,"checked":2,"failed":1,"failures":[{"index":1,"violations":[{"path":"rating","rule":"type","expected":"boolean","actual":1}]}]`},
			},
			{Name: "no events cannot break", Path: other, Body: `{"schema":{"properties":{"rating":{"type":"string","optional":false}}}}`, Status: 200, Contains: []string{`"valid":true,"checked":0`}},
			{Name: "a wrong property", Path: path, Body: `{"schema":{"properties":{" ":{"type":"string","optional":false}}}}`, Status: 400, Key: "invalid_payload"},
			{Name: "samples are objects", Path: path, Body: `{"schema":{"properties":{}},"samples":["x"]}`, Status: 400, Details: "Property .samples.0 must be object"},
			{Name: "a schema that there is not", Path: collection + "/ms_x", Body: `{"schema":{"properties":{}}}`, Status: 404, Details: "Cannot find custom_event_schema with id ms_x"},
			{Name: "a stranger's", Credential: apitest.StrangerKey, Path: strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1), Body: `{"schema":{"properties":{}}}`, Status: 404},
			{Name: "a viewer", Credential: apitest.Viewer, Path: path, Body: `{"schema":{"properties":{}}}`, Status: 403},
			{Name: "an owner", Credential: apitest.Owner, Path: path, Body: `{"schema":{"properties":{}}}`, Status: 200, Contains: []string{`"object":"dry_run"`}},
		}
		for i := range cases {
			cases[i].Method, cases[i].Rows = "PUT", map[string]int{"event_schemas": 2}
			cases[i].Path += "?dry_run=true"
		}
		s.Run(t, cases)
		changes := told()
		if now := s.Do(t, "GET", path, nil).Header.Get("ETag"); now != tag || len(s.Audited()) != 0 || len(changes) != 0 {
			t.Errorf("ETag %s became %s, %d entries in the audit log, changes told: %v", tag, now, len(s.Audited()), changes)
		}
		s.Run(t, []apitest.Case{{
			Name: "samples without dry_run", Method: "PUT", Path: path, Body: `{"schema":{"properties":{}},"samples":[{}]}`, Status: 400,
			Details: "Property .samples must not be given without dry_run=true",
		}})
	})
}

func TestADryRunWaitsForNoWriterAndKeepsNoAnswer(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := apitest.New(t, db, func(s *apitest.Server) { eventschema.Register(s.Router, eventschema.NewService(db, nil)) })
		path := collection + "/" + s.Do(t, "POST", collection, `{"name":"review","schema":{"properties":{}}}`).String(t, "id")
		const body = `{"schema":{"properties":{"a":{"type":"date","optional":true}}}}`
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
			{Name: "the update under the same key", Method: "PUT", Path: path, Body: body, Header: key, Status: 200, Contains: []string{`"object":"custom-event-schema"`}},
			{Name: "a dry run tells of what is now", Method: "PUT", Path: path + "?dry_run=true", Body: `{"schema":{"properties":{"b":{"type":"date","optional":true}}}}`, Header: key, Status: 200, Contains: []string{`"a":{`, `"b":{`}},
		})
	})
}

func TestAnEventIsJudgedByTheSchemaOfItsNameAsItIsNow(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var service *eventschema.Service
		s := apitest.New(t, db, func(s *apitest.Server) {
			service = eventschema.NewService(db, nil)
			eventschema.Register(s.Router, service)
		})
		checker := func(project, name string) *conform.Checker {
			c, err := service.Checker(t.Context(), project, name)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if checker(apitest.ProjectID, "review") != nil {
			t.Error("there is a checker without a schema")
		}
		made := s.Do(t, "POST", collection, `{"name":"review","schema":{"properties":{
			"n":{"type":"number","optional":false},"d":{"type":"date","optional":true},"m":{"type":"datetime","optional":true},
			"b":{"type":"boolean","optional":true},"gone":{"type":"string","optional":false,"deleted":true}}}}`)
		good := map[string]any{"n": 1.0, "d": "2024-02-29", "m": "2024-02-29T00:00:00Z", "b": true, "gone": 7.0, "more": []any{}}
		bad := map[string]any{"n": "1", "d": "2024-02-30", "m": "2024-02-29", "b": 1.0}
		if got := checker(apitest.ProjectID, "review").Check(good); got != nil {
			t.Errorf("a good event is refused: %v", got)
		}
		if got := checker(apitest.ProjectID, "review").Check(bad); len(got) != 4 {
			t.Errorf("of four wrong properties %v", got)
		}
		if checker(apitest.ProjectID, "Review") != nil || checker(apitest.StrangerID, "review") != nil {
			t.Error("another name, or another project, has the checker")
		}
		if before := checker(apitest.ProjectID, "review"); before != checker(apitest.ProjectID, "review") {
			t.Error("it is compiled again without a change")
		}
		path := collection + "/" + made.String(t, "id")
		s.Do(t, "PUT", path, `{"schema":{"properties":{"n":{"type":"string","optional":false}}}}`)
		if got := checker(apitest.ProjectID, "review").Check(map[string]any{"n": "1"}); got != nil {
			t.Errorf("the old schema still judges: %v", got)
		}
		s.Do(t, "DELETE", path, nil)
		if checker(apitest.ProjectID, "review") != nil {
			t.Error("the checker outlives its schema")
		}
	})
}

func TestACloneGetsTheSchemas(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		s.Do(t, "POST", collection, `{"name":"review","schema":{"properties":{"a":{"type":"date","optional":true}}}}`)
		s.AddProject(t, apitest.OrganizationID, "proj_copy")
		err := db.Write(t.Context(), func(tx database.Tx) error {
			return eventschema.NewService(db, nil).CopyProject(t.Context(), tx, apitest.ProjectID, "proj_copy", clock.At(s.Now()))
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Run(t, []apitest.Case{{
			Name: "with their properties", Method: "GET", Path: strings.Replace(collection, apitest.ProjectID, "proj_copy", 1), Status: 200,
			Contains: []string{`"total":1`, `"a":{"type":"date","optional":true}`}, Rows: map[string]int{"event_schemas": 2},
		}})
	})
}

// FuzzProperties holds that properties survive being written and read.
func FuzzProperties(f *testing.F) {
	f.Add(`{"properties":{"a":{"type":"date","optional":true,"deleted":true}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var c eventschema.CustomEventSchemaContent
		if json.Unmarshal([]byte(text), &c) != nil {
			return
		}
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back eventschema.CustomEventSchemaContent
		if err := json.Unmarshal(raw, &back); err != nil || !maps.Equal(c.Properties, back.Properties) {
			t.Errorf("%s became %+v, %v", raw, back, err)
		}
	})
}
