package user_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/jobs"
	"github.com/steward-platform/steward/internal/user"
)

// house is the room with the smallest of everything that it needs of others.
type house struct {
	*apitest.Server
	users  *user.Service
	hasher *user.Hasher

	mu      sync.Mutex
	ended   []string // sessions, as "user project"
	letters []user.Letter
	resets  []user.ResetLetter
	wanted  []user.ResetWanted // jobs that nobody has worked yet
}

// second is one more project of the organization.
const second = "proj_01k0000000000000000000000c"

func start(t *testing.T, db database.DB) *house {
	t.Helper()
	h := &house{hasher: user.NewHasher()}
	h.users = user.NewService(user.Parts{DB: db, Hasher: h.hasher, Sessions: h, Projects: h, Organizations: h, Mailer: h, Queue: h})
	h.Server = apitest.New(t, db, func(s *apitest.Server) { user.Register(s.Router, h.users) })
	h.AddProject(t, apitest.OrganizationID, second)
	return h
}

func (h *house) EndUserIn(_ context.Context, _ database.Tx, _, userID, projectID string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = append(h.ended, userID+" "+projectID)
	return nil
}

func (h *house) EndAll(ctx context.Context, tx database.Tx, organizationID, userID string) error {
	return h.EndUserIn(ctx, tx, organizationID, userID, "everywhere")
}

