package notification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Store keeps notifications, who has read them, and which warnings were
// written.
type Store struct{}

const (
	columns = `n.id, n.organization_id, n.project_id, n.kind, n.title, n.text, n.details, n.created_at, r.read_at`
	// visible joins the notifications that a reader sees with her read marks:
	// $1 is her organization, $2 she, $3 whether she is an owner of it.
	visible = ` FROM notifications n LEFT JOIN notification_reads r ON r.notification_id = n.id AND r.user_id = $2
		WHERE n.organization_id = $1 AND ($3 OR EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = n.project_id AND m.user_id = $2))`
)

// Insert keeps a notification.
func (Store) Insert(ctx context.Context, q database.Querier, n *Notification) error {
	details, err := json.Marshal(n.Details)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO notifications (id, organization_id, project_id, kind, title, text, details, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, n.ID, n.organizationID, n.ProjectID, string(n.Kind), n.Title, n.Text, string(details), n.CreatedAt)
	return err
}

// List returns at most limit of what a reader sees, the newest first, from
// after one on, or from the first on.
func (Store) List(ctx context.Context, q database.Querier, r Reader, unreadOnly bool, after string, limit int) ([]*Notification, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+visible+`
		AND ($4 = '' OR n.id < $4) AND (NOT $5 OR r.read_at IS NULL) ORDER BY n.id DESC LIMIT $6`,
		r.OrganizationID, r.UserID, r.Owner, after, unreadOnly, limit)
	return database.Collect(rows, err, scan)
}

// Count returns how many notifications a reader sees, and how many of them she
// has not read.
func (Store) Count(ctx context.Context, q database.Querier, r Reader) (total, unread int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*), count(*) - count(r.read_at)`+visible, r.OrganizationID, r.UserID, r.Owner).Scan(&total, &unread)
	return total, unread, err
}

// Get returns a notification that the reader sees, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, r Reader, id string) (*Notification, error) {
	n, err := scan(q.QueryRow(ctx, `SELECT `+columns+visible+` AND n.id = $4`, r.OrganizationID, r.UserID, r.Owner, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return n, err
}

// MarkRead keeps that a user has read a notification.
func (Store) MarkRead(ctx context.Context, q database.Querier, userID, id string, at clock.Timestamp) error {
	_, err := q.Exec(ctx, `INSERT INTO notification_reads (user_id, notification_id, read_at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, notification_id) DO NOTHING`, userID, id, at)
	return err
}

// MarkAllRead keeps that a reader has read everything she sees, and returns
// how much of it she had not read.
func (Store) MarkAllRead(ctx context.Context, q database.Querier, r Reader, at clock.Timestamp) (int64, error) {
	return q.Exec(ctx, `INSERT INTO notification_reads (user_id, notification_id, read_at)
		SELECT CAST($2 AS TEXT), n.id, CAST($4 AS BIGINT)`+visible+` AND r.read_at IS NULL
		ON CONFLICT (user_id, notification_id) DO NOTHING`, r.OrganizationID, r.UserID, r.Owner, at)
}

// Claim keeps that a warning is being written, and reports whether nobody did
// so before.
func (Store) Claim(ctx context.Context, q database.Querier, c claim) (first bool, err error) {
	n, err := q.Exec(ctx, `INSERT INTO usage_warnings (project_id, metric, starts_at) VALUES ($1, $2, $3)
		ON CONFLICT (project_id, metric, starts_at) DO NOTHING`, c.projectID, c.metric, c.startsAt)
	return n == 1, err
}

// DeleteBefore removes the notifications whose ids come before one.
func (Store) DeleteBefore(ctx context.Context, q database.Querier, id string) error {
	_, err := q.Exec(ctx, `DELETE FROM notifications WHERE id < $1`, id)
	return err
}

// DeleteClaims forgets the warnings of what began before a moment.
func (Store) DeleteClaims(ctx context.Context, q database.Querier, before clock.Timestamp) error {
	_, err := q.Exec(ctx, `DELETE FROM usage_warnings WHERE starts_at < $1`, before)
	return err
}

func scan(row database.Row) (*Notification, error) {
	n := &Notification{Object: kind}
	var details string
	if err := row.Scan(&n.ID, &n.organizationID, &n.ProjectID, &n.Kind, &n.Title, &n.Text, &details, &n.CreatedAt, &n.ReadAt); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(details), &n.Details); err != nil {
		return nil, fmt.Errorf("notification %s holds broken details: %w", n.ID, err)
	}
	return n, nil
}
