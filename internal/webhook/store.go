package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	kind    = "webhook" // as errors and the audit log name it
	columns = "id, target_url, events, active, ordered, header_names, created_at"
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

// sealed is what of a webhook is kept sealed.
type sealed struct {
	ID        string
	Secret    []byte
	Previous  []byte // nil if there is none
	Until     *clock.Timestamp
	RotatedAt *clock.Timestamp
	Headers   []byte // nil if there are none
}

const sealedColumns = "id, secret, old_secret, old_secret_until, rotated_at, headers"

// AllSealed returns what is sealed of a project's webhooks.
func (Store) AllSealed(ctx context.Context, q database.Querier, projectID string) ([]*sealed, error) {
	rows, err := q.Query(ctx, `SELECT `+sealedColumns+` FROM webhooks WHERE project_id = $1`, projectID)
	return database.Collect(rows, err, scanSealed)
}

// Sealed returns what is sealed of a webhook, or fault.ResourceNotFound.
func (Store) Sealed(ctx context.Context, q database.Querier, projectID, id string) (*sealed, error) {
	s, err := scanSealed(q.QueryRow(ctx, `SELECT `+sealedColumns+` FROM webhooks WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return s, err
}

// Insert keeps a new webhook with its sealed secret and headers.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, w *Webhook, secret, headers []byte) error {
	events, names, err := encode(w)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO webhooks (id, project_id, target_url, events, active, ordered, header_names, headers, secret, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`, w.ID, projectID, w.TargetURL, events, w.Active, w.Ordered, names, headers, secret, w.CreatedAt)
	return err
}

// Update keeps a changed webhook and leaves what is sealed as it is, or returns
// fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, w *Webhook, at clock.Timestamp) error {
	events, names, err := encode(w)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE webhooks SET target_url = $1, events = $2, active = $3, ordered = $4, header_names = $5, updated_at = $6 WHERE id = $7 AND project_id = $8`,
		w.TargetURL, events, w.Active, w.Ordered, names, at, w.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, w.ID)
	}
	return err
}

// SwitchOff makes a webhook inactive, and reports whether it was active. Of
// several who do so at once only one is told that it was.
func (Store) SwitchOff(ctx context.Context, q database.Querier, projectID, id string, at clock.Timestamp) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE webhooks SET active = FALSE, updated_at = $1 WHERE id = $2 AND project_id = $3 AND active`, at, id, projectID)
	return n > 0, err
}

// SetHeaders keeps the sealed headers of a webhook; nil if it has none.
func (Store) SetHeaders(ctx context.Context, q database.Querier, projectID, id string, headers []byte) error {
	_, err := q.Exec(ctx, `UPDATE webhooks SET headers = $1 WHERE id = $2 AND project_id = $3`, headers, id, projectID)
	return err
}

// SetSecrets keeps the sealed secrets of a webhook.
func (Store) SetSecrets(ctx context.Context, q database.Querier, projectID string, s *sealed) error {
	_, err := q.Exec(ctx, `UPDATE webhooks SET secret = $1, old_secret = $2, old_secret_until = $3, rotated_at = $4 WHERE id = $5 AND project_id = $6`,
		s.Secret, s.Previous, s.Until, s.RotatedAt, s.ID, projectID)
	return err
}

// ErasePrevious removes secrets whose overlap is over, and returns how many.
func (Store) ErasePrevious(ctx context.Context, q database.Querier, now clock.Timestamp) (int64, error) {
	return q.Exec(ctx, `UPDATE webhooks SET old_secret = NULL, old_secret_until = NULL WHERE old_secret_until IS NOT NULL AND old_secret_until <= $1`, now)
}

// Delete removes a webhook, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM webhooks WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

func encode(w *Webhook) (events, headerNames string, err error) {
	rawEvents, err := json.Marshal(w.Events)
	if err != nil {
		return "", "", err
	}
	names := slices.AppendSeq([]string{}, maps.Keys(w.Headers))
	slices.Sort(names)
	rawNames, err := json.Marshal(names)
	return string(rawEvents), string(rawNames), err
}

func scan(row database.Row) (*Webhook, error) {
	w := Webhook{Object: object, Headers: Headers{}}
	var events, names string
	if err := row.Scan(&w.ID, &w.TargetURL, &events, &w.Active, &w.Ordered, &names, &w.CreatedAt); err != nil {
		return nil, err
	}
	var headers []string
	if err := errors.Join(json.Unmarshal([]byte(events), &w.Events), json.Unmarshal([]byte(names), &headers)); err != nil {
		return nil, fmt.Errorf("webhook %s holds broken events or headers: %w", w.ID, err)
	}
	for _, name := range headers {
		w.Headers[name] = Masked
	}
	return &w, nil
}

func scanSealed(row database.Row) (*sealed, error) {
	var s sealed
	return &s, row.Scan(&s.ID, &s.Secret, &s.Previous, &s.Until, &s.RotatedAt, &s.Headers)
}
