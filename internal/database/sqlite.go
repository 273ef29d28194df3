package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteDB is one SQLite file: a single writer connection, whose transactions
// begin IMMEDIATE and share commits (see batcher), beside a pool of readers. WAL lets both work at once;
// synchronous=FULL makes every commit durable.
type sqliteDB struct {
	file    string
	writer  *sqlitePool
	batches *batcher
	readers *sqlitePool
	changes *Changes
	stop    context.CancelFunc
	done    chan struct{}
}

// externalChangePoll is how often another process's writes are looked for.
// CONTRACT 4 allows 250 ms until a key changed by another process is refused.
const externalChangePoll = 100 * time.Millisecond

func openSQLite(ctx context.Context, file string) (*sqliteDB, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the data directory: %w", err)
	}
	writer, err := openSQLitePool(ctx, file, 1, "immediate")
	if err != nil {
		return nil, err
	}
	readers, err := openSQLitePool(ctx, file, max(4, runtime.NumCPU()), "deferred")
	if err != nil {
		return nil, errors.Join(err, writer.db.Close())
	}
	pollCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	db := &sqliteDB{file: file, writer: writer, batches: &batcher{db: writer.db}, readers: readers, changes: newChanges(), stop: stop, done: make(chan struct{})}
	mark, err := db.dataVersion(ctx) // before anybody can have read, and so cached, anything
	if err != nil {
		stop()
		return nil, errors.Join(err, readers.db.Close(), writer.db.Close())
	}
	go db.watchOtherProcesses(pollCtx, mark)
	return db, nil
}

func openSQLitePool(ctx context.Context, file string, size int, txlock string) (*sqlitePool, error) {
	q := url.Values{}
	q.Set("_txlock", txlock)
	for _, pragma := range []string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"temp_store(MEMORY)", "cache_size(-4096)", "wal_autocheckpoint(4000)",
		"secure_delete(ON)", // an erased ciphertext must not stay in free pages
	} {
		q.Add("_pragma", pragma)
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", file, err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open %s: %w", file, err), db.Close())
	}
	return &sqlitePool{db: db}, nil
}

func (d *sqliteDB) Engine() Engine    { return SQLite }
func (d *sqliteDB) Changes() *Changes { return d.changes }

func (d *sqliteDB) Exec(ctx context.Context, text string, args ...any) (n int64, err error) {
	err = d.Write(ctx, func(tx Tx) error { // where it shares its commit with others
		n, err = tx.Exec(ctx, text, args...)
		return err
	})
	return n, err
}

func (d *sqliteDB) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	return d.readers.query(ctx, nil, text, args)
}

func (d *sqliteDB) QueryRow(ctx context.Context, text string, args ...any) Row {
	// One row by its key is read sooner than the two goroutines start that
	// would watch for a caller who goes away meanwhile.
	return d.readers.queryRow(context.WithoutCancel(ctx), nil, text, args)
}

func (d *sqliteDB) Write(ctx context.Context, do func(tx Tx) error) error {
	tx := &sqliteTx{pool: d.writer}
	err := d.batches.run(ctx, func(shared *sql.Tx) error {
		tx.tx = shared
		return do(tx)
	})
	if err != nil {
		return sqliteError(err)
	}
	for _, change := range tx.changes {
		d.changes.publish(change)
	}
	for _, text := range tx.unprepared {
		_, _ = d.writer.prepared(ctx, nil, text) // an optimisation: what fails here is prepared in the next transaction
	}
	return nil
}

func (d *sqliteDB) Append(ctx context.Context, do func(tx Tx) error) error { return d.Write(ctx, do) }

func (d *sqliteDB) Ping(ctx context.Context) error {
	var one int
	return d.QueryRow(ctx, "SELECT 1").Scan(&one)
}

func (d *sqliteDB) Backup(ctx context.Context, file string) error {
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s exists already; a backup never overwrites", file)
	}
	_, err := d.readers.db.ExecContext(ctx, "VACUUM INTO ?", file)
	return sqliteError(err)
}

// Scrub moves the write-ahead log into the file and empties it: the log still
// holds pages as they were before rows were erased.
func (d *sqliteDB) Scrub(ctx context.Context) error {
	var busy, logged, moved int
	if err := d.writer.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &logged, &moved); err != nil {
		return sqliteError(err)
	}
	if busy != 0 {
		return fmt.Errorf("%w: the log is in use by readers", ErrBusy)
	}
	return nil
}

func (d *sqliteDB) Stats() Stats {
	r, w := d.readers.db.Stats(), d.writer.db.Stats()
	return Stats{Open: r.OpenConnections + w.OpenConnections, Idle: r.Idle + w.Idle, InUse: r.InUse + w.InUse}
}

func (d *sqliteDB) Close() error {
	d.stop()
	<-d.done
	return errors.Join(d.readers.db.Close(), d.writer.db.Close())
}

