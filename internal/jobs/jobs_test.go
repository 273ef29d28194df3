package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

type note struct {
	Text string `json:"text"`
}

func (note) Kind() string { return "note" }

func TestAJobIsWorkedIfAndOnlyIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		worked := make(chan string, 10)
		q := start(t, db, func(_ context.Context, n note) error { worked <- n.Text; return nil })
		undone := errors.New("undone")
		if err := db.Write(t.Context(), func(tx database.Tx) error {
			return errors.Join(q.Enqueue(t.Context(), tx, Job{Args: note{"undone"}}), undone)
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if err := db.Append(t.Context(), func(tx database.Tx) error {
			return q.Enqueue(t.Context(), tx, Job{Args: note{"later"}, At: time.Now().Add(time.Hour)}, Job{Args: note{"one"}}, Job{Args: note{"two"}})
		}); err != nil {
			t.Fatal(err)
		}
		got := []string{next(t, worked), next(t, worked)}
		if slices.Sort(got); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("worked %v", got)
		}
	})
}

func TestAJobThatFailsOrIsPutOffIsWorkedAgain(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		worked := make(chan string, 10)
		var mu sync.Mutex
		tries := 0
		q := start(t, db, func(_ context.Context, n note) error {
			mu.Lock()
			defer mu.Unlock()
			if tries++; tries == 1 {
				return Later(10 * time.Millisecond)
			}
			worked <- n.Text
			return nil
		})
		if err := db.Write(t.Context(), func(tx database.Tx) error { return q.Enqueue(t.Context(), tx, Job{Args: note{"again"}}) }); err != nil {
			t.Fatal(err)
		}
		if got := next(t, worked); got != "again" {
			t.Errorf("worked %s", got)
		}
	})
}

func TestEnqueuingAtOnceFromManyTransactionsLosesNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		worked := make(chan string, 1000)
		q := start(t, db, func(_ context.Context, n note) error { worked <- n.Text; return nil })
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				if err := db.Append(t.Context(), func(tx database.Tx) error { return q.Enqueue(t.Context(), tx, Job{Args: note{strconv.Itoa(i)}}) }); err != nil {
					t.Error(err)
				}
			})
		}
		seen := map[string]bool{}
		for len(seen) < 200 {
			seen[next(t, worked)] = true
		}
		wg.Wait()
	})
}

func TestTheTablesCanBeMadeBeforeAServerStartsAndMoreThanOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var n int
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&n); err == nil {
			t.Fatal("the tables are there before they are made")
		}
		for range 2 {
			if err := Migrate(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d jobs (%v)", n, err)
		}
		worked := make(chan string, 1)
		q := start(t, db, func(_ context.Context, n note) error { worked <- n.Text; return nil })
		if err := db.Write(t.Context(), func(tx database.Tx) error { return q.Enqueue(t.Context(), tx, Job{Args: note{"one"}}) }); err != nil {
			t.Fatal(err)
		}
		if got := next(t, worked); got != "one" {
			t.Errorf("worked %q", got)
		}
	})
}

func start(t *testing.T, db database.DB, do func(context.Context, note) error) *Queue {
	t.Helper()
	q := New(db, slog.New(slog.DiscardHandler))
	Handle(q, do)
	if err := q.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return q
}

func next(t *testing.T, worked <-chan string) string {
	t.Helper()
	select {
	case text := <-worked:
		return text
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was worked")
		return ""
	}
}
