package audit

import (
	"context"
	"encoding/json"
	"math"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// Store keeps the audit log.
type Store struct{}

const columns = `id, organization_id, project_id, at, actor_kind, actor_id, actor_name, address, request_id, action,
	resource_type, resource_id, before_change, after_change`

// matching is what List and Count have in common; filterArgs are its arguments.
const matching = ` FROM audit_log WHERE organization_id = $1 AND at >= $2 AND at < $3 AND ($4 = '' OR actor_id = $4) AND ($5 = '' OR action = $5)
	AND ($6 = '' OR resource_type = $6) AND ($7 = '' OR resource_id = $7) AND ($8 = '' OR project_id = $8)`

// Insert adds an entry.
func (Store) Insert(ctx context.Context, q database.Querier, e *AuditEntry) error {
	_, err := q.Exec(ctx, `INSERT INTO audit_log (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		e.ID, e.organizationID, e.ProjectID, e.At, string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.Address, e.RequestID, e.Action,
		e.ResourceType, e.ResourceID, text(e.Before), text(e.After))
	return err
}

// List returns an organization's newest entries that the filter lets through,
// the newest first.
func (Store) List(ctx context.Context, q database.Querier, organizationID string, f Filter, limit int) ([]*AuditEntry, error) {
	args := append(filterArgs(organizationID, f), f.StartingAfterID, limit)
	rows, err := q.Query(ctx, `SELECT `+columns+matching+` AND ($9 = '' OR id < $9) ORDER BY id DESC LIMIT $10`, args...)
	return database.Collect(rows, err, scan)
}

// Count returns how many entries the filter lets through, whatever its
// StartingAfterID.
func (Store) Count(ctx context.Context, q database.Querier, organizationID string, f Filter) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*)`+matching, filterArgs(organizationID, f)...).Scan(&n)
	return n, err
}

func filterArgs(organizationID string, f Filter) []any {
	from, to := clock.Timestamp(math.MinInt64), clock.Timestamp(math.MaxInt64)
	if f.From != nil {
		from = *f.From
	}
	if f.To != nil {
		to = *f.To
	}
	return []any{organizationID, from, to, f.ActorID, f.Action, f.ResourceType, f.ResourceID, f.ProjectID}
}

func scan(row database.Row) (*AuditEntry, error) {
	var (
		e             AuditEntry
		kind          string
		before, after *string
	)
	err := row.Scan(&e.ID, &e.organizationID, &e.ProjectID, &e.At, &kind, &e.Actor.ID, &e.Actor.Name, &e.Address, &e.RequestID, &e.Action,
		&e.ResourceType, &e.ResourceID, &before, &after)
	if err != nil {
		return nil, err
	}
	e.Actor.Kind = ident.ActorKind(kind)
	e.Before, e.After = raw(before), raw(after)
	return &e, nil
}

// text is how JSON is stored: as text, or NULL for none.
func text(m json.RawMessage) *string {
	if m == nil {
		return nil
	}
	s := string(m)
	return &s
}

func raw(s *string) json.RawMessage {
	if s == nil {
		return nil
	}
	return json.RawMessage(*s)
}
