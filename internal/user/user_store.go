package user

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const kind = "user" // as the reference contract's errors name it

// Store keeps users.
type Store struct{}

const columns = `u.id, u.organization_id, u.login, u.email, u.first_name, u.last_name, u.is_owner, u.password_hash, u.created_at`

// Insert keeps a new user, or returns fault.DuplicateFound if another has the
// login.
func (Store) Insert(ctx context.Context, q database.Querier, u *User) error {
	_, err := q.Exec(ctx, `INSERT INTO users (id, organization_id, login, email, first_name, last_name, is_owner, password_hash, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
		u.ID, u.OrganizationID, u.Login, u.Email, u.FirstName, u.LastName, u.IsOwner, u.PasswordHash, u.CreatedAt)
	if errors.Is(err, database.ErrUnique) {
		return errDuplicate(u.Email)
	}
	return err
}

// Get returns a user by id, of whatever organization, or
// fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, id string) (*User, error) {
	u, err := scanUser(q.QueryRow(ctx, `SELECT `+columns+` FROM users u WHERE u.id = $1`, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return u, err
}

// FindByLogin returns the user with this login, of whatever organization; nil
// if nobody has it.
func (Store) FindByLogin(ctx context.Context, q database.Querier, login string) (*User, error) {
	u, err := scanUser(q.QueryRow(ctx, `SELECT `+columns+` FROM users u WHERE u.login = $1`, login))
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return u, err
}

// Lookup returns a user of the organization by id or login, with all projects,
// or fault.ResourceNotFound.
func (Store) Lookup(ctx context.Context, q database.Querier, organizationID, ref string) (*TeamUser, error) {
	condition, value := `u.id = $2`, ref
	if isLogin(ref) {
		condition, value = `u.login = $2`, normalize(ref)
	}
	rows, err := q.Query(ctx, `SELECT `+columns+`, p.project_id, p.role FROM users u LEFT JOIN project_members p ON p.user_id = u.id
		WHERE u.organization_id = $1 AND `+condition+` ORDER BY p.project_id`, organizationID, value)
	users, err := collect(rows, err)
	if err == nil && len(users) == 0 {
		return nil, fault.NotFound(kind, ref)
	}
	if err != nil {
		return nil, err
	}
	return users[0], nil
}

// List returns a page of the organization's users with all their projects, the
// oldest first.
func (Store) List(ctx context.Context, q database.Querier, organizationID string, limit, offset int64) ([]*TeamUser, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+`, p.project_id, p.role
		FROM (SELECT * FROM users WHERE organization_id = $1 ORDER BY id LIMIT $2 OFFSET $3) u
		LEFT JOIN project_members p ON p.user_id = u.id ORDER BY u.id, p.project_id`, organizationID, limit, offset)
	return collect(rows, err)
}

// Count returns how many users the organization has.
func (Store) Count(ctx context.Context, q database.Querier, organizationID string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM users WHERE organization_id = $1`, organizationID).Scan(&n)
	return n, err
}

// CountOwners returns how many owners the organization has.
func (Store) CountOwners(ctx context.Context, q database.Querier, organizationID string) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM users WHERE organization_id = $1 AND is_owner`, organizationID).Scan(&n)
	return n, err
}

// name is what a user is searched by.
type name struct{ id, text string }

// Names returns what all users of the organization are searched by, the oldest
// first.
func (Store) Names(ctx context.Context, q database.Querier, organizationID string) ([]name, error) {
	rows, err := q.Query(ctx, `SELECT id, first_name || ' ' || last_name || ' ' || login FROM users WHERE organization_id = $1 ORDER BY id`, organizationID)
	return database.Collect(rows, err, func(row database.Row) (n name, err error) {
		return n, row.Scan(&n.id, &n.text)
	})
}

var listByIDs = database.ForSizes(func(marks func(first int) string) string {
	return `SELECT ` + columns + `, p.project_id, p.role FROM users u LEFT JOIN project_members p ON p.user_id = u.id
		WHERE u.id IN (` + marks(1) + `) ORDER BY u.id, p.project_id`
})

// ListByIDs returns users with all their projects, the oldest first.
func (Store) ListByIDs(ctx context.Context, q database.Querier, ids []string) ([]*TeamUser, error) {
	var users []*TeamUser
	err := database.InChunks(ids, func(size int, chunk []string) error {
		args := make([]any, len(chunk))
		for i, id := range chunk {
			args[i] = id
		}
		rows, err := q.Query(ctx, listByIDs[size], args...)
		some, err := collect(rows, err)
		users = append(users, some...)
		return err
	})
	return users, err
}

// Delete removes a user, with memberships, sessions and all else that is the
// user's own.
func (Store) Delete(ctx context.Context, q database.Querier, id string) error {
	_, err := q.Exec(ctx, `DELETE FROM users WHERE id = $1`, id)
	return err
}

// SetPassword replaces a user's password hash, or returns
// fault.ResourceNotFound.
func (Store) SetPassword(ctx context.Context, q database.Querier, id, hash string, at clock.Timestamp) error {
	n, err := q.Exec(ctx, `UPDATE users SET password_hash = $1, updated_at = $2 WHERE id = $3`, hash, at, id)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

// Rename gives a user other names, or returns fault.ResourceNotFound; nil is a
// name that stays.
func (Store) Rename(ctx context.Context, q database.Querier, id string, first, last *string, at clock.Timestamp) error {
	n, err := q.Exec(ctx, `UPDATE users SET first_name = COALESCE($1, first_name), last_name = COALESCE($2, last_name), updated_at = $3 WHERE id = $4`,
		first, last, at, id)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

func scanUser(row database.Row) (*User, error) {
	var u User
	if err := row.Scan(u.fields()...); err != nil {
		return nil, err
	}
	return &u, nil
}

func (u *User) fields() []any {
	return []any{&u.ID, &u.OrganizationID, &u.Login, &u.Email, &u.FirstName, &u.LastName, &u.IsOwner, &u.PasswordHash, &u.CreatedAt}
}

// collect reads users beside their projects, one row a project (or one with
// nulls), the rows of a user next to each other. One statement for all of them
// means one snapshot, and no query per user.
func collect(rows database.Rows, err error) ([]*TeamUser, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var users []*TeamUser
	for rows.Next() {
		u := TeamUser{Projects: map[string]string{}}
		var projectID, role *string
		if err := rows.Scan(append(u.fields(), &projectID, &role)...); err != nil {
			return nil, err
		}
		if len(users) == 0 || users[len(users)-1].ID != u.ID {
			users = append(users, &u)
		}
		if projectID != nil && role != nil {
			users[len(users)-1].Projects[*projectID] = *role
		}
	}
	return users, rows.Err()
}
