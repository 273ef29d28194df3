package managementkey_test

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
	"github.com/steward-platform/steward/internal/managementkey"
)

const collection = "/team/v1/management-keys"

// tenant answers what the room asks of others, from the database.
type tenant struct{ limit int }

func (o *tenant) ManagementKeyLimit(context.Context, database.Querier, string) (int, error) {
	return o.limit, nil
}

func (o *tenant) Unlocked(context.Context, database.Querier, string) (bool, error) { return true, nil }

func (o *tenant) Exists(_ context.Context, _ database.Querier, organizationID, projectID string) (bool, error) {
	return organizationID == apitest.OrganizationID && projectID == apitest.ProjectID, nil
}

func start(t *testing.T, db database.DB) (*apitest.Server, *managementkey.Service, *tenant) {
	t.Helper()
	o := &tenant{limit: 5}
	var service *managementkey.Service
	s := apitest.New(t, db, func(s *apitest.Server) {
		service = managementkey.NewService(s.Seal, o, o)
		managementkey.Register(s.Router, service)
	})
	return s, service, o
}

func mint(t *testing.T, s *apitest.Server, body string) (id, token string) {
	t.Helper()
	r := s.As(t, apitest.Owner, "POST", collection, body)
	if r.Status != 200 {
		t.Fatalf("mint: %d %s", r.Status, r.Body)
	}
	return r.String(t, "id"), r.String(t, "token")
}

func TestAnOwnerMintsShowsChangesAndDeletesKeys(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		made := s.As(t, apitest.Owner, "POST", collection, `{"name":"Terraform","scopes":["read","webhooks"],"allowed_ips":["203.0.113.0/24","2001:db8::1"],"project_ids":["`+apitest.ProjectID+`"]}`)
		token := made.String(t, "token")
		if made.Status != 200 || !strings.HasPrefix(token, managementkey.TokenPrefix) || len(token) != 56 {
			t.Fatalf("mint: %d %s", made.Status, made.Body)
		}
		if until := made.String(t, "token_visible_until"); until != "2026-11-23T10:15:00.000Z" {
			t.Errorf("the token is visible until %s", until)
		}
		path := collection + "/" + made.String(t, "id")
		s.Run(t, []apitest.Case{
			{
				Name: "it is shown with its last four characters only", Credential: apitest.Owner, Method: "GET", Path: path, Status: 200,
				Contains: []string{`"last_four":"` + token[len(token)-4:] + `"`, `"scopes":["read","webhooks"]`, `"created_by":"user_owner"`, `"last_used_at":null`},
			},
			{Name: "it is listed", Credential: apitest.Owner, Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":1`}},
			{Name: "an update changes only what is sent", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{"name":"Ansible","scopes":[]}`, Status: 200, Contains: []string{`"name":"Ansible"`, `"scopes":[]`, `"203.0.113.0/24"`}},
			{Name: "a member of the team who is no owner cannot see keys", Credential: apitest.Viewer, Method: "GET", Path: collection, Status: 403, Key: "forbidden"},
			{Name: "a key cannot see keys", Credential: apitest.Key, Method: "GET", Path: collection, Status: 401, Key: "unauthorized"},
			{
				Name: "everything wrong is told at once", Credential: apitest.Owner, Method: "PUT", Path: path, Status: 400, Key: "invalid_payload",
				Body:    `{"name":" ","scopes":["everything"],"allowed_ips":["nowhere"],"expires_at":"2020-01-01T00:00:00Z"}`,
				Details: "Property .name must have 1 to 255 characters; Property .scopes.0 must be read, or one of " + strings.Join(managementkey.Resources, ", ") + ", with or without .read; Property .allowed_ips.0 must be an address or CIDR such as 203.0.113.0/24; Property .expires_at must be in the future",
			},
			{Name: "a project of another organization is unknown", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{"project_ids":["` + apitest.StrangerID + `"]}`, Status: 404, Details: "Cannot find project with id " + apitest.StrangerID},
			{Name: "it is deleted", Credential: apitest.Owner, Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"management_keys": 0}},
			{Name: "and then gone", Credential: apitest.Owner, Method: "GET", Path: path, Status: 404, Details: "Cannot find management_key with id " + made.String(t, "id")},
		})
		for _, e := range s.Audited() {
			if raw := fmt.Sprintf("%+v %+v", e.Before, e.After); strings.Contains(raw, token) {
				t.Errorf("the audit log holds the token: %s", raw)
			}
		}
	})
}

func TestTheSixthKeyIsRefusedUntilAnOperatorAllowsMore(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, o := start(t, db)
		for i := range 5 {
			mint(t, s, fmt.Sprintf(`{"name":"key %d"}`, i))
		}
		s.Run(t, []apitest.Case{{
			Name: "the sixth", Credential: apitest.Owner, Method: "POST", Path: collection, Body: `{"name":"key 6"}`, Status: 409, Key: "management_keys_limit",
			Details: "The organization has 5 of the 5 Management API keys it may have; delete one, or ask the operator to raise the limit", Rows: map[string]int{"management_keys": 5},
		}})
		o.limit = 6
		mint(t, s, `{"name":"key 6"}`)
	})
}

func TestATokenIsShownForFifteenMinutesAndThenErasedFromEveryFile(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		id, token := mint(t, s, `{"name":"Terraform"}`)
		path := collection + "/" + id + "/token"
		s.Move(15*time.Minute - time.Millisecond)
		if r := s.As(t, apitest.Owner, "GET", path, nil); r.Status != 200 || r.String(t, "token") != token {
			t.Fatalf("in the last millisecond: %d %s", r.Status, r.Body)
		}
		entries := s.Audited()
		if e := entries[len(entries)-1]; len(entries) != 2 || e.Action != "get-management-key-token" || e.Actor.ID != apitest.Owner || e.ResourceID != id || e.Before != nil || e.After != nil {
			t.Errorf("who looked is told as %+v", entries)
		}
		var sealed []byte
		if err := db.QueryRow(t.Context(), `SELECT sealed_token FROM management_keys`).Scan(&sealed); err != nil {
			t.Fatal(err)
		}
		s.Move(time.Millisecond)
		if r := s.As(t, apitest.Owner, "GET", path, nil); r.Status != 410 || r.String(t, "key") != "token_no_longer_visible" {
			t.Errorf("after the window: %d %s", r.Status, r.Body)
		}
		for _, want := range []bool{true, false} { // the second time there is nothing left
			if erased, err := service.Erase(t.Context(), db, clock.At(s.Now())); err != nil || erased != want {
				t.Fatalf("erased: %t (%v), want %t", erased, err, want)
			}
		}
		if err := db.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.Count(t, "management_keys WHERE sealed_token IS NULL"); n != 1 {
			t.Error("the ciphertext is still in the row")
		}
		if db.Engine() == database.SQLite && inFiles(t, sealed) {
			t.Error("the ciphertext is still in a file")
		}
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
