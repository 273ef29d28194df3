package user_test

import (
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/user"
)

const roles = "/team/v1/roles"

func TestAnOwnerMakesShowsChangesAndDeletesRoles(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		made := h.As(t, apitest.Owner, "POST", roles, `{"name":"Clerk","permissions":["data.read","data.write"]}`)
		if made.Status != 200 || !strings.HasPrefix(made.String(t, "id"), "role_") {
			t.Fatalf("create: %d %s", made.Status, made.Body)
		}
		id := made.String(t, "id")
		path := roles + "/" + id
		foreign := h.role(t, apitest.StrangerOrgID, "data.read")
		rows := map[string]int{"roles": 2}
		h.Move(time.Second)
		h.Run(t, []apitest.Case{
			{Name: "it is shown", Credential: apitest.Owner, Method: "GET", Path: path, Status: 200, Contains: []string{`"name":"Clerk"`, `"permissions":["data.read","data.write"]`, `"created_at":"2026-11-23T10:00:00.000Z"`}},
			{Name: "it is the one entry of the list", Credential: apitest.Owner, Method: "GET", Path: roles, Status: 200, Contains: []string{`"total":1`, id}},
			{Name: "a name is given once", Credential: apitest.Owner, Method: "POST", Path: roles, Body: `{"name":"Clerk","permissions":["data.read"]}`, Status: 409, Key: "duplicate_found", Details: "Duplicated role exists with name Clerk", Rows: rows},
			{
				Name: "an update changes only what is sent", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{"permissions":["settings.read"]}`, Status: 200,
				Contains: []string{`"name":"Clerk"`, `"permissions":["settings.read"]`, `"updated_at":"2026-11-23T10:00:01.000Z"`},
			},
			{Name: "everything wrong is told at once", Credential: apitest.Owner, Method: "POST", Path: roles, Body: `{"name":"","permissions":["fly","fly"]}`, Status: 400, Key: "invalid_payload", Rows: rows, Contains: []string{"Property .name must NOT have fewer than 1 characters", "Property .permissions.0 must be equal to one of the allowed values", "must NOT have duplicate items"}},
			{Name: "a name must be one", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{"name":"  "}`, Status: 400, Details: "Property .name must NOT be blank"},
			{Name: "a role without permissions is none", Credential: apitest.Owner, Method: "POST", Path: roles, Body: `{"name":"Idle","permissions":[]}`, Status: 400, Details: "Property .permissions must NOT have fewer than 1 items", Rows: rows},
			{Name: "another organization's role is as one that never was", Credential: apitest.Owner, Method: "GET", Path: roles + "/" + foreign.ID, Status: 404, Key: "not_found", Details: "Cannot find role with id " + foreign.ID},
			{Name: "it cannot be changed", Credential: apitest.Owner, Method: "PUT", Path: roles + "/" + foreign.ID, Body: `{"name":"Mine"}`, Status: 404},
			{Name: "nor deleted", Credential: apitest.Owner, Method: "DELETE", Path: roles + "/" + foreign.ID, Status: 404, Rows: rows},
			{Name: "who is no owner cannot see roles", Credential: apitest.Viewer, Method: "GET", Path: roles, Status: 403, Key: "forbidden"},
			{Name: "nor make them", Credential: apitest.Viewer, Method: "POST", Path: roles, Body: `{"name":"Mine","permissions":["data.read"]}`, Status: 403, Rows: rows},
			{Name: "a key cannot either", Method: "GET", Path: roles, Status: 401, Key: "unauthorized"},
			{Name: "it is deleted", Credential: apitest.Owner, Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"roles": 1}},
			{Name: "and then gone", Credential: apitest.Owner, Method: "GET", Path: path, Status: 404},
			{Name: "for an update as well", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{}`, Status: 404},
		})
		entries := h.Audited()
		if len(entries) != 3 {
			t.Fatalf("%d entries in the audit log, want 3", len(entries))
		}
		before, after := entries[1].Before.(*user.Role), entries[1].After.(*user.Role)
		if len(before.Permissions) != 2 || before.Permissions[0] != "data.read" || after.Permissions[0] != "settings.read" {
			t.Errorf("the update tells %+v before and %+v after", before, after)
		}
	})
}

func TestARoleInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		role := h.role(t, apitest.OrganizationID, "data.read")
		path := roles + "/" + role.ID
		h.add(t, apitest.OrganizationID, "sam@acme.example", false, apitest.ProjectID+" "+role.ID, second+" USER")
		h.invite(t, letter("ann@acme.example", apitest.ProjectID+" "+role.ID, second+" "+role.ID))
		h.Run(t, []apitest.Case{
			{
				Name: "by a member and an invitation", Credential: apitest.Owner, Method: "DELETE", Path: path, Status: 400, Key: "invalid_payload", Rows: map[string]int{"roles": 1},
				Details: "Role " + role.ID + " is in use: members with it: 1, pending invitations with it: 1; give them another role first",
			},
			{Name: "the member gets another", Method: "PUT", Path: collection + "/sam@acme.example", Body: `{"role":"USER"}`, Status: 200},
			{Name: "the invitation has it still", Credential: apitest.Owner, Method: "DELETE", Path: path, Status: 400, Rows: map[string]int{"roles": 1}},
		})
		h.Move(user.InvitationLifetime)
		h.Run(t, []apitest.Case{{Name: "until it has expired", Credential: apitest.Owner, Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"roles": 0}}})
	})
}

func TestOwnersSeeTheWholeTeamByThePage(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.add(t, apitest.OrganizationID, "owner@acme.example", true)
		h.add(t, apitest.OrganizationID, "sam@acme.example", false, second+" VIEWER")
		h.add(t, apitest.OrganizationID, "idle@acme.example", false)
		h.add(t, apitest.StrangerOrgID, "eve@else.example", false)
		const path = "/team/v1/users"
		h.Run(t, []apitest.Case{
			{Name: "all", Credential: apitest.Owner, Method: "GET", Path: path, Status: 200, Contains: []string{`"total":3`, `"projects":{}`, `"projects":{"` + second + `":"VIEWER"}`, `"is_owner":true`}},
			{Name: "a page", Credential: apitest.Owner, Method: "GET", Path: path + "?limit=2&page=2", Status: 200, Contains: []string{`"total":3`}},
			{Name: "beyond the last page", Credential: apitest.Owner, Method: "GET", Path: path + "?limit=2&page=3", Status: 200, Contains: []string{`"data":[]`, `"total":3`}},
			{Name: "who is no owner sees none", Credential: apitest.Viewer, Method: "GET", Path: path, Status: 403, Key: "forbidden"},
			{Name: "a key neither", Method: "GET", Path: path, Status: 401, Key: "unauthorized"},
		})
		if n := strings.Count(string(h.As(t, apitest.Owner, "GET", path+"?limit=2", nil).Body), `"login"`); n != 2 {
			t.Errorf("a page of two has %d users", n)
		}
	})
}
