// Package project holds the projects of an organization: their settings, their
// life from creation to deletion, and their copies (CONTRACT 3 "Projects").
package project

import (
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// APIVersion is the one version of the Project API that a project can have.
const APIVersion = "v2018-08-01"

// Project is a project as its people see it.
type Project struct {
	ID string `json:"id" doc:"Identifies the project." example:"proj_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Document
	Origin
	IsSandbox    bool           `json:"is_sandbox" doc:"Whether it is the organization's sandbox, made with it and never deleted."`
	WebhookToken string         `json:"webhook_token" doc:"The secret that signs webhooks: 32 random bytes in hexadecimal. Empty for people whose role in the project does not include settings.read." example:"6a0f3b1c9d2e4f5061728394a5b6c7d8e9f00112233445566778899aabbccddee"`
	Limits       *ProjectLimits `json:"limits,omitempty" doc:"Limits of this project alone; absent where those of the organization apply."`

	sealedToken []byte
}

// Document is what can be changed of a project.
type Document struct {
	Name string `json:"name" minLength:"1" maxLength:"255" doc:"Its name." example:"Shop"`
	Settings
}

// Origin is what is decided when a project is made and cannot be changed
// (CONTRACT 3).
type Origin struct {
	ClusterID          string `json:"cluster_id" doc:"The cluster the project lives in." example:"eu1"`
	APIVersion         string `json:"api_version" enum:"v2018-08-01" doc:"The version of the Project API."`
	CaseSensitiveCodes bool   `json:"case_sensitive_codes" doc:"Whether C0dE-cfV and c0de-cfv are different codes."`
}

// ProjectLimits are the limits of one project.
type ProjectLimits struct {
	APICalls []ProjectLimit `json:"api_calls" nullable:"false" doc:"How often the Project API may be called."`
}

// ProjectLimit allows a number of calls in a time.
type ProjectLimit struct {
	Value    int    `json:"value" doc:"How many calls." example:"100"`
	Duration string `json:"duration" doc:"In what time, as an ISO 8601 duration." example:"PT1H"`
}

// sandboxLimits are the limits of every sandbox (CONTRACT 4).
func sandboxLimits() *ProjectLimits {
	return &ProjectLimits{APICalls: []ProjectLimit{{Value: SandboxCallsPerHour, Duration: "PT1H"}}}
}

// ProjectSideKey is one key of a new project, with its token.
type ProjectSideKey struct {
	AppID    string `json:"app_id" doc:"The application id." example:"app_01kaqm5f3ve0rabpx1v0p2xwz8"`
	AppToken string `json:"app_token" doc:"The application token. Keep it safe: it can be shown again for 14 days only."`
}

// ProjectCreated is a project right after it was made, with its keys.
type ProjectCreated struct {
	Project
	ServerSideKey ProjectSideKey `json:"server_side_key" doc:"Opens the server side of the Project API, as X-App-Id and X-App-Token."`
	ClientSideKey ProjectSideKey `json:"client_side_key" doc:"Opens the client side of the Project API, as X-Client-Application-Id and X-Client-Token."`
}

// ProjectCreate is the body that makes a project. Start from NewDraft, so that
// what is not said has its default.
type ProjectCreate struct {
	Document
	CaseSensitiveCodes bool          `json:"case_sensitive_codes" doc:"Whether C0dE-cfV and c0de-cfv are different codes. It cannot be changed later."`
	ClusterID          *string       `json:"cluster_id" nullable:"false" maxLength:"64" doc:"The cluster to make it in; the server's own if absent, and no other." example:"eu1"`
	APIVersion         string        `json:"api_version" enum:"v2018-08-01" default:"v2018-08-01" doc:"The version of the Project API."`
	Users              []ProjectUser `json:"users" nullable:"false" maxItems:"100" doc:"Users of the organization to assign to the project. All owners are assigned without being named."`
}

// ProjectUser assigns a user to a new project.
type ProjectUser struct {
	ID    *string `json:"id,omitempty" minLength:"1" maxLength:"64" doc:"The user's id; or else the login." example:"user_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Login *string `json:"login,omitempty" minLength:"1" maxLength:"254" doc:"The user's login; or else the id." example:"jane@acme.example"`
	Role  string  `json:"role" minLength:"1" maxLength:"64" doc:"ADMIN, USER, VIEWER, MERCHANT, or the id of a custom role." example:"USER"`
}

// TransformSchema says which members a new project must have (CONTRACT 3).
func (ProjectCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, append([]string{"name", "case_sensitive_codes", "timezone", "currency"}, wholeNotifications...)...)
}

