package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresDB is a pool of PostgreSQL connections. pgx prepares each SQL text
// once a connection.
type postgresDB struct {
	pool *pgxpool.Pool
	// turns keeps the peace between this node's serializable transactions:
	// each first try shares it, and one that lost against others runs again
	// with it alone, so that it cannot lose against its own node forever.
	turns   sync.RWMutex
	changes *Changes
	stop    context.CancelFunc
	done    chan struct{}
}

// writeAttempts bounds how often a transaction that lost against other nodes'
// is run again; with the waits between them that is about a second at the most.
const writeAttempts = 12

// poolConns is how many connections a node has at the most unless the URL says
// so with pool_max_conns. Deliveries and calls share them; with as few as there
// are processors calls would wait for deliveries.
const poolConns = 16

func openPostgres(ctx context.Context, url string) (*postgresDB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL cannot be read as a PostgreSQL URL") // its text may hold a password
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "steward"
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = max(cfg.MaxConns, poolConns)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("cannot open PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("cannot reach PostgreSQL: %w", err)
	}
	listenCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	db := &postgresDB{pool: pool, changes: newChanges(), stop: stop, done: make(chan struct{})}
	ready := make(chan struct{})
	go db.listen(listenCtx, cfg.ConnConfig.Copy(), ready)
	select {
	case <-ready:
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), db.Close())
	}
	return db, nil
}

func (d *postgresDB) Engine() Engine    { return PostgreSQL }
func (d *postgresDB) Changes() *Changes { return d.changes }

func (d *postgresDB) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	return postgresConn{d.pool}.Exec(ctx, text, args...)
}

func (d *postgresDB) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	return postgresConn{d.pool}.Query(ctx, text, args...)
}

func (d *postgresDB) QueryRow(ctx context.Context, text string, args ...any) Row {
	return postgresConn{d.pool}.QueryRow(ctx, text, args...)
}

func (d *postgresDB) Write(ctx context.Context, do func(tx Tx) error) error {
	return d.transact(ctx, pgx.Serializable, do)
}

func (d *postgresDB) Append(ctx context.Context, do func(tx Tx) error) error {
	return d.transact(ctx, pgx.ReadCommitted, do)
}

func (d *postgresDB) transact(ctx context.Context, level pgx.TxIsoLevel, do func(tx Tx) error) error {
	wait := 2 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := d.try(ctx, level, attempt > 1, do)
		if !errors.Is(err, ErrBusy) || attempt == writeAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(wait*2, 200*time.Millisecond)
	}
}

// try runs a transaction once.
func (d *postgresDB) try(ctx context.Context, level pgx.TxIsoLevel, alone bool, do func(tx Tx) error) error {
	switch {
	case alone:
		d.turns.Lock()
		defer d.turns.Unlock()
	case level == pgx.Serializable:
		d.turns.RLock()
		defer d.turns.RUnlock()
	}
	var changes []Change
	err := pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
		t := &postgresTx{postgresConn: postgresConn{tx}, tx: tx}
		err := do(t)
		changes = t.changes
		return err
	})
	if err != nil {
		return postgresError(err)
	}
	for _, change := range changes { // here at once, elsewhere when the notification arrives
		d.changes.publish(change)
	}
	return nil
}

func (d *postgresDB) Ping(ctx context.Context) error { return d.pool.Ping(ctx) }

func (d *postgresDB) Backup(context.Context, string) error {
	return errors.New("back up PostgreSQL with its own tools, for example pg_dump; `steward backup` copies the SQLite file only")
}

// Scrub does nothing: dead row versions and the log are under the server's own
// vacuum and retention.
func (d *postgresDB) Scrub(context.Context) error { return nil }

func (d *postgresDB) Stats() Stats {
	s := d.pool.Stat()
	return Stats{Open: int(s.TotalConns()), Idle: int(s.IdleConns()), InUse: int(s.AcquiredConns())}
}

