package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const roleKind = "role"

// RoleStore keeps custom roles.
type RoleStore struct{}

const roleColumns = `id, name, permissions, created_at, updated_at`

// List returns the organization's roles, the oldest first.
func (RoleStore) List(ctx context.Context, q database.Querier, organizationID string) ([]*Role, error) {
	rows, err := q.Query(ctx, `SELECT `+roleColumns+` FROM roles WHERE organization_id = $1 ORDER BY id`, organizationID)
	return database.Collect(rows, err, scanRole)
}

// Get returns a role of the organization, or fault.ResourceNotFound.
func (RoleStore) Get(ctx context.Context, q database.Querier, organizationID, id string) (*Role, error) {
	r, err := scanRole(q.QueryRow(ctx, `SELECT `+roleColumns+` FROM roles WHERE id = $1 AND organization_id = $2`, id, organizationID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(roleKind, id)
	}
	return r, err
}

// Exists reports whether the organization has this role.
func (RoleStore) Exists(ctx context.Context, q database.Querier, organizationID, id string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM roles WHERE id = $1 AND organization_id = $2`, id, organizationID).Scan(&n)
	return n == 1, err
}

// Insert keeps a new role, or returns fault.DuplicateFound if another one has
// the name.
func (RoleStore) Insert(ctx context.Context, q database.Querier, organizationID string, r *Role) error {
	permissions, err := json.Marshal(r.Permissions)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO roles (id, organization_id, name, permissions, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, organizationID, r.Name, string(permissions), r.CreatedAt, r.UpdatedAt)
	if errors.Is(err, database.ErrUnique) {
		return fault.Duplicate(roleKind, "name", r.Name)
	}
	return err
}

// Update keeps a changed role. It returns fault.ResourceNotFound, or
// fault.DuplicateFound if another one has the name.
func (RoleStore) Update(ctx context.Context, q database.Querier, organizationID string, r *Role) error {
	permissions, err := json.Marshal(r.Permissions)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE roles SET name = $1, permissions = $2, updated_at = $3 WHERE id = $4 AND organization_id = $5`,
		r.Name, string(permissions), r.UpdatedAt, r.ID, organizationID)
	switch {
	case errors.Is(err, database.ErrUnique):
		return fault.Duplicate(roleKind, "name", r.Name)
	case err == nil && n == 0:
		return fault.NotFound(roleKind, r.ID)
	}
	return err
}

// Delete removes a role, or returns fault.ResourceNotFound.
func (RoleStore) Delete(ctx context.Context, q database.Querier, organizationID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM roles WHERE id = $1 AND organization_id = $2`, id, organizationID)
	if err == nil && n == 0 {
		return fault.NotFound(roleKind, id)
	}
	return err
}

// Uses returns how many memberships have the role, and how many invitations
// that can still be accepted would give it.
func (RoleStore) Uses(ctx context.Context, q database.Querier, organizationID, id string, now clock.Timestamp) (members, invitations int, err error) {
	// By the organization's own projects: role has no index, and needs none for
	// what happens this rarely.
	err = q.QueryRow(ctx, `SELECT
			(SELECT count(*) FROM project_members m JOIN projects p ON p.id = m.project_id WHERE p.organization_id = $1 AND m.role = $2),
			(SELECT count(DISTINCT i.id) FROM invitations i JOIN invitation_projects p ON p.invitation_id = i.id
				WHERE i.organization_id = $1 AND i.expires_at > $3 AND p.role = $2)`,
		organizationID, id, now).Scan(&members, &invitations)
	return members, invitations, err
}

func scanRole(row database.Row) (*Role, error) {
	var r Role
	var permissions string
	if err := row.Scan(&r.ID, &r.Name, &permissions, &r.CreatedAt, &r.UpdatedAt); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(permissions), &r.Permissions); err != nil {
		return nil, fmt.Errorf("role %s holds broken permissions: %w", r.ID, err)
	}
	return &r, nil
}
