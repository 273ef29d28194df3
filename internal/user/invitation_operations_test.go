package user_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/user"
)

const (
	invitePath  = "/management/v1/projects/users/invite"
	invitations = "/team/v1/invitations/"
	password    = `{"password":"correct horse battery"}`
)

func permission(s string) ident.Permission { return ident.Permission(s) }

func letter(email string, projects ...string) string {
	var pairs []string
	for _, p := range projects {
		projectID, role, _ := strings.Cut(p, " ")
		pairs = append(pairs, fmt.Sprintf("%q:%q", projectID, role))
	}
	return fmt.Sprintf(`{"email":%q,"first_name":"Sam","last_name":"Jones","projects":{%s}}`, email, strings.Join(pairs, ","))
}

func (h *house) invite(t *testing.T, body string) (token string) {
	t.Helper()
	if r := h.Do(t, "POST", invitePath, body); r.Status != 204 || len(r.Body) != 0 {
		t.Fatalf("invite: %d %s", r.Status, r.Body)
	}
	return h.token(t)
}

func TestAnInvitationIsSentShownAndAcceptedOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		token := h.invite(t, letter("Sam@acme.example", apitest.ProjectID+" USER_RESTRICTED", second+" ADMIN"))
		if want := (user.Letter{OrganizationID: apitest.OrganizationID, OrganizationName: "Acme", To: "Sam@acme.example", Token: token, ExpiresAt: h.now().Add(7 * 24 * time.Hour)}); h.letters[0] != want {
			t.Errorf("the letter is %+v", h.letters[0])
		}
		if len(token) < 43 {
			t.Errorf("the token has %d characters, want 256 bits", len(token))
		}
		var hash []byte
		if err := db.QueryRow(t.Context(), `SELECT token_hash FROM invitations`).Scan(&hash); err != nil || len(hash) != 32 || bytes.Contains(hash, []byte(token)) {
			t.Errorf("of the token is stored %x (%v)", hash, err)
		}
		const gone = "Cannot find the invitation: it was accepted, was withdrawn, was replaced by a newer one, or has expired"
		h.Run(t, []apitest.Case{
			{
				Name: "it is shown to who has the link", Credential: " ", Method: "GET", Path: invitations + token, Status: 200,
				Contains: []string{`"email":"Sam@acme.example"`, `"first_name":"Sam"`, `"last_name":"Jones"`, `"organization_name":"Acme"`, `"expires_at":"2026-11-30T10:00:00.000Z"`},
			},
			{Name: "and to nobody else", Credential: " ", Method: "GET", Path: invitations + token[1:], Status: 404, Key: "not_found", Details: gone},
			{Name: "a short password is refused", Credential: " ", Method: "POST", Path: invitations + token, Body: `{"password":"short"}`, Status: 400, Key: "invalid_payload", Details: "Property .password must NOT have fewer than 12 characters"},
			{Name: "a guess is refused", Credential: " ", Method: "POST", Path: invitations + "guess", Body: password, Status: 404, Key: "not_found", Details: gone, Rows: map[string]int{"users": 0, "invitations": 1}},
			{
				Name: "it is accepted", Credential: " ", Method: "POST", Path: invitations + token, Body: password, Status: 200,
				Contains: []string{`"login":"sam@acme.example"`, `"email":"Sam@acme.example"`, `"is_owner":false`, `"` + apitest.ProjectID + `":"USER_RESTRICTED"`, `"` + second + `":"ADMIN"`},
				Rows:     map[string]int{"users": 1, "project_members": 2, "invitations": 0, "invitation_projects": 0},
			},
			{Name: "and not twice", Credential: " ", Method: "POST", Path: invitations + token, Body: password, Status: 404, Key: "not_found", Details: gone, Rows: map[string]int{"users": 1}},
			{Name: "the link is dead", Credential: " ", Method: "GET", Path: invitations + token, Status: 404},
			{Name: "the user is a member", Method: "GET", Path: collection + "/sam@acme.example", Status: 200, Contains: []string{`"role":"USER_RESTRICTED"`}},
			{
				Name: "the address cannot be invited again, in whatever case", Method: "POST", Path: invitePath, Body: letter("SAM@acme.example", second+" USER"), Status: 409, Key: "duplicate_found",
				Details: "Duplicated user exists with email SAM@acme.example", Contains: []string{`"resource_id":"SAM@acme.example"`, `"resource_type":"user"`}, Rows: map[string]int{"invitations": 0},
			},
			{
				Name: "not even by another organization", Credential: apitest.StrangerKey, Method: "POST", Path: invitePath, Body: letter("sam@acme.example", apitest.StrangerID+" USER"),
				Status: 409, Key: "duplicate_found", Rows: map[string]int{"invitations": 0},
			},
		})
		if _, err := h.users.VerifyCredentials(t.Context(), db, "sam@acme.example", "correct horse battery"); err != nil {
			t.Errorf("the new user cannot sign in: %v", err)
		}
	})
}

