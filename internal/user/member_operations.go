package user

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	members   = "/management/v1/projects/{projectId}/users"
	oneMember = members + "/{userId}"
)

type listMembers struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Limit     int    `query:"limit" minimum:"1" maximum:"100" doc:"Users a page. Without limit and page the answer holds all users."`
	Page      int    `query:"page" minimum:"1" maximum:"1000000" doc:"Which page, from 1. Without limit a page has 100 users."`
}

func (l *listMembers) page() Page {
	p := Page{Limit: l.Limit, Page: max(l.Page, 1)}
	if l.Page > 0 && l.Limit == 0 {
		p.Limit = 100
	}
	return p
}

type memberPath struct {
	ProjectID string `path:"projectId" doc:"The project."`
	UserID    string `path:"userId" doc:"The user's id or login."`
}

type assignMember struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      MemberCreate
}

type updateMember struct {
	ProjectID string `path:"projectId" doc:"The project."`
	UserID    string `path:"userId" doc:"The user's id or login."`
	Body      MemberUpdate
}

func registerMembers(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Users", Resource: "users", Permission: ident.MembersRead}

	list := op
	list.ID, list.Method, list.Path = "list-users", http.MethodGet, members
	list.Summary = "List users"
	list.Description = "Lists the users that are assigned to the project, the oldest first: all of them, or a page."
	api.Read(r, list, func(ctx context.Context, q database.Querier, c *api.Call, in *listMembers) (api.List[*Member], error) {
		users, total, err := s.ListMembers(ctx, q, c.ProjectID, in.page())
		return api.Page(users, total), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-user", http.MethodGet, oneMember
	get.Summary = "Get a user"
	get.Description = "Shows a user that is assigned to the project."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *memberPath) (*Member, error) {
		return s.GetMember(ctx, q, c.Actor.OrganizationID, c.ProjectID, in.UserID)
	})

	op.Permission = ident.MembersWrite
	post := op
	post.ID, post.Method, post.Path = "assign-user", http.MethodPost, members
	post.Summary = "Assign a user"
	post.Description = "Assigns a user of the organization, named by either id or login, to the project."
	post.Faults = []*fault.Code{fault.IncorrectRole, fault.DuplicateFound}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *assignMember) (*Member, error) {
		m, err := s.AssignMember(ctx, tx, c.Actor.OrganizationID, c.ProjectID, in.Body, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, m.ID, nil, m)
		return m, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-user", http.MethodPut, oneMember
	put.Summary = "Change a user's role"
	put.Description = "Gives the user another role in the project. An owner's role is always ADMIN."
	put.Faults = []*fault.Code{fault.IncorrectRole}
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *updateMember) (*Member, error) {
		before, after, err := s.UpdateMember(ctx, tx, c.Actor.OrganizationID, c.ProjectID, in.UserID, in.Body.Role)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "unassign-user", http.MethodDelete, oneMember, http.StatusNoContent
	del.Summary = "Unassign a user"
	del.Description = "Takes the user out of the project and ends the user's sessions in it. " +
		"Owners, users with a single project, and the last user of a project cannot be unassigned."
	del.Faults = []*fault.Code{fault.UserNotAssigned, fault.UserSingleProject}
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *memberPath) (api.None, error) {
		m, err := s.Unassign(ctx, tx, c.Actor.OrganizationID, c.ProjectID, in.UserID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, m.ID, m, nil)
		return api.None{}, nil
	})
}
