package user

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
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

// DeleteExpired removes invitations that can no longer be accepted.
func (InvitationStore) DeleteExpired(ctx context.Context, q database.Querier, now clock.Timestamp) error {
	_, err := q.Exec(ctx, `DELETE FROM invitations WHERE expires_at <= $1`, now)
	return err
}
