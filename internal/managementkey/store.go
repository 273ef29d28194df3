package managementkey

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const kind = "management_key"

// Store keeps management keys.
type Store struct{}

const columns = `id, organization_id, name, token_hash, last_four, sealed_token, token_visible_until, previous_hash, previous_until,
	allowed_ips, scopes, project_ids, expires_at, last_used_at, last_used_ip, created_by, updated_by, created_at, updated_at`

// Insert keeps a new key.
func (Store) Insert(ctx context.Context, q database.Querier, k *Key) error {
	ips, scopes, projects, err := lists(k)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO management_keys (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		k.ID, k.organizationID, k.Name, k.tokenHash, k.LastFour, k.sealedToken, k.TokenVisibleUntil, k.previousHash, k.PreviousValidUntil,
		ips, scopes, projects, k.ExpiresAt, k.LastUsedAt, k.LastUsedIP, k.CreatedBy, k.UpdatedBy, k.CreatedAt, k.UpdatedAt)
	return err
}

// Update keeps a changed key, or returns fault.ResourceNotFound. The last use
// is Touch's business.
func (Store) Update(ctx context.Context, q database.Querier, k *Key) error {
	ips, scopes, projects, err := lists(k)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE management_keys SET name = $1, token_hash = $2, last_four = $3, sealed_token = $4, token_visible_until = $5,
		previous_hash = $6, previous_until = $7, allowed_ips = $8, scopes = $9, project_ids = $10, expires_at = $11, updated_by = $12, updated_at = $13
		WHERE id = $14 AND organization_id = $15`,
		k.Name, k.tokenHash, k.LastFour, k.sealedToken, k.TokenVisibleUntil, k.previousHash, k.PreviousValidUntil,
		ips, scopes, projects, k.ExpiresAt, k.UpdatedBy, k.UpdatedAt, k.ID, k.organizationID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, k.ID)
	}
	return err
}

// Get returns an organization's key, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, organizationID, id string) (*Key, error) {
	k, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM management_keys WHERE id = $1 AND organization_id = $2`, id, organizationID))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return k, err
}

// Find returns a key of whatever organization, nil if there is none.
func (Store) Find(ctx context.Context, q database.Querier, id string) (*Key, error) {
	k, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM management_keys WHERE id = $1`, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return k, err
}

// List returns an organization's keys, the oldest first.
func (Store) List(ctx context.Context, q database.Querier, organizationID string) ([]*Key, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM management_keys WHERE organization_id = $1 ORDER BY id`, organizationID)
	return database.Collect(rows, err, scan)
}

// Count returns how many keys an organization has.
func (Store) Count(ctx context.Context, q database.Querier, organizationID string) (int, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM management_keys WHERE organization_id = $1`, organizationID).Scan(&n)
	return n, err
}

// Delete removes a key, or returns fault.ResourceNotFound.
func (Store) Delete(ctx context.Context, q database.Querier, organizationID, id string) error {
	n, err := q.Exec(ctx, `DELETE FROM management_keys WHERE id = $1 AND organization_id = $2`, id, organizationID)
	if err == nil && n == 0 {
		return fault.NotFound(kind, id)
	}
	return err
}

// Touch notes when and from where a key was last used; an older use than the
// one known is passed over.
func (Store) Touch(ctx context.Context, q database.Querier, id string, at clock.Timestamp, address string) error {
	_, err := q.Exec(ctx, `UPDATE management_keys SET last_used_at = $1, last_used_ip = $2
		WHERE id = $3 AND (last_used_at IS NULL OR last_used_at < $1)`, at, address, id)
	return err
}

// Erase removes the ciphertexts and rotated hashes whose time is over, and
// returns how many keys that were.
func (Store) Erase(ctx context.Context, q database.Querier, now clock.Timestamp) (int64, error) {
	n, err := q.Exec(ctx, `UPDATE management_keys SET sealed_token = NULL WHERE sealed_token IS NOT NULL AND token_visible_until <= $1`, now)
	if err != nil {
		return 0, err
	}
	m, err := q.Exec(ctx, `UPDATE management_keys SET previous_hash = NULL, previous_until = NULL WHERE previous_until IS NOT NULL AND previous_until <= $1`, now)
	return n + m, err
}

func lists(k *Key) (ips, scopes, projects string, err error) {
	var out [3]string
	for i, l := range [][]string{k.AllowedIP, k.Scopes, k.ProjectIDs} {
		if l == nil {
			l = []string{}
		}
		raw, err := json.Marshal(l)
		if err != nil {
			return "", "", "", err
		}
		out[i] = string(raw)
	}
	return out[0], out[1], out[2], nil
}

func scan(row database.Row) (*Key, error) {
	var k Key
	var ips, scopes, projects string
	err := row.Scan(&k.ID, &k.organizationID, &k.Name, &k.tokenHash, &k.LastFour, &k.sealedToken, &k.TokenVisibleUntil, &k.previousHash, &k.PreviousValidUntil,
		&ips, &scopes, &projects, &k.ExpiresAt, &k.LastUsedAt, &k.LastUsedIP, &k.CreatedBy, &k.UpdatedBy, &k.CreatedAt, &k.UpdatedAt)
	if err != nil {
		return nil, err
	}
	return &k, errors.Join(
		json.Unmarshal([]byte(ips), &k.AllowedIP),
		json.Unmarshal([]byte(scopes), &k.Scopes),
		json.Unmarshal([]byte(projects), &k.ProjectIDs),
	)
}
