// Package jobs is the queue of work that follows a transaction: a job is
// enqueued in the transaction that causes it, and is worked if, and only if,
// that commits. River keeps the jobs, in tables of its own in the same
// database.
//
// A job runs at least once: one that a crashed process was working on is taken
// up again.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/steward-platform/steward/internal/database"
)

// Args are what a job is to do, kept as JSON. Kind names the kind of job.
type Args = river.JobArgs

// Queue takes jobs in, and works them once started.
type Queue struct {
	db      database.DB
	log     *slog.Logger
	workers *river.Workers
	client  client
}

// client is River's, for whichever engine.
type client interface {
	insert(ctx context.Context, tx database.Tx, params []river.InsertManyParams) error
	start(ctx context.Context) error
	stop(ctx context.Context) error
	// adopt takes up the jobs of processes that are gone, if that can be known.
	adopt(ctx context.Context) error
}

const (
	// workersAtOnce is how many jobs a node works at once. Most wait for the
	// network.
	workersAtOnce = 100
	// Timeout bounds one job.
	Timeout = 25 * time.Second
	// rescueAfter is when a job that is still running is believed to belong to
	// a process that is gone.
	rescueAfter = 30 * time.Second
	// keepDone is how long what is done is kept, for a look at what happened.
	keepDone = 10 * time.Minute
	// migrateAttempts is how often the tables are tried to be brought up to date.
	migrateAttempts = 5
	// pollEvery is how often SQLite, which tells nobody of new rows, is asked
	// for due jobs.
	pollEvery = 50 * time.Millisecond
)

// New returns a queue without kinds of jobs. Register them all with Handle,
// then Open it.
func New(db database.DB, log *slog.Logger) *Queue {
	return &Queue{db: db, log: log, workers: river.NewWorkers()}
}

// Handle registers what works a kind of job. What do returns as an error is
// tried again; Later puts a job off without counting it as a failure.
func Handle[A Args](q *Queue, do func(ctx context.Context, args A) error) {
	river.AddWorker(q.workers, river.WorkFunc(func(ctx context.Context, job *river.Job[A]) error { return do(ctx, job.Args) }))
}

// Later is the error by which a job asks to be worked again after a while.
func Later(after time.Duration) error { return river.JobSnooze(after) }

// Open brings River's tables up to date. From then on jobs can be enqueued.
func (q *Queue) Open(ctx context.Context) (err error) {
	switch db := q.db.(type) {
	case interface{ Pool() *pgxpool.Pool }:
		q.client, err = open(ctx, q, riverpgxv5.New(db.Pool()), func(tx database.Tx) pgx.Tx { return tx.(interface{ PgxTx() pgx.Tx }).PgxTx() })
	case interface{ SQLDB() *sql.DB }:
		q.client, err = open(ctx, q, riversqlite.New(db.SQLDB()), func(tx database.Tx) *sql.Tx { return tx.(interface{ SQLTx() *sql.Tx }).SQLTx() })
	default:
		err = errNoPlace
	}
	if err != nil {
		return fmt.Errorf("cannot open the queue: %w", err)
	}
	return nil
}

var errNoPlace = errors.New("the database has no place for a queue")

// Start begins to work jobs. On SQLite, where no other process does, it first
// takes up what a crashed one has left.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.client.adopt(ctx); err != nil {
		return fmt.Errorf("cannot take up what was left: %w", err)
	}
	return q.client.start(context.WithoutCancel(ctx))
}

// Stop takes no more jobs and waits for those that run, until ctx is done.
func (q *Queue) Stop(ctx context.Context) error { return q.client.stop(ctx) }

// Job is work to be done at a time; the zero time is at once.
type Job struct {
	Args Args
	At   time.Time
}

// Enqueue adds jobs in the transaction that causes them.
func (q *Queue) Enqueue(ctx context.Context, tx database.Tx, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		params[i] = river.InsertManyParams{Args: j.Args, InsertOpts: &river.InsertOpts{ScheduledAt: j.At}}
	}
	return q.client.insert(ctx, tx, params)
}

// Migrate brings the queue's tables up to date. Open does so, too: this is for
// operators whose servers may not change the schema.
func Migrate(ctx context.Context, db database.DB) error {
	switch db := db.(type) {
	case interface{ Pool() *pgxpool.Pool }:
		return migrate(ctx, riverpgxv5.New(db.Pool()))
	case interface{ SQLDB() *sql.DB }:
		return migrate(ctx, riversqlite.New(db.SQLDB()))
	}
	return errNoPlace
}

func migrate[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ { // nodes that start for the first time at once get in each other's way
		if _, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err == nil || attempt == migrateAttempts {
			return err
		}
	}
}

type riverClient[T any] struct {
	*river.Client[T]
	queue *Queue
	of    func(database.Tx) T
}

func open[T any](ctx context.Context, q *Queue, driver riverdriver.Driver[T], of func(database.Tx) T) (client, error) {
	if err := migrate(ctx, driver); err != nil {
		return nil, err
	}
	c, err := river.NewClient(driver, &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workersAtOnce}},
		Workers:           q.workers,
		Logger:            slog.New(quieter{q.log.Handler()}),
		JobTimeout:        Timeout,
		FetchCooldown:     10 * time.Millisecond,
		FetchPollInterval: pollEvery, RescueStuckJobsAfter: rescueAfter,
		CompletedJobRetentionPeriod: keepDone, CancelledJobRetentionPeriod: keepDone,
	})
	return &riverClient[T]{c, q, of}, err
}

func (c *riverClient[T]) insert(ctx context.Context, tx database.Tx, params []river.InsertManyParams) error {
	_, err := c.InsertManyFastTx(ctx, c.of(tx), params)
	return err
}

func (c *riverClient[T]) start(ctx context.Context) error { return c.Start(ctx) }
func (c *riverClient[T]) stop(ctx context.Context) error  { return c.Stop(ctx) }

func (c *riverClient[T]) adopt(ctx context.Context) error {
	if c.queue.db.Engine() != database.SQLite {
		return nil // other nodes may be working
	}
	_, err := c.queue.db.Exec(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`)
	return err
}

// quieter keeps River's news of every day out of the log: it tells of stopped
// and started services at the level of information.
type quieter struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (h quieter) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}
