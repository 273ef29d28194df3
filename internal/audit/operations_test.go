package audit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/audit"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
)

const path = "/team/v1/audit-log"

// open starts the operation over n deeds of an owner, a minute apart, and one
// of a stranger's.
func open(t *testing.T, db database.DB, n int) *apitest.Server {
	t.Helper()
	s := apitest.New(t, db, func(s *apitest.Server) { audit.Register(s.Router, audit.NewService()) })
	for i := range n {
		record(t, db, api.Entry{
			Actor:   &ident.Actor{Kind: ident.ByUser, ID: apitest.Owner, Name: "ada@acme.example", OrganizationID: apitest.OrganizationID},
			Address: "203.0.113.7", RequestID: fmt.Sprint("v-", i), At: clock.At(apitest.Start.Add(time.Duration(i) * time.Minute)),
			Action: "update-webhook", ProjectID: apitest.ProjectID, ResourceType: "webhook", ResourceID: fmt.Sprint("wh_", i),
			Before: map[string]any{"secret": "whsec_x", "n": i}, After: map[string]any{"n": i + 1},
		})
	}
	record(t, db, api.Entry{
		Actor: &ident.Actor{Kind: ident.ByUser, ID: "user_stranger", OrganizationID: apitest.StrangerOrgID}, At: clock.At(apitest.Start), Action: "create-brand",
	})
	return s
}

func TestOwnersReadTheAuditLogOfTheirOrganization(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := open(t, db, 60)
		get := func(name, query string, contains ...string) apitest.Case {
			return apitest.Case{Name: name, Credential: apitest.Owner, Method: "GET", Path: path + query, Status: 200, Contains: contains, Rows: map[string]int{"audit_log": 61}}
		}
		refuse := func(name, query, details string) apitest.Case {
			return apitest.Case{Name: name, Credential: apitest.Owner, Method: "GET", Path: path + query, Status: 400, Key: "invalid_payload", Details: details}
		}
		s.Run(t, []apitest.Case{
			get("an entry tells it all, with secrets masked", "?resource_id=wh_7",
				`"at":"2026-11-23T10:07:00.000Z","actor":{"kind":"user","id":"user_owner","name":"ada@acme.example"},"address":"203.0.113.7","request_id":"v-7",`+
					`"action":"update-webhook","project_id":"`+apitest.ProjectID+`","resource_type":"webhook","resource_id":"wh_7",`+
					`"before":{"n":7,"secret":"••••"},"after":{"n":8}}],"total":1}`),
			get("the filters hold together", "?from=2026-11-23T10:10:00Z&to=2026-11-23T11:20:00%2B01:00&actor_id="+apitest.Owner+
				"&action=update-webhook&resource_type=webhook&project_id="+apitest.ProjectID, `"total":10}`, `"wh_10"`, `"wh_19"`),
			get("another organization's entries do not exist", "?action=create-brand", `"data":[],"total":0}`),
			get("an id that never was ends no page early", "?starting_after_id=zzz", `"total":60}`),
			{Name: "a person who is no owner", Credential: apitest.Viewer, Method: "GET", Path: path, Status: 403, Key: "forbidden"},
			{Name: "a key", Credential: apitest.Key, Method: "GET", Path: path, Status: 401, Key: "unauthorized"},
			refuse("limits and forms out of bounds", "?limit=101&format=xml",
				"Property .format must be equal to one of the allowed values: json, ndjson; Property .limit must be <= 100"),
			refuse("no entries at all", "?limit=0", "Property .limit must be >= 1"),
			refuse("times that are none", "?from=today&to=23:00",
				"Property .from must match format date-time (RFC 3339, such as 2026-11-23T10:00:00.000Z); Property .to must match format date-time (RFC 3339, such as 2026-11-23T10:00:00.000Z)"),
			refuse("a leap second", "?from=2016-12-31T23:59:60Z", "Property .from must be an RFC 3339 time such as 2026-11-23T10:00:00.000Z"),
		})
		first := s.As(t, apitest.Owner, "GET", path, nil).JSON(t)["data"].([]any)
		if len(first) != 50 {
			t.Fatalf("a page has %d entries, want 50 unless asked otherwise", len(first))
		}
		last := first[49].(map[string]any)["id"].(string)
		rest := s.As(t, apitest.Owner, "GET", path+"?limit=100&starting_after_id="+last, nil).JSON(t)
		if n := len(rest["data"].([]any)); n != 10 || rest["total"] != 60.0 {
			t.Errorf("the next page has %d entries of %v, want 10 of 60", n, rest["total"])
		}
	})
}

func TestTheAuditLogIsExportedOneEntryALine(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		const n = audit.PageSize + 3
		s := open(t, db, n)
		for _, ask := range []struct{ query, accept string }{{"?format=ndjson", ""}, {"?limit=1", "application/x-ndjson"}} {
			r := s.As(t, apitest.Owner, "GET", path+ask.query, nil, "Accept", ask.accept)
			if r.Status != 200 || r.Header.Get("Content-Type") != "application/x-ndjson" {
				t.Fatalf("%d %s", r.Status, r.Header.Get("Content-Type"))
			}
			lines := strings.Split(strings.TrimSuffix(string(r.Body), "\n"), "\n")
			if len(lines) != n {
				t.Fatalf("%d lines, want %d", len(lines), n)
			}
			seen := map[string]bool{}
			for _, line := range lines {
				var e audit.AuditEntry
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				seen[e.ResourceID] = true
			}
			if len(seen) != n {
				t.Errorf("%d different entries, want %d", len(seen), n)
			}
		}
		r := s.As(t, apitest.Owner, "GET", path+"?resource_id=wh_5&format=ndjson", nil)
		if got := strings.Count(string(r.Body), "\n"); got != 1 || !strings.Contains(string(r.Body), `"wh_5"`) {
			t.Errorf("a filtered export has %d lines:\n%s", got, r.Body)
		}
		if r := s.As(t, apitest.Owner, "GET", path+"?action=none&format=ndjson", nil); r.Status != 200 || len(r.Body) != 0 {
			t.Errorf("an export of nothing: %d %q", r.Status, r.Body)
		}
		if r := s.As(t, apitest.Viewer, "GET", path, nil, "Accept", "application/x-ndjson"); r.Status != 403 {
			t.Errorf("a person who is no owner exported the log: %d", r.Status)
		}
	})
}
