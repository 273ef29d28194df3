package user

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const invitationKind = "invitation"

// InvitationStore keeps invitations until they are accepted, replaced or
// swept.
type InvitationStore struct{}

// Insert keeps a new invitation in the place of any other of the organization
// to the same address.
func (InvitationStore) Insert(ctx context.Context, tx database.Tx, i *Invitation, tokenHash []byte) error {
	if _, err := tx.Exec(ctx, `DELETE FROM invitations WHERE organization_id = $1 AND login = $2`, i.OrganizationID, normalize(i.Email)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO invitations (id, organization_id, login, email, first_name, last_name, token_hash, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		i.ID, i.OrganizationID, normalize(i.Email), i.Email, i.FirstName, i.LastName, tokenHash, i.CreatedAt, i.ExpiresAt); err != nil {
		return err
	}
	for projectID, role := range i.Projects {
		if _, err := tx.Exec(ctx, `INSERT INTO invitation_projects (invitation_id, project_id, role) VALUES ($1, $2, $3)`, i.ID, projectID, role); err != nil {
			return err
		}
	}
	return nil
}

// Find returns the invitation with this token, without its projects, if it can
// still be accepted; else fault.ResourceNotFound.
func (InvitationStore) Find(ctx context.Context, q database.Querier, tokenHash []byte, now clock.Timestamp) (*Invitation, error) {
	var i Invitation
	err := q.QueryRow(ctx, `SELECT id, organization_id, email, first_name, last_name, created_at, expires_at
		FROM invitations WHERE token_hash = $1 AND expires_at > $2`, tokenHash, now).
		Scan(&i.ID, &i.OrganizationID, &i.Email, &i.FirstName, &i.LastName, &i.CreatedAt, &i.ExpiresAt)
	if errors.Is(err, database.ErrNoRows) {
		return nil, errNoInvitation()
	}
	if err != nil {
		return nil, err
	}
	return &i, nil
}

// Take removes the invitation with this token and returns it with its
// projects, if it can still be accepted; else fault.ResourceNotFound. Of two
// that take the same one, only one gets it.
func (st InvitationStore) Take(ctx context.Context, tx database.Tx, tokenHash []byte, now clock.Timestamp) (*Invitation, error) {
	i, err := st.Find(ctx, tx, tokenHash, now)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT project_id, role FROM invitation_projects WHERE invitation_id = $1`, i.ID)
	roles, err := database.Collect(rows, err, func(row database.Row) (pair [2]string, err error) {
		return pair, row.Scan(&pair[0], &pair[1])
	})
	if err != nil {
		return nil, err
	}
	i.Projects = make(map[string]string, len(roles))
	for _, r := range roles {
		i.Projects[r[0]] = r[1]
	}
	n, err := tx.Exec(ctx, `DELETE FROM invitations WHERE id = $1`, i.ID)
	if err == nil && n == 0 {
		return nil, errNoInvitation()
	}
	return i, err
}

const (
	pendingColumns = `i.id, i.organization_id, i.email, i.first_name, i.last_name, i.created_at, i.expires_at, p.project_id, p.role`
	pendingRoles   = ` i LEFT JOIN invitation_projects p ON p.invitation_id = i.id`
)

// ListPending returns a page of the organization's invitations that can still
// be accepted, with their projects, the newest first.
func (InvitationStore) ListPending(ctx context.Context, q database.Querier, organizationID string, now clock.Timestamp, limit, offset int64) ([]*Invitation, error) {
	rows, err := q.Query(ctx, `SELECT `+pendingColumns+` FROM (
			SELECT * FROM invitations WHERE organization_id = $1 AND expires_at > $2 ORDER BY id DESC LIMIT $3 OFFSET $4
		)`+pendingRoles+` ORDER BY i.id DESC, p.project_id`, organizationID, now, limit, offset)
	return collectInvitations(rows, err)
}

// CountPending returns how many invitations of the organization can still be
// accepted.
func (InvitationStore) CountPending(ctx context.Context, q database.Querier, organizationID string, now clock.Timestamp) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM invitations WHERE organization_id = $1 AND expires_at > $2`, organizationID, now).Scan(&n)
	return n, err
}

// GetPending returns an invitation of the organization that can still be
// accepted, with its projects, or fault.ResourceNotFound.
func (InvitationStore) GetPending(ctx context.Context, q database.Querier, organizationID, id string, now clock.Timestamp) (*Invitation, error) {
	rows, err := q.Query(ctx, `SELECT `+pendingColumns+` FROM invitations`+pendingRoles+`
		WHERE i.organization_id = $1 AND i.id = $2 AND i.expires_at > $3 ORDER BY p.project_id`, organizationID, id, now)
	found, err := collectInvitations(rows, err)
	if err == nil && len(found) == 0 {
		return nil, fault.NotFound(invitationKind, id)
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// Delete removes an invitation.
func (InvitationStore) Delete(ctx context.Context, tx database.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM invitations WHERE id = $1`, id)
	return err
}

// collectInvitations reads invitations beside their projects, one row a project,
// the rows of an invitation next to each other.
func collectInvitations(rows database.Rows, err error) ([]*Invitation, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*Invitation
	for rows.Next() {
		i := Invitation{Projects: map[string]string{}}
		var projectID, role *string
		if err := rows.Scan(&i.ID, &i.OrganizationID, &i.Email, &i.FirstName, &i.LastName, &i.CreatedAt, &i.ExpiresAt, &projectID, &role); err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1].ID != i.ID {
			all = append(all, &i)
		}
		if projectID != nil && role != nil {
			all[len(all)-1].Projects[*projectID] = *role
		}
	}
	return all, rows.Err()
}

// DeleteExpired removes invitations that can no longer be accepted.
func (InvitationStore) DeleteExpired(ctx context.Context, q database.Querier, now clock.Timestamp) error {
	_, err := q.Exec(ctx, `DELETE FROM invitations WHERE expires_at <= $1`, now)
	return err
}
