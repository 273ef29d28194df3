package user

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
)

// InvitationLifetime is how long an invitation can be accepted (CONTRACT 3).
const InvitationLifetime = 7 * 24 * time.Hour

// Invitation asks somebody to become a user with roles in projects. Its token
// is told to the invited person alone; only its hash is kept.
type Invitation struct {
	ID             string            `json:"id" doc:"Identifies the invitation." example:"inv_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Email          string            `json:"email" doc:"Where it was sent, as it was entered." example:"sam@acme.example"`
	FirstName      string            `json:"first_name" doc:"First name." example:"Sam"`
	LastName       string            `json:"last_name" doc:"Last name." example:"Jones"`
	Projects       map[string]string `json:"projects" nullable:"false" doc:"The roles that it gives: project id to role. Projects that were deleted are left out."`
	CreatedAt      clock.Timestamp   `json:"created_at" doc:"When it was sent."`
	ExpiresAt      clock.Timestamp   `json:"expires_at" doc:"Until when it can be accepted."`
	OrganizationID string            `json:"-"`
}

// Letter is what the e-mail of an invitation tells.
type Letter struct {
	OrganizationID   string
	OrganizationName string
	ProjectID        string // of an invitation into one project alone, else empty
	To               string
	Token            string // of the link
	ExpiresAt        clock.Timestamp
}

// project is the project that the invitation is into, empty if there are
// several.
func (i *Invitation) project() string {
	if ids := slices.Collect(maps.Keys(i.Projects)); len(ids) == 1 {
		return ids[0]
	}
	return ""
}

// UserInvite is the body that invites somebody.
type UserInvite struct {
	Email     string            `json:"email" format:"email" maxLength:"254" doc:"Where the invitation goes; becomes the login." example:"sam@acme.example"`
	FirstName string            `json:"first_name" minLength:"1" maxLength:"255" doc:"First name." example:"Sam"`
	LastName  string            `json:"last_name" minLength:"1" maxLength:"255" doc:"Last name." example:"Jones"`
	Projects  map[string]string `json:"projects" minProperties:"1" maxProperties:"100" doc:"The projects to assign the new user to, each with a role: project id to ADMIN, USER, VIEWER, MERCHANT, USER_RESTRICTED or the id of a custom role."`
}

// TransformSchema bounds the roles.
func (UserInvite) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	if role, ok := s.Properties["projects"].AdditionalProperties.(*huma.Schema); ok {
		limit := 255
		role.MaxLength = &limit
	}
	return s
}

func (u *UserInvite) check() error {
	var violations []string
	if !validName(u.FirstName) {
		violations = append(violations, "Property .first_name must NOT be blank")
	}
	if !validName(u.LastName) {
		violations = append(violations, "Property .last_name must NOT be blank")
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}

// UserInvitation is an invitation as the invited person sees it.
type UserInvitation struct {
	Email            string          `json:"email" doc:"The address it was sent to; becomes the login." example:"sam@acme.example"`
	FirstName        string          `json:"first_name" doc:"First name." example:"Sam"`
	LastName         string          `json:"last_name" doc:"Last name." example:"Jones"`
	OrganizationName string          `json:"organization_name" doc:"Who invites." example:"Acme"`
	ExpiresAt        clock.Timestamp `json:"expires_at" doc:"Until when it can be accepted."`
}

// InvitationAccept is the body that accepts an invitation.
type InvitationAccept struct {
	Password string `json:"password" minLength:"12" maxLength:"256" doc:"The password to sign in with from now on."`
}

// newToken returns a token of 256 random bits, fit for a URL.
func newToken() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(random[:])
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// errNoInvitation is the one answer to every token that does not hold. It does
// not repeat the token, which may be a good one a letter off.
func errNoInvitation() error {
	e := fault.New(fault.ResourceNotFound, "Cannot find the invitation: it was accepted, was withdrawn, was replaced by a newer one, or has expired")
	return e.About(invitationKind, "")
}

// shown bounds an id that came from a payload for an error.
func shown(id string) string {
	const most = 64
	if len(id) <= most {
		return id
	}
	return strings.ToValidUTF8(id[:most], "") + "…"
}
