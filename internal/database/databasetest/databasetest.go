// Package databasetest gives each test a fresh, migrated database on every
// engine.
package databasetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// PostgresVariable names the environment variable with the URL of a PostgreSQL
// server on which tests may create databases.
const PostgresVariable = "STEWARD_TEST_POSTGRES"

// Each runs test once on SQLite and once on PostgreSQL, each time on a fresh,
// migrated database. Without a PostgreSQL server the test fails; no engine is
// skipped.
func Each(t *testing.T, test func(t *testing.T, db database.DB)) {
	t.Helper()
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, engine))
		})
	}
}

// Open returns a fresh, migrated database, closed when the test ends.
func Open(t testing.TB, engine database.Engine) database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), Options(t, engine))
	if err != nil {
		t.Fatalf("open %s: %v", engine, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close %s: %v", engine, err)
		}
	})
	return db
}

// Hear returns a function that tells which changes were heard since Hear, every
// one that was committed before the question. On PostgreSQL a node hears its own
// changes twice: after the commit, and as every node does.
func Hear(t testing.TB, db database.DB) (told func() []database.Change) {
	t.Helper()
	last := database.Change{Topic: "heard", Key: ident.NewRequestID()}
	times := 1
	if db.Engine() == database.PostgreSQL {
		times = 2
	}
	passed := make(chan struct{}, times)
	var mu sync.Mutex
	var heard []database.Change
	db.Changes().Subscribe(func(c database.Change) {
		if c == last {
			passed <- struct{}{}
			return
		}
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, c)
	})
	take := func() []database.Change { // changes are heard in the order of their commits
		t.Helper()
		err := db.Write(t.Context(), func(tx database.Tx) error { return tx.Notify(t.Context(), last) })
		if err != nil {
			t.Fatal(err)
		}
		for range times {
			select {
			case <-passed:
			case <-time.After(10 * time.Second):
				t.Fatal("a change of one's own was not heard")
			}
		}
		mu.Lock()
		defer mu.Unlock()
		all := heard
		heard = nil
		return all
	}
	take()
	return take
}

// Options returns where a fresh database is, for tests that open it by
// themselves or hand it to another process. On PostgreSQL it is migrated
// already.
func Options(t testing.TB, engine database.Engine) database.Options {
	t.Helper()
	if engine == database.SQLite {
		return database.Options{File: filepath.Join(t.TempDir(), "steward.db")}
	}
	return database.Options{URL: createPostgres(t)}
}

// template is the migrated database that every other one is copied from, which
// is quicker than migrating each. There is one a test process.
var template = sync.OnceValues(func() (string, error) {
	server := os.Getenv(PostgresVariable)
	if server == "" {
		return "", fmt.Errorf("%s is not set: run the tests with `make test`, which starts a throw-away server, or point it at one", PostgresVariable)
	}
	ctx := context.Background()
	name := "template_" + strings.TrimPrefix(ident.NewID("t"), "t_")
	if err := execute(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	db, err := database.Open(ctx, database.Options{URL: withDatabase(server, name)})
	if err != nil {
		return "", err
	}
	return name, db.Close()
})

func createPostgres(t testing.TB) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	server := os.Getenv(PostgresVariable)
	name := "test_" + strings.TrimPrefix(ident.NewID("t"), "t_")
	if err := execute(t.Context(), server, "CREATE DATABASE "+name+" TEMPLATE "+from); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(context.Background(), server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop a database: %v", err)
		}
	})
	return withDatabase(server, name)
}

func execute(ctx context.Context, server, statement string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}
