package user

import (
	"math"

	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Member is a user as seen in one of the user's projects.
type Member struct {
	TeamUser
	Role string `json:"role" doc:"The user's role in this project: ADMIN, USER, VIEWER, MERCHANT, USER_RESTRICTED or the id of a custom role." example:"USER"`
}

// in returns the user as a member of the project, nil if the user is none.
func (u *TeamUser) in(projectID string) *Member {
	role, ok := u.Projects[projectID]
	if !ok {
		return nil
	}
	return &Member{TeamUser: *u, Role: role}
}

// MemberCreate is the body that assigns a user to a project.
type MemberCreate struct {
	ID    *string `json:"id,omitempty" minLength:"1" maxLength:"255" doc:"The user's id. Send either this or login." example:"user_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Login *string `json:"login,omitempty" minLength:"1" maxLength:"255" doc:"The user's login. Send either this or id." example:"sam@acme.example"`
	Role  string  `json:"role" maxLength:"255" doc:"The role: ADMIN, USER, VIEWER, MERCHANT or the id of a custom role." example:"USER"`
}

// user returns the id or login of the user meant. It returns
// fault.InvalidPayload unless exactly one of the two is given (CONTRACT 2).
func (c *MemberCreate) user() (string, error) {
	return oneOf(text(c.ID), text(c.Login))
}

func oneOf(id, login string) (string, error) {
	switch {
	case (id == "") == (login == ""):
		return "", fault.Invalid("Payload must have exactly one of the properties 'id' and 'login'")
	case id != "" && isLogin(id), login != "" && !isLogin(login):
		// what is no id, or no login, names nobody; it must not name somebody
		// as the other
		return "", fault.NotFound(kind, id+login)
	}
	return id + login, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// MemberUpdate is the body that changes a member's role.
type MemberUpdate struct {
	Role string `json:"role" maxLength:"255" doc:"The new role: ADMIN, USER, VIEWER, MERCHANT or the id of a custom role." example:"VIEWER"`
}

// The rules that keep projects and owners what they are (CONTRACT 3).
func errNotAssigned() error {
	return fault.New(fault.UserNotAssigned, "User is not assigned to the project")
}

func errSingleProject() error {
	return fault.New(fault.UserSingleProject, "User is assigned to this project only and cannot be unassigned from it")
}

func errLastMember() error {
	return fault.Invalid("User is the last member of the project; a project keeps at least one")
}

func errOwnerStays() error {
	return fault.Invalid("User is an owner of the organization; owners are members of every project")
}

func errOwnerRole() error {
	return fault.Invalid("User is an owner of the organization; an owner's role must be " + string(ident.Admin))
}

// Page says which part of a list is asked for.
type Page struct {
	Limit int // entries a page; 0 for all there are
	Page  int // from 1
}

func (p Page) limit() int64 {
	if p.Limit == 0 {
		return math.MaxInt64
	}
	return int64(p.Limit)
}

func (p Page) offset() int64 {
	if p.Limit == 0 {
		return 0
	}
	return int64(p.Page-1) * int64(p.Limit)
}
