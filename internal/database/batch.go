package database

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// batcher lets transactions that wait for SQLite's one writer share a commit,
// and so one flush to the disk: each runs in a savepoint of its own, one after
// the other, and none returns before the commit that holds it.
//
// Whoever runs last, with nobody waiting, commits for all. So a lone writer
// commits at once, and nobody waits for company.
type batcher struct {
	db      *sql.DB
	waiting atomic.Int64 // goroutines on their way to mu
	mu      sync.Mutex   // held while a transaction runs
	open    *batch       // guarded by mu
}

// batch is one transaction of the engine, shared by several of ours.
type batch struct {
	tx   *sql.Tx
	size int  // how many have run in it, whether kept or undone
	kept bool // whether there is something to commit
	done chan struct{}
	err  error // of the commit; read after done
}

// maxBatch bounds how many share a commit, and so how long the first waits.
const maxBatch = 64

// run runs do in a savepoint of the open batch, and returns when what it did
// is committed, or undone.
func (b *batcher) run(ctx context.Context, do func(tx *sql.Tx) error) error {
	b.waiting.Add(1)
	b.mu.Lock()
	b.waiting.Add(-1)
	joined, err := b.join(ctx, do)
	if err != nil {
		return err
	}
	<-joined.done
	return joined.err
}

// join runs do while mu is held, and leaves the batch committed or in the
// hands of the next in line. It gives mu back in any case, also if do panics
// or ends its goroutine.
func (b *batcher) join(ctx context.Context, do func(tx *sql.Tx) error) (joined *batch, err error) {
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil { // its turn came too late
		if b.open != nil {
			b.finish(b.open) // it may have been the one that the batch waited for
		}
		return nil, err
	}
	if b.open == nil {
		// The batch outlives the call that began it, so no call's context may
		// end it.
		tx, err := b.db.BeginTx(context.Background(), nil)
		if err != nil {
			return nil, err
		}
		b.open = &batch{tx: tx, done: make(chan struct{})}
	}
	current, ok := b.open, false
	current.size++
	if _, err := current.tx.ExecContext(context.Background(), "SAVEPOINT one"); err != nil {
		b.finish(current)
		return nil, err
	}
	defer func() {
		if !ok {
			_, undone := current.tx.ExecContext(context.Background(), "ROLLBACK TO one")
			if undone != nil { // the engine has given up the whole transaction: nobody's part is kept
				current.err = undone
			}
		}
		b.finish(current)
	}()
	if err := do(current.tx); err != nil {
		return nil, err
	}
	if _, err := current.tx.ExecContext(context.Background(), "RELEASE one"); err != nil {
		return nil, err
	}
	current.kept, ok = true, true
	return current, nil
}

// finish ends the batch unless somebody is waiting to join it.
func (b *batcher) finish(current *batch) {
	if b.waiting.Load() > 0 && current.size < maxBatch && current.err == nil {
		return
	}
	if current.err == nil && current.kept {
		current.err = current.tx.Commit()
	} else {
		_ = current.tx.Rollback() // nothing to keep
	}
	b.open = nil
	close(current.done)
}
