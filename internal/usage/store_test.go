package usage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/usage"
)

func TestHoursAndWindowsAddUpInBatchesOfAnySize(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var store usage.Store
		at := moment(t, start)
		for _, size := range []int{0, 1, 3, 4, 300, 1000} {
			var hours []usage.HourCalls
			var windows []usage.WindowCalls
			for i := range size {
				id := fmt.Sprintf("%d-%d", size, i)
				hours = append(hours, usage.HourCalls{CallKey: usage.CallKey{OrganizationID: "org_a", Hour: at, Metric: "m", ProjectID: id, StatusClass: 2}, Calls: int64(i + 1)})
				windows = append(windows, usage.WindowCalls{Subject: id, Window: "api_calls_per_hour", Starts: at, Calls: int64(i + 1)})
			}
			for round := int64(1); round <= 2; round++ {
				var totals []int64
				err := db.Append(t.Context(), func(tx database.Tx) (err error) {
					if err := store.AddHours(t.Context(), tx, hours); err != nil {
						return err
					}
					totals, err = store.AddWindows(t.Context(), tx, windows)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if len(totals) != size {
					t.Fatalf("%d totals of %d windows", len(totals), size)
				}
				for i, total := range totals {
					if total != round*int64(i+1) {
						t.Fatalf("window %d of %d has %d in round %d", i, size, total, round)
					}
				}
				if n, want := sum(t, db, allCalls+` WHERE project_id LIKE $1`, fmt.Sprintf("%d-%%", size)), round*int64(size*(size+1)/2); n != want {
					t.Fatalf("%d hours have %d calls in round %d, want %d", size, n, round, want)
				}
			}
		}
	})
}

func TestTotalsAreThoseOfTheCurrentWindowsAlone(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var store usage.Store
		var windows []usage.WindowCalls
		for i, at := range []string{"2026-11-23T10:00:00Z", "2026-11-23T09:00:00Z", "2026-11-23T00:00:00Z", "2026-11-01T00:00:00Z"} {
			for _, name := range usage.Names() {
				for j, subject := range []string{"org_a", "org_a/proj_1", "org_b"} {
					windows = append(windows, usage.WindowCalls{Subject: subject, Window: name, Starts: moment(t, at), Calls: int64(1 + 10*i + 100*j)})
				}
			}
		}
		err := db.Append(t.Context(), func(tx database.Tx) error {
			_, err := store.AddWindows(t.Context(), tx, windows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		totals, err := store.Totals(t.Context(), db, "org_a/proj_1", moment(t, "2026-11-23T10:00:59.999Z"))
		if want := []int64{101, 101, 131, 101, 121, 121}; err != nil || !slices.Equal(totals[:], want) {
			t.Errorf("the totals are %v, %v; want %v", totals, err, want)
		}
		totals, err = store.Totals(t.Context(), db, "org_none", moment(t, start))
		if want := make([]int64, 6); err != nil || !slices.Equal(totals[:], want) {
			t.Errorf("a subject without calls has %v, %v", totals, err)
		}
	})
}

func TestSweepKeepsTheCurrentWindowsAndTheLastOnes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.set(t, "2026-11-23T10:00:30Z")
		kept := map[string][]string{
			"api_calls_per_minute":  {"2026-11-23T10:00:00Z", "2026-11-23T09:59:00Z"},
			"api_calls_per_hour":    {"2026-11-23T10:00:00Z", "2026-11-23T09:00:00Z"},
			"webhook_calls_per_day": {"2026-11-23T00:00:00Z", "2026-11-22T00:00:00Z"},
			"api_calls_per_cycle":   {"2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z"},
		}
		swept := map[string]string{
			"api_calls_per_minute": "2026-11-23T09:58:00Z", "api_calls_per_hour": "2026-11-23T08:00:00Z",
			"webhook_calls_per_day": "2026-11-21T00:00:00Z", "api_calls_per_cycle": "2026-09-01T00:00:00Z",
		}
		var windows []usage.WindowCalls
		var want []string
		for name, starts := range kept {
			for _, at := range starts {
				windows = append(windows, usage.WindowCalls{Subject: "org_a", Window: name, Starts: moment(t, at), Calls: 1})
				want = append(want, name+" "+moment(t, at).String())
			}
			windows = append(windows, usage.WindowCalls{Subject: "org_a", Window: name, Starts: moment(t, swept[name]), Calls: 1})
		}
		err := db.Append(t.Context(), func(tx database.Tx) error {
			_, err := usage.Store{}.AddWindows(t.Context(), tx, windows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(t.Context(), `SELECT window_id, starts_at FROM usage_windows`)
		got, err := database.Collect(rows, err, func(r database.Row) (string, error) {
			var name string
			var at clock.Timestamp
			err := r.Scan(&name, &at)
			return name + " " + at.String(), err
		})
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("left are %v, %v; want %v", got, err, want)
		}
	})
}

func TestAnIdleMeterTouchesNoRow(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.set(t, "2026-11-23T10:00:00Z")
	b.flush(t)
	b.admit(1, key, "management_api_calls")
	b.flush(t)
	b.now.Add(time.Hour.Milliseconds())
	b.flush(t)
	if n := b.db.appends.Load(); n != 1 {
		t.Errorf("%d transactions, want 1", n)
	}
}
