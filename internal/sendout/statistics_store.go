package sendout

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// tallied is how many tries of a webhook there were of a kind in an hour.
type tallied struct {
	hour      clock.Timestamp
	succeeded bool
	bucket    int64
	tries     int64
}

var addTallies = database.Inserts(`INSERT INTO webhook_tallies (project_id, webhook_id, hour, succeeded, bucket, tries)`, 6,
	` ON CONFLICT (webhook_id, hour, succeeded, bucket) DO UPDATE SET tries = webhook_tallies.tries + excluded.tries`)

// AddTallies adds to what was counted before, in one order for all nodes.
func (Store) AddTallies(ctx context.Context, q database.Querier, tries map[tallyKey]int64) error {
	keys := slices.SortedFunc(maps.Keys(tries), func(a, b tallyKey) int {
		return cmp.Or(cmp.Compare(a.webhookID, b.webhookID), cmp.Compare(a.hour, b.hour), compareBool(a.succeeded, b.succeeded), cmp.Compare(a.bucket, b.bucket))
	})
	return database.InsertMany(ctx, q, addTallies, keys, func(k tallyKey) []any {
		return []any{k.projectID, k.webhookID, k.hour, k.succeeded, k.bucket, tries[k]}
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// KeepFailures keeps the last failures of webhooks, unless later ones are known.
func (Store) KeepFailures(ctx context.Context, q database.Querier, failures map[string]failure) error {
	for _, id := range slices.Sorted(maps.Keys(failures)) {
		f := failures[id]
		if _, err := q.Exec(ctx, `INSERT INTO webhook_failures (webhook_id, project_id, sendout_id, at, status, error) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (webhook_id) DO UPDATE SET sendout_id = excluded.sendout_id, at = excluded.at, status = excluded.status, error = excluded.error
			WHERE webhook_failures.at <= excluded.at`, f.webhookID, f.projectID, f.sendoutID, f.at, f.status, f.reason); err != nil {
			return err
		}
	}
	return nil
}

// Tallies returns what was counted of a webhook from a time to before another,
// the first hour first.
func (Store) Tallies(ctx context.Context, q database.Querier, projectID, webhookID string, from, to clock.Timestamp) ([]tallied, error) {
	rows, err := q.Query(ctx, `SELECT hour, succeeded, bucket, tries FROM webhook_tallies
		WHERE webhook_id = $1 AND project_id = $2 AND hour >= $3 AND hour < $4 ORDER BY hour`, webhookID, projectID, from, to)
	return database.Collect(rows, err, func(row database.Row) (t tallied, err error) {
		err = row.Scan(&t.hour, &t.succeeded, &t.bucket, &t.tries)
		return t, err
	})
}

// LastFailure returns the last try of a webhook that failed, nil if none is
// known.
func (Store) LastFailure(ctx context.Context, q database.Querier, projectID, webhookID string) (*WebhookLastFailure, error) {
	var f WebhookLastFailure
	err := q.QueryRow(ctx, `SELECT sendout_id, at, status, error FROM webhook_failures WHERE webhook_id = $1 AND project_id = $2`, webhookID, projectID).
		Scan(&f.SendoutID, &f.At, &f.Status, &f.Error)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return &f, err
}

// DropTallies removes the counts of hours before a time.
func (Store) DropTallies(ctx context.Context, q database.Querier, before clock.Timestamp) error {
	_, err := q.Exec(ctx, `DELETE FROM webhook_tallies WHERE hour < $1`, before)
	return err
}

// NextProject returns the first project after one that has events, and whether
// it is gone; "" if there is none.
func (Store) NextProject(ctx context.Context, q database.Querier, after string) (projectID string, gone bool, err error) {
	err = q.QueryRow(ctx, `SELECT e.project_id, p.id IS NULL FROM
		(SELECT project_id FROM webhook_events WHERE project_id > $1 ORDER BY project_id LIMIT 1) e
		LEFT JOIN projects p ON p.id = e.project_id`, after).Scan(&projectID, &gone)
	if errors.Is(err, database.ErrNoRows) {
		return "", false, nil
	}
	return projectID, gone, err
}

// dropBatch is how many rows are removed at a time, so that others can write in
// between.
const dropBatch = 500

// Drop removes a project's tries and finished send-outs from before a time, and
// events from before another; of a project that is gone all of them.
func (Store) Drop(ctx context.Context, db database.DB, projectID string, sendouts, events clock.Timestamp, gone bool) error {
	before, finished := ident.FirstIDAt(ident.Sendout, sendouts.Time()), ` AND next_at IS NULL`
	if gone {
		finished = ""
	}
	for _, step := range []struct{ text, before string }{
		{`DELETE FROM webhook_attempts WHERE project_id = $1 AND (sendout_id, number) IN
			(SELECT sendout_id, number FROM webhook_attempts WHERE project_id = $1 AND sendout_id < $2 ORDER BY sendout_id LIMIT $3)`, before},
		{`DELETE FROM webhook_sendouts WHERE project_id = $1 AND id IN
			(SELECT id FROM webhook_sendouts WHERE project_id = $1 AND id < $2` + finished + ` ORDER BY id LIMIT $3)`, before},
		{`DELETE FROM webhook_events WHERE project_id = $1 AND id IN
			(SELECT id FROM webhook_events WHERE project_id = $1 AND id < $2 ORDER BY id LIMIT $3)`, ident.FirstIDAt(ident.Event, events.Time())},
	} {
		for n := int64(dropBatch); n == dropBatch; {
			var err error
			if n, err = db.Exec(ctx, step.text, projectID, step.before, dropBatch); err != nil {
				return err
			}
		}
	}
	if !gone {
		return nil
	}
	for _, text := range []string{`DELETE FROM webhook_tallies WHERE project_id = $1`, `DELETE FROM webhook_failures WHERE project_id = $1`} {
		if _, err := db.Exec(ctx, text, projectID); err != nil {
			return err
		}
	}
	return nil
}
