package projectkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const resource = "project_key"

// Store keeps the keys of projects.
type Store struct{}

const columns = `id, project_id, kind, name, token_hash, last_four, sealed_token, token_visible_until, previous_hash, previous_until,
	allowed_ips, expires_at, last_used_at, last_used_ip, created_by, updated_by, created_at, updated_at`

// Insert keeps a new key. It returns database.ErrForeignKey if its project is
// gone.
func (Store) Insert(ctx context.Context, q database.Querier, k *ProjectKey) error {
	ips, err := json.Marshal(k.AllowedIP)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO project_keys (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		k.ID, k.projectID, string(k.Kind), k.Name, k.tokenHash, k.LastFour, k.sealedToken, k.TokenVisibleUntil, k.previousHash, k.PreviousValidUntil,
		string(ips), k.ExpiresAt, k.LastUsedAt, k.LastUsedIP, k.CreatedBy, k.UpdatedBy, k.CreatedAt, k.UpdatedAt)
	return err
}

// Update keeps a changed key, or returns fault.ResourceNotFound. Its kind and
// its last use, which is Touch's business, stay as they are.
func (Store) Update(ctx context.Context, q database.Querier, k *ProjectKey) error {
	ips, err := json.Marshal(k.AllowedIP)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE project_keys SET name = $1, token_hash = $2, last_four = $3, sealed_token = $4, token_visible_until = $5,
		previous_hash = $6, previous_until = $7, allowed_ips = $8, expires_at = $9, updated_by = $10, updated_at = $11
		WHERE id = $12 AND project_id = $13`,
		k.Name, k.tokenHash, k.LastFour, k.sealedToken, k.TokenVisibleUntil, k.previousHash, k.PreviousValidUntil,
		string(ips), k.ExpiresAt, k.UpdatedBy, k.UpdatedAt, k.ID, k.projectID)
	if err == nil && n == 0 {
		return fault.NotFound(resource, k.ID)
	}
	return err
}

// Get returns a project's key, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*ProjectKey, error) {
	k, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM project_keys WHERE id = $1 AND project_id = $2`, id, projectID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(resource, id)
	}
	return k, err
}

// List returns a project's keys, the oldest first.
func (Store) List(ctx context.Context, q database.Querier, projectID string) ([]*ProjectKey, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM project_keys WHERE project_id = $1 ORDER BY id`, projectID)
	return database.Collect(rows, err, scan)
}

// Find returns what verification needs of a key of whatever project, nil if
// there is none.
func (Store) Find(ctx context.Context, q database.Querier, id string) (*Credential, error) {
	var c Credential
	var kind, ips string
	var previousUntil *clock.Timestamp
	err := q.QueryRow(ctx, `SELECT p.organization_id, k.project_id, k.kind, k.name, k.token_hash, k.previous_hash, k.previous_until, k.allowed_ips, k.expires_at
		FROM project_keys k JOIN projects p ON p.id = k.project_id WHERE k.id = $1`, id).
		Scan(&c.organizationID, &c.projectID, &kind, &c.name, &c.hash, &c.previous, &previousUntil, &ips, &c.expiresAt)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.kind = Kind(kind)
	if previousUntil != nil {
		c.previousUntil = *previousUntil
	}
	var allowed []string
	if err := json.Unmarshal([]byte(ips), &allowed); err != nil {
		return nil, fmt.Errorf("%s %s holds a broken list of addresses: %w", resource, id, err)
	}
	c.ranges, err = ranges(allowed)
	return &c, err
}

// Touch notes when and from where a key was last used; an older use than the
// one known is passed over.
func (Store) Touch(ctx context.Context, q database.Querier, id string, at clock.Timestamp, address string) error {
	_, err := q.Exec(ctx, `UPDATE project_keys SET last_used_at = $1, last_used_ip = $2
		WHERE id = $3 AND (last_used_at IS NULL OR last_used_at < $1)`, at, address, id)
	return err
}

// Delete removes a key, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, projectID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM project_keys WHERE id = $1 AND project_id = $2`, id, projectID)
	if err == nil && n == 0 {
		return fault.NotFound(resource, id)
	}
	return err
}

// Erase removes the ciphertexts and the replaced hashes whose time is over, of
// at most batch keys each, and returns how many that were. What always may be
// shown has no time and stays.
func (Store) Erase(ctx context.Context, q database.Querier, now clock.Timestamp, batch int) (int64, error) {
	// The conditions stand outside as well: a key that is regenerated meanwhile
	// must not lose its new token.
	n, err := q.Exec(ctx, `UPDATE project_keys SET sealed_token = NULL
		WHERE sealed_token IS NOT NULL AND token_visible_until <= $1 AND id IN
			(SELECT id FROM project_keys WHERE sealed_token IS NOT NULL AND token_visible_until <= $1 ORDER BY token_visible_until LIMIT $2)`, now, batch)
	if err != nil {
		return 0, err
	}
	m, err := q.Exec(ctx, `UPDATE project_keys SET previous_hash = NULL, previous_until = NULL
		WHERE previous_until IS NOT NULL AND previous_until <= $1 AND id IN
			(SELECT id FROM project_keys WHERE previous_until IS NOT NULL AND previous_until <= $1 ORDER BY previous_until LIMIT $2)`, now, batch)
	return n + m, err
}

func scan(row database.Row) (*ProjectKey, error) {
	var k ProjectKey
	var kind, ips string
	err := row.Scan(&k.ID, &k.projectID, &kind, &k.Name, &k.tokenHash, &k.LastFour, &k.sealedToken, &k.TokenVisibleUntil, &k.previousHash, &k.PreviousValidUntil,
		&ips, &k.ExpiresAt, &k.LastUsedAt, &k.LastUsedIP, &k.CreatedBy, &k.UpdatedBy, &k.CreatedAt, &k.UpdatedAt)
	if err != nil {
		return nil, err
	}
	k.Kind = Kind(kind)
	if err := json.Unmarshal([]byte(ips), &k.AllowedIP); err != nil {
		return nil, fmt.Errorf("%s %s holds a broken list of addresses: %w", resource, k.ID, err)
	}
	return &k, nil
}
