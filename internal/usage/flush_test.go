package usage_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/usage"
)

func TestNoCountIsLostWhileFlushesFail(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		const workers, each = 8, 400
		var wg sync.WaitGroup
		var counted atomic.Int64
		for w := range workers {
			wg.Go(func() {
				for i := range each {
					actor := []*ident.Actor{key, stranger, appKey}[(w+i)%3]
					b.Admit(actor, "", api.MetricManagementCalls)
					b.count(actor, []string{"list-brands", "create-brand"}[i%2], []int{200, 404, 429, 500}[i%4])
					counted.Add(1)
				}
			})
		}
		stop := make(chan struct{})
		var flusher sync.WaitGroup
		flusher.Go(func() {
			for i := 0; ; i++ {
				b.db.failBefore.Store(i%3 == 1)
				b.db.failAfter.Store(i%3 == 2)
				if err := b.Flush(t.Context()); err != nil && !errors.Is(err, errFlaky) {
					t.Error(err)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		wg.Wait()
		close(stop)
		flusher.Wait()
		b.db.failBefore.Store(true)
		b.count(key, "get-brand", 200)
		if err := b.Flush(t.Context()); !errors.Is(err, errFlaky) {
			t.Errorf("a failed flush returned %v", err)
		}
		if b.Pending() == 0 {
			t.Error("after a failed flush nothing is pending")
		}
		b.db.failBefore.Store(false)
		b.db.failAfter.Store(false)
		b.flush(t)
		if n, want := sum(t, db, allCalls), counted.Load()+1; n != want || want != workers*each+1 {
			t.Errorf("%d calls were written, want %d", n, want)
		}
		if n := b.Pending(); n != 0 {
			t.Errorf("%d calls are pending after all was written", n)
		}
		if n := sum(t, db, `SELECT CAST(SUM(calls) AS BIGINT) FROM usage_windows WHERE window_id = 'api_calls_per_hour'`); n != workers*each {
			t.Errorf("the windows have %d calls, want %d", n, workers*each)
		}
		flushes := b.db.appends.Load()
		b.flush(t)
		if b.db.appends.Load() != flushes {
			t.Error("a flush with nothing to write went to the database")
		}
	})
}

func TestCallsAreCountedByEverythingTheContractNames(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		person := &ident.Actor{Kind: ident.ByUser, ID: "user_1", OrganizationID: "org_a"}
		b.count(key, "list-brands", 200)
		b.count(key, "list-brands", 204)
		b.count(key, "list-brands", 429)
		b.set(t, "2026-11-23T11:00:00Z")
		b.count(key, "list-brands", 200)
		b.count(person, "list-brands", 200)
		b.Count(api.Usage{Actor: appKey, Metric: api.MetricAPICalls, Operation: "create-event", Status: 503, At: moment(t, "2026-11-23T11:59:59.999Z")})
		b.Count(api.Usage{Metric: api.MetricAPICalls}) // nobody's
		b.flush(t)

		type row struct {
			hour                                  clock.Timestamp
			metric, project, key, operation, code string
			calls                                 int64
		}
		rows, err := db.Query(t.Context(), `SELECT hour, metric, project_id, key_id, operation, CAST(status_class AS TEXT), calls FROM usage_hours
			WHERE organization_id = 'org_a' ORDER BY 1, 2, 3, 4, 5, 6`)
		got, err := database.Collect(rows, err, func(r database.Row) (x row, err error) {
			return x, errors.Join(r.Scan(&x.hour, &x.metric, &x.project, &x.key, &x.operation, &x.code, &x.calls))
		})
		if err != nil {
			t.Fatal(err)
		}
		ten, eleven := moment(t, "2026-11-23T10:00:00Z"), moment(t, "2026-11-23T11:00:00Z")
		want := []row{
			{ten, "management_api_calls", "proj_1", "mk_1", "list-brands", "2", 2},
			{ten, "management_api_calls", "proj_1", "mk_1", "list-brands", "4", 1},
			{eleven, "api_calls", "proj_sandbox", "app_1", "create-event", "5", 1},
			{eleven, "management_api_calls", "proj_1", "", "list-brands", "2", 1},
			{eleven, "management_api_calls", "proj_1", "mk_1", "list-brands", "2", 1},
		}
		for i := range got {
			if i >= len(want) || got[i] != want[i] {
				t.Errorf("row %d is %+v", i, got[i])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d rows, want %d", len(got), len(want))
		}
	})
}

func TestTheLastUseOfEachKeyIsHandedOnOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.count(key, "list-brands", 200)
	b.set(t, "2026-11-23T10:00:05Z")
	elsewhere := *key
	elsewhere.Address = netip.MustParseAddr("203.0.113.8")
	b.count(&elsewhere, "list-brands", 200)
	b.Count(api.Usage{Actor: key, Metric: api.MetricManagementCalls, At: moment(t, start)}) // ends late, but began before
	b.count(appKey, "create-event", 200)
	b.count(&ident.Actor{Kind: ident.ByUser, ID: "user_1", OrganizationID: "org_a"}, "list-brands", 200)

	b.keys.fail = true
	if err := b.Flush(t.Context()); !errors.Is(err, errFlaky) {
		t.Fatalf("the flush returned %v", err)
	}
	if n := sum(t, b.db, allCalls); n != 0 {
		t.Errorf("%d calls were written by a flush that failed", n)
	}
	b.keys.fail = false
	b.flush(t)
	b.flush(t)
	at := moment(t, "2026-11-23T10:00:05Z")
	want := []usage.Use{
		{OrganizationID: "org_a", Kind: ident.ByProjectKey, KeyID: "app_1", At: at},
		{OrganizationID: "org_a", Kind: ident.ByManagementKey, KeyID: "mk_1", At: at, Address: elsewhere.Address},
	}
	if !slices.Equal(b.keys.uses, want) {
		t.Errorf("the uses are %+v, want %+v", b.keys.uses, want)
	}
	if n := sum(t, b.db, allCalls); n != 5 {
		t.Errorf("%d calls were written, want 5", n)
	}
}

func TestAFailedFlushKeepsALaterUseThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.count(key, "list-brands", 200)
	b.keys.fail = true
	_ = b.Flush(t.Context()) // fails, as told
	b.set(t, "2026-11-23T10:00:09Z")
	b.count(key, "list-brands", 200)
	b.keys.fail = false
	b.flush(t)
	if len(b.keys.uses) != 1 || b.keys.uses[0].At != moment(t, "2026-11-23T10:00:09Z") {
		t.Errorf("the uses are %+v", b.keys.uses)
	}
}

func TestRunFlushesOnEveryTickAndOnceMoreAtTheEnd(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		if _, err := db.Exec(t.Context(), `INSERT INTO usage_windows (subject, window_id, starts_at, calls) VALUES ('org_a', 'api_calls_per_minute', 0, 1)`); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ticks, done := make(chan time.Time), make(chan struct{})
		go func() {
			defer close(done)
			b.RunOn(ctx, ticks)
		}()
		b.db.failBefore.Store(true)
		b.count(key, "list-brands", 200)
		ticks <- time.Time{} // fails, and must not end it
		ticks <- time.Time{} // is taken when the one before is done with
		b.db.failBefore.Store(false)
		ticks <- time.Time{}
		ticks <- time.Time{}
		if n := sum(t, db, allCalls); n != 1 {
			t.Errorf("%d calls after a tick, want 1", n)
		}
		b.set(t, "2026-11-23T10:10:00Z")
		ticks <- time.Time{}
		ticks <- time.Time{}
		if n := sum(t, db, `SELECT count(*) FROM usage_windows`); n != 0 {
			t.Errorf("%d old windows are left", n)
		}
		b.count(key, "list-brands", 200)
		cancel()
		<-done
		if n := sum(t, db, allCalls); n != 2 {
			t.Errorf("%d calls after the end, want 2", n)
		}
	})
}

func TestWhatNoReportReachesIsSweptOnceADay(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		add := func(organization string, at time.Time) {
			t.Helper()
			_, err := db.Exec(t.Context(), `INSERT INTO usage_hours (organization_id, hour, metric, project_id, key_id, operation, status_class, calls)
				VALUES ($1, $2, 'api_calls', '', '', '', 2, 1)`, organization, at.UnixMilli())
			if err != nil {
				t.Fatal(err)
			}
		}
		begin := time.UnixMilli(b.now.Load())
		for _, id := range []string{"org_a", "org_b"} {
			if _, err := db.Exec(t.Context(), `INSERT INTO organizations (id, name, management_api, management_key_limit, limits, created_at, updated_at) VALUES ($1, 'A', TRUE, 5, '{}', 0, 0)`, id); err != nil {
				t.Fatal(err)
			}
			add(id, begin.Add(-usage.Kept-time.Hour))
			add(id, begin.Add(-usage.Kept+time.Hour))
		}
		sweep := func(want int64) {
			t.Helper()
			if err := b.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := sum(t, db, allCalls); n != want {
				t.Errorf("%d hours are left, want %d", n, want)
			}
		}
		sweep(2)
		add("org_a", begin.Add(-usage.Kept-2*time.Hour))
		sweep(3)
		b.now.Store(begin.Add(24 * time.Hour).UnixMilli())
		sweep(0)
	})
}
