package user

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Role is a role that an organization has made: a name and a set of
// permissions, used by its id (CONTRACT 5).
type Role struct {
	ID string `json:"id" doc:"Identifies the role; it is given to users by this." example:"role_01kaqm5f3ve0rabpx1v0p2xwz8"`
	RoleDocument
	CreatedAt clock.Timestamp `json:"created_at" doc:"When it was made."`
	UpdatedAt clock.Timestamp `json:"updated_at" doc:"When it was last changed."`
}

// RoleDocument is what a role consists of.
type RoleDocument struct {
	Name        string             `json:"name" minLength:"1" maxLength:"255" doc:"Its name, unique in the organization." example:"Campaign manager"`
	Permissions []ident.Permission `json:"permissions" nullable:"false" minItems:"1" maxItems:"10" uniqueItems:"true" enum:"settings.read,settings.write,data.read,data.write,members.read,members.write,keys.manage,webhooks.retry,incentives.read,incentives.evaluate" doc:"What it allows within a project."`
}

// RoleCreate is the body that makes a role.
type RoleCreate struct{ RoleDocument }

// RoleUpdate is the body that changes a role: what is not sent stays.
type RoleUpdate struct{ RoleDocument }

// TransformSchema says that every member may be left out.
func (RoleUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

func (d *RoleDocument) check() error {
	if strings.TrimSpace(d.Name) == "" {
		return fault.Invalid("Property .name must NOT be blank")
	}
	return nil
}
