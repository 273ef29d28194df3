package user

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const team = "/team/v1/users"

// Paging says which page of a list of the team is asked for.
type Paging struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"Entries a page."`
	Page  int `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"Which page, from 1."`
}

func (p Paging) of() Page { return Page(p) }

type listTeam struct {
	Search string `query:"search" maxLength:"100" doc:"Only users whose name or login has this text in it, in whatever case."`
	Paging
}

type teamUserPath struct {
	UserID string `path:"userId" doc:"The user's id or login."`
}

func registerTeam(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "list-team-users", Method: http.MethodGet, Path: team, Door: api.Team, Tag: "Users", Permission: ident.MembersRead,
		Summary:     "List the organization's users",
		Description: "Lists all users of the organization, or those that are searched for, with their projects, the oldest first. For owners.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *listTeam) (api.List[*TeamUser], error) {
		users, total, err := s.ListTeam(ctx, q, c.Actor.OrganizationID, in.Search, in.of())
		return api.Page(users, total), err
	})

	api.Write(r, api.Operation{
		ID: "remove-team-user", Method: http.MethodDelete, Path: team + "/{userId}", Door: api.Team, Tag: "Users", Permission: ident.MembersWrite, Status: http.StatusNoContent,
		Summary: "Remove a user",
		Description: "Removes a user from the organization and all of its projects. The user's sessions end, and the login is free. " +
			"What the user has done stays in the audit log. For owners, who cannot remove themselves.",
		Faults: []*fault.Code{fault.ResourceNotFound},
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *teamUserPath) (api.None, error) {
		u, err := s.Remove(ctx, tx, c.Actor, in.UserID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, u.ID, u, nil)
		return api.None{}, nil
	})
}
