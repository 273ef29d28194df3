package user

import (
	"context"
	"fmt"
	"slices"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// ListRoles returns the organization's custom roles, the oldest first.
func (s *Service) ListRoles(ctx context.Context, q database.Querier, organizationID string) ([]*Role, error) {
	return s.roles.List(ctx, q, organizationID)
}

// GetRole returns a custom role, or fault.ResourceNotFound.
func (s *Service) GetRole(ctx context.Context, q database.Querier, organizationID, id string) (*Role, error) {
	return s.roles.Get(ctx, q, organizationID, id)
}

// CreateRole makes a custom role. It returns fault.InvalidPayload, or
// fault.DuplicateFound if another one has the name.
func (s *Service) CreateRole(ctx context.Context, tx database.Tx, organizationID string, document RoleDocument, now clock.Timestamp) (*Role, error) {
	if err := document.check(); err != nil {
		return nil, err
	}
	r := &Role{ID: ident.NewID(ident.Role), RoleDocument: document, CreatedAt: now, UpdatedAt: now}
	return r, s.roles.Insert(ctx, tx, organizationID, r)
}

// UpdateRole merges the members that the body sends into the role and returns
// it before and after. Who has the role has its new permissions from the next
// call on. It returns fault.ResourceNotFound, fault.InvalidPayload or
// fault.DuplicateFound.
func (s *Service) UpdateRole(ctx context.Context, tx database.Tx, organizationID, id string, body []byte, now clock.Timestamp) (before, after *Role, err error) {
	if before, err = s.roles.Get(ctx, tx, organizationID, id); err != nil {
		return nil, nil, err
	}
	changed := *before
	changed.Permissions = slices.Clone(before.Permissions) // merging may write into the old array
	if err := api.Merge(body, &changed.RoleDocument); err != nil {
		return nil, nil, err
	}
	if err := changed.check(); err != nil {
		return nil, nil, err
	}
	changed.UpdatedAt = now
	return before, &changed, s.roles.Update(ctx, tx, organizationID, &changed)
}

// DeleteRole removes a role and returns what it was. It returns
// fault.ResourceNotFound, or fault.InvalidPayload while members or pending
// invitations have it.
func (s *Service) DeleteRole(ctx context.Context, tx database.Tx, organizationID, id string, now clock.Timestamp) (*Role, error) {
	r, err := s.roles.Get(ctx, tx, organizationID, id)
	if err != nil {
		return nil, err
	}
	members, invitations, err := s.roles.Uses(ctx, tx, organizationID, id, now)
	if err != nil {
		return nil, err
	}
	if members+invitations > 0 {
		return nil, fault.Invalid(fmt.Sprintf("Role %s is in use: members with it: %d, pending invitations with it: %d; give them another role first",
			id, members, invitations))
	}
	return r, s.roles.Delete(ctx, tx, organizationID, id)
}
