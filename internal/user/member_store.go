package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// MemberStore keeps who is a member of which project.
type MemberStore struct{}

// List returns a page of the project's members with all their projects, the
// oldest user first.
func (MemberStore) List(ctx context.Context, q database.Querier, projectID string, limit, offset int64) ([]*TeamUser, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+`, p.project_id, p.role
		FROM (SELECT user_id FROM project_members WHERE project_id = $1 ORDER BY user_id LIMIT $2 OFFSET $3) m
		JOIN users u ON u.id = m.user_id JOIN project_members p ON p.user_id = u.id ORDER BY u.id, p.project_id`, projectID, limit, offset)
	return collect(rows, err)
}

// Count returns how many members the project has.
func (MemberStore) Count(ctx context.Context, q database.Querier, projectID string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM project_members WHERE project_id = $1`, projectID).Scan(&n)
	return n, err
}

// Insert makes a user a member, or returns fault.DuplicateFound if the user is
// one already.
func (MemberStore) Insert(ctx context.Context, q database.Querier, projectID, userID, role string, at clock.Timestamp) error {
	_, err := q.Exec(ctx, `INSERT INTO project_members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)`, projectID, userID, role, at)
	if errors.Is(err, database.ErrUnique) {
		return fault.Duplicate(kind, "id", userID)
	}
	return err
}

// SetRole changes a member's role, or returns fault.ResourceNotFound.
func (MemberStore) SetRole(ctx context.Context, q database.Querier, projectID, userID, role string) error {
	n, err := q.Exec(ctx, `UPDATE project_members SET role = $1 WHERE project_id = $2 AND user_id = $3`, role, projectID, userID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, userID)
	}
	return err
}

// Delete takes a member out of the project.
func (MemberStore) Delete(ctx context.Context, q database.Querier, projectID, userID string) error {
	_, err := q.Exec(ctx, `DELETE FROM project_members WHERE project_id = $1 AND user_id = $2`, projectID, userID)
	return err
}

// AddOwners makes all owners of the organization members of the project, as
// ADMIN whatever their role was.
func (MemberStore) AddOwners(ctx context.Context, q database.Querier, organizationID, projectID string, at clock.Timestamp) error {
	_, err := q.Exec(ctx, `INSERT INTO project_members (project_id, user_id, role, created_at)
		SELECT CAST($1 AS TEXT), id, 'ADMIN', CAST($2 AS BIGINT) FROM users WHERE organization_id = $3 AND is_owner
		ON CONFLICT (project_id, user_id) DO UPDATE SET role = 'ADMIN'`, projectID, at, organizationID)
	return err
}

// AddOwner makes an owner a member of all projects of the organization, as
// ADMIN.
func (MemberStore) AddOwner(ctx context.Context, q database.Querier, u *User, at clock.Timestamp) error {
	_, err := q.Exec(ctx, `INSERT INTO project_members (project_id, user_id, role, created_at)
		SELECT id, CAST($1 AS TEXT), 'ADMIN', CAST($2 AS BIGINT) FROM projects WHERE organization_id = $3
		ON CONFLICT (project_id, user_id) DO UPDATE SET role = 'ADMIN'`, u.ID, at, u.OrganizationID)
	return err
}

// Permissions returns what the user's role in the project allows, nil if the
// user is no member.
func (MemberStore) Permissions(ctx context.Context, q database.Querier, userID, projectID string) ([]ident.Permission, error) {
	var role string
	var custom *string
	err := q.QueryRow(ctx, `SELECT m.role, r.permissions FROM project_members m LEFT JOIN roles r ON r.id = m.role
		WHERE m.project_id = $1 AND m.user_id = $2`, projectID, userID).Scan(&role, &custom)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if held, ok := ident.BuiltInRole(role).Permissions(); ok {
		return held, nil
	}
	held := []ident.Permission{}
	if custom == nil {
		return held, nil // a role that is gone allows nothing; deleting one in use is refused
	}
	if err := json.Unmarshal([]byte(*custom), &held); err != nil {
		return nil, fmt.Errorf("role %s holds broken permissions: %w", role, err)
	}
	return held, nil
}
