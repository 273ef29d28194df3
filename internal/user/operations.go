package user

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// Register adds the operations on users, members, roles, invitations and
// password resets.
func Register(r *api.Router, s *Service) {
	registerMembers(r, s)
	registerInvitations(r, s)
	registerResets(r, s)
	registerRoles(r, s)
	registerTeam(r, s)
	registerAccess(r, s)
}

type listTeam struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"Users a page."`
	Page  int `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"Which page, from 1."`
}

func registerTeam(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "list-team-users", Method: http.MethodGet, Path: "/team/v1/users", Door: api.Team, Tag: "Users", Permission: ident.MembersRead,
		Summary:     "List the organization's users",
		Description: "Lists all users of the organization with their projects, the oldest first. For owners.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *listTeam) (api.List[*TeamUser], error) {
		users, total, err := s.ListTeam(ctx, q, c.Actor.OrganizationID, Page{Limit: in.Limit, Page: in.Page})
		return api.Page(users, total), err
	})
}
