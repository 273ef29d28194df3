package user_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/user"
)

const collection = "/management/v1/projects/" + apitest.ProjectID + "/users"

func TestAUserIsAssignedShownChangedAndUnassigned(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.add(t, apitest.OrganizationID, "ann@acme.example", false, apitest.ProjectID+" ADMIN")
		u := h.add(t, apitest.OrganizationID, "Sam+1@acme.example", false, second+" VIEWER")
		path, byLogin := collection+"/"+u.ID, collection+"/SAM%2B1%40acme.example"
		all := `"projects":{"` + apitest.ProjectID + `":"USER","` + second + `":"VIEWER"}`
		h.Run(t, []apitest.Case{
			{
				Name: "who is not assigned is not shown", Method: "GET", Path: path, Status: 404, Key: "not_found",
				Details:  "Cannot find user '" + u.ID + "' assigned to the project '" + apitest.ProjectID + "'",
				Contains: []string{`"resource_id":"` + u.ID + `"`, `"resource_type":"user"`},
			},
			{Name: "nor changed", Method: "PUT", Path: path, Body: `{"role":"USER"}`, Status: 404, Details: "Cannot find user with id " + u.ID},
			{Name: "nor unassigned", Method: "DELETE", Path: path, Status: 400, Key: "user_not_assigned", Details: "User is not assigned to the project"},
			{
				Name: "a user is assigned by id", Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","role":"USER"}`, Status: 200, Rows: map[string]int{"project_members": 3},
				Contains: []string{`"id":"` + u.ID + `"`, `"login":"sam+1@acme.example"`, `"email":"Sam+1@acme.example"`, `"first_name":"Sam"`, `"last_name":"Jones"`, `"role":"USER"`, all, `"is_owner":false`},
			},
			{Name: "and not twice", Method: "POST", Path: collection, Body: `{"login":"sam+1@ACME.example","role":"VIEWER"}`, Status: 409, Key: "duplicate_found", Details: "Duplicated user exists with id " + u.ID},
			{Name: "it is shown by id", Method: "GET", Path: path, Status: 200, Contains: []string{`"role":"USER"`, all}},
			{Name: "and by login in any case", Method: "GET", Path: byLogin, Status: 200, Contains: []string{`"id":"` + u.ID + `"`}},
			{Name: "it is given another role", Method: "PUT", Path: byLogin, Body: `{"role":"MERCHANT"}`, Status: 200, Contains: []string{`"role":"MERCHANT"`, `"` + apitest.ProjectID + `":"MERCHANT"`, `"` + second + `":"VIEWER"`}},
			{Name: "it is listed in its other project as it is there", Method: "GET", Path: strings.Replace(collection, apitest.ProjectID, second, 1), Status: 200, Contains: []string{`"total":1`, `"role":"VIEWER"`, `"` + apitest.ProjectID + `":"MERCHANT"`}},
			{Name: "it is unassigned", Method: "DELETE", Path: byLogin, Status: 204, Rows: map[string]int{"project_members": 2}},
			{Name: "and then no longer shown", Method: "GET", Path: path, Status: 404, Key: "not_found"},
		})
		if want := []string{u.ID + " " + apitest.ProjectID}; !slices.Equal(h.ended, want) {
			t.Errorf("sessions ended: %v, want %v", h.ended, want)
		}
		if n := len(h.Audited()); n != 0 {
			t.Errorf("%d entries in the audit log, want none: keys are not audited", n)
		}
	})
}