// ProjectUpdate is the body that changes a project: what is not sent stays.
type ProjectUpdate struct {
	Document
	CaseSensitiveCodes *bool   `json:"case_sensitive_codes" nullable:"false" doc:"Cannot be changed: if it is sent, it must be what it is."`
	ClusterID          *string `json:"cluster_id" nullable:"false" maxLength:"64" doc:"Cannot be changed: if it is sent, it must be what it is." example:"eu1"`
	APIVersion         *string `json:"api_version" nullable:"false" maxLength:"64" doc:"Cannot be changed: if it is sent, it must be what it is." example:"v2018-08-01"`
}

// TransformSchema says that every member may be left out.
func (ProjectUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, wholeNotifications...)
}

// ProjectClone is the body that copies a project.
type ProjectClone struct {
	Name        string  `json:"name" minLength:"1" maxLength:"255" doc:"The name of the copy." example:"Shop, second attempt"`
	Description *string `json:"description,omitempty" maxLength:"1024" doc:"What the copy is for; that of the original if absent."`
}

// NewDraft returns a project to be made in which everything that may be left
// out has its default.
func NewDraft() ProjectCreate {
	return ProjectCreate{Document: Document{Settings: defaultSettings()}, APIVersion: APIVersion}
}

// Assignment gives a user, named by either id or login, a role in a project.
type Assignment struct{ ID, Login, Role string }

// assignments returns the users to assign, or fault.InvalidPayload if one is
// not named by exactly one of id and login, or fault.IncorrectRole.
func (c *ProjectCreate) assignments() ([]Assignment, error) {
	var out []Assignment
	var violations []string
	var badRole error
	for i, u := range c.Users {
		if (u.ID == nil) == (u.Login == nil) {
			violations = append(violations, property("users", i)+" must have exactly one of id and login")
			continue
		}
		if err := checkRole(i, u.Role); err != nil && badRole == nil {
			badRole = err
		}
		a := Assignment{Role: u.Role}
		if u.ID != nil {
			a.ID = *u.ID
		} else {
			a.Login = *u.Login
		}
		out = append(out, a)
	}
	if len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	return out, badRole
}

// checkRole refuses roles that cannot be given here. Whether a custom role
// exists is the members' business.
func checkRole(i int, role string) error {
	switch {
	case ident.BuiltInRole(role) == ident.UserRestricted:
		return fault.New(fault.IncorrectRole, "%s can be given by invitation only: %s", ident.UserRestricted, property("users", i)+".role")
	case slices.Contains(ident.BuiltInRoles, ident.BuiltInRole(role)), strings.HasPrefix(role, string(ident.Role)+"_"):
		return nil
	}
	return fault.New(fault.IncorrectRole, "%s must be ADMIN, USER, VIEWER, MERCHANT or the id of a custom role", property("users", i)+".role")
}

// checkImmutable says which members of an update would change what cannot be
// changed.
func (o *Origin) checkImmutable(u *ProjectUpdate) []string {
	var violations []string
	if u.APIVersion != nil && *u.APIVersion != o.APIVersion {
		violations = append(violations, "Property .api_version cannot be changed after creation; it is "+o.APIVersion)
	}
	if u.CaseSensitiveCodes != nil && *u.CaseSensitiveCodes != o.CaseSensitiveCodes {
		is := "false"
		if o.CaseSensitiveCodes {
			is = "true"
		}
		violations = append(violations, "Property .case_sensitive_codes cannot be changed after creation; it is "+is)
	}
	if u.ClusterID != nil && *u.ClusterID != o.ClusterID {
		violations = append(violations, "Property .cluster_id cannot be changed after creation; it is "+o.ClusterID)
	}
	return violations
}
