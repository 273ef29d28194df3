package user

import (
	"context"

	"github.com/steward-platform/steward/internal/database"
)

// MemberEmails returns the e-mail addresses of a project's members, the oldest
// user's first.
func (s *Service) MemberEmails(ctx context.Context, q database.Querier, projectID string) ([]string, error) {
	return s.members.Emails(ctx, q, projectID)
}

// Emails returns the e-mail addresses of the project's members, the oldest
// user's first.
func (MemberStore) Emails(ctx context.Context, q database.Querier, projectID string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT u.email FROM project_members m JOIN users u ON u.id = m.user_id
		WHERE m.project_id = $1 ORDER BY u.id`, projectID)
	return database.Collect(rows, err, func(row database.Row) (email string, err error) { return email, row.Scan(&email) })
}