func TestProjectsKeepAMemberUsersAProjectAndOwnersTheirStanding(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		last := h.add(t, apitest.OrganizationID, "last@acme.example", false, apitest.ProjectID+" ADMIN", second+" USER")
		h.Run(t, []apitest.Case{
			{Name: "the last member stays", Method: "DELETE", Path: collection + "/" + last.ID, Status: 400, Key: "invalid_payload", Details: "User is the last member of the project; a project keeps at least one"},
		})
		single := h.add(t, apitest.OrganizationID, "single@acme.example", false, apitest.ProjectID+" USER")
		owner := h.add(t, apitest.OrganizationID, "owner@acme.example", true)
		rows := map[string]int{"project_members": 5}
		h.Run(t, []apitest.Case{
			{Name: "who has one project stays in it", Method: "DELETE", Path: collection + "/" + single.ID, Status: 400, Key: "user_single_project", Details: "User is assigned to this project only and cannot be unassigned from it", Rows: rows},
			{Name: "an owner stays", Method: "DELETE", Path: collection + "/" + owner.ID, Status: 400, Key: "invalid_payload", Details: "User is an owner of the organization; owners are members of every project", Rows: rows},
			{Name: "an owner is not demoted", Method: "PUT", Path: collection + "/" + owner.ID, Body: `{"role":"USER"}`, Status: 400, Key: "invalid_payload", Details: "User is an owner of the organization; an owner's role must be ADMIN"},
			{Name: "an owner can be made what an owner is", Method: "PUT", Path: collection + "/" + owner.ID, Body: `{"role":"ADMIN"}`, Status: 200, Contains: []string{`"is_owner":true`, `"role":"ADMIN"`}},
			{Name: "an owner is a member already", Method: "POST", Path: collection, Body: `{"id":"` + owner.ID + `","role":"ADMIN"}`, Status: 409, Key: "duplicate_found"},
			{Name: "with an owner beside, the last other one may go", Method: "DELETE", Path: collection + "/" + last.ID, Status: 204, Rows: map[string]int{"project_members": 4}},
		})
	})
}

