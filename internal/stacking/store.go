package stacking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	kind    = "stacking_rules" // as the reference contract's errors name them
	columns = `id, rules, created_at, updated_at`
)

// Store keeps stacking rules.
type Store struct{}

// Find returns the rules of a project, nil if it has none of its own.
func (Store) Find(ctx context.Context, q database.Querier, projectID string) (*StackingRules, error) {
	own, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM stacking_rules WHERE project_id = $1`, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return own, err
}

// Get returns a project's rules by their id, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*StackingRules, error) {
	own, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM stacking_rules WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return own, err
}

// Insert keeps new rules, or returns fault.StackingRulesExist.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, own *StackingRules) error {
	document, err := json.Marshal(own.Rules)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO stacking_rules (id, project_id, rules, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)`,
		own.ID, projectID, string(document), own.CreatedAt, own.UpdatedAt)
	if errors.Is(err, database.ErrUnique) {
		return fault.New(fault.StackingRulesExist, "Cannot exist more stacking rules for given project").Because(err)
	}
	return err
}

// Update keeps changed rules, or returns fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, own *StackingRules) error {
	document, err := json.Marshal(own.Rules)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE stacking_rules SET rules = $1, updated_at = $2 WHERE id = $3 AND project_id = $4`,
		string(document), own.UpdatedAt, own.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, own.ID)
	}
	return err
}

// Delete removes rules, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM stacking_rules WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

// scan reads a row. A rule that came later than the row has its default.
func scan(row database.Row) (*StackingRules, error) {
	own := StackingRules{Rules: Defaults()}
	var document string
	if err := row.Scan(&own.ID, &document, &own.CreatedAt, &own.UpdatedAt); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(document), &own.Rules); err != nil {
		return nil, fmt.Errorf("stacking rules %s are broken: %w", own.ID, err)
	}
	return &own, nil
}
