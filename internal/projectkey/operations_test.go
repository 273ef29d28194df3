package projectkey_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/projectkey"
)

const (
	collection = "/team/v1/projects/" + apitest.ProjectID + "/keys"
	sandboxID  = "proj_sandbox"
	inSandbox  = "/team/v1/projects/" + sandboxID + "/keys"
)

// tenant answers what the room asks of others, from the database.
type tenant struct{}

func (tenant) IsSandbox(ctx context.Context, q database.Querier, projectID string) (sandbox bool, err error) {
	err = q.QueryRow(ctx, `SELECT is_sandbox FROM projects WHERE id = $1`, projectID).Scan(&sandbox)
	return sandbox, err
}

func serve(t *testing.T, db database.DB) (*apitest.Server, *projectkey.Service) {
	t.Helper()
	var service *projectkey.Service
	s := apitest.New(t, db, func(s *apitest.Server) {
		service = projectkey.NewService(s.Seal, tenant{})
		projectkey.Register(s.Router, service)
	})
	s.AddProject(t, apitest.OrganizationID, sandboxID)
	s.Exec(t, `UPDATE projects SET is_sandbox = TRUE WHERE id = $1`, sandboxID)
	return s, service
}

// mint makes a key as the owner.
func mint(t *testing.T, s *apitest.Server, at, body string) (id, token string) {
	t.Helper()
	r := s.As(t, apitest.Owner, "POST", at, body)
	if r.Status != 200 {
		t.Fatalf("mint: %d %s", r.Status, r.Body)
	}
	return r.String(t, "id"), r.String(t, "token")
}

func TestWhoMayManageKeysMintsShowsChangesAndDeletesThem(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		made := s.As(t, apitest.Owner, "POST", collection, `{"kind":"integration","name":"Warehouse","allowed_ips":["203.0.113.0/24","2001:db8::1"]}`)
		id, token := made.String(t, "id"), made.String(t, "token")
		if made.Status != 200 || !strings.HasPrefix(id, "app_") || !strings.HasPrefix(token, "sti_") || len(token) != 56 || made.Header.Get("ETag") != "" {
			t.Fatalf("mint: %d %s", made.Status, made.Body)
		}
		if until := made.String(t, "token_visible_until"); until != "2026-11-23T10:15:00.000Z" {
			t.Errorf("the token is visible until %s", until)
		}
		path := collection + "/" + id
		s.Run(t, []apitest.Case{
			{
				Name: "it is shown with its last four characters only", Credential: apitest.Owner, Method: "GET", Path: path, Status: 200,
				Contains: []string{`"kind":"integration","name":"Warehouse","last_four":"` + token[len(token)-4:] + `"`, `"203.0.113.0/24","2001:db8::1"`, `"created_by":"user_owner"`, `"last_used_at":null,"last_used_ip":null`},
			},
			{Name: "it is listed", Credential: apitest.Owner, Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":1`, id}},
			{Name: "its token is shown in the window", Credential: apitest.Owner, Method: "GET", Path: path + "/token", Status: 200, Contains: []string{`{"id":"` + id + `","token":"` + token + `","token_visible_until":"2026-11-23T10:15:00.000Z"}`}},
			{Name: "an update changes only what is sent", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{"name":"Stock","kind":"server"}`, Status: 200, Contains: []string{`"kind":"integration","name":"Stock"`, `"203.0.113.0/24"`}},
			{Name: "addresses are cleared", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{"allowed_ips":[]}`, Status: 200, Contains: []string{`"name":"Stock"`, `"allowed_ips":[]`}},
			{Name: "it is deleted", Credential: apitest.Owner, Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"project_keys": 0}},
			{Name: "and then gone", Credential: apitest.Owner, Method: "GET", Path: path, Status: 404, Key: "not_found", Details: "Cannot find project_key with id " + id},
			{Name: "with its token", Credential: apitest.Owner, Method: "GET", Path: path + "/token", Status: 404, Key: "not_found", Details: "Cannot find project_key with id " + id},
		})
		entries := s.Audited()
		if len(entries) != 5 { // the look at the token is one, the look that was refused is none
			t.Errorf("%d entries in the audit log, want 5", len(entries))
		}
		for _, e := range entries {
			if raw := fmt.Sprintf("%+v %+v", e.Before, e.After); strings.Contains(raw, token) || e.ResourceID != id || e.ResourceType != "project_key" {
				t.Errorf("the audit log holds the token, or tells of another: %s %s %s", e.ResourceType, e.ResourceID, raw)
			}
		}
	})
}

