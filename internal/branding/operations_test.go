package branding_test

import (
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/branding"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

const (
	collection = "/management/v1/projects/" + apitest.ProjectID + "/branding"
	valid      = `{"brand":{"name":"Acme","website_url":"acme.example"},
		"address":{"street":"1 Main Street","city":"Katowice","postal":"40-246","country":"Poland"},
		"contact":{"email":"hello@acme.example"}}`
)

func start(t *testing.T, db database.DB) *apitest.Server {
	return apitest.New(t, db, func(s *apitest.Server) { branding.Register(s.Router, branding.NewService(s.DB)) })
}

func TestABrandIsMadeShownChangedAndDeleted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)

		made := s.Do(t, "POST", collection, valid)
		if made.Status != 200 {
			t.Fatalf("create: %d %s", made.Status, made.Body)
		}
		path := collection + "/" + made.String(t, "id")

		s.Run(t, []apitest.Case{
			{
				Name: "what was left out is null or its default", Method: "GET", Path: path, Status: 200,
				Contains: []string{`"website_url":"acme.example"`, `"privacy_policy_url":null`, `"state":null`, `"phone":null`, branding.DefaultPermissionReminder},
			},
			{Name: "it is the one entry of the list", Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":1`, `"name":"Acme"`}},
			{
				Name: "a project has at most one", Method: "POST", Path: collection, Body: valid, Status: 409, Key: "branding_exist",
				Details: "Cannot exist more than one branding for given project", Rows: map[string]int{"brandings": 1},
			},
			{
				Name: "an update changes only what is sent", Method: "PUT", Path: path, Body: `{"contact":{"phone":"+48 123"},"brand":{"website_url":null}}`, Status: 200,
				Contains: []string{`"phone":"+48 123"`, `"email":"hello@acme.example"`, `"website_url":null`, `"name":"Acme"`},
			},
			{Name: "a stranger cannot tell it from one that never was", Credential: apitest.StrangerKey, Method: "GET", Path: path, Status: 404, Key: "not_found", Details: "Cannot find project with id " + apitest.ProjectID},
			{
				Name: "nor reach it through a project of its own", Credential: apitest.StrangerKey, Method: "DELETE",
				Path: strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1), Status: 404, Key: "not_found", Rows: map[string]int{"brandings": 1},
			},
			{Name: "a key that may only read cannot change it", Credential: apitest.ReadKey, Method: "PUT", Path: path, Body: `{}`, Status: 403, Key: "forbidden"},
			{Name: "a key bound to another project cannot see it", Credential: apitest.BoundKey, Method: "GET", Path: path, Status: 403, Key: "forbidden"},
			{Name: "a viewer can see it", Credential: apitest.Viewer, Method: "GET", Path: path, Status: 200},
			{Name: "a viewer cannot change it", Credential: apitest.Viewer, Method: "PUT", Path: path, Body: `{}`, Status: 403, Key: "forbidden"},
			{Name: "it is deleted", Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"brandings": 0}},
			{Name: "and then gone", Method: "GET", Path: path, Status: 404, Key: "not_found"},
			{Name: "with a list of none", Method: "GET", Path: collection, Status: 200, Contains: []string{`"data":[]`, `"total":0`}},
		})
		if n := len(s.Audited()); n != 0 {
			t.Errorf("%d entries in the audit log, want none: keys are not audited", n)
		}
	})
}

func TestABrandThatBreaksItsSchemaIsRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		none := map[string]int{"brandings": 0}
		s.Run(t, []apitest.Case{
			{
				Name: "everything missing", Method: "POST", Path: collection, Body: `{}`, Status: 400, Key: "invalid_payload", Rows: none,
				Details: "Payload must have required property 'address'; Payload must have required property 'brand'; Payload must have required property 'contact'",
			},
			{
				Name: "wrong types and formats", Method: "POST", Path: collection, Status: 400, Key: "invalid_payload", Rows: none,
				Body: `{"brand":{"name":7},"address":{"street":"a","city":"b","postal":null,"country":""},"contact":{"email":"nobody"}}`,
				Details: "Property .address.country must NOT have fewer than 1 characters; " +
					"Property .brand.name must be string; Property .contact.email must match format email (an address such as name@example.com)",
			},
			{
				Name: "URLs that are none", Method: "POST", Path: collection, Status: 400, Key: "invalid_payload", Rows: none,
				Body:    strings.Replace(valid, `"website_url":"acme.example"`, `"website_url":"not a site","terms_of_use_url":"acme.example/terms"`, 1),
				Details: "Property .brand.terms_of_use_url must be an absolute http or https URL; Property .brand.website_url must be a website such as acme.example or https://acme.example",
			},
			{Name: "another spelling is an unknown member", Method: "POST", Path: collection, Body: strings.Replace(valid, `"contact"`, `"Contact"`, 1), Status: 400, Details: "Payload must have required property 'contact'", Rows: none},
		})
	})
}

