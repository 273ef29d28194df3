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
	roles   = "/team/v1/roles"
	oneRole = roles + "/{roleId}"
)

type rolePath struct {
	RoleID string `path:"roleId" doc:"The role."`
}

type createRole struct{ Body RoleCreate }

type updateRole struct {
	RoleID  string `path:"roleId" doc:"The role."`
	Body    RoleUpdate
	RawBody []byte
}

// registerRoles adds the operations on custom roles; owners only.
func registerRoles(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Team, Tag: "Roles", Permission: ident.MembersRead}

	list := op
	list.ID, list.Method, list.Path = "list-roles", http.MethodGet, roles
	list.Summary = "List custom roles"
	list.Description = "Lists the roles that the organization has made, the oldest first. The built-in ones are not among them."
	api.Read(r, list, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (api.List[*Role], error) {
		found, err := s.ListRoles(ctx, q, c.Actor.OrganizationID)
		return api.All(found), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-role", http.MethodGet, oneRole
	get.Summary = "Get a custom role"
	get.Description = "Shows one role."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *rolePath) (*Role, error) {
		return s.GetRole(ctx, q, c.Actor.OrganizationID, in.RoleID)
	})

	op.Permission = ident.MembersWrite
	post := op
	post.ID, post.Method, post.Path = "create-role", http.MethodPost, roles
	post.Summary = "Create a custom role"
	post.Description = "Makes a role from a name and a set of permissions. Give it to users by its id."
	post.Faults = []*fault.Code{fault.DuplicateFound}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *createRole) (*Role, error) {
		role, err := s.CreateRole(ctx, tx, c.Actor.OrganizationID, in.Body.RoleDocument, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(roleKind, role.ID, nil, role)
		return role, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-role", http.MethodPut, oneRole
	put.Summary = "Change a custom role"
	put.Description = "Changes what is sent. Users with the role have its new permissions from their next call on."
	put.Faults = []*fault.Code{fault.DuplicateFound}
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *updateRole) (*Role, error) {
		before, after, err := s.UpdateRole(ctx, tx, c.Actor.OrganizationID, in.RoleID, in.RawBody, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(roleKind, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-role", http.MethodDelete, oneRole, http.StatusNoContent
	del.Summary = "Delete a custom role"
	del.Description = "Removes a role that no user and no pending invitation has."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *rolePath) (api.None, error) {
		role, err := s.DeleteRole(ctx, tx, c.Actor.OrganizationID, in.RoleID, c.Now)
		if err != nil {
			return api.None{}, err
		}
		c.Record(roleKind, role.ID, role, nil)
		return api.None{}, nil
	})
}
