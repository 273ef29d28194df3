package onetimecode

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
)

type store struct{}

// row is what is kept of a person; all of it is zero for one without codes.
type row struct {
	secret       []byte // sealed
	lastStep     int64  // the period of the last code that was used
	enabledAt    *clock.Timestamp
	pending      []byte // sealed; waits for its first code
	pendingUntil clock.Timestamp
}

func (store) find(ctx context.Context, q database.Querier, userID string) (row, error) {
	var r row
	var until *clock.Timestamp
	err := q.QueryRow(ctx, `SELECT secret, last_step, enabled_at, pending, pending_until FROM one_time_codes WHERE user_id = $1`, userID).
		Scan(&r.secret, &r.lastStep, &r.enabledAt, &r.pending, &until)
	if errors.Is(err, database.ErrNoRows) {
		return row{}, nil
	}
	if until != nil {
		r.pendingUntil = *until
	}
	return r, err
}

func (store) list(ctx context.Context, q database.Querier, organizationID string, limit, offset int) ([]Holder, error) {
	rows, err := q.Query(ctx, `SELECT u.id, u.login, u.first_name, u.last_name, u.is_owner, c.enabled_at
		FROM users u LEFT JOIN one_time_codes c ON c.user_id = u.id
		WHERE u.organization_id = $1 ORDER BY c.enabled_at IS NOT NULL, u.id LIMIT $2 OFFSET $3`, organizationID, limit, offset)
	return database.Collect(rows, err, func(row database.Row) (h Holder, err error) {
		return h, row.Scan(&h.UserID, &h.Login, &h.FirstName, &h.LastName, &h.Owner, &h.EnabledAt)
	})
}

func (store) countUsers(ctx context.Context, q database.Querier, organizationID string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM users WHERE organization_id = $1`, organizationID).Scan(&n)
	return n, err
}

func (store) setPending(ctx context.Context, tx database.Tx, userID string, sealed []byte, until clock.Timestamp) error {
	_, err := tx.Exec(ctx, `INSERT INTO one_time_codes (user_id, last_step, pending, pending_until) VALUES ($1, 0, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET pending = excluded.pending, pending_until = excluded.pending_until`, userID, sealed, until)
	return err
}

// enable makes the pending secret the one that counts.
func (store) enable(ctx context.Context, tx database.Tx, userID string, lastStep int64, at clock.Timestamp) error {
	_, err := tx.Exec(ctx, `UPDATE one_time_codes SET secret = pending, last_step = $1, enabled_at = $2, pending = NULL, pending_until = NULL
		WHERE user_id = $3`, lastStep, at, userID)
	return err
}

func (store) setLastStep(ctx context.Context, tx database.Tx, userID string, step int64) error {
	_, err := tx.Exec(ctx, `UPDATE one_time_codes SET last_step = $1 WHERE user_id = $2`, step, userID)
	return err
}

func (store) countRecovery(ctx context.Context, q database.Querier, userID string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM recovery_codes WHERE user_id = $1`, userID).Scan(&n)
	return n, err
}

// takeRecovery removes a recovery code and reports whether it was there.
func (store) takeRecovery(ctx context.Context, tx database.Tx, userID string, hash []byte) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2`, userID, hash)
	return n > 0, err
}

func (store) replaceRecovery(ctx context.Context, tx database.Tx, userID string, hashes [][]byte) error {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, err := tx.Exec(ctx, `INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)`, userID, hash); err != nil {
			return err
		}
	}
	return nil
}

// delete removes all that is kept of a person and reports whether the codes
// were enabled.
func (store) delete(ctx context.Context, tx database.Tx, userID string) (bool, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM one_time_codes WHERE user_id = $1 AND enabled_at IS NULL`, userID); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `DELETE FROM one_time_codes WHERE user_id = $1`, userID)
	return n > 0, err
}