func (d *postgresDB) Close() error {
	d.stop()
	<-d.done
	d.pool.Close()
	return nil
}

// Pool returns the pool for libraries that bring their own SQL (migrations,
// the job queue).
func (d *postgresDB) Pool() *pgxpool.Pool { return d.pool }

// channel is the one PostgreSQL notification channel that nodes listen on.
const channel = "steward_changes"

// listen publishes what other nodes tell, and a change of everything after any
// gap in which it could not hear them.
func (d *postgresDB) listen(ctx context.Context, cfg *pgx.ConnConfig, ready chan<- struct{}) {
	defer close(d.done)
	for wait := 50 * time.Millisecond; ctx.Err() == nil; wait = min(wait*2, 2*time.Second) {
		heard, err := d.listenOnce(ctx, cfg, ready)
		if heard {
			ready, wait = nil, 50*time.Millisecond
		}
		if err != nil && ctx.Err() == nil {
			d.changes.publish(Everything)
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
		}
	}
	if ready != nil {
		close(ready)
	}
}

func (d *postgresDB) listenOnce(ctx context.Context, cfg *pgx.ConnConfig, ready chan<- struct{}) (heard bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, err
	}
	if ready != nil {
		close(ready)
	} else {
		d.changes.publish(Everything)
	}
	for {
		if err := d.hear(ctx, conn); err != nil {
			return true, err
		}
	}
}

// quiet is how long the listening connection may be silent before it is asked
// whether it is still there: a peer that died without a word says nothing
// either.
const quiet = 15 * time.Second

// hear waits for a notification and publishes it, or for a while.
func (d *postgresDB) hear(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	n, err := conn.WaitForNotification(waiting)
	if err == nil {
		d.changes.publish(parseChange(n.Payload))
		return nil
	}
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	asking, done := context.WithTimeout(ctx, quiet)
	defer done()
	return conn.Ping(asking)
}

type postgresTx struct {
	postgresConn
	tx      pgx.Tx
	changes []Change
}

func (t *postgresTx) Notify(ctx context.Context, change Change) error {
	t.changes = append(t.changes, change)
	_, err := t.Exec(ctx, "SELECT pg_notify($1, $2)", channel, change.String())
	return err
}

// PgxTx returns the driver's transaction, for the job queue.
func (t *postgresTx) PgxTx() pgx.Tx { return t.tx }

// pgxRunner is what a pool and a transaction of pgx have in common.
type pgxRunner interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

type postgresConn struct{ run pgxRunner }

func (c postgresConn) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	tag, err := c.run.Exec(ctx, text, args...)
	return tag.RowsAffected(), postgresError(err)
}

func (c postgresConn) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	rows, err := c.run.Query(ctx, text, args...)
	if err != nil {
		return nil, postgresError(err)
	}
	return postgresRows{rows}, nil
}

func (c postgresConn) QueryRow(ctx context.Context, text string, args ...any) Row {
	return postgresRow{c.run.QueryRow(ctx, text, args...)}
}

type postgresRow struct{ row pgx.Row }

func (r postgresRow) Scan(dest ...any) error { return postgresError(r.row.Scan(dest...)) }

type postgresRows struct{ pgx.Rows }

func (r postgresRows) Scan(dest ...any) error { return postgresError(r.Rows.Scan(dest...)) }
func (r postgresRows) Err() error             { return postgresError(r.Rows.Err()) }

// postgresError turns the driver's error into this package's, by its SQLSTATE.
func postgresError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNoRows
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if away(err) {
			return fmt.Errorf("%w: %w", ErrAway, err)
		}
		return err
	}
	switch e.Code {
	case "23505":
		return fmt.Errorf("%w: %w", ErrUnique, err)
	case "23503":
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	case "40001", "40P01", "55P03":
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case "57P01", "57P02", "57P03", "53300": // it shuts down, has crashed, is starting, has no connection left
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

// away reports whether an error that is no answer of the server means that
// there was none.
func away(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}