func TestABodyThatIsNoKeyIsRefused(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		id, _ := mint(t, s, collection, `{"kind":"server","name":"Kept"}`)
		path, one := collection+"/"+id, map[string]int{"project_keys": 1}
		var cases []apitest.Case
		for _, c := range []struct{ name, method, path, body, details string }{
			{"nothing", "POST", collection, `{}`, "Payload must have required property 'kind'; Payload must have required property 'name'"},
			{"a kind that there is not", "POST", collection, `{"kind":"admin","name":"N"}`, "Property .kind must be equal to one of the allowed values: server, client, integration"},
			{"wrong types", "POST", collection, `{"kind":7,"name":null,"allowed_ips":"::1"}`, "Property .allowed_ips must be array; Property .kind must be string; Property .name must be string"},
			{"a blank name", "PUT", path, `{"name":" "}`, "Property .name must have 1 to 255 characters"},
			{"an expiry that is over", "POST", collection, `{"kind":"server","name":"N","expires_at":"2026-11-23T10:00:00Z"}`, "Property .expires_at must be in the future"},
			{"an expiry that is no time", "PUT", path, `{"expires_at":"soon"}`, "Property .expires_at must match format date-time (RFC 3339, such as 2026-11-23T10:00:00.000Z)"},
			{"an overlap beyond seven days", "POST", path + "/regenerate", `{"overlap_seconds":604801}`, "Property .overlap_seconds must be <= 604800"},
			{"an overlap below nothing", "POST", path + "/regenerate", `{"overlap_seconds":-1}`, "Property .overlap_seconds must be >= 0"},
		} {
			cases = append(cases, apitest.Case{
				Name: c.name, Credential: apitest.Owner, Method: c.method, Path: c.path, Body: c.body, Status: 400, Key: "invalid_payload", Details: c.details, Rows: one,
			})
		}
		s.Run(t, cases)
		if r := s.As(t, apitest.Owner, "POST", collection, `{"kind":"client","name":"N","allowed_ips":["::1","nowhere"]}`); r.Status != 400 || !strings.Contains(r.String(t, "details"), ".allowed_ips.1 ") {
			t.Errorf("an address that is none: %d %s", r.Status, r.Body)
		}
	})
}

func TestOnlyWhoMayManageKeysReachesThemAndOnlyTheirProjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		id, _ := mint(t, s, collection, `{"kind":"server","name":"Ours"}`)
		one := map[string]int{"project_keys": 1}
		calls := []struct{ method, path, body string }{
			{"GET", "", ""}, {"POST", "", `{"kind":"server","name":"N"}`}, {"GET", "/" + id, ""}, {"PUT", "/" + id, `{"name":"N"}`},
			{"DELETE", "/" + id, ""}, {"GET", "/" + id + "/token", ""}, {"POST", "/" + id + "/regenerate", `{}`},
		}
		var cases []apitest.Case
		for _, call := range calls {
			with := func(name, credential, at string, status int, key, details string) {
				c := apitest.Case{Name: name + ": " + call.method + " " + call.path, Credential: credential, Method: call.method, Path: at + call.path, Status: status, Key: key, Details: details, Rows: one}
				if call.body != "" {
					c.Body = call.body
				}
				cases = append(cases, c)
			}
			with("a viewer", apitest.Viewer, collection, 403, "forbidden", "")
			with("an outsider", apitest.Outsider, collection, 403, "forbidden", "")
			with("a management key", apitest.Key, collection, 401, "unauthorized", "")
			with("a project key", apitest.AppKey, collection, 401, "unauthorized", "")
			with("a stranger's project", apitest.Owner, strings.Replace(collection, apitest.ProjectID, apitest.StrangerID, 1), 404, "not_found", "Cannot find project with id "+apitest.StrangerID)
			if call.path != "" {
				with("another project's key", apitest.Owner, inSandbox, 404, "not_found", "Cannot find project_key with id "+id)
			}
		}
		s.Run(t, cases)
		if r := s.As(t, apitest.Owner, "GET", collection+"/"+id, nil); !strings.Contains(string(r.Body), `"name":"Ours"`) || r.String(t, "updated_at") != r.String(t, "created_at") {
			t.Errorf("it has changed: %s", r.Body)
		}
	})
}

