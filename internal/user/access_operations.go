package user

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// Access is what the caller may do in a project (CONTRACT 5).
type Access struct {
	ProjectID   string             `json:"project_id" doc:"The project."`
	Permissions []ident.Permission `json:"permissions" nullable:"false" doc:"What the caller may do there: nothing in a project that the caller is no member of. Owners may do everything." example:"[\"settings.read\"]"`
}

type getAccess struct {
	ProjectID string `query:"project_id" required:"true" minLength:"1" maxLength:"64" doc:"The project."`
}

// registerAccess tells people what they may do, so that the console offers
// nothing that would be refused.
func registerAccess(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "get-access", Method: http.MethodGet, Path: "/team/v1/access", Door: api.Team, Tag: "Session",
		Summary: "What you may do", Description: "Lists the caller's permissions in a project.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *getAccess) (*Access, error) {
		access := &Access{ProjectID: in.ProjectID, Permissions: ident.Permissions}
		if c.Actor.Owner {
			return access, nil
		}
		held, err := s.PermissionsIn(ctx, q, c.Actor.ID, in.ProjectID)
		if access.Permissions = held; held == nil {
			access.Permissions = []ident.Permission{}
		}
		return access, err
	})
}
