package organization

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Store keeps organizations.
type Store struct{}

const kind = "organization" // as errors and the audit log name it

const columns = `id, name, management_api, management_key_limit, limits, event_retention_days, require_one_time_codes, created_at, updated_at`

// Insert keeps a new organization.
func (Store) Insert(ctx context.Context, q database.Querier, o *Organization) error {
	_, err := q.Exec(ctx, `INSERT INTO organizations (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		o.ID, o.Name, o.ManagementAPI, o.ManagementKeyLimit, o.Limits, o.EventRetentionDays, o.RequireOneTimeCodes, o.CreatedAt, o.UpdatedAt)
	return err
}

// Get returns an organization, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, id string) (*Organization, error) {
	o, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM organizations WHERE id = $1`, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return o, err
}

// List returns all organizations, the oldest first.
func (Store) List(ctx context.Context, q database.Querier) ([]*Organization, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM organizations ORDER BY id`)
	return database.Collect(rows, err, scan)
}

// Update keeps a changed organization, or returns fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, o *Organization) error {
	n, err := q.Exec(ctx, `UPDATE organizations SET name = $1, management_api = $2, management_key_limit = $3, limits = $4, event_retention_days = $5,
		require_one_time_codes = $6, updated_at = $7 WHERE id = $8`,
		o.Name, o.ManagementAPI, o.ManagementKeyLimit, o.Limits, o.EventRetentionDays, o.RequireOneTimeCodes, o.UpdatedAt, o.ID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, o.ID)
	}
	return err
}

func scan(row database.Row) (*Organization, error) {
	var o Organization
	err := row.Scan(&o.ID, &o.Name, &o.ManagementAPI, &o.ManagementKeyLimit, &o.Limits, &o.EventRetentionDays, &o.RequireOneTimeCodes, &o.CreatedAt, &o.UpdatedAt)
	if err != nil {
		return nil, err
	}
	return &o, nil
}
