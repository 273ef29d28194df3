package category

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const columns = `id, name, hierarchy, created_at, updated_at`

// Store keeps categories.
type Store struct{}

// List returns a project's categories by hierarchy and age.
func (Store) List(ctx context.Context, q database.Querier, projectID string) ([]*Category, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM categories WHERE project_id = $1 ORDER BY hierarchy, id`, projectID)
	return database.Collect(rows, err, scan)
}

// Get returns a project's category by its id, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*Category, error) {
	c, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM categories WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(object, id)
	}
	return c, err
}

// lookUp is how many ids are looked up at once. A text with always as many
// placeholders stays one prepared statement.
const lookUp = 50

var byIDs = func() string {
	marks := make([]string, lookUp)
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+2)
	}
	return `SELECT id FROM categories WHERE project_id = $1 AND id IN (` + strings.Join(marks, ", ") + `)`
}()

// Missing returns those ids that no category of the project has, each once.
func (Store) Missing(ctx context.Context, q database.Querier, projectID string, ids []string) ([]string, error) {
	found := make(map[string]bool, len(ids))
	for _, id := range ids {
		found[id] = false
	}
	for chunk := range slices.Chunk(ids, lookUp) {
		args := append(make([]any, 0, lookUp+1), projectID)
		for i := range lookUp {
			args = append(args, chunk[min(i, len(chunk)-1)])
		}
		rows, err := q.Query(ctx, byIDs, args...)
		present, err := database.Collect(rows, err, func(row database.Row) (id string, err error) { return id, row.Scan(&id) })
		if err != nil {
			return nil, err
		}
		for _, id := range present {
			found[id] = true
		}
	}
	var missing []string
	for _, id := range ids {
		if !found[id] {
			missing = append(missing, id)
			found[id] = true // told once
		}
	}
	return missing, nil
}

// Insert keeps a new category.
func (Store) Insert(ctx context.Context, q database.Querier, projectID string, c *Category) error {
	_, err := q.Exec(ctx, `INSERT INTO categories (id, project_id, name, hierarchy, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.ID, projectID, c.Name, c.Hierarchy, c.CreatedAt, c.UpdatedAt)
	return err
}

// Update keeps a changed category, or returns fault.ResourceNotFound.
func (Store) Update(ctx context.Context, q database.Querier, projectID string, c *Category) error {
	n, err := q.Exec(ctx, `UPDATE categories SET name = $1, hierarchy = $2, updated_at = $3 WHERE id = $4 AND project_id = $5`,
		c.Name, c.Hierarchy, c.UpdatedAt, c.ID, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(object, c.ID)
	}
	return err
}

// Delete removes a category, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM categories WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(object, id)
	}
	return err
}

func scan(row database.Row) (*Category, error) {
	c := Category{Object: object}
	if err := row.Scan(&c.ID, &c.Name, &c.Hierarchy, &c.CreatedAt, &c.UpdatedAt); err != nil {
		return nil, err
	}
	return &c, nil
}