func (h *house) Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM projects WHERE organization_id = $1 AND id = $2`, organizationID, projectID).Scan(&n)
	return n == 1, err
}

func (h *house) OrganizationName(context.Context, database.Querier, string) (string, error) {
	return "Acme", nil
}

func (h *house) SendInvitation(_ context.Context, _ database.Tx, l user.Letter) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.letters = append(h.letters, l)
	return nil
}

func (h *house) SendPasswordReset(_ context.Context, _ database.Tx, l user.ResetLetter) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resets = append(h.resets, l)
	return nil
}

func (h *house) Enqueue(_ context.Context, _ database.Tx, all ...jobs.Job) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, j := range all {
		h.wanted = append(h.wanted, j.Args.(user.ResetWanted))
	}
	return nil
}

// token returns the token of the letter that was sent last.
func (h *house) token(t *testing.T) string {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.letters) == 0 {
		t.Fatal("no letter was sent")
	}
	return h.letters[len(h.letters)-1].Token
}

func (h *house) write(t *testing.T, do func(tx database.Tx) error) {
	t.Helper()
	if err := h.DB.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

// add makes a user with a role in each of the projects: "project role" each.
func (h *house) add(t *testing.T, organizationID, email string, owner bool, assignments ...string) *user.User {
	t.Helper()
	var u *user.User
	h.write(t, func(tx database.Tx) (err error) {
		u, err = h.users.Create(t.Context(), tx, user.NewUser{OrganizationID: organizationID, Email: email, FirstName: "Sam", LastName: "Jones", Owner: owner}, h.now())
		for _, a := range assignments {
			projectID, role, _ := strings.Cut(a, " ")
			if err == nil {
				err = h.users.Assign(t.Context(), tx, organizationID, projectID, u.ID, "", role, h.now())
			}
		}
		return err
	})
	return u
}

func (h *house) now() clock.Timestamp { return clock.At(h.Now()) }

func TestAUserIsFoundByIDAndByLoginInAnyCase(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		made := h.add(t, apitest.OrganizationID, "Sam@Acme.example", false)
		for _, login := range []string{"sam@acme.example", "SAM@ACME.EXAMPLE"} {
			u, err := h.users.FindByLogin(t.Context(), db, login)
			if err != nil || *u != *made {
				t.Errorf("by %s: %+v, %v", login, u, err)
			}
		}
		u, err := h.users.Get(t.Context(), db, made.ID)
		if err != nil || u.Login != "sam@acme.example" || u.Email != "Sam@Acme.example" {
			t.Errorf("by id: %+v, %v", u, err)
		}
		if _, err := h.users.FindByLogin(t.Context(), db, "tom@acme.example"); !fault.Is(err, fault.ResourceNotFound) {
			t.Errorf("by a login that nobody has: %v", err)
		}
		if _, err := h.users.Get(t.Context(), db, "user_nobody"); !fault.Is(err, fault.ResourceNotFound) {
			t.Errorf("by an id that nobody has: %v", err)
		}
	})
}

func TestALoginIsUniqueOverAllOrganizations(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.add(t, apitest.OrganizationID, "sam@acme.example", false)
		err := db.Write(t.Context(), func(tx database.Tx) error {
			_, err := h.users.Create(t.Context(), tx, user.NewUser{OrganizationID: apitest.StrangerOrgID, Email: "SAM@acme.example", FirstName: "S", LastName: "J"}, h.now())
			return err
		})
		if !fault.Is(err, fault.DuplicateFound) {
			t.Errorf("a second user with the login: %v", err)
		}
	})
}

func TestWhatIsNoPersonIsNotMadeAUser(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite)
	h := start(t, db)
	err := db.Write(t.Context(), func(tx database.Tx) error {
		_, err := h.users.Create(t.Context(), tx, user.NewUser{OrganizationID: apitest.OrganizationID, Email: "sam", FirstName: " ", LastName: strings.Repeat("x", 256)}, h.now())
		return err
	})
	const want = "invalid_payload: Property .email must match format email (an address such as name@example.com); " +
		"Property .first_name must have 1 to 255 characters; Property .last_name must have 1 to 255 characters"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestAnOwnerIsAnAdminOfEveryProjectOldAndNew(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		owner := h.add(t, apitest.OrganizationID, "owner@acme.example", true)
		h.add(t, apitest.OrganizationID, "sam@acme.example", false)
		const third = "proj_01k0000000000000000000000d"
		h.AddProject(t, apitest.OrganizationID, third)
		h.write(t, func(tx database.Tx) error {
			return h.users.AddOwners(t.Context(), tx, apitest.OrganizationID, third, h.now())
		})
		// named again for the new project, as its creator may do
		h.write(t, func(tx database.Tx) error {
			return h.users.Assign(t.Context(), tx, apitest.OrganizationID, third, "", "Owner@acme.example", "ADMIN", h.now())
		})
		for _, projectID := range []string{apitest.ProjectID, second, third} {
			held, err := h.users.PermissionsIn(t.Context(), db, owner.ID, projectID)
			if err != nil || len(held) != 10 {
				t.Errorf("in %s: %v, %v", projectID, held, err)
			}
		}
		if n := h.Count(t, "project_members"); n != 3 {
			t.Errorf("%d memberships, want the owner's three", n)
		}
		if held, err := h.users.PermissionsIn(t.Context(), db, owner.ID, apitest.StrangerID); held != nil || err != nil {
			t.Errorf("in another organization's project: %v, %v", held, err)
		}
	})
}

func TestANewProjectTakesUsersByIDOrLogin(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		u := h.add(t, apitest.OrganizationID, "sam@acme.example", false)
		owner := h.add(t, apitest.OrganizationID, "owner@acme.example", true)
		stranger := h.add(t, apitest.StrangerOrgID, "eve@else.example", false)
		for name, c := range map[string]struct {
			id, login, role string
			want            *fault.Code
		}{
			"neither":               {"", "", "USER", fault.InvalidPayload},
			"both":                  {u.ID, u.Login, "USER", fault.InvalidPayload},
			"a role there is not":   {u.ID, "", "VICE_ADMIN", fault.IncorrectRole},
			"a role by invitation":  {u.ID, "", "USER_RESTRICTED", fault.IncorrectRole},
			"an owner with less":    {owner.ID, "", "USER", fault.InvalidPayload},
			"a stranger by id":      {stranger.ID, "", "USER", fault.ResourceNotFound},
			"a stranger by login":   {"", stranger.Login, "USER", fault.ResourceNotFound},
			"a login as an id":      {u.Login, "", "USER", fault.ResourceNotFound},
			"an id as a login":      {"", u.ID, "USER", fault.ResourceNotFound},
			"one by id":             {u.ID, "", "USER", nil},
			"the same once more":    {"", u.Login, "USER", fault.DuplicateFound},
			"an owner is in it yet": {owner.ID, "", "ADMIN", nil},
		} {
			err := db.Write(t.Context(), func(tx database.Tx) error {
				if name == "the same once more" {
					if err := h.users.Assign(t.Context(), tx, apitest.OrganizationID, second, u.ID, "", "USER", h.now()); err != nil {
						return err
					}
				}
				if err := h.users.Assign(t.Context(), tx, apitest.OrganizationID, second, c.id, c.login, c.role, h.now()); err != nil {
					return err
				}
				return fault.New(fault.Unavailable, "undone") // each case begins anew
			})
			want := c.want
			if want == nil {
				want = fault.Unavailable
			}
			if !fault.Is(err, want) {
				t.Errorf("%s: %v, want %s", name, err, want.Key)
			}
		}
	})
}

func TestACustomRoleAllowsWhatItSays(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		var role *user.Role
		h.write(t, func(tx database.Tx) (err error) {
			role, err = h.users.CreateRole(t.Context(), tx, apitest.OrganizationID, user.RoleDocument{Name: "Clerk", Permissions: []ident.Permission{ident.DataRead, ident.MembersWrite}}, h.now())
			return err
		})
		u := h.add(t, apitest.OrganizationID, "sam@acme.example", false, apitest.ProjectID+" "+role.ID)
		held, err := h.users.PermissionsIn(t.Context(), db, u.ID, apitest.ProjectID)
		if err != nil || !slices.Equal(held, role.Permissions) {
			t.Errorf("%v, %v", held, err)
		}
		for projectID, want := range map[string]bool{apitest.ProjectID: true, second: false} {
			if member, err := h.users.IsMember(t.Context(), db, u.ID, projectID); member != want || err != nil {
				t.Errorf("a member of %s: %v, %v", projectID, member, err)
			}
		}
	})
}

func TestPeopleSignInWithTheirPasswordAndNothingElse(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		u := h.add(t, apitest.OrganizationID, "Sam@acme.example", false)
		password := user.GeneratePassword()
		hash, err := h.hasher.Hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.users.VerifyCredentials(t.Context(), db, u.Login, ""); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("one without a password signs in with an empty one: %v", err)
		}
		h.write(t, func(tx database.Tx) error { return h.users.SetPassword(t.Context(), tx, u.ID, hash, h.now()) })
		if want := []string{u.ID + " everywhere"}; !slices.Equal(h.ended, want) {
			t.Errorf("sessions ended: %v, want %v", h.ended, want)
		}
		if got, err := h.users.VerifyCredentials(t.Context(), db, "SAM@acme.example", password); err != nil || got.ID != u.ID {
			t.Errorf("the right password: %+v, %v", got, err)
		}
		for name, c := range map[string][2]string{
			"a wrong password":        {u.Login, password + "x"},
			"a login that nobody has": {"tom@acme.example", password},
		} {
			if _, err := h.users.VerifyCredentials(t.Context(), db, c[0], c[1]); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("%s: %v", name, err)
			}
		}
		err = db.Write(t.Context(), func(tx database.Tx) error { return h.users.SetPassword(t.Context(), tx, "user_nobody", hash, h.now()) })
		if !fault.Is(err, fault.ResourceNotFound) {
			t.Errorf("the password of nobody: %v", err)
		}
	})
}