func TestATokenIsShownForFifteenMinutesAndThenErasedFromEveryFile(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := serve(t, db)
		id, token := mint(t, s, collection, `{"kind":"server","name":"Checkout"}`)
		kept, sandboxToken := mint(t, s, inSandbox, `{"kind":"server","name":"Trial"}`)
		path := collection + "/" + id + "/token"
		s.Move(projectkey.RevealWindow - time.Millisecond)
		if r := s.As(t, apitest.Owner, "GET", path, nil); r.Status != 200 || r.String(t, "token") != token {
			t.Fatalf("in the last millisecond: %d %s", r.Status, r.Body)
		}
		entries := s.Audited()
		if e := entries[len(entries)-1]; len(entries) != 3 || e.Action != "reveal-project-key-token" || e.Actor.ID != apitest.Owner || e.ResourceID != id || e.Before != nil || e.After != nil {
			t.Errorf("who looked is told as %+v", entries)
		}
		var sealed []byte
		if err := db.QueryRow(t.Context(), `SELECT sealed_token FROM project_keys WHERE id = $1`, id).Scan(&sealed); err != nil {
			t.Fatal(err)
		}
		s.Move(time.Millisecond)
		if erased, err := service.Erase(t.Context(), db, clock.At(s.Now())); err != nil || !erased {
			t.Fatalf("erased: %t, %v", erased, err)
		}
		if err := db.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		if db.Engine() == database.SQLite && inFiles(t, sealed) {
			t.Error("the ciphertext is still in a file")
		}
		s.Run(t, []apitest.Case{
			{
				Name: "after the window", Credential: apitest.Owner, Method: "GET", Path: path, Status: 410, Key: "token_no_longer_visible",
				Details: "The token could be shown until 2026-11-23T10:15:00.000Z; regenerate the key to get a new one",
			},
			{Name: "a sandbox's stays", Credential: apitest.Owner, Method: "GET", Path: inSandbox + "/" + kept + "/token", Status: 200, Contains: []string{sandboxToken, `"token_visible_until":null`}},
		})
	})
}

// inFiles looks for a secret in the files of this test's database.
func inFiles(t *testing.T, secret []byte) bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(filepath.Dir(t.TempDir()), "*", "steward.db*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no database files: %v", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, secret) {
			return true
		}
	}
	return false
}

func TestAStoredAnswerTellsATokenNoLongerThanItMayBeShown(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		again := func() apitest.Response {
			return s.As(t, apitest.Owner, "POST", collection, `{"kind":"server","name":"Checkout"}`, "Idempotency-Key", "k")
		}
		first := again()
		if r := again(); r.Status != 200 || !bytes.Equal(r.Body, first.Body) || r.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("in the window: %d %s", r.Status, r.Body)
		}
		s.Move(projectkey.RevealWindow)
		if r := again(); r.Status != 409 || s.Count(t, "project_keys") != 1 {
			t.Errorf("after it: %d %s", r.Status, r.Body)
		}
	})
}
