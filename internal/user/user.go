// Package user holds the people of an organization: who they are, which
// projects they work in and with which role, how they are invited, and their
// passwords (CONTRACT 3 and 5).
package user

import (
	"strings"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// User is a person of one organization.
type User struct {
	ID             string          `json:"id" doc:"Identifies the user." example:"user_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Login          string          `json:"login" doc:"What the user signs in with: the e-mail address in lower case." example:"sam@acme.example"`
	Email          string          `json:"email" doc:"The e-mail address, as it was entered." example:"Sam@acme.example"`
	FirstName      string          `json:"first_name" doc:"First name." example:"Sam"`
	LastName       string          `json:"last_name" doc:"Last name." example:"Jones"`
	IsOwner        bool            `json:"is_owner" doc:"Whether the user is an owner of the organization."`
	OrganizationID string          `json:"-"`
	PasswordHash   string          `json:"-"` // in PHC string form; empty for one who cannot sign in
	CreatedAt      clock.Timestamp `json:"-"`
}

// TeamUser is a user with all projects.
type TeamUser struct {
	User
	Projects map[string]string `json:"projects" nullable:"false" doc:"The user's role in each of the user's projects: project id to role."`
}

// NewUser is what a user is made from.
type NewUser struct {
	OrganizationID      string
	Email               string
	FirstName, LastName string
	PasswordHash        string
	Owner               bool
}

func (n *NewUser) check() error {
	var violations []string
	if api.ValidEmail(n.Email) != nil {
		violations = append(violations, "Property .email must match format email (an address such as name@example.com)")
	}
	if !validName(n.FirstName) {
		violations = append(violations, "Property .first_name must have 1 to 255 characters")
	}
	if !validName(n.LastName) {
		violations = append(violations, "Property .last_name must have 1 to 255 characters")
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}

func (n *NewUser) user(now clock.Timestamp) *User {
	return &User{
		ID: ident.NewID(ident.User), OrganizationID: n.OrganizationID, Login: normalize(n.Email), Email: n.Email,
		FirstName: n.FirstName, LastName: n.LastName, IsOwner: n.Owner, PasswordHash: n.PasswordHash, CreatedAt: now,
	}
}

// normalize turns an e-mail address into a login: lower case (CONTRACT 3).
func normalize(email string) string { return strings.ToLower(email) }

// isLogin tells a login from an id: ids have no @, e-mail addresses have one.
func isLogin(ref string) bool { return strings.Contains(ref, "@") }

func validName(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0) && strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= 255
}

func errDuplicate(email string) error { return fault.Duplicate(kind, "email", email) }
