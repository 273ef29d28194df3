package mail

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// Store keeps the outbox.
type Store struct{}

const columns = `id, organization_id, project_id, kind, to_address, from_name, subject, text_body, html_body,
	status, attempts, last_error, next_attempt_at, created_at, sent_at`

// Insert keeps a new mail.
func (Store) Insert(ctx context.Context, q database.Querier, m *Mail) error {
	_, err := q.Exec(ctx, `INSERT INTO mails (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		m.ID, m.OrganizationID, m.ProjectID, m.Kind, m.To, m.FromName, m.Subject, m.Text, m.HTML,
		string(m.Status), m.Attempts, m.LastError, m.NextAttemptAt, m.CreatedAt, m.SentAt)
	return err
}

// List returns the newest mails of a status, or of all if it is empty, the
// newest first.
func (Store) List(ctx context.Context, q database.Querier, status Status, limit int) ([]*Mail, error) {
	if status == "" {
		rows, err := q.Query(ctx, `SELECT `+columns+` FROM mails ORDER BY id DESC LIMIT $1`, limit)
		return database.Collect(rows, err, scan)
	}
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM mails WHERE status = $1 ORDER BY id DESC LIMIT $2`, string(status), limit)
	return database.Collect(rows, err, scan)
}

// ListOf returns at most limit mails of an organization, the newest first:
// those of a status, or all if it is empty, that come after one, or from the
// start if that is empty.
func (Store) ListOf(ctx context.Context, q database.Querier, organizationID string, status Status, after string, limit int) ([]*Mail, error) {
	if after == "" {
		after = string(ident.Mail) + "_~" // after any id
	}
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM mails WHERE organization_id = $1 AND id < $2 AND (CAST($3 AS TEXT) = '' OR status = $3)
		ORDER BY id DESC LIMIT $4`, organizationID, after, string(status), limit)
	return database.Collect(rows, err, scan)
}

// CountOf returns how many mails of a status, or in all if it is empty, an
// organization has.
func (Store) CountOf(ctx context.Context, q database.Querier, organizationID string, status Status) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM mails WHERE organization_id = $1 AND (CAST($2 AS TEXT) = '' OR status = $2)`, organizationID, string(status)).Scan(&n)
	return n, err
}

// AnyDue reports whether a queued mail is due.
func (Store) AnyDue(ctx context.Context, q database.Querier, now clock.Timestamp) (bool, error) {
	var one int
	err := q.QueryRow(ctx, `SELECT 1 FROM mails WHERE status = 'queued' AND next_attempt_at <= $1 LIMIT 1`, now).Scan(&one)
	if errors.Is(err, database.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Claim counts one more try of the mail that has been due for longest and
// leases it until the given time; nil if none is due.
func (Store) Claim(ctx context.Context, tx database.Tx, now, until clock.Timestamp) (*Mail, error) {
	m, err := scan(tx.QueryRow(ctx, `UPDATE mails SET attempts = attempts + 1, next_attempt_at = $1 WHERE id = (
			SELECT id FROM mails WHERE status = 'queued' AND next_attempt_at <= $2 ORDER BY next_attempt_at, id LIMIT 1
		) RETURNING `+columns, until, now))
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return m, err
}

// Settle keeps how a try ended, unless the lease ran out meanwhile and
// somebody else has the mail: the number of tries tells. It reports which.
func (Store) Settle(ctx context.Context, q database.Querier, m *Mail) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE mails SET status = $1, last_error = $2, next_attempt_at = $3, sent_at = $4, text_body = $5, html_body = $6
		WHERE id = $7 AND attempts = $8 AND status = 'queued'`,
		string(m.Status), m.LastError, m.NextAttemptAt, m.SentAt, m.Text, m.HTML, m.ID, m.Attempts)
	return n == 1, err
}

// DeleteSent removes what was sent before the given time.
func (Store) DeleteSent(ctx context.Context, q database.Querier, before clock.Timestamp) error {
	_, err := q.Exec(ctx, `DELETE FROM mails WHERE status = 'sent' AND sent_at < $1`, before)
	return err
}

// DeleteUnsent removes what was written before the given time and is not to be
// sent any more.
func (Store) DeleteUnsent(ctx context.Context, q database.Querier, before clock.Timestamp) error {
	_, err := q.Exec(ctx, `DELETE FROM mails WHERE status IN ('failed', 'kept') AND created_at < $1`, before)
	return err
}

func scan(row database.Row) (*Mail, error) {
	var m Mail
	var status string
	err := row.Scan(&m.ID, &m.OrganizationID, &m.ProjectID, &m.Kind, &m.To, &m.FromName, &m.Subject, &m.Text, &m.HTML,
		&status, &m.Attempts, &m.LastError, &m.NextAttemptAt, &m.CreatedAt, &m.SentAt)
	if err != nil {
		return nil, err
	}
	m.Status = Status(status)
	return &m, nil
}
