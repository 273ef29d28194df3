package project

import (
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// chunk is how many projects a long list reads at once, so that it holds no
// connection while its reader is slow.
const chunk = 200

// ProjectList is a list of projects: a page of it, or all of it, read while it
// is written.
type ProjectList struct {
	api.List[*Project]
	HasMore           *bool   `json:"has_more,omitempty" doc:"Whether there are more after this page. Only with limit."`
	MoreStartingAfter *string `json:"more_starting_after,omitempty" doc:"What starting_after_id takes for the next page. Only if there is one."`

	each func(ctx context.Context, yield func(*Project) error) error
}

// WriteTo writes the list as JSON. A list that fails half-way is no complete
// JSON.
func (l ProjectList) WriteTo(ctx context.Context, w io.Writer) error {
	if l.each != nil {
		return api.Stream[*Project]{Total: l.Total, Each: l.each}.WriteTo(ctx, w)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(l)
}

// pager is the projects within somebody's reach.
type pager interface {
	// page returns at most limit of them, those that come after an id.
	page(ctx context.Context, q database.Querier, after string, limit int) ([]*Project, error)
	// total returns how many they are.
	total(ctx context.Context, q database.Querier) (int, error)
}

// List returns the projects within the actor's reach that come after an id, by
// their ids: at most limit, or all if it is 0. A key that is bound to projects
// reaches those, a user who is no owner those he is a member of.
func (s *Service) List(ctx context.Context, q database.Querier, a *ident.Actor, after string, limit int) (ProjectList, error) {
	reach := s.reach(a)
	total, err := reach.total(ctx, q)
	if err != nil {
		return ProjectList{}, err
	}
	if limit == 0 {
		return ProjectList{List: api.Page[*Project](nil, total), each: func(ctx context.Context, yield func(*Project) error) error {
			return s.each(ctx, q, reach, after, yield)
		}}, nil
	}
	entries, err := s.page(ctx, q, reach, after, limit+1)
	if err != nil {
		return ProjectList{}, err
	}
	more := len(entries) > limit
	entries = entries[:min(limit, len(entries))]
	list := ProjectList{List: api.Page(entries, total), HasMore: &more}
	if more {
		list.MoreStartingAfter = &entries[limit-1].ID
	}
	return list, nil
}

// each calls yield for every project after an id.
func (s *Service) each(ctx context.Context, q database.Querier, reach pager, after string, yield func(*Project) error) error {
	for {
		entries, err := s.page(ctx, q, reach, after, chunk)
		if err != nil {
			return err
		}
		for _, p := range entries {
			if err := yield(p); err != nil {
				return err
			}
		}
		if len(entries) < chunk {
			return nil
		}
		after = entries[len(entries)-1].ID
	}
}

// page reads a page and makes the webhook tokens readable that may be read.
func (s *Service) page(ctx context.Context, q database.Querier, reach pager, after string, limit int) ([]*Project, error) {
	entries, err := reach.page(ctx, q, after, limit)
	if err != nil {
		return nil, err
	}
	for _, p := range entries {
		if p.sealedToken == nil {
			continue
		}
		if err := s.open(p); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func (s *Service) reach(a *ident.Actor) pager {
	switch {
	case a.Kind == ident.ByUser && !a.Owner:
		return &ofMember{store: s.store, roles: s.parts.Roles, organizationID: a.OrganizationID, userID: a.ID}
	case len(a.ProjectIDs) > 0:
		return ofKey{store: s.store, organizationID: a.OrganizationID, ids: slices.Compact(slices.Sorted(slices.Values(a.ProjectIDs)))}
	}
	return ofOrganization{s.store, a.OrganizationID}
}

// ofOrganization is all projects of an organization.
type ofOrganization struct {
	store          Store
	organizationID string
}

func (r ofOrganization) page(ctx context.Context, q database.Querier, after string, limit int) ([]*Project, error) {
	return r.store.Page(ctx, q, r.organizationID, after, limit)
}

func (r ofOrganization) total(ctx context.Context, q database.Querier) (int, error) {
	return r.store.Total(ctx, q, r.organizationID)
}

// ofKey is the projects that a key is bound to, by their ids, as far as they
// still exist. They are few: each is read by itself.
type ofKey struct {
	store          Store
	organizationID string
	ids            []string
}

func (r ofKey) page(ctx context.Context, q database.Querier, after string, limit int) ([]*Project, error) {
	var out []*Project
	for _, id := range r.ids {
		if id <= after {
			continue
		}
		if len(out) == limit {
			break
		}
		p, err := r.store.Get(ctx, q, r.organizationID, id)
		if fault.Is(err, fault.ResourceNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (r ofKey) total(ctx context.Context, q database.Querier) (n int, err error) {
	for _, id := range r.ids {
		found, err := r.store.Exists(ctx, q, r.organizationID, id)
		if err != nil {
			return 0, err
		}
		if found {
			n++
		}
	}
	return n, nil
}

// ofMember is the projects that a user is a member of. The webhook token is
// left out where get-project would be refused to the user.
type ofMember struct {
	store                  Store
	roles                  Roles
	organizationID, userID string
}

func (r *ofMember) page(ctx context.Context, q database.Querier, after string, limit int) ([]*Project, error) {
	memberships, err := r.store.PageOfMember(ctx, q, r.organizationID, r.userID, after, limit)
	if err != nil {
		return nil, err
	}
	mayRead := map[string]bool{} // by role
	out := make([]*Project, 0, len(memberships))
	for _, m := range memberships {
		allowed, known := mayRead[m.role]
		if !known {
			held, err := r.roles.PermissionsIn(ctx, q, r.userID, m.ID)
			if err != nil {
				return nil, err
			}
			allowed = slices.Contains(held, ident.SettingsRead)
			mayRead[m.role] = allowed
		}
		if !allowed {
			m.sealedToken = nil
		}
		out = append(out, m.Project)
	}
	return out, nil
}

func (r *ofMember) total(ctx context.Context, q database.Querier) (int, error) {
	return r.store.TotalOfMember(ctx, q, r.organizationID, r.userID)
}