func TestAnAssignmentThatBreaksTheRulesIsRefused(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		u := h.add(t, apitest.OrganizationID, "sam@acme.example", false)
		member := h.add(t, apitest.OrganizationID, "ann@acme.example", false, apitest.ProjectID+" ADMIN")
		stranger := h.add(t, apitest.StrangerOrgID, "eve@else.example", false, apitest.StrangerID+" ADMIN")
		foreign := h.role(t, apitest.StrangerOrgID)
		none := map[string]int{"project_members": 2}
		const one = "Payload must have exactly one of the properties 'id' and 'login'"
		path := collection + "/" + member.ID
		h.Run(t, []apitest.Case{
			{Name: "nothing", Method: "POST", Path: collection, Body: `{}`, Status: 400, Key: "invalid_payload", Details: "Payload must have required property 'role'", Rows: none},
			{Name: "nobody", Method: "POST", Path: collection, Body: `{"role":"USER"}`, Status: 400, Key: "invalid_payload", Details: one, Rows: none},
			{Name: "by id and login", Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","login":"sam@acme.example","role":"USER"}`, Status: 400, Key: "invalid_payload", Details: one, Rows: none},
			{Name: "a role there is not", Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","role":"VICE_ADMIN"}`, Status: 400, Key: "used_incorrect_role", Details: "The role 'VICE_ADMIN' is incorrect", Rows: none},
			{Name: "no role at all", Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","role":""}`, Status: 400, Key: "used_incorrect_role", Details: "The role '' is incorrect", Rows: none},
			{Name: "a role for invitations", Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","role":"USER_RESTRICTED"}`, Status: 400, Key: "used_incorrect_role", Details: "The role 'USER_RESTRICTED' is incorrect", Rows: none},
			{Name: "a custom role of another organization", Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","role":"` + foreign.ID + `"}`, Status: 400, Key: "used_incorrect_role", Details: "The role '" + foreign.ID + "' is incorrect", Rows: none},
			{Name: "a user that never was", Method: "POST", Path: collection, Body: `{"id":"user_x","role":"USER"}`, Status: 404, Key: "not_found", Details: "Cannot find user with id user_x", Rows: none},
			{Name: "a user of another organization is just so", Method: "POST", Path: collection, Body: `{"id":"` + stranger.ID + `","role":"USER"}`, Status: 404, Key: "not_found", Details: "Cannot find user with id " + stranger.ID, Rows: none},
			{Name: "also by login", Method: "POST", Path: collection, Body: `{"login":"eve@else.example","role":"USER"}`, Status: 404, Key: "not_found", Details: "Cannot find user with id eve@else.example", Rows: none},
			{Name: "a change to a role there is not", Method: "PUT", Path: path, Body: `{"role":"VICE_ADMIN"}`, Status: 400, Key: "used_incorrect_role"},
			{Name: "a change to a role for invitations", Method: "PUT", Path: path, Body: `{"role":"USER_RESTRICTED"}`, Status: 400, Key: "used_incorrect_role"},
			{Name: "a change to no role", Method: "PUT", Path: path, Body: `{}`, Status: 400, Key: "invalid_payload", Details: "Payload must have required property 'role'"},
			{Name: "a change of a stranger's user", Method: "PUT", Path: collection + "/" + stranger.ID, Body: `{"role":"USER"}`, Status: 404, Details: "Cannot find user with id " + stranger.ID},
			{Name: "unassigning a stranger's user", Method: "DELETE", Path: collection + "/" + stranger.ID, Status: 404, Details: "Cannot find user with id " + stranger.ID, Rows: none},
			{Name: "showing a stranger's user", Method: "GET", Path: collection + "/" + stranger.ID, Status: 404, Details: "Cannot find user '" + stranger.ID + "' assigned to the project '" + apitest.ProjectID + "'"},
			{Name: "a stranger's key", Credential: apitest.StrangerKey, Method: "GET", Path: path, Status: 404, Details: "Cannot find project with id " + apitest.ProjectID},
			{Name: "a stranger's key through its own project", Credential: apitest.StrangerKey, Method: "DELETE", Path: strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1), Status: 404, Details: "Cannot find user with id " + member.ID, Rows: none},
			{Name: "a key that may only read", Credential: apitest.ReadKey, Method: "PUT", Path: path, Body: `{"role":"USER"}`, Status: 403, Key: "forbidden"},
			{Name: "a key bound to another project", Credential: apitest.BoundKey, Method: "GET", Path: path, Status: 403, Key: "forbidden"},
			{Name: "a viewer sees members", Credential: apitest.Viewer, Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":1`}},
			{Name: "but assigns none", Credential: apitest.Viewer, Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","role":"USER"}`, Status: 403, Key: "forbidden", Rows: none},
			{Name: "a person without a role sees none", Credential: apitest.Outsider, Method: "GET", Path: collection, Status: 403, Key: "forbidden"},
		})
	})
}

// role makes a custom role.
func (h *house) role(t *testing.T, organizationID string, held ...string) *user.Role {
	t.Helper()
	var role *user.Role
	h.write(t, func(tx database.Tx) (err error) {
		document := user.RoleDocument{Name: fmt.Sprintf("Role of %d permissions", len(held))}
		for _, p := range held {
			document.Permissions = append(document.Permissions, permission(p))
		}
		role, err = h.users.CreateRole(t.Context(), tx, organizationID, document, h.now())
		return err
	})
	return role
}

func TestACustomRoleIsGivenByItsID(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		role := h.role(t, apitest.OrganizationID, "data.read")
		u := h.add(t, apitest.OrganizationID, "sam@acme.example", false)
		h.Run(t, []apitest.Case{
			{Name: "on assigning", Method: "POST", Path: collection, Body: `{"id":"` + u.ID + `","role":"` + role.ID + `"}`, Status: 200, Contains: []string{`"role":"` + role.ID + `"`}},
			{Name: "and on changing", Method: "PUT", Path: collection + "/" + u.ID, Body: `{"role":"` + role.ID + `"}`, Status: 200, Contains: []string{`"role":"` + role.ID + `"`}},
		})
	})
}

func TestMembersAreListedWholeOrByThePage(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		const total = 101
		ids := make([]string, total)
		for i := range ids {
			ids[i] = h.add(t, apitest.OrganizationID, fmt.Sprintf("u%d@acme.example", i), false, apitest.ProjectID+" USER", second+" VIEWER").ID
		}
		slices.Sort(ids)
		for query, want := range map[string][]string{
			"": ids, "?limit=2": ids[:2], "?limit=2&page=2": ids[2:4], "?limit=100&page=2": ids[100:], "?page=1": ids[:100], "?limit=50&page=4": {},
		} {
			r := h.Do(t, "GET", collection+query, nil)
			var got []string
			for _, entry := range r.JSON(t)["data"].([]any) {
				member := entry.(map[string]any)
				got = append(got, member["id"].(string))
				if projects := member["projects"].(map[string]any); len(projects) != 2 || projects[apitest.ProjectID] != member["role"] || member["role"] != "USER" {
					t.Fatalf("%s: %v", query, member)
				}
			}
			if !slices.Equal(got, want) || r.JSON(t)["total"] != float64(total) {
				t.Errorf("%q: %d users of %v", query, len(got), r.JSON(t)["total"])
			}
		}
		h.Run(t, []apitest.Case{
			{Name: "pages have bounds", Method: "GET", Path: collection + "?limit=101&page=0", Status: 400, Key: "invalid_payload", Details: "Property .limit must be <= 100; Property .page must be >= 1"},
			{Name: "and at least one entry", Method: "GET", Path: collection + "?limit=0", Status: 400, Details: "Property .limit must be >= 1"},
			{Name: "a project without members", Method: "GET", Path: strings.Replace(collection, apitest.ProjectID, apitest.StrangerID, 1), Credential: apitest.StrangerKey, Status: 200, Contains: []string{`"data":[]`, `"total":0`}},
		})
	})
}