func TestASecondInvitationToAnAddressReplacesTheFirst(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		first := h.invite(t, letter("sam@acme.example", apitest.ProjectID+" ADMIN", second+" ADMIN"))
		next := h.invite(t, letter("SAM@acme.example", second+" VIEWER"))
		h.Run(t, []apitest.Case{
			{Name: "the old link is dead", Credential: " ", Method: "POST", Path: invitations + first, Body: password, Status: 404, Rows: map[string]int{"invitations": 1, "invitation_projects": 1}},
			{Name: "the new one is good", Credential: " ", Method: "POST", Path: invitations + next, Body: password, Status: 200, Contains: []string{`"projects":{"` + second + `":"VIEWER"}`}, Rows: map[string]int{"project_members": 1}},
		})
	})
}

func TestAnInvitationEndsAfterSevenDays(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		token := h.invite(t, letter("sam@acme.example", second+" USER"))
		h.Move(7*24*time.Hour - time.Millisecond)
		h.Run(t, []apitest.Case{{Name: "until then it is good", Credential: " ", Method: "GET", Path: invitations + token, Status: 200}})
		h.Move(time.Millisecond)
		h.Run(t, []apitest.Case{
			{Name: "it is no longer shown", Credential: " ", Method: "GET", Path: invitations + token, Status: 404},
			{Name: "nor accepted", Credential: " ", Method: "POST", Path: invitations + token, Body: password, Status: 404, Rows: map[string]int{"users": 0}},
		})
		if err := h.users.SweepInvitations(t.Context(), db, h.now()); err != nil || h.Count(t, "invitations") != 0 {
			t.Errorf("it was not swept (%v)", err)
		}
	})
}

func TestOfTwoWhoAcceptAnInvitationAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		token := h.invite(t, letter("sam@acme.example", second+" USER"))
		const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
		results := make([]error, 4)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() {
				results[i] = db.Write(t.Context(), func(tx database.Tx) error {
					_, err := h.users.Accept(t.Context(), tx, token, hash, h.now())
					return err
				})
			})
		}
		all.Wait()
		accepted := 0
		for _, err := range results {
			if err == nil {
				accepted++
			} else if !strings.HasPrefix(err.Error(), "not_found: ") {
				t.Errorf("one who came too late got %v", err)
			}
		}
		if accepted != 1 || h.Count(t, "users") != 1 || h.Count(t, "project_members") != 1 {
			t.Errorf("%d accepted; %d users", accepted, h.Count(t, "users"))
		}
	})
}

func TestAnAddressThatGotAUserMeanwhileCannotAccept(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		token := h.invite(t, letter("sam@acme.example", second+" USER"))
		h.add(t, apitest.StrangerOrgID, "sam@acme.example", false)
		h.Run(t, []apitest.Case{{
			Name: "the login is taken", Credential: " ", Method: "POST", Path: invitations + token, Body: password, Status: 409, Key: "duplicate_found",
			Rows: map[string]int{"users": 1, "invitations": 1, "project_members": 0},
		}})
	})
}

func TestAnInvitationThatBreaksTheRulesIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		none := map[string]int{"invitations": 0, "invitation_projects": 0}
		foreign := h.role(t, apitest.StrangerOrgID)
		var many []string
		for i := range 101 {
			many = append(many, fmt.Sprintf("proj_%d USER", i))
		}
		h.Run(t, []apitest.Case{
			{
				Name: "nothing", Method: "POST", Path: invitePath, Body: `{}`, Status: 400, Key: "invalid_payload", Rows: none,
				Details: "Payload must have required property 'email'; Payload must have required property 'first_name'; Payload must have required property 'last_name'; Payload must have required property 'projects'",
			},
			{
				Name: "no address, no names, no projects", Method: "POST", Path: invitePath, Body: `{"email":"sam","first_name":"","last_name":7,"projects":{}}`, Status: 400, Key: "invalid_payload", Rows: none,
				Details: "Property .email must match format email (an address such as name@example.com); Property .first_name must NOT have fewer than 1 characters; Property .last_name must be string; Property .projects must NOT have fewer than 1 properties",
			},
			{Name: "blank names", Method: "POST", Path: invitePath, Body: strings.ReplaceAll(letter("s@acme.example", second+" USER"), "Sam", " "), Status: 400, Details: "Property .first_name must NOT be blank", Rows: none},
			{Name: "too many projects", Method: "POST", Path: invitePath, Body: letter("s@acme.example", many...), Status: 400, Details: "Property .projects must NOT have more than 100 properties", Rows: none},
			{Name: "a role that is no text", Method: "POST", Path: invitePath, Body: strings.Replace(letter("s@acme.example", "proj_x USER"), `"USER"`, "1", 1), Status: 400, Details: "Property .projects.proj_x must be string", Rows: none},
			{Name: "a role there is not", Method: "POST", Path: invitePath, Body: letter("s@acme.example", second+" VICE_ADMIN"), Status: 400, Key: "used_incorrect_role", Details: "The role 'VICE_ADMIN' is incorrect", Rows: none},
			{Name: "another organization's role", Method: "POST", Path: invitePath, Body: letter("s@acme.example", second+" "+foreign.ID), Status: 400, Key: "used_incorrect_role", Rows: none},
			{Name: "a project that never was", Method: "POST", Path: invitePath, Body: letter("s@acme.example", second+" USER", "proj_x USER"), Status: 404, Key: "not_found", Details: "Cannot find project with id proj_x", Rows: none},
			{Name: "another organization's project is just so", Method: "POST", Path: invitePath, Body: letter("s@acme.example", apitest.StrangerID+" USER"), Status: 404, Key: "not_found", Details: "Cannot find project with id " + apitest.StrangerID, Rows: none},
			{Name: "a key that may only read", Credential: apitest.ReadKey, Method: "POST", Path: invitePath, Body: letter("s@acme.example", second+" USER"), Status: 403, Key: "forbidden", Rows: none},
			{Name: "a key bound to another project", Credential: apitest.BoundKey, Method: "POST", Path: invitePath, Body: letter("s@acme.example", second+" USER"), Status: 403, Key: "forbidden", Details: "The key is not allowed in project " + second, Rows: none},
		})
		if r := h.As(t, "", "POST", invitePath, letter("s@acme.example", second+" USER")); r.Status != 401 {
			t.Errorf("nobody: %d %s", r.Status, r.Body)
		}
		if len(h.letters) != 0 {
			t.Errorf("%d letters were sent", len(h.letters))
		}
	})
}

func TestPeopleInviteIntoProjectsWhereTheyMayChangeMembers(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.Exec(t, `INSERT INTO users (id, organization_id, login, email, first_name, last_name, is_owner, password_hash, created_at, updated_at)
			VALUES ($1, $2, 'v@acme.example', 'v@acme.example', 'V', 'V', FALSE, '', 0, 0)`, apitest.Viewer, apitest.OrganizationID)
		role := h.role(t, apitest.OrganizationID, "members.write")
		for projectID, role := range map[string]string{apitest.ProjectID: role.ID, second: "USER"} {
			h.Exec(t, `INSERT INTO project_members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)`, projectID, apitest.Viewer, role, clock.At(apitest.Start))
		}
		h.Run(t, []apitest.Case{
			{Name: "here", Credential: apitest.Viewer, Method: "POST", Path: invitePath, Body: letter("a@acme.example", apitest.ProjectID+" USER"), Status: 204, Rows: map[string]int{"invitations": 1}},
			{
				Name: "not there too", Credential: apitest.Viewer, Method: "POST", Path: invitePath, Body: letter("b@acme.example", apitest.ProjectID+" USER", second+" USER"), Status: 403, Key: "forbidden",
				Details: "Your role in project " + second + " does not include the permission members.write", Rows: map[string]int{"invitations": 1},
			},
			{Name: "nor who is no member", Credential: apitest.Outsider, Method: "POST", Path: invitePath, Body: letter("b@acme.example", apitest.ProjectID+" USER"), Status: 403, Key: "forbidden"},
			{Name: "owners everywhere", Credential: apitest.Owner, Method: "POST", Path: invitePath, Body: letter("b@acme.example", apitest.ProjectID+" USER", second+" "+role.ID), Status: 204, Rows: map[string]int{"invitations": 2}},
		})
		entries := h.Audited()
		if len(entries) != 2 || entries[0].Action != "invite-user" || entries[0].ResourceType != "invitation" {
			t.Fatalf("audited: %+v", entries)
		}
		if recorded := fmt.Sprintf("%+v", entries[0].After); strings.Contains(recorded, h.letters[0].Token) {
			t.Error("the token is in the audit log")
		}
	})
}

func TestAnInvitationSentTwiceUnderOneIdempotencyKeyIsOne(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		for range 2 {
			if r := h.Do(t, "POST", invitePath, letter("a@acme.example", second+" USER"), "Idempotency-Key", "once"); r.Status != 204 {
				t.Fatalf("%d %s", r.Status, r.Body)
			}
		}
		if len(h.letters) != 1 {
			t.Errorf("%d letters were sent", len(h.letters))
		}
	})
}

func TestAnInvitationIntoOneProjectTellsWhich(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite)
	h := start(t, db)
	h.invite(t, letter("a@acme.example", second+" USER"))
	h.invite(t, letter("b@acme.example", second+" USER", apitest.ProjectID+" USER"))
	if h.letters[0].ProjectID != second || h.letters[1].ProjectID != "" {
		t.Errorf("the letters are %+v", h.letters)
	}
}
