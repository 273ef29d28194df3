package projectkey

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	org      = "org_01k0000000000000000000000a"
	project  = "proj_01k0000000000000000000000a"
	sandbox  = "proj_01k0000000000000000000000b"
	stranger = "proj_01k0000000000000000000000c"
)

var start = clock.At(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))

// seed makes an organization with three projects, one of them a sandbox.
func seed(t *testing.T, db database.DB) {
	t.Helper()
	exec(t, db, `INSERT INTO organizations (id, name, management_api, management_key_limit, limits, created_at, updated_at)
		VALUES ($1, 'Acme', TRUE, 5, '{}', $2, $2)`, org, start)
	for _, id := range []string{project, sandbox, stranger} {
		exec(t, db, `INSERT INTO projects (id, organization_id, name, is_sandbox, settings, webhook_token, created_at, updated_at)
			VALUES ($1, $2, 'Shop', $3, '{}', $4, $5, $5)`, id, org, id == sandbox, []byte{0}, start)
	}
}

func exec(t *testing.T, db database.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func count(t *testing.T, db database.DB, where string, args ...any) int {
	t.Helper()
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM project_keys WHERE "+where, args...).Scan(&n); err != nil {
		t.Fatalf("count %s: %v", where, err)
	}
	return n
}

func write(t *testing.T, db database.DB, do func(ctx context.Context, tx database.Tx) error) error {
	t.Helper()
	return db.Write(t.Context(), func(tx database.Tx) error { return do(t.Context(), tx) })
}

func key(projectID string) *ProjectKey {
	return &ProjectKey{
		ID: ident.NewID(ident.ProjectKey), Kind: Server, Name: "Checkout", LastFour: "abcd", AllowedIP: []string{"203.0.113.0/24"},
		CreatedBy: "user_a", UpdatedBy: "user_a", CreatedAt: start, UpdatedAt: start,
		projectID: projectID, tokenHash: []byte{1, 2}, sealedToken: []byte{3},
	}
}

func TestTheStoreKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		seed(t, db)
		var store Store
		k, until, address := key(project), start.Add(time.Hour), "203.0.113.7"
		k.TokenVisibleUntil, k.PreviousValidUntil, k.previousHash = &until, &until, []byte{9}
		k.LastUsedAt, k.LastUsedIP, k.ExpiresAt = &until, &address, &until
		if err := store.Insert(t.Context(), db, k); err != nil {
			t.Fatal(err)
		}
		got, err := store.Get(t.Context(), db, project, k.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, k)

		later := until + 1
		k.ExpiresAt = &later
		k.Name, k.AllowedIP, k.TokenVisibleUntil, k.PreviousValidUntil, k.previousHash = "Other", []string{}, nil, nil, nil
		k.tokenHash, k.sealedToken, k.LastFour, k.UpdatedBy, k.UpdatedAt = []byte{4}, []byte{5}, "efgh", "user_b", start+1
		if err := store.Update(t.Context(), db, k); err != nil {
			t.Fatal(err)
		}
		if got, err = store.Get(t.Context(), db, project, k.ID); err != nil {
			t.Fatal(err)
		}
		same(t, got, k)
	})
}

func same(t *testing.T, got, want *ProjectKey) {
	t.Helper()
	for _, c := range []struct {
		name string
		same bool
	}{
		{"text", got.ID == want.ID && got.Kind == want.Kind && got.Name == want.Name && got.LastFour == want.LastFour && got.projectID == want.projectID},
		{"people", got.CreatedBy == want.CreatedBy && got.UpdatedBy == want.UpdatedBy},
		{"times", got.CreatedAt == want.CreatedAt && got.UpdatedAt == want.UpdatedAt},
		{"window", equal(got.TokenVisibleUntil, want.TokenVisibleUntil) && equal(got.PreviousValidUntil, want.PreviousValidUntil)},
		{"expiry", equal(got.ExpiresAt, want.ExpiresAt)},
		{"use", equal(got.LastUsedAt, want.LastUsedAt) && equal(got.LastUsedIP, want.LastUsedIP)},
		{"addresses", len(got.AllowedIP) == len(want.AllowedIP) && got.AllowedIP != nil},
		{"secrets", string(got.tokenHash) == string(want.tokenHash) && string(got.sealedToken) == string(want.sealedToken) && string(got.previousHash) == string(want.previousHash)},
	} {
		if !c.same {
			t.Errorf("%s differ: %+v, want %+v", c.name, got, want)
		}
	}
}

func equal[T comparable](a, b *T) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

func TestTheStoreKnowsAKeyOnlyInItsProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		seed(t, db)
		var store Store
		k := key(project)
		if err := store.Insert(t.Context(), db, k); err != nil {
			t.Fatal(err)
		}
		elsewhere := *k
		elsewhere.projectID = stranger
		for name, err := range map[string]error{
			"get":    second(store.Get(t.Context(), db, stranger, k.ID)),
			"update": store.Update(t.Context(), db, &elsewhere),
			"delete": store.Delete(t.Context(), db, stranger, k.ID),
			"no key": second(store.Get(t.Context(), db, project, "app_none")),
		} {
			if !fault.Is(err, fault.ResourceNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := store.List(t.Context(), db, stranger); err != nil || len(list) != 0 {
			t.Errorf("the stranger's list: %v, %v", list, err)
		}
		if list, err := store.List(t.Context(), db, project); err != nil || len(list) != 1 || list[0].ID != k.ID {
			t.Errorf("the project's list: %v, %v", list, err)
		}
		if err := store.Insert(t.Context(), db, key("proj_none")); !errors.Is(err, database.ErrForeignKey) {
			t.Errorf("a key of no project: %v", err)
		}
		if err := store.Delete(t.Context(), db, project, k.ID); err != nil || count(t, db, "TRUE") != 0 {
			t.Errorf("delete: %v, %d rows", err, count(t, db, "TRUE"))
		}
	})
}

func TestTheStoreErasesExactlyWhatIsOverABatchAtATime(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		seed(t, db)
		var store Store
		for _, offset := range []time.Duration{-2, -1, 0, 1} {
			k, until := key(project), start.Add(offset*time.Millisecond)
			k.TokenVisibleUntil, k.PreviousValidUntil, k.previousHash = &until, &until, []byte{9}
			if err := store.Insert(t.Context(), db, k); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.Insert(t.Context(), db, key(sandbox)); err != nil { // may be shown always
			t.Fatal(err)
		}
		for i, want := range []int64{4, 2, 0} { // tokens and hashes of two keys, then of one
			if n, err := store.Erase(t.Context(), db, start, 2); err != nil || n != want {
				t.Errorf("batch %d erased %d (%v), want %d", i, n, err, want)
			}
		}
		if n := count(t, db, "sealed_token IS NOT NULL"); n != 2 {
			t.Errorf("%d tokens are left, want the one in its window and the sandbox's", n)
		}
		if n := count(t, db, "previous_hash IS NOT NULL AND previous_until IS NOT NULL"); n != 1 {
			t.Errorf("%d replaced hashes are left, want 1", n)
		}
		if n := count(t, db, "length(token_hash) = 2"); n != 5 {
			t.Errorf("%d hashes are left, want all 5: they are kept for ever", n)
		}
	})
}

func second[T any](_ T, err error) error { return err }
