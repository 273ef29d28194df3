package category_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/category"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

const (
	collection = "/v1/categories"
	forPeople  = "/team/v1/projects/" + apitest.ProjectID + "/categories"
)

// served is house with the operations.
func served(t *testing.T, db database.DB) (*apitest.Server, *rules) {
	r := &rules{}
	return apitest.New(t, db, func(s *apitest.Server) { category.Register(s.Router, category.NewService(db, r)) }), r
}

func post(t *testing.T, s *apitest.Server, body string) (id string) {
	t.Helper()
	r := s.As(t, apitest.AppKey, "POST", collection, body)
	if r.Status != 200 {
		t.Fatalf("create: %d %s", r.Status, r.Body)
	}
	return r.String(t, "id")
}

func TestAnEngineKeepsCategoriesWithItsProjectsKey(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := served(t, db)
		s.Run(t, []apitest.Case{{
			Name: "none at first", Credential: apitest.AppKey, Method: "GET", Path: collection, Status: 200,
			Contains: []string{`{"object":"list","data_ref":"data","data":[],"total":0}`},
		}})
		id := post(t, s, `{"name":"Eighth","hierarchy":8,"colour":"red"}`)
		first := post(t, s, `{"name":"First","hierarchy":1}`)
		path := collection + "/" + id
		eighth := `{"id":"` + id + `","name":"Eighth","hierarchy":8,"created_at":"2026-11-23T10:00:00.000Z","object":"category"}`
		s.Run(t, []apitest.Case{
			{Name: "one is shown", Credential: apitest.AppKey, Method: "GET", Path: path, Status: 200, Contains: []string{eighth}},
			{Name: "all are listed, the lowest first", Credential: apitest.AppKey, Method: "GET", Path: collection, Status: 200, Contains: []string{`"data":[{"id":"` + first, "," + eighth + `],"total":2}`}},
			{
				Name: "an update shows at once", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"name":"Summer","hierarchy":0}`, Status: 200,
				Contains: []string{`{"id":"` + id + `","name":"Summer","hierarchy":0,"created_at":"2026-11-23T10:00:00.000Z","updated_at":"2026-11-23T10:00:00.000Z","object":"category"}`},
			},
			{Name: "in what is shown", Credential: apitest.AppKey, Method: "GET", Path: path, Status: 200, Contains: []string{`"name":"Summer"`}},
			{Name: "and in the list", Credential: apitest.AppKey, Method: "GET", Path: collection, Status: 200, Contains: []string{`"data":[{"id":"` + id}},
			{Name: "an owner sees the same", Credential: apitest.Owner, Method: "GET", Path: forPeople, Status: 200, Contains: []string{`"total":2`}},
			{Name: "a viewer too", Credential: apitest.Viewer, Method: "GET", Path: forPeople + "/" + id, Status: 200, Contains: []string{`"name":"Summer"`}},
			{Name: "an owner changes it", Credential: apitest.Owner, Method: "PUT", Path: forPeople + "/" + id, Body: `{"name":"Winter","hierarchy":2}`, Status: 200, Contains: []string{`"name":"Winter"`}},
			{Name: "it is deleted", Credential: apitest.AppKey, Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"categories": 1}},
			{Name: "and then gone", Credential: apitest.AppKey, Method: "GET", Path: path, Status: 404, Key: "not_found", Details: "Cannot find category with id " + id},
			{Name: "from the list as well", Credential: apitest.AppKey, Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":1`}},
		})
		entries := s.Audited()
		if len(entries) != 1 || entries[0].Action != "project-update-category" || entries[0].Before.(*category.Category).Name != "Summer" {
			t.Errorf("the audit log tells %+v, want what the owner did and nothing of the key", entries)
		}
	})
}

