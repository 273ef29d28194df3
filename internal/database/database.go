// Package database opens SQLite or PostgreSQL behind one small set of types.
//
// Stores write one SQL text for both engines, with $1, $2, … as placeholders.
// What makes that possible is the promise of DB.Write: transactions that write
// are serializable on both engines (one writer on SQLite, SERIALIZABLE with
// retries on PostgreSQL), so no store takes a lock by hand.
package database

import (
	"context"
	"errors"
	"strings"
)

// Querier runs SQL: on a pool for single reads, or inside a transaction.
type Querier interface {
	// Exec runs a statement and returns how many rows it touched.
	Exec(ctx context.Context, sql string, args ...any) (int64, error)
	// Query runs a statement that answers with rows. The caller closes them.
	Query(ctx context.Context, sql string, args ...any) (Rows, error)
	// QueryRow runs a statement that answers with one row; its Scan returns
	// ErrNoRows if there is none.
	QueryRow(ctx context.Context, sql string, args ...any) Row
}

// Tx is a transaction that may write.
type Tx interface {
	Querier
	// Notify tells every node, once the transaction has committed, that what
	// they keep about the change is stale.
	Notify(ctx context.Context, change Change) error
}

// Row is the answer of QueryRow.
type Row interface {
	Scan(dest ...any) error
}

// Rows is the answer of Query.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// Engine names a database engine.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgresql"
)

// DB is an open database. Reads through Querier's methods go to a pool and see
// what was committed; several of them are not one snapshot.
type DB interface {
	Querier
	// Write runs do in a serializable transaction and commits it. If the
	// engine asks for it, do runs again from the start; it must therefore do
	// nothing but work on tx, and no network I/O. It returns do's error, or
	// ErrBusy if the transaction kept losing against others.
	Write(ctx context.Context, do func(tx Tx) error) error
	// Append is Write for transactions that only insert rows or add to
	// counters, and so need no protection from each other.
	Append(ctx context.Context, do func(tx Tx) error) error
	// Engine tells which engine this is.
	Engine() Engine
	// Changes tells about writes that make cached facts stale.
	Changes() *Changes
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Backup writes a consistent copy into a new file while the database is
	// in use. PostgreSQL has its own tools for that: there it fails.
	Backup(ctx context.Context, file string) error
	// Scrub makes sure that what was erased is in no file of the database any
	// more, as far as this process can: on SQLite it is, or the call fails.
	Scrub(ctx context.Context) error
	// Stats returns the pool's figures for /metrics.
	Stats() Stats
	// Close waits for running statements and closes the database.
	Close() error
}

// Stats are the figures of a pool.
type Stats struct {
	Open, Idle, InUse int
}

// The errors that callers tell apart. Driver errors are recognised by their
// codes, never by their texts.
var (
	ErrNoRows     = errors.New("no rows")
	ErrUnique     = errors.New("unique constraint violated")
	ErrForeignKey = errors.New("foreign key constraint violated")
	ErrBusy       = errors.New("database is busy")
	// ErrAway says that the database cannot be reached, or has broken off: what
	// was asked of it may have been done or not.
	ErrAway = errors.New("database cannot be reached")
)

// Options say which database to open.
type Options struct {
	// File is the SQLite file, used if URL is empty.
	File string
	// URL is a PostgreSQL connection URL.
	URL string
}

// Open opens the database and brings its schema up to date. It refuses a
// schema newer than this program knows.
func Open(ctx context.Context, o Options) (DB, error) {
	db, err := Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := Migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Connect opens the database and leaves its schema as it is.
func Connect(ctx context.Context, o Options) (DB, error) {
	if o.URL == "" {
		return openSQLite(ctx, o.File)
	}
	if !strings.HasPrefix(o.URL, "postgres://") && !strings.HasPrefix(o.URL, "postgresql://") {
		return nil, errors.New("the database URL must start with postgres://")
	}
	return openPostgres(ctx, o.URL)
}

// Collect reads all rows with scan and closes them.
func Collect[T any](rows Rows, err error, scan func(Row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
