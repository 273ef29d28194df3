package template

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Projects tells which projects there are.
type Projects interface {
	// Exists reports whether the organization has this project.
	Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error)
}

// Roles tells what users may do.
type Roles interface {
	// PermissionsIn returns the user's permissions in the project, nil if the
	// user is no member of it.
	PermissionsIn(ctx context.Context, q database.Querier, userID, projectID string) ([]ident.Permission, error)
}

// Service does what can be done with campaign templates. Its callers have
// checked that the project is within the actor's reach. No node is told of
// changes: no cache and no document of the configuration holds templates.
type Service struct {
	store    Store
	projects Projects
	roles    Roles
}

// NewService returns the service.
func NewService(projects Projects, roles Roles) *Service {
	return &Service{projects: projects, roles: roles}
}

// List returns a page of the project's templates, with the total of all of
// them, whatever the filters, if that is asked for.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string, p Page, withTotal bool) (CampaignTemplateList, error) {
	entries, err := s.store.Page(ctx, q, projectID, p)
	if err != nil {
		return CampaignTemplateList{}, err
	}
	l := CampaignTemplateList{HasMore: len(entries) > p.Limit}
	entries = entries[:min(p.Limit, len(entries))]
	l.List = api.All(entries)
	if l.HasMore {
		l.MoreStartingAfter = &entries[len(entries)-1].ID
	}
	if withTotal {
		total, err := s.store.Total(ctx, q, projectID)
		if err != nil {
			return CampaignTemplateList{}, err
		}
		l.Total = &total
	}
	return l, nil
}

// Get returns a template, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*CampaignTemplate, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// Campaign returns the definition of the campaign that a template makes, or
// fault.ResourceNotFound.
func (s *Service) Campaign(ctx context.Context, q database.Querier, projectID, id string) (json.RawMessage, error) {
	return s.store.Campaign(ctx, q, projectID, id)
}

// Create makes a template. It returns fault.InvalidPayload, or
// fault.DuplicateFound if the project has one of that name.
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, d Definition, now clock.Timestamp) (*CampaignTemplate, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	t := &CampaignTemplate{
		ID: ident.NewID(ident.CampaignTemplate), Name: d.Name, Description: d.Description, CampaignType: d.CampaignType, CreatedAt: now, Object: object,
	}
	return t, s.store.Insert(ctx, tx, projectID, t, d.Campaign)
}

// Update merges a name or description that the body sends into the template
// and returns it before and after; both are the same if nothing changes. It returns fault.ResourceNotFound,
// fault.InvalidPayload, or fault.DuplicateFound if the name is taken.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, body []byte, now clock.Timestamp) (before, after *CampaignTemplate, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	wanted := CampaignTemplateUpdate{Name: before.Name}
	if before.Description != nil {
		description := *before.Description // merging writes through the pointer
		wanted.Description = &description
	}
	if err := api.Merge(body, &wanted); err != nil {
		return nil, nil, err
	}
	t := *before
	t.Name, t.Description = wanted.Name, wanted.Description
	if reflect.DeepEqual(*before, t) {
		return before, before, nil
	}
	t.UpdatedAt = &now
	return before, &t, s.store.Update(ctx, tx, projectID, &t)
}

// Delete removes the template and returns what it was, or
// fault.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tx database.Tx, projectID, id string) (*CampaignTemplate, error) {
	t, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	return t, s.store.Delete(ctx, tx, projectID, id)
}

// Copy copies a template to the project that the body names, where the actor
// must have the right to change settings too, and returns the copy. What the
// body does not say of the description stays. It returns
// fault.ResourceNotFound for an unknown template or project (another
// organization's included), fault.Forbidden, or fault.DuplicateFound if the
// name is taken there (CONTRACT 3).
func (s *Service) Copy(ctx context.Context, tx database.Tx, a *ident.Actor, projectID, id string, body []byte, now clock.Timestamp) (*CampaignTemplate, error) {
	original, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	wanted := CampaignTemplateCopy{Description: original.Description}
	if err := api.Merge(body, &wanted); err != nil {
		return nil, err
	}
	if err := s.admit(ctx, tx, a, wanted.DestinationProjectID); err != nil {
		return nil, err
	}
	t := &CampaignTemplate{
		ID: ident.NewID(ident.CampaignTemplate), Name: wanted.Name, Description: wanted.Description, CampaignType: original.CampaignType,
		CreatedAt: now, Object: object,
	}
	return t, s.store.InsertCopy(ctx, tx, wanted.DestinationProjectID, t, projectID, id)
}

// admit checks that the actor may change the settings of a project other than
// the one that the call itself is about, in the words of the runner.
func (s *Service) admit(ctx context.Context, q database.Querier, a *ident.Actor, projectID string) error {
	found, err := s.projects.Exists(ctx, q, a.OrganizationID, projectID)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound("project", projectID)
	}
	switch {
	case a.Kind == ident.ByManagementKey:
		if !a.MayReach(projectID) {
			return fault.Denied("The key is not allowed in project %s", projectID)
		}
		return nil
	case a.Kind == ident.ByOperator, a.Kind == ident.ByUser && a.Owner:
		return nil
	case a.Kind == ident.ByUser:
		held, err := s.roles.PermissionsIn(ctx, q, a.ID, projectID)
		if err != nil {
			return err
		}
		if !slices.Contains(held, ident.SettingsWrite) {
			return fault.Denied("Your role in project %s does not include the permission %s", projectID, ident.SettingsWrite)
		}
		return nil
	}
	return fault.Denied("This credential does not reach project %s", projectID)
}

// CopyProject copies the templates of one project to a new one, for a clone,
// in their order.
func (s *Service) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	templates, err := s.store.All(ctx, tx, from)
	if err != nil {
		return err
	}
	ids := make([]string, len(templates))
	for i := range ids {
		ids[i] = ident.NewID(ident.CampaignTemplate)
	}
	slices.Sort(ids) // made within one millisecond they come in any order
	for i, t := range templates {
		original := t.ID
		t.ID, t.CreatedAt, t.UpdatedAt = ids[i], now, nil
		if err := s.store.InsertCopy(ctx, tx, to, t, from, original); err != nil {
			return err
		}
	}
	return nil
}
