package branding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const kind = "branding_details" // as the reference contract's errors name it

// Store keeps brandings.
type Store struct{}

// Find returns the brand of a project, nil if it has none.
func (Store) Find(ctx context.Context, q database.Querier, projectID string) (*Branding, error) {
	b, err := scan(q.QueryRow(ctx, `SELECT id, document FROM brandings WHERE project_id = $1`, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return b, err
}

// Get returns a project's brand by its id, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*Branding, error) {
	b, err := scan(q.QueryRow(ctx, `SELECT id, document FROM brandings WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return b, err
}

// Insert keeps a new brand, or returns fault.BrandingExist.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, b *Branding, at clock.Timestamp) error {
	document, err := json.Marshal(b.Document)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO brandings (id, project_id, document, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`,
		b.ID, projectID, string(document), at)
	if errors.Is(err, database.ErrUnique) {
		return fault.New(fault.BrandingExist, "Cannot exist more than one branding for given project").Because(err)
	}
	return err
}

// Update keeps a changed brand, or returns fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, b *Branding, at clock.Timestamp) error {
	document, err := json.Marshal(b.Document)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE brandings SET document = $1, updated_at = $2 WHERE id = $3 AND project_id = $4`,
		string(document), at, b.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, b.ID)
	}
	return err
}

// Delete removes a brand, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM brandings WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

func scan(row database.Row) (*Branding, error) {
	var b Branding
	var document string
	if err := row.Scan(&b.ID, &document); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(document), &b.Document); err != nil {
		return nil, fmt.Errorf("branding %s holds a broken document: %w", b.ID, err)
	}
	return &b, nil
}
