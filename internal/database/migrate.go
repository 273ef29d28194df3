package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/steward-platform/steward/internal/database/migrations"
)

// Migration is one numbered step of the schema and whether it is applied.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// Migrate applies the migrations that are missing. Nodes that start together
// take turns. It refuses a schema newer than this program knows.
func Migrate(ctx context.Context, db DB) error {
	return withProvider(db, func(p *goose.Provider) error {
		current, target, err := p.GetVersions(ctx)
		if err != nil {
			return fmt.Errorf("cannot read the schema version: %w", err)
		}
		if current > target {
			return fmt.Errorf("the database has schema %d, this program knows %d: start a newer program", current, target)
		}
		if current == target {
			return nil
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("cannot migrate the database: %w", err)
		}
		return nil
	})
}

// Migrations lists all migrations, the oldest first.
func Migrations(ctx context.Context, db DB) ([]Migration, error) {
	var out []Migration
	err := withProvider(db, func(p *goose.Provider) error {
		all, err := p.Status(ctx)
		for _, s := range all {
			out = append(out, Migration{s.Source.Version, s.Source.Path, s.State == goose.StateApplied})
		}
		return err
	})
	return out, err
}

func withProvider(db DB, do func(*goose.Provider) error) (err error) {
	var (
		dialect goose.Dialect
		conn    *sql.DB
		options = []goose.ProviderOption{goose.WithVerbose(false)}
	)
	switch d := db.(type) {
	case *sqliteDB:
		dialect, conn = goose.DialectSQLite3, d.SQLDB()
		turn := flock.New(d.file + ".lock") // goose has no lock for SQLite
		if err := turn.Lock(); err != nil {
			return fmt.Errorf("cannot lock the database for migration: %w", err)
		}
		defer func() { err = errors.Join(err, turn.Unlock()) }()
	case *postgresDB:
		dialect, conn = goose.DialectPostgres, stdlib.OpenDBFromPool(d.Pool())
		defer func() { err = errors.Join(err, conn.Close()) }()
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, conn, fs.FS(migrations.Files), options...)
	if err != nil {
		return fmt.Errorf("cannot read the migrations: %w", err)
	}
	return do(p)
}
