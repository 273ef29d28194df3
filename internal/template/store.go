package template

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const columns = `id, name, description, campaign_type, created_at, updated_at`

// Store keeps campaign templates.
type Store struct{}

// Page returns at most one template more than the page has.
func (Store) Page(ctx context.Context, q database.Querier, projectID string, p Page) ([]*CampaignTemplate, error) {
	text, args := p.query(projectID)
	rows, err := q.Query(ctx, text, args...)
	return database.Collect(rows, err, scan)
}

// Total returns how many templates a project has.
func (Store) Total(ctx context.Context, q database.Querier, projectID string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM campaign_templates WHERE project_id = $1`, projectID).Scan(&n)
	return n, err
}

// Get returns a project's template by its id, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*CampaignTemplate, error) {
	t, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM campaign_templates WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(object, id)
	}
	return t, err
}

// Campaign returns the definition of a template's campaign, or
// fault.ResourceNotFound.
func (Store) Campaign(ctx context.Context, q database.Querier, projectID, id string) (json.RawMessage, error) {
	var definition string
	err := q.QueryRow(ctx, `SELECT definition FROM campaign_templates WHERE id = $1 AND project_id = $2`, id, projectID).Scan(&definition)
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(object, id)
	}
	return json.RawMessage(definition), err
}

// Insert keeps a new template, or returns fault.DuplicateFound if its name is
// taken in the project.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, t *CampaignTemplate, campaign json.RawMessage) error {
	_, err := q.Exec(ctx, `INSERT INTO campaign_templates (id, project_id, name, description, campaign_type, definition, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, projectID, t.Name, t.Description, string(t.CampaignType), string(campaign), t.CreatedAt, t.UpdatedAt)
	return unlessTaken(err, t.Name)
}

// InsertCopy keeps a new template with the campaign of another one, or returns
// fault.DuplicateFound if its name is taken in the project. The definition
// does not leave the database.
func (Store) InsertCopy(ctx context.Context, q database.Querier, projectID string, t *CampaignTemplate, ofProject, of string) error {
	n, err := q.Exec(ctx, `INSERT INTO campaign_templates (id, project_id, name, description, campaign_type, definition, created_at, updated_at)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), campaign_type, definition, CAST($5 AS BIGINT), NULL
		FROM campaign_templates WHERE id = $6 AND project_id = $7`,
		t.ID, projectID, t.Name, t.Description, t.CreatedAt, of, ofProject)
	if err == nil && n == 0 {
		return fault.NotFound(object, of)
	}
	return unlessTaken(err, t.Name)
}

// Update keeps a template's changed name and description. It returns
// fault.ResourceNotFound, or fault.DuplicateFound if the name is taken in the
// project.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, t *CampaignTemplate) error {
	n, err := q.Exec(ctx, `UPDATE campaign_templates SET name = $1, description = $2, updated_at = $3 WHERE id = $4 AND project_id = $5`,
		t.Name, t.Description, t.UpdatedAt, t.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(object, t.ID)
	}
	return unlessTaken(err, t.Name)
}

// Delete removes a template, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM campaign_templates WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(object, id)
	}
	return err
}

// All returns a project's templates, the oldest first.
func (Store) All(ctx context.Context, q database.Querier, projectID string) ([]*CampaignTemplate, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM campaign_templates WHERE project_id = $1 ORDER BY id`, projectID)
	return database.Collect(rows, err, scan)
}

func unlessTaken(err error, name string) error {
	if errors.Is(err, database.ErrUnique) {
		return fault.Duplicate(object, "name", name).Because(err)
	}
	return err
}

func scan(row database.Row) (*CampaignTemplate, error) {
	t := CampaignTemplate{Object: object}
	var campaignType string
	if err := row.Scan(&t.ID, &t.Name, &t.Description, &campaignType, &t.CreatedAt, &t.UpdatedAt); err != nil {
		return nil, err
	}
	t.CampaignType = CampaignType(campaignType)
	return &t, nil
}
