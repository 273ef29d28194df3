package user

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
)

const resetKind = "password_reset"

// ResetStore keeps password resets until they expire.
type ResetStore struct{}

// Insert keeps a new link of a user.
func (ResetStore) Insert(ctx context.Context, q database.Querier, userID string, tokenHash []byte, now, expires clock.Timestamp) error {
	_, err := q.Exec(ctx, `INSERT INTO password_resets (token_hash, user_id, live, created_at, expires_at) VALUES ($1, $2, TRUE, $3, $4)`,
		tokenHash, userID, now, expires)
	return err
}

// Count returns how many links the user was sent that have not expired,
// whether they are live or not.
func (ResetStore) Count(ctx context.Context, q database.Querier, userID string, now clock.Timestamp) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM password_resets WHERE user_id = $1 AND expires_at > $2`, userID, now).Scan(&n)
	return n, err
}

// Find returns the user whose live link has this token, and when it expires;
// else fault.ResourceNotFound.
func (ResetStore) Find(ctx context.Context, q database.Querier, tokenHash []byte, now clock.Timestamp) (userID string, expires clock.Timestamp, err error) {
	err = q.QueryRow(ctx, `SELECT user_id, expires_at FROM password_resets WHERE token_hash = $1 AND live AND expires_at > $2`, tokenHash, now).
		Scan(&userID, &expires)
	if errors.Is(err, database.ErrNoRows) {
		err = errNoReset()
	}
	return userID, expires, err
}

// Void makes all of the user's links dead.
func (ResetStore) Void(ctx context.Context, q database.Querier, userID string) error {
	_, err := q.Exec(ctx, `UPDATE password_resets SET live = FALSE WHERE user_id = $1 AND live`, userID)
	return err
}

// DeleteExpired removes links that have expired.
func (ResetStore) DeleteExpired(ctx context.Context, q database.Querier, now clock.Timestamp) error {
	_, err := q.Exec(ctx, `DELETE FROM password_resets WHERE expires_at <= $1`, now)
	return err
}