// watchOtherProcesses publishes a change of everything when another process
// has written since the mark.
func (d *sqliteDB) watchOtherProcesses(ctx context.Context, mark int64) {
	defer close(d.done)
	ticker := time.NewTicker(externalChangePoll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		version, err := d.dataVersion(ctx)
		if err != nil {
			continue // a busy or closing database is asked again at the next tick
		}
		if version != mark {
			d.changes.publish(Everything)
		}
		mark = version
	}
}

// dataVersion moves only for commits of other connections; asked on the only
// connection that this process writes with, only for other processes'.
func (d *sqliteDB) dataVersion(ctx context.Context) (version int64, err error) {
	err = d.writer.db.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version)
	return version, err
}

// SQLDB returns the writer pool for libraries that bring their own SQL
// (migrations, the job queue).
func (d *sqliteDB) SQLDB() *sql.DB { return d.writer.db }

type sqliteTx struct {
	pool       *sqlitePool
	tx         *sql.Tx
	changes    []Change
	unprepared []string // texts that the pool has yet to prepare
	broken     error    // why nothing more may be done in it
}

// keep keeps an error after which SQLite may have rolled the transaction back
// by itself (a full disk, for example): further statements would be committed
// each by itself. One that breaks a constraint is undone alone.
func (t *sqliteTx) keep(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		t.broken = err
	}
	return err
}

// A statement of a shared transaction is never interrupted: SQLite would roll
// back the whole of it, and with it what others did.

func (t *sqliteTx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	if t.broken != nil {
		return 0, t.broken
	}
	n, err := t.pool.exec(context.WithoutCancel(ctx), t, text, args)
	return n, t.keep(err)
}

func (t *sqliteTx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	rows, err := t.pool.query(context.WithoutCancel(ctx), t, text, args)
	return rows, t.keep(err)
}

func (t *sqliteTx) QueryRow(ctx context.Context, text string, args ...any) Row {
	if t.broken != nil {
		return failedRow{t.broken}
	}
	return t.pool.queryRow(context.WithoutCancel(ctx), t, text, args)
}

func (t *sqliteTx) Notify(_ context.Context, change Change) error {
	t.changes = append(t.changes, change)
	return nil
}

// SQLTx returns the driver's transaction, for the job queue.
func (t *sqliteTx) SQLTx() *sql.Tx { return t.tx }

// sqlitePool is a database/sql pool that prepares each SQL text once.
type sqlitePool struct {
	db    *sql.DB
	stmts sync.Map // SQL text → *sql.Stmt
}

func (p *sqlitePool) prepared(ctx context.Context, tx *sqliteTx, text string) (*sql.Stmt, error) {
	if s, ok := p.stmts.Load(text); ok {
		if tx != nil {
			return tx.tx.StmtContext(ctx, s.(*sql.Stmt)), nil
		}
		return s.(*sql.Stmt), nil
	}
	if tx != nil {
		// The only connection is busy with this transaction, so preparing on
		// the pool would wait for itself: prepare here, and on the pool later.
		tx.unprepared = append(tx.unprepared, text)
		return tx.tx.PrepareContext(ctx, text)
	}
	s, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if kept, loaded := p.stmts.LoadOrStore(text, s); loaded {
		_ = s.Close()
		return kept.(*sql.Stmt), nil
	}
	return s, nil
}

func (p *sqlitePool) exec(ctx context.Context, tx *sqliteTx, text string, args []any) (int64, error) {
	s, err := p.prepared(ctx, tx, text)
	if err != nil {
		return 0, sqliteError(err)
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, sqliteError(err)
	}
	return res.RowsAffected()
}

func (p *sqlitePool) query(ctx context.Context, tx *sqliteTx, text string, args []any) (Rows, error) {
	s, err := p.prepared(ctx, tx, text)
	if err != nil {
		return nil, sqliteError(err)
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return nil, sqliteError(err)
	}
	return sqliteRows{rows}, nil
}

func (p *sqlitePool) queryRow(ctx context.Context, tx *sqliteTx, text string, args []any) Row {
	s, err := p.prepared(ctx, tx, text)
	if err != nil {
		return failedRow{sqliteError(err)}
	}
	return sqliteRow{s.QueryRowContext(ctx, args...)}
}

type sqliteRow struct{ row *sql.Row }

func (r sqliteRow) Scan(dest ...any) error { return sqliteError(r.row.Scan(dest...)) }

type sqliteRows struct{ *sql.Rows }

func (r sqliteRows) Scan(dest ...any) error { return sqliteError(r.Rows.Scan(dest...)) }
func (r sqliteRows) Err() error             { return sqliteError(r.Rows.Err()) }
func (r sqliteRows) Close()                 { _ = r.Rows.Close() } // Err has told what there was to tell

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// sqliteError turns the driver's error into this package's, by its code.
func sqliteError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoRows
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fmt.Errorf("%w: %w", ErrUnique, err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	}
	if e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}
