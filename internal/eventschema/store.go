package eventschema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const kind = "custom_event_schema"

// Store keeps custom event schemas.
type Store struct{}

const columns = `id, name, properties, created_at, updated_at`

// List returns a project's schemas the oldest first.
func (Store) List(ctx context.Context, q database.Querier, projectID string) ([]*CustomEventSchema, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM event_schemas WHERE project_id = $1 ORDER BY id`, projectID)
	return database.Collect(rows, err, scan)
}

// Get returns a project's schema by its id, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*CustomEventSchema, error) {
	s, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM event_schemas WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return s, err
}

// Insert keeps a new schema, or returns fault.DuplicateFound if the project
// has one of the name.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, s *CustomEventSchema) error {
	properties, err := json.Marshal(s.Content.Properties)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO event_schemas (`+columns+`, project_id) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.ID, s.Name, string(properties), s.CreatedAt, s.UpdatedAt, projectID)
	if errors.Is(err, database.ErrUnique) {
		return fault.Duplicate(kind, "name", s.Name).Because(err)
	}
	return err
}

// Update keeps a changed schema, or returns fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, s *CustomEventSchema) error {
	properties, err := json.Marshal(s.Content.Properties)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE event_schemas SET properties = $1, updated_at = $2 WHERE id = $3 AND project_id = $4`,
		string(properties), s.UpdatedAt, s.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, s.ID)
	}
	return err
}

// Delete removes a schema, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM event_schemas WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

func scan(row database.Row) (*CustomEventSchema, error) {
	s := CustomEventSchema{Object: object}
	var properties string
	var created clock.Timestamp
	if err := row.Scan(&s.ID, &s.Name, &properties, &created, &s.UpdatedAt); err != nil {
		return nil, err
	}
	s.CreatedAt = created
	if err := json.Unmarshal([]byte(properties), &s.Content.Properties); err != nil {
		return nil, fmt.Errorf("custom event schema %s holds broken properties: %w", s.ID, err)
	}
	return &s, nil
}
