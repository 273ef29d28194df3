package metadataschema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const kind = "metadata_schema"

// Store keeps metadata schemas.
type Store struct{}

const columns = `id, related_object, properties, allow_defined_only, created_at, updated_at`

// List returns a project's schemas in the order of their objects.
func (Store) List(ctx context.Context, q database.Querier, projectID string) ([]*MetadataSchema, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM metadata_schemas WHERE project_id = $1 ORDER BY related_object`, projectID)
	return database.Collect(rows, err, scan)
}

// Get returns a project's schema by its id, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*MetadataSchema, error) {
	s, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM metadata_schemas WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return s, err
}

// Insert keeps a new schema, or returns fault.DuplicateFound if the project
// has one for the object.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, s *MetadataSchema) error {
	properties, err := json.Marshal(s.Properties)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO metadata_schemas (`+columns+`, project_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.ID, s.RelatedObject, string(properties), s.AllowDefinedOnly, s.CreatedAt, s.UpdatedAt, projectID)
	if errors.Is(err, database.ErrUnique) {
		return fault.Duplicate("metadata schema", "related_object", s.RelatedObject).Because(err)
	}
	return err
}

// Update keeps a changed schema, or returns fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, s *MetadataSchema) error {
	properties, err := json.Marshal(s.Properties)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE metadata_schemas SET properties = $1, allow_defined_only = $2, updated_at = $3 WHERE id = $4 AND project_id = $5`,
		string(properties), s.AllowDefinedOnly, s.UpdatedAt, s.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, s.ID)
	}
	return err
}

// Delete removes a schema, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM metadata_schemas WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

func scan(row database.Row) (*MetadataSchema, error) {
	s := MetadataSchema{Object: object}
	var properties string
	var created clock.Timestamp
	if err := row.Scan(&s.ID, &s.RelatedObject, &properties, &s.AllowDefinedOnly, &created, &s.UpdatedAt); err != nil {
		return nil, err
	}
	s.CreatedAt = created
	if err := json.Unmarshal([]byte(properties), &s.Properties); err != nil {
		return nil, fmt.Errorf("metadata schema %s holds broken definitions: %w", s.ID, err)
	}
	return &s, nil
}
