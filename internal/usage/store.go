package usage

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
)

// CallKey is what calls are counted by. ProjectID and KeyID are empty where
// none is meant.
type CallKey struct {
	OrganizationID string
	Hour           clock.Timestamp
	Metric         string
	ProjectID      string
	KeyID          string
	Operation      string
	StatusClass    int64 // 2 for a status of 2xx
}

func (k CallKey) compare(o CallKey) int {
	return cmp.Or(
		cmp.Compare(k.OrganizationID, o.OrganizationID), cmp.Compare(k.Hour, o.Hour), cmp.Compare(k.Metric, o.Metric),
		cmp.Compare(k.ProjectID, o.ProjectID), cmp.Compare(k.KeyID, o.KeyID), cmp.Compare(k.Operation, o.Operation),
		cmp.Compare(k.StatusClass, o.StatusClass),
	)
}

// HourCalls are calls to be added to those of an hour.
type HourCalls struct {
	CallKey
	Calls int64
}

// WindowCalls are calls to be added to those of a limit's window. Subject is
// whose, Window the limit's name.
type WindowCalls struct {
	Subject string
	Window  string
	Starts  clock.Timestamp
	Calls   int64
}

// Store keeps what was counted.
type Store struct{}

// AddHours adds calls to what the hours have. No two may have the same key.
func (Store) AddHours(ctx context.Context, q database.Querier, hours []HourCalls) error {
	return inChunks(hours, func(chunk []HourCalls) error {
		args := make([]any, 0, 8*len(chunk))
		for _, h := range chunk {
			args = append(args, h.OrganizationID, h.Hour, h.Metric, h.ProjectID, h.KeyID, h.Operation, h.StatusClass, h.Calls)
		}
		_, err := q.Exec(ctx, `INSERT INTO usage_hours (organization_id, hour, metric, project_id, key_id, operation, status_class, calls)
			VALUES `+placeholders(len(chunk), 8)+`
			ON CONFLICT (organization_id, hour, metric, project_id, key_id, operation, status_class)
			DO UPDATE SET calls = usage_hours.calls + excluded.calls`, args...)
		return err
	})
}

// AddWindows adds calls to what the windows have, and returns the totals in the
// order of the windows. No two may be the same window.
func (Store) AddWindows(ctx context.Context, q database.Querier, windows []WindowCalls) ([]int64, error) {
	type id struct {
		subject, window string
		starts          clock.Timestamp
	}
	known := make(map[id]int64, len(windows))
	err := inChunks(windows, func(chunk []WindowCalls) error {
		args := make([]any, 0, 4*len(chunk))
		for _, w := range chunk {
			args = append(args, w.Subject, w.Window, w.Starts, w.Calls)
		}
		rows, err := q.Query(ctx, `INSERT INTO usage_windows (subject, window_id, starts_at, calls)
			VALUES `+placeholders(len(chunk), 4)+`
			ON CONFLICT (subject, window_id, starts_at) DO UPDATE SET calls = usage_windows.calls + excluded.calls
			RETURNING subject, window_id, starts_at, calls`, args...)
		_, err = database.Collect(rows, err, func(row database.Row) (struct{}, error) {
			var (
				of    id
				calls int64
			)
			err := row.Scan(&of.subject, &of.window, &of.starts, &calls)
			known[of] = calls
			return struct{}{}, err
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	totals := make([]int64, 0, len(windows))
	for _, w := range windows {
		totals = append(totals, known[id{w.Subject, w.Window, w.Starts}])
	}
	return totals, nil
}

// Totals returns what a subject has used up in the current window of every
// rule, in their order.
func (Store) Totals(ctx context.Context, q database.Querier, subject string, now clock.Timestamp) (totals [ruleCount]int64, err error) {
	args := []any{subject}
	var current []string
	for _, r := range rules {
		starts, _ := r.span.Bounds(now)
		args = append(args, r.name, starts)
		current = append(current, fmt.Sprintf("(window_id = $%d AND starts_at = $%d)", len(args)-1, len(args)))
	}
	rows, err := q.Query(ctx, `SELECT window_id, calls FROM usage_windows WHERE subject = $1 AND (`+strings.Join(current, " OR ")+`)`, args...)
	_, err = database.Collect(rows, err, func(row database.Row) (struct{}, error) {
		var (
			name  string
			calls int64
		)
		err := row.Scan(&name, &calls)
		for i, r := range rules {
			if r.name == name {
				totals[i] = calls
			}
		}
		return struct{}{}, err
	})
	return totals, err
}

// Sweep removes windows that were over before the last one began: a node whose
// clock is a little behind may still be in the last one.
func (Store) Sweep(ctx context.Context, q database.Querier, now clock.Timestamp) error {
	for _, r := range rules {
		starts, _ := r.span.Bounds(now)
		last, _ := r.span.Bounds(starts - 1)
		if _, err := q.Exec(ctx, `DELETE FROM usage_windows WHERE window_id = $1 AND starts_at < $2`, r.name, last); err != nil {
			return err
		}
	}
	return nil
}

// SweepHours removes what was counted before a time. It goes organization by
// organization, as the hours are sorted by them.
func (Store) SweepHours(ctx context.Context, q database.Querier, before clock.Timestamp) error {
	rows, err := q.Query(ctx, `SELECT id FROM organizations`)
	organizations, err := database.Collect(rows, err, func(row database.Row) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	for _, id := range organizations {
		if _, err := q.Exec(ctx, `DELETE FROM usage_hours WHERE organization_id = $1 AND hour < $2`, id, before); err != nil {
			return err
		}
	}
	return nil
}

// groupColumns says what each way of grouping selects.
var groupColumns = map[GroupBy]string{
	Ungrouped:   `''`,
	ByKey:       `key_id`,
	ByProject:   `project_id`,
	ByOperation: `operation`,
	ByStatus:    `CAST(status_class AS TEXT) || 'xx'`,
}

// Points returns the calls of an organization, or of one project of it, and
// metric from one moment to before another, summed up by spans of time and by group, ordered by both. It
// returns at most limit points.
func (Store) Points(ctx context.Context, q database.Querier, organizationID string, of Query, limit int) ([]UsagePoint, error) {
	rows, err := q.Query(ctx, `SELECT hour - hour % $5 AS at, `+groupColumns[of.GroupBy]+` AS grouped, CAST(SUM(calls) AS BIGINT)
		FROM usage_hours WHERE organization_id = $1 AND metric = $2 AND hour >= $3 AND hour < $4
			AND (CAST($7 AS TEXT) = '' OR project_id = $7)
		GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $6`,
		organizationID, of.Metric, of.From, of.To, of.Interval.length().Milliseconds(), limit, of.ProjectID)
	return database.Collect(rows, err, func(row database.Row) (p UsagePoint, err error) {
		err = row.Scan(&p.At, &p.Group, &p.Calls)
		return p, err
	})
}

// inChunks hands the rows on in pieces of a few fixed sizes, so that there are
// only a few SQL texts to prepare.
func inChunks[T any](rows []T, do func([]T) error) error {
	for size := 256; size > 0; size /= 4 {
		for len(rows) >= size {
			if err := do(rows[:size]); err != nil {
				return err
			}
			rows = rows[size:]
		}
	}
	return nil
}

// placeholders returns rows of columns: ($1, $2), ($3, $4).
func placeholders(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	return b.String()
}

// length is how long an interval's spans are.
func (i Interval) length() time.Duration {
	if i == Daily {
		return 24 * time.Hour
	}
	return time.Hour
}
