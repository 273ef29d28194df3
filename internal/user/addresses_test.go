package user_test

import (
	"slices"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

func TestMembersOfAProjectAreReachedByTheirEmails(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.add(t, apitest.OrganizationID, "ann@acme.example", false, apitest.ProjectID+" VIEWER", second+" USER")
		h.add(t, apitest.OrganizationID, "bob@acme.example", false, second+" USER")
		for projectID, want := range map[string][]string{
			apitest.ProjectID: {"ann@acme.example"}, second: {"ann@acme.example", "bob@acme.example"}, "proj_none": {},
		} {
			got, err := h.users.MemberEmails(t.Context(), db, projectID)
			if err != nil || !slices.Equal(slices.Sorted(slices.Values(got)), want) {
				t.Errorf("the members of %s have %v, %v; want %v", projectID, got, err, want)
			}
		}
	})
}
