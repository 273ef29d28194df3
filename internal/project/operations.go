package project

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/management/v1/projects"
	single     = collection + "/{projectId}"
)

type list struct {
	Limit           *int   `query:"limit" minimum:"1" maximum:"100" doc:"How many projects to list at most; all if it is absent."`
	StartingAfterID string `query:"starting_after_id" maxLength:"64" doc:"List what comes after this id: more_starting_after of the page before."`
}

type oneProject struct {
	ProjectID string `path:"projectId" doc:"The project."`
}

type create struct {
	Body    ProjectCreate
	RawBody []byte
}

type update struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      ProjectUpdate
	RawBody   []byte
}

type clone struct {
	ProjectID string `path:"projectId" doc:"The project to copy."`
	Body      ProjectClone
}

// Register adds the operations on projects.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Projects", Resource: "projects"}
	registerReads(r, s, op)
	registerMaking(r, s, op)
	registerChanges(r, s, op)
}

func registerReads(r *api.Router, s *Service, op api.Operation) {
	all := op
	all.ID, all.Method, all.Path = "list-projects", http.MethodGet, collection
	all.Summary = "List projects"
	all.Description = "Lists the projects within reach, by their ids: all of them, or a page of up to limit. " +
		"A key bound to projects sees those; people who are no owners see those they are members of."
	api.Read(r, all, func(ctx context.Context, q database.Querier, c *api.Call, in *list) (ProjectList, error) {
		limit := 0
		if in.Limit != nil {
			limit = *in.Limit
		}
		return s.List(ctx, q, c.Actor, in.StartingAfterID, limit)
	})

	get := op
	get.ID, get.Method, get.Path, get.Permission = "get-project", http.MethodGet, single, ident.SettingsRead
	get.FindsProject = true
	get.Summary = "Get a project"
	get.Description = "Shows one project with its settings. It never shows the tokens of the project's keys."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *oneProject) (*Project, error) {
		return s.Get(ctx, q, c.Actor.OrganizationID, in.ProjectID)
	})
}

func registerMaking(r *api.Router, s *Service, op api.Operation) {
	op.Permission, op.NoETag = ident.SettingsWrite, true

	post := op
	post.ID, post.Method, post.Path = "create-project", http.MethodPost, collection
	post.Summary = "Create a project"
	post.Description = "Makes a project, assigns all owners of the organization and the named users to it, and mints its first keys. " +
		"Their tokens are in the answer, and can be shown again for 14 days; no other operation here shows them."
	post.Faults = []*fault.Code{fault.IncorrectRole, fault.ResourceNotFound}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*ProjectCreated, error) {
		if err := mayMake(c.Actor); err != nil {
			return nil, err
		}
		draft := NewDraft()
		if err := api.Merge(in.RawBody, &draft); err != nil {
			return nil, err
		}
		created, err := s.Create(ctx, tx, c.Actor.OrganizationID, draft, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, created.ID, nil, &created.Project)
		return created, nil
	})

	dup := op
	dup.ID, dup.Method, dup.Path = "clone-project", http.MethodPost, single+"/clone"
	dup.Summary = "Clone a project"
	dup.Description = "Makes a new project with the settings, schemas, stacking rules with their categories, branding, webhooks (switched off) " +
		"and templates of this one, and keys of its own. Users beside the owners, keys and data are not copied."
	api.Write(r, dup, func(ctx context.Context, tx database.Tx, c *api.Call, in *clone) (*ProjectCreated, error) {
		if err := mayMake(c.Actor); err != nil {
			return nil, err
		}
		created, err := s.Clone(ctx, tx, c.Actor.OrganizationID, in.ProjectID, in.Body, c.Actor.ID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, created.ID, nil, &created.Project)
		return created, nil
	})
}

func registerChanges(r *api.Router, s *Service, op api.Operation) {
	op.Permission = ident.SettingsWrite

	put := op
	put.ID, put.Method, put.Path = "update-project", http.MethodPut, single
	put.Summary = "Update a project"
	put.Description = "Changes what is sent and leaves the rest as it is; null clears what may be null. " +
		"case_sensitive_codes, cluster_id and api_version cannot be changed."
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*Project, error) {
		before, after, err := s.Update(ctx, tx, c.Actor.OrganizationID, in.ProjectID, in.RawBody, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-project", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a project"
	del.Description = "Deletes the project with all that belongs to it, for good, and ends the sessions of those who work in it. The sandbox cannot be deleted."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *oneProject) (api.None, error) {
		if err := ownersOnly(c.Actor); err != nil {
			return api.None{}, err
		}
		p, err := s.Delete(ctx, tx, c.Actor.OrganizationID, in.ProjectID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, p.ID, p, nil)
		return api.None{}, nil
	})
}

// ownersOnly refuses people who are no owners, where the path names a project
// and the runner asks for a permission in it alone.
func ownersOnly(a *ident.Actor) error {
	if a.Kind == ident.ByUser && !a.Owner {
		return fault.Denied("Only owners of the organization may do this")
	}
	return nil
}

// mayMake says who may make projects: owners, and keys that are bound to none,
// for the new project would be beyond the others' reach.
func mayMake(a *ident.Actor) error {
	if len(a.ProjectIDs) > 0 {
		return fault.Denied("The key is bound to projects and cannot make another one")
	}
	return ownersOnly(a)
}