func TestWhatAPersonDoesToABrandIsAuditedBeforeAndAfter(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		made := s.As(t, apitest.Owner, "POST", collection, valid)
		path := collection + "/" + made.String(t, "id")
		s.As(t, apitest.Owner, "PUT", path, `{"brand":{"name":"Emca"}}`)
		s.As(t, apitest.Owner, "DELETE", path, nil)

		entries := s.Audited()
		if len(entries) != 3 {
			t.Fatalf("%d entries, want 3", len(entries))
		}
		for i, want := range []string{"create-brand", "update-brand", "delete-brand"} {
			if entries[i].Action != want || entries[i].ResourceID != made.String(t, "id") {
				t.Errorf("entry %d is %s of %s", i, entries[i].Action, entries[i].ResourceID)
			}
		}
		before, after := entries[1].Before.(*branding.Branding), entries[1].After.(*branding.Branding)
		if before.Brand.Name != "Acme" || after.Brand.Name != "Emca" {
			t.Errorf("the update tells %q before and %q after", before.Brand.Name, after.Brand.Name)
		}
	})
}

const forPeople = "/team/v1/projects/" + apitest.ProjectID + "/branding"

func TestAnEngineSeesItsProjectsBrandAsItIsNow(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		none := apitest.Case{
			Name: "none", Credential: apitest.AppKey, Method: "GET", Path: "/v1/branding", Status: 404, Key: "not_found",
			Details: "Cannot find branding_details of project " + apitest.ProjectID + ": it has none",
		}
		noFooter := none
		noFooter.Name, noFooter.Path = "no footer", "/v1/branding/footer"
		s.Run(t, []apitest.Case{none, noFooter})

		id := s.Do(t, "POST", collection, valid).String(t, "id")
		s.Run(t, []apitest.Case{
			{Name: "it is there at once", Credential: apitest.AppKey, Method: "GET", Path: "/v1/branding", Status: 200, Contains: []string{`{"id":"` + id + `"`, `"name":"Acme"`}},
			{Name: "and again", Credential: apitest.AppKey, Method: "GET", Path: "/v1/branding", Status: 200, Contains: []string{`"name":"Acme"`}},
			{Name: "a change", Method: "PUT", Path: collection + "/" + id, Body: `{"brand":{"name":"Emca"}}`, Status: 200},
			{Name: "shows at once", Credential: apitest.AppKey, Method: "GET", Path: "/v1/branding", Status: 200, Contains: []string{`"name":"Emca"`}},
			{Name: "in the footer too", Credential: apitest.AppKey, Method: "GET", Path: "/v1/branding/footer", Status: 200, Contains: []string{"<strong>Emca</strong>"}},
			{Name: "a stranger has none", Credential: apitest.StrangerAppKey, Method: "GET", Path: "/v1/branding", Status: 404, Key: "not_found"},
			{Name: "nor a footer", Credential: apitest.StrangerAppKey, Method: "GET", Path: "/v1/branding/footer", Status: 404, Key: "not_found"},
			{Name: "a client-side key has no way in", Credential: apitest.ClientKey, Method: "GET", Path: "/v1/branding", Status: 401, Key: "unauthorized"},
			{Name: "a viewer sees it", Credential: apitest.Viewer, Method: "GET", Path: forPeople, Status: 200, Contains: []string{`"name":"Emca"`}},
			{Name: "and the footer", Credential: apitest.Viewer, Method: "GET", Path: forPeople + "/footer?format=text", Status: 200, Contains: []string{"Emca\n"}},
			{Name: "an outsider does not", Credential: apitest.Outsider, Method: "GET", Path: forPeople + "/footer", Status: 403, Key: "forbidden"},
			{Name: "it is deleted", Method: "DELETE", Path: collection + "/" + id, Status: 204},
			none, noFooter,
		})
	})
}

func TestAFooterIsAnsweredInTheFormThatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	s.Do(t, "POST", collection, valid)
	const asHTML, asText, asJSON = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json; charset=utf-8"
	for _, c := range []struct{ query, accept, contentType, begins string }{
		{"", "", asHTML, "<div "},
		{"", "*/*", asHTML, "<div "},
		{"?format=html", "text/html", asHTML, "<div "},
		{"?format=text", "", asText, "Acme\nYou are"},
		{"?format=text", "text/html, application/json;q=0.1", asJSON, `{"object":"branding_footer","format":"text","content":"Acme\nYou are`},
		{"", "application/json", asJSON, `{"object":"branding_footer","format":"html","content":"<div style=\"`},
		{"", "text/html, application/json;q=0.9", asHTML, "<div "},
		{"", "text/html;q=0.5, application/json", asJSON, `{"object":`},
	} {
		r := s.As(t, apitest.AppKey, "GET", "/v1/branding/footer"+c.query, nil, "Accept", c.accept)
		if r.Status != 200 || r.Header.Get("Content-Type") != c.contentType || !strings.HasPrefix(string(r.Body), c.begins) || r.Header.Get("Vary") != "Accept" {
			t.Errorf("%q, %q: %d %v\n%s", c.query, c.accept, r.Status, r.Header, r.Body)
		}
	}
	s.Run(t, []apitest.Case{{
		Name: "another form", Credential: apitest.AppKey, Method: "GET", Path: "/v1/branding/footer?format=pdf", Status: 400, Key: "invalid_payload",
		Details: "Property .format must be equal to one of the allowed values: html, text",
	}})
}
