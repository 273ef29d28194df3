package user_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	teamPath    = "/team/v1/users"
	pendingPath = "/team/v1/pending-invitations"
)

func TestARemovedUserIsGoneFromEverywhereAndTheLoginIsFree(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		sam := h.add(t, apitest.OrganizationID, "sam@acme.example", false, apitest.ProjectID+" USER", second+" ADMIN")
		max := h.add(t, apitest.OrganizationID, "max@acme.example", false, second+" VIEWER")
		theirs := h.add(t, apitest.StrangerOrgID, "x@other.example", false)
		users := h.Count(t, "users")
		missing := "Cannot find user with id "
		h.Run(t, []apitest.Case{
			{Name: "nobody", Credential: apitest.Owner, Method: "DELETE", Path: teamPath + "/user_x", Status: 404, Key: "not_found", Details: missing + "user_x", Rows: map[string]int{"users": users}},
			{Name: "another organization's", Credential: apitest.Owner, Method: "DELETE", Path: teamPath + "/" + theirs.ID, Status: 404, Key: "not_found", Details: missing + theirs.ID, Rows: map[string]int{"users": users}},
			{Name: "by who is no owner", Credential: apitest.Viewer, Method: "DELETE", Path: teamPath + "/" + sam.ID, Status: 403, Key: "forbidden", Rows: map[string]int{"users": users}},
			{Name: "by a key", Credential: apitest.Key, Method: "DELETE", Path: teamPath + "/" + sam.ID, Status: 401, Rows: map[string]int{"users": users}},
			{Name: "by id", Credential: apitest.Owner, Method: "DELETE", Path: teamPath + "/" + sam.ID, Status: 204, Rows: map[string]int{"users": users - 1}},
			{Name: "twice", Credential: apitest.Owner, Method: "DELETE", Path: teamPath + "/" + sam.ID, Status: 404, Rows: map[string]int{"users": users - 1}},
			{Name: "by login", Credential: apitest.Owner, Method: "DELETE", Path: teamPath + "/Max@acme.example", Status: 204, Rows: map[string]int{"users": users - 2}},
		})
		if want := []string{sam.ID + " everywhere", max.ID + " everywhere"}; strings.Join(h.ended, ",") != strings.Join(want, ",") {
			t.Errorf("the sessions %v ended, want %v", h.ended, want)
		}
		var left int
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM project_members WHERE user_id IN ($1, $2)`, sam.ID, max.ID).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d memberships are left (%v)", left, err)
		}
		entries := h.Audited()
		if len(entries) != 2 || entries[0].Action != "remove-team-user" || entries[0].ResourceID != sam.ID || entries[0].Before == nil || entries[0].After != nil {
			t.Errorf("the audit log holds %+v", entries)
		}
		h.add(t, apitest.OrganizationID, "sam@acme.example", false)
	})
}

func TestAnOrganizationKeepsAnOwnerWhateverOwnersDoToEachOtherAtOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		ann := h.add(t, apitest.StrangerOrgID, "ann@other.example", true)
		bob := h.add(t, apitest.StrangerOrgID, "bob@other.example", true)
		remove := func(by, who string) error {
			return db.Write(t.Context(), func(tx database.Tx) error {
				_, err := h.users.Remove(t.Context(), tx, &ident.Actor{Kind: ident.ByUser, ID: by, OrganizationID: apitest.StrangerOrgID, Owner: true}, who)
				return err
			})
		}
		if err := remove(ann.ID, ann.ID); !fault.Is(err, fault.InvalidPayload) {
			t.Errorf("oneself: %v", err)
		}
		var removed atomic.Int32
		var all sync.WaitGroup
		for _, pair := range [][2]string{{ann.ID, bob.ID}, {bob.ID, ann.ID}} {
			all.Go(func() {
				switch err := remove(pair[0], pair[1]); {
				case err == nil:
					removed.Add(1)
				case !fault.Is(err, fault.InvalidPayload):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if removed.Load() != 1 {
			t.Errorf("%d of two owners are removed", removed.Load())
		}
	})
}

func TestUsersAreSearchedByNameAndLoginInAnyCase(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.add(t, apitest.StrangerOrgID, "lodz@other.example", false)
		for i := range 130 {
			u := h.add(t, apitest.OrganizationID, fmt.Sprintf("user-%d@acme.example", i), false, apitest.ProjectID+" USER")
			if i%2 == 0 {
				h.Exec(t, `UPDATE users SET first_name = 'Łódź', last_name = '100%' WHERE id = $1`, u.ID)
			}
		}
		for query, want := range map[string]int{
			"łÓD&limit=100":                     65,
			"%C5%81%C3%93D%C5%B9+100&limit=100": 65,
			"100%25":                            65,
			"_":                                 0,
			"%25%25":                            0,
			"USER-7@":                           1,
			"other.example":                     0,
			"%27+OR+1=1":                        0,
			"+user-12+":                         11, // 12 and 120 to 129
		} {
			r := h.As(t, apitest.Owner, "GET", teamPath+"?search="+query, nil)
			var page struct {
				Data  []struct{ Projects map[string]string }
				Total int
			}
			if err := json.Unmarshal(r.Body, &page); err != nil || page.Total != want || len(page.Data) != want {
				t.Errorf("%s finds %d of %d, want %d (%v): %d", query, len(page.Data), page.Total, want, err, r.Status)
			}
			for _, u := range page.Data {
				if u.Projects[apitest.ProjectID] != "USER" {
					t.Errorf("%s finds a user without projects", query)
				}
			}
		}
		var seen []string
		for page := 1; page <= 4; page++ {
			var list struct{ Data []struct{ ID string } }
			r := h.As(t, apitest.Owner, "GET", fmt.Sprintf("%s?search=100%%25&limit=30&page=%d", teamPath, page), nil)
			if err := json.Unmarshal(r.Body, &list); err != nil {
				t.Fatal(err)
			}
			for _, u := range list.Data {
				if len(seen) > 0 && seen[len(seen)-1] >= u.ID {
					t.Errorf("%s comes after %s", u.ID, seen[len(seen)-1])
				}
				seen = append(seen, u.ID)
			}
		}
		if len(seen) != 65 {
			t.Errorf("the pages hold %d users", len(seen))
		}
		h.Run(t, []apitest.Case{{Name: "too long a text", Credential: apitest.Owner, Method: "GET", Path: teamPath + "?search=" + strings.Repeat("a", 101), Status: 400}})
	})
}

func TestPendingInvitationsAreListedAndWithdrawn(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		first := h.invite(t, letter("sam@acme.example", apitest.ProjectID+" USER_RESTRICTED", second+" ADMIN"))
		h.Move(time.Hour)
		last := h.invite(t, letter("max@acme.example", second+" VIEWER"))
		var list struct {
			Data []struct {
				ID, Email string
				Projects  map[string]string
			}
			Total int
		}
		read := func(query string) {
			t.Helper()
			r := h.As(t, apitest.Owner, "GET", pendingPath+query, nil)
			list.Data = nil
			if err := json.Unmarshal(r.Body, &list); err != nil || r.Status != 200 || strings.Contains(string(r.Body), first) || strings.Contains(string(r.Body), last) {
				t.Fatalf("%d %s (%v)", r.Status, r.Body, err)
			}
		}
		read("")
		if list.Total != 2 || list.Data[0].Email != "max@acme.example" || len(list.Data[1].Projects) != 2 || list.Data[1].Projects[second] != "ADMIN" {
			t.Fatalf("the list is %+v", list)
		}
		sam := list.Data[1].ID
		read("?limit=1&page=2")
		if list.Total != 2 || len(list.Data) != 1 || list.Data[0].ID != sam {
			t.Errorf("the second page is %+v", list)
		}
		h.Run(t, []apitest.Case{
			{Name: "an invitation that there is not", Credential: apitest.Owner, Method: "DELETE", Path: pendingPath + "/inv_x", Status: 404, Key: "not_found", Details: "Cannot find invitation with id inv_x", Rows: map[string]int{"invitations": 2}},
			{Name: "by who is no owner", Credential: apitest.Viewer, Method: "DELETE", Path: pendingPath + "/" + sam, Status: 403, Rows: map[string]int{"invitations": 2}},
			{Name: "listed by who is no owner", Credential: apitest.Viewer, Method: "GET", Path: pendingPath, Status: 403},
			{Name: "withdrawn", Credential: apitest.Owner, Method: "DELETE", Path: pendingPath + "/" + sam, Status: 204, Rows: map[string]int{"invitations": 1, "invitation_projects": 1}},
			{Name: "its link is dead", Credential: "", Method: "GET", Path: invitations + first, Status: 404},
			{Name: "the other's is not", Credential: "", Method: "GET", Path: invitations + last, Status: 200},
		})
		if entries := h.Audited(); len(entries) != 1 || entries[0].Action != "withdraw-invitation" || entries[0].ResourceID != sam || entries[0].Before == nil {
			t.Errorf("the audit log holds %+v", entries)
		}
		max := list.Data[0].ID
		h.Exec(t, `UPDATE invitations SET organization_id = $1 WHERE id <> $2`, apitest.StrangerOrgID, max) // another organization's
		read("")
		if list.Total != 0 {
			t.Errorf("another organization's is listed: %+v", list)
		}
		h.Exec(t, `UPDATE invitations SET organization_id = $1`, apitest.OrganizationID)
		h.Move(8 * 24 * time.Hour)
		if read(""); list.Total != 0 || len(list.Data) != 0 {
			t.Errorf("one that has expired is listed: %+v", list)
		}
	})
}
