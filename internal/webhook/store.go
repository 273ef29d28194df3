package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	kind    = "webhook" // as errors and the audit log name it
	columns = "id, target_url, events, active, created_at"
)

// Store keeps webhooks.
type Store struct{}

// List returns a project's webhooks in the order of their ids.
func (Store) List(ctx context.Context, q database.Querier, projectID string) ([]*Webhook, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM webhooks WHERE project_id = $1 ORDER BY id`, projectID)
	return database.Collect(rows, err, scan)
}

// Get returns a project's webhook by its id, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*Webhook, error) {
	w, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM webhooks WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return w, err
}

// Secrets returns the sealed signing secrets of a project's webhooks, by their
// ids.
func (Store) Secrets(ctx context.Context, q database.Querier, projectID string) (map[string][]byte, error) {
	rows, err := q.Query(ctx, `SELECT id, secret FROM webhooks WHERE project_id = $1`, projectID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	secrets := map[string][]byte{}
	for rows.Next() {
		var id string
		var sealed []byte
		if err := rows.Scan(&id, &sealed); err != nil {
			return nil, err
		}
		secrets[id] = sealed
	}
	return secrets, rows.Err()
}

// Insert keeps a new webhook with its sealed secret.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, w *Webhook, sealed []byte) error {
	events, err := json.Marshal(w.Events)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO webhooks (id, project_id, target_url, events, active, secret, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`, w.ID, projectID, w.TargetURL, string(events), w.Active, sealed, w.CreatedAt)
	return err
}

// Update keeps a changed webhook and leaves its secret as it is, or returns
// fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, w *Webhook, at clock.Timestamp) error {
	events, err := json.Marshal(w.Events)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE webhooks SET target_url = $1, events = $2, active = $3, updated_at = $4 WHERE id = $5 AND project_id = $6`,
		w.TargetURL, string(events), w.Active, at, w.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, w.ID)
	}
	return err
}

// Delete removes a webhook, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM webhooks WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

func scan(row database.Row) (*Webhook, error) {
	w := Webhook{Object: object}
	var events string
	if err := row.Scan(&w.ID, &w.TargetURL, &events, &w.Active, &w.CreatedAt); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(events), &w.Events); err != nil {
		return nil, fmt.Errorf("webhook %s holds broken events: %w", w.ID, err)
	}
	return &w, nil
}