func TestOnlyWhoMayChangeSettingsReachesCategoriesAndOnlyHisProjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := served(t, db)
		id := post(t, s, `{"name":"Ours","hierarchy":1}`)
		path, unknown := collection+"/"+id, "Cannot find category with id "+id
		body, one := `{"name":"Theirs","hierarchy":2}`, map[string]int{"categories": 1}
		s.Run(t, []apitest.Case{
			{Name: "a stranger cannot see it", Credential: apitest.StrangerAppKey, Method: "GET", Path: path, Status: 404, Key: "not_found", Details: unknown},
			{Name: "nor change it", Credential: apitest.StrangerAppKey, Method: "PUT", Path: path, Body: body, Status: 404, Details: unknown, Rows: one},
			{Name: "nor delete it", Credential: apitest.StrangerAppKey, Method: "DELETE", Path: path, Status: 404, Details: unknown, Rows: one},
			{Name: "nor list it", Credential: apitest.StrangerAppKey, Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":0`}},
			{Name: "an id that never was looks the same", Credential: apitest.AppKey, Method: "GET", Path: collection + "/cat_none", Status: 404, Details: "Cannot find category with id cat_none"},
			{Name: "a client-side key has no way in", Credential: apitest.ClientKey, Method: "GET", Path: collection, Status: 401, Key: "unauthorized"},
			{Name: "a management key neither", Credential: apitest.Key, Method: "GET", Path: collection, Status: 401, Key: "unauthorized"},
			{Name: "nobody neither", Credential: "nobody", Method: "GET", Path: collection, Status: 401, Key: "unauthorized"},
			{Name: "a merchant sees them", Credential: apitest.Merchant, Method: "GET", Path: forPeople, Status: 200, Contains: []string{`"name":"Ours"`}},
			{Name: "and each", Credential: apitest.Merchant, Method: "GET", Path: forPeople + "/" + id, Status: 200, Contains: []string{`"name":"Ours"`}},
			{Name: "but makes none", Credential: apitest.Merchant, Method: "POST", Path: forPeople, Body: body, Status: 403, Key: "forbidden", Details: "Your role in project " + apitest.ProjectID + " does not include the permission settings.write", Rows: one},
			{Name: "a viewer cannot make one", Credential: apitest.Viewer, Method: "POST", Path: forPeople, Body: body, Status: 403, Key: "forbidden", Rows: one},
			{Name: "nor change one", Credential: apitest.Viewer, Method: "PUT", Path: forPeople + "/" + id, Body: body, Status: 403, Key: "forbidden"},
			{Name: "nor delete one", Credential: apitest.Viewer, Method: "DELETE", Path: forPeople + "/" + id, Status: 403, Key: "forbidden", Rows: one},
			{Name: "an outsider cannot see them", Credential: apitest.Outsider, Method: "GET", Path: forPeople, Status: 403, Key: "forbidden", Details: "Your role in project " + apitest.ProjectID + " does not include the permission settings.read or incentives.read"},
			{Name: "an owner finds no stranger's project", Credential: apitest.Owner, Method: "GET", Path: strings.Replace(forPeople, apitest.ProjectID, apitest.StrangerID, 1), Status: 404, Details: "Cannot find project with id " + apitest.StrangerID},
			{Name: "it is as it was", Credential: apitest.AppKey, Method: "GET", Path: path, Status: 200, Contains: []string{`"name":"Ours","hierarchy":1`}},
		})
	})
}

func TestABodyThatIsNoCategoryIsRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := served(t, db)
		id := post(t, s, `{"name":"Kept","hierarchy":1}`)
		one := map[string]int{"categories": 1}
		for _, at := range []struct{ method, path string }{{"POST", collection}, {"PUT", collection + "/" + id}} {
			var cases []apitest.Case
			for _, c := range []struct{ name, body, details string }{
				{"nothing", `{}`, "Payload must have required property 'hierarchy'; Payload must have required property 'name'"},
				{"no name", `{"hierarchy":1}`, "Payload must have required property 'name'"},
				{"no hierarchy", `{"name":"N"}`, "Payload must have required property 'hierarchy'"},
				{"wrong types", `{"name":null,"hierarchy":"1"}`, "Property .hierarchy must be integer; Property .name must be string"},
				{"a fraction", `{"name":"N","hierarchy":1.5}`, "Property .hierarchy must be integer"},
				{"out of bounds", `{"name":"","hierarchy":-1}`, "Property .hierarchy must be >= 0; Property .name must NOT have fewer than 1 characters"},
				{"beyond 32 bits", `{"name":"` + strings.Repeat("ż", 256) + `","hierarchy":2147483648}`, "Property .hierarchy must be <= 2147483647; Property .name must NOT have more than 255 characters"},
				{"a blank name", `{"name":" \u00a0","hierarchy":1}`, "Property .name must match format name (not blank, and without control characters)"},
				{"a name of two lines", `{"name":"a\nb","hierarchy":1}`, "Property .name must match format name (not blank, and without control characters)"},
				{"a huge number", `{"name":"N","hierarchy":1e308}`, "Property .hierarchy must be <= 2147483647"},
			} {
				cases = append(cases, apitest.Case{
					Name: at.method + " " + c.name, Credential: apitest.AppKey, Method: at.method, Path: at.path, Body: c.body,
					Status: 400, Key: "invalid_payload", Details: c.details, Rows: one,
				})
			}
			s.Run(t, cases)
		}
		s.Run(t, []apitest.Case{
			{Name: "whole numbers in another notation are numbers", Credential: apitest.AppKey, Method: "PUT", Path: collection + "/" + id, Body: `{"name":"N","hierarchy":2e1}`, Status: 200, Contains: []string{`"hierarchy":20`}},
			{Name: "a parameter that is none", Credential: apitest.AppKey, Method: "DELETE", Path: collection + "/" + id + "?remove_from_stacking_rules=maybe", Status: 400, Details: "Property .remove_from_stacking_rules must be boolean", Rows: one},
		})
	})
}

