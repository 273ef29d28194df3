package user_test

import (
	"slices"
	"testing"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

func TestTheDocumentShowsUsersAsTheReferenceContractDoes(t *testing.T) {
	t.Parallel()
	h := start(t, databasetest.Open(t, database.SQLite))
	schemas := h.Router.OpenAPI(api.Management).Components.Schemas.Map()
	member := schemas["Member"]
	if member == nil {
		t.Fatal("there is no schema of members")
	}
	required := slices.Sorted(slices.Values(member.Required))
	if want := []string{"email", "first_name", "id", "is_owner", "last_name", "login", "projects", "role"}; !slices.Equal(required, want) {
		t.Errorf("a member has %v, want %v", required, want)
	}
	if got := schemas["MemberCreate"].Required; !slices.Equal(got, []string{"role"}) {
		t.Errorf("assigning requires %v", got)
	}
	if role := schemas["UserInvite"].Properties["projects"]; role.MaxProperties == nil || *role.MaxProperties != 100 {
		t.Errorf("an invitation's projects: %+v", role)
	}
}
