package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const kind = "project"

// Store keeps projects. It never counts them: an organization can have a
// million, so their number is kept beside them.
type Store struct{}

const columns = `p.id, p.name, p.is_sandbox, p.settings, p.webhook_token`

// kept is the JSON in the column settings.
type kept struct {
	Settings
	Origin
}

// Insert keeps a new project and counts it. It returns database.ErrUnique for
// a second sandbox of the organization.
func (Store) Insert(ctx context.Context, q database.Querier, organizationID string, p *Project, at clock.Timestamp) error {
	settings, err := json.Marshal(kept{p.Settings, p.Origin})
	if err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `INSERT INTO projects (id, organization_id, name, is_sandbox, settings, webhook_token, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
		p.ID, organizationID, p.Name, p.IsSandbox, string(settings), p.sealedToken, at); err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO project_counts (organization_id, total) VALUES ($1, 1)
		ON CONFLICT (organization_id) DO UPDATE SET total = project_counts.total + 1`, organizationID)
	return err
}

// Update keeps a project's changed name and settings, or returns
// fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, organizationID string, p *Project, at clock.Timestamp) error {
	settings, err := json.Marshal(kept{p.Settings, p.Origin})
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE projects SET name = $1, settings = $2, updated_at = $3 WHERE id = $4 AND organization_id = $5`,
		p.Name, string(settings), at, p.ID, organizationID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, p.ID)
	}
	return err
}

// Delete removes a project with all that belongs to it and counts it off, or
// returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, organizationID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM projects WHERE id = $1 AND organization_id = $2`, id, organizationID)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NotFound(kind, id)
	}
	_, err = q.Exec(ctx, `UPDATE project_counts SET total = total - 1 WHERE organization_id = $1`, organizationID)
	return err
}

// Exists reports whether the organization has this project. It reads an index
// alone: every call of an operation on a project asks.
func (Store) Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error) {
	var one int
	err := q.QueryRow(ctx, `SELECT 1 FROM projects WHERE organization_id = $1 AND id = $2`, organizationID, projectID).Scan(&one)
	if errors.Is(err, database.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// IsSandbox reports whether the project, of whatever organization, is a
// sandbox, or returns fault.ResourceNotFound.
func (Store) IsSandbox(ctx context.Context, q database.Querier, projectID string) (bool, error) {
	var sandbox bool
	err := q.QueryRow(ctx, `SELECT is_sandbox FROM projects WHERE id = $1`, projectID).Scan(&sandbox)
	if errors.Is(err, database.ErrNoRows) {
		return false, fault.NotFound(kind, projectID)
	}
	return sandbox, err
}

// Get returns an organization's project, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, organizationID, id string) (*Project, error) {
	p, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM projects p WHERE p.id = $1 AND p.organization_id = $2`, id, organizationID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return p, err
}

// Find returns a project of whatever organization, or fault.ResourceNotFound.
func (Store) Find(ctx context.Context, q database.Querier, id string) (*Project, error) {
	p, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM projects p WHERE p.id = $1`, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return p, err
}

// Organization returns the organization of a project, or
// fault.ResourceNotFound.
func (Store) Organization(ctx context.Context, q database.Querier, id string) (organizationID string, err error) {
	err = q.QueryRow(ctx, `SELECT organization_id FROM projects WHERE id = $1`, id).Scan(&organizationID)
	if errors.Is(err, database.ErrNoRows) {
		return "", fault.NotFound(kind, id)
	}
	return organizationID, err
}

// Sandbox returns the organization's sandbox, nil if it has none yet.
func (Store) Sandbox(ctx context.Context, q database.Querier, organizationID string) (*Project, error) {
	p, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM projects p WHERE p.organization_id = $1 AND p.is_sandbox`, organizationID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return p, err
}

// Page returns at most limit of the organization's projects, those that come
// after an id, by their ids.
func (Store) Page(ctx context.Context, q database.Querier, organizationID, after string, limit int) ([]*Project, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM projects p WHERE p.organization_id = $1 AND p.id > $2 ORDER BY p.id LIMIT $3`,
		organizationID, after, limit)
	return database.Collect(rows, err, scanOne)
}

// Total returns how many projects the organization has.
func (Store) Total(ctx context.Context, q database.Querier, organizationID string) (int, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT total FROM project_counts WHERE organization_id = $1`, organizationID).Scan(&n)
	if errors.Is(err, database.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// membership is a project as one of its members has it.
type membership struct {
	*Project
	role string
}

// PageOfMember is Page for the projects that a user is a member of.
func (Store) PageOfMember(ctx context.Context, q database.Querier, organizationID, userID, after string, limit int) ([]membership, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+`, m.role FROM project_members m JOIN projects p ON p.id = m.project_id
		WHERE m.user_id = $1 AND m.project_id > $2 AND p.organization_id = $3 ORDER BY m.project_id LIMIT $4`,
		userID, after, organizationID, limit)
	return database.Collect(rows, err, func(row database.Row) (membership, error) {
		var m membership
		p, err := scan(row, &m.role)
		m.Project = p
		return m, err
	})
}

// TotalOfMember returns how many projects a user is a member of.
func (Store) TotalOfMember(ctx context.Context, q database.Querier, organizationID, userID string) (int, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM project_members m JOIN projects p ON p.id = m.project_id
		WHERE m.user_id = $1 AND p.organization_id = $2`, userID, organizationID).Scan(&n)
	return n, err
}

func scanOne(row database.Row) (*Project, error) { return scan(row) }

// scan reads a project and whatever columns follow it. What a later version of
// the program has added to the settings has its default in an older row.
func scan(row database.Row, more ...any) (*Project, error) {
	var p Project
	var settings string
	if err := row.Scan(append([]any{&p.ID, &p.Name, &p.IsSandbox, &settings, &p.sealedToken}, more...)...); err != nil {
		return nil, err
	}
	k := kept{defaultSettings(), Origin{APIVersion: APIVersion}}
	if err := jsonv2.Unmarshal([]byte(settings), &k); err != nil { // read on every call, and much the quicker decoder
		return nil, fmt.Errorf("project %s holds broken settings: %w", p.ID, err)
	}
	p.Settings, p.Origin = k.Settings, k.Origin
	p.settle(p.CaseSensitiveCodes)
	if p.IsSandbox {
		p.Limits = sandboxLimits()
	}
	return &p, nil
}