func TestACategoryThatTheRulesNameIsDeletedOnlyIfTheCallSaysSo(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, rules := served(t, db)
		rules.used = post(t, s, `{"name":"Used","hierarchy":1}`)
		path := collection + "/" + rules.used
		inUse := apitest.Case{
			Credential: apitest.AppKey, Method: "DELETE", Status: 409, Key: "category_in_use", Rows: map[string]int{"categories": 1},
			Details: "The stacking rules name category " + rules.used + "; send remove_from_stacking_rules=true to take it out of them as well",
		}
		unsaid, denied := inUse, inUse
		unsaid.Name, unsaid.Path = "unsaid", path
		denied.Name, denied.Path = "denied", path+"?remove_from_stacking_rules=false"
		s.Run(t, []apitest.Case{unsaid, denied, {
			Name: "said", Credential: apitest.AppKey, Method: "DELETE", Path: path + "?remove_from_stacking_rules=true", Status: 204, Rows: map[string]int{"categories": 0},
		}})
		if len(rules.removed) == 0 {
			t.Error("it still stands in the rules")
		}
	})
}

func TestOfTwoWritersWithOneETagOneWins(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := served(t, db)
		path := collection + "/" + post(t, s, `{"name":"A","hierarchy":1}`)
		tag := s.As(t, apitest.AppKey, "GET", path, nil).Header.Get("ETag")
		if r := s.As(t, apitest.AppKey, "GET", path, nil, "If-None-Match", tag); r.Status != 304 {
			t.Errorf("nothing has changed: %d", r.Status)
		}
		if r := s.As(t, apitest.AppKey, "PUT", path, `{"name":"B","hierarchy":1}`, "If-Match", tag); r.Status != 200 {
			t.Errorf("the first: %d %s", r.Status, r.Body)
		}
		if r := s.As(t, apitest.AppKey, "PUT", path, `{"name":"C","hierarchy":1}`, "If-Match", tag); r.Status != 412 {
			t.Errorf("the second: %d %s", r.Status, r.Body)
		}
		if r := s.As(t, apitest.AppKey, "DELETE", path, nil, "If-Match", tag); r.Status != 412 || s.Count(t, "categories") != 1 {
			t.Errorf("a deletion: %d %s", r.Status, r.Body)
		}
	})
}

func TestAnUpdateThatChangesNothingLeavesTheETag(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := served(t, db)
		path := collection + "/" + post(t, s, `{"name":"A","hierarchy":1}`)
		first := s.As(t, apitest.AppKey, "PUT", path, `{"name":"A","hierarchy":1}`)
		tag := first.Header.Get("ETag")
		if first.String(t, "updated_at") == "" { // the reference contract requires it
			t.Errorf("the first update: %s", first.Body)
		}
		s.Move(time.Hour)
		for _, r := range []apitest.Response{
			s.As(t, apitest.AppKey, "PUT", path, `{"name":"A","hierarchy":1}`), s.As(t, apitest.AppKey, "GET", path, nil),
		} {
			if got := r.Header.Get("ETag"); r.Status != 200 || got != tag {
				t.Errorf("%d %s, ETag %s was %s", r.Status, r.Body, got, tag)
			}
		}
	})
}

func TestReadsAskTheDatabaseOnceUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		_, s, _ := house(t, db)
		a := create(t, db, s, "A", 7)
		for range 3 {
			if _, err := s.Get(t.Context(), db, apitest.ProjectID, a.ID); err != nil {
				t.Fatal(err)
			}
			if list, err := s.List(t.Context(), db, apitest.ProjectID); err != nil || len(list) != 1 {
				t.Fatalf("%v, %v", list, err)
			}
			got, err := s.Hierarchies(t.Context(), db, apitest.ProjectID)
			if err != nil || !maps.Equal(got, map[string]int64{a.ID: 7}) {
				t.Fatalf("%v, %v", got, err)
			}
		}
		// On PostgreSQL the word of our own write comes back and empties the cache once more.
		if hits, misses := s.Hits(); db.Engine() == database.SQLite && (hits != 8 || misses != 1) {
			t.Errorf("%d hits and %d misses, want 8 and 1", hits, misses)
		}
		err := write(t, db, func(tx database.Tx) error {
			b, err := s.Create(t.Context(), tx, apitest.ProjectID, category.Definition{Name: "B", Hierarchy: 2}, start)
			if err != nil {
				return err
			}
			got, err := s.Hierarchies(t.Context(), tx, apitest.ProjectID)
			if !maps.Equal(got, map[string]int64{a.ID: 7, b.ID: 2}) {
				t.Errorf("a transaction does not see its own write: %v", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Hierarchies(t.Context(), db, apitest.ProjectID); err != nil || len(got) != 2 {
			t.Errorf("after the change: %v, %v", got, err)
		}
	})
}
