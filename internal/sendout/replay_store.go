package sendout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const replayColumns = `project_id, id, filter, status, total, retried, skipped, last_id, created_at, finished_at`

// InsertReplay keeps a new replay.
func (Store) InsertReplay(ctx context.Context, q database.Querier, r *WebhookReplay) error {
	filter, err := json.Marshal(r.Filter)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO webhook_replays (`+replayColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.projectID, r.ID, string(filter), string(r.Status), r.Total, r.Retried, r.Skipped, r.lastID, r.CreatedAt, r.FinishedAt)
	return err
}

// AdvanceReplay keeps how far a replay is, if it still is where it was; else
// held is false.
func (Store) AdvanceReplay(ctx context.Context, q database.Querier, was, is *WebhookReplay) (held bool, err error) {
	n, err := q.Exec(ctx, `UPDATE webhook_replays SET status = $1, retried = $2, skipped = $3, last_id = $4, finished_at = $5
		WHERE id = $6 AND project_id = $7 AND status = 'running' AND last_id = $8`,
		string(is.Status), is.Retried, is.Skipped, is.lastID, is.FinishedAt, was.ID, was.projectID, was.lastID)
	return n > 0, err
}

// Replay returns a project's replay, or fault.ResourceNotFound.
func (Store) Replay(ctx context.Context, q database.Querier, projectID, id string) (*WebhookReplay, error) {
	r, err := scanReplay(q.QueryRow(ctx, `SELECT `+replayColumns+` FROM webhook_replays WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kindReplay, id)
	}
	return r, err
}

// Replays returns at most limit replays of a project, the newest first.
func (Store) Replays(ctx context.Context, q database.Querier, projectID string, limit int) ([]*WebhookReplay, error) {
	rows, err := q.Query(ctx, `SELECT `+replayColumns+` FROM webhook_replays WHERE project_id = $1 ORDER BY id DESC LIMIT $2`, projectID, limit)
	return database.Collect(rows, err, scanReplay)
}

func scanReplay(row database.Row) (*WebhookReplay, error) {
	r := WebhookReplay{Object: kindReplay}
	var status, filter string
	if err := row.Scan(&r.projectID, &r.ID, &filter, &status, &r.Total, &r.Retried, &r.Skipped, &r.lastID, &r.CreatedAt, &r.FinishedAt); err != nil {
		return nil, err
	}
	r.Status = ReplayStatus(status)
	if err := json.Unmarshal([]byte(filter), &r.Filter); err != nil {
		return nil, fmt.Errorf("webhook replay %s holds a broken filter: %w", r.ID, err)
	}
	return &r, nil
}