func TestWhatAPersonDoesToMembersIsAudited(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.add(t, apitest.OrganizationID, "ann@acme.example", false, apitest.ProjectID+" ADMIN")
		u := h.add(t, apitest.OrganizationID, "sam@acme.example", false, second+" USER")
		h.As(t, apitest.Owner, "POST", collection, `{"id":"`+u.ID+`","role":"USER"}`)
		h.As(t, apitest.Owner, "PUT", collection+"/"+u.ID, `{"role":"VIEWER"}`)
		h.As(t, apitest.Owner, "DELETE", collection+"/"+u.ID, nil)
		entries := h.Audited()
		if len(entries) != 3 {
			t.Fatalf("%d entries, want 3", len(entries))
		}
		for i, want := range []string{"assign-user", "update-user", "unassign-user"} {
			if e := entries[i]; e.Action != want || e.ResourceID != u.ID || e.ResourceType != "user" || e.ProjectID != apitest.ProjectID {
				t.Errorf("entry %d: %+v", i, e)
			}
		}
		before, after := entries[1].Before.(*user.Member), entries[1].After.(*user.Member)
		if before.Role != "USER" || before.Projects[apitest.ProjectID] != "USER" || after.Role != "VIEWER" {
			t.Errorf("the change tells %+v before and %+v after", before, after)
		}
	})
}

func TestAnIfMatchGuardsAMembersRole(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		u := h.add(t, apitest.OrganizationID, "sam@acme.example", false, apitest.ProjectID+" USER")
		path := collection + "/" + u.ID
		tag := h.Do(t, "GET", path, nil).Header.Get("ETag")
		changed := h.Do(t, "PUT", path, `{"role":"VIEWER"}`, "If-Match", tag)
		if changed.Status != 200 || changed.Header.Get("ETag") != h.Do(t, "GET", path, nil).Header.Get("ETag") {
			t.Errorf("%d %s", changed.Status, changed.Body)
		}
		h.Run(t, []apitest.Case{{Name: "an old tag", Method: "PUT", Path: path, Body: `{"role":"USER"}`, Header: []string{"If-Match", tag}, Status: 412, Key: "precondition_failed"}})
	})
}
