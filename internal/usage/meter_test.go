package usage_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
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

// The cast: a key of an organization, one of a stranger's, one of a project.
var (
	key      = &ident.Actor{Kind: ident.ByManagementKey, ID: "mk_1", OrganizationID: "org_a", Address: netip.MustParseAddr("203.0.113.7")}
	stranger = &ident.Actor{Kind: ident.ByManagementKey, ID: "mk_2", OrganizationID: "org_b"}
	appKey   = &ident.Actor{Kind: ident.ByProjectKey, ID: "app_1", OrganizationID: "org_a", ProjectID: "proj_sandbox"}
)

// bench is a meter among fakes that a test can turn.
type bench struct {
	*usage.Meter
	now    atomic.Int64
	limits sync.Map // organization or project → usage.Limits
	db     *flaky
	keys   *touches
}

func (b *bench) LimitsOf(id string) usage.Limits      { return b.find(id) }
func (b *bench) ProjectLimits(id string) usage.Limits { return b.find(id) }
func (b *bench) find(id string) usage.Limits {
	l, _ := b.limits.Load(id)
	limits, _ := l.(usage.Limits)
	return limits
}

func (b *bench) set(t testing.TB, text string) { b.now.Store(int64(moment(t, text))) }

const start = "2026-11-23T10:00:00Z"

func newBench(t testing.TB, db database.DB) *bench {
	t.Helper()
	b := &bench{db: &flaky{DB: db}, keys: &touches{}}
	b.set(t, start)
	b.Meter = usage.NewMeter(b.db, func() time.Time { return time.UnixMilli(b.now.Load()) }, b, b.keys, slog.New(slog.DiscardHandler))
	return b
}

func (b *bench) flush(t testing.TB) {
	t.Helper()
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// admit makes n calls and returns how many passed, and the last standing.
func (b *bench) admit(n int, actor *ident.Actor, metric string) (passed int, last api.Rate) {
	for range n {
		if last = b.Admit(actor, "", metric); last.Exceeded == "" {
			passed++
		}
	}
	return passed, last
}

func (b *bench) count(actor *ident.Actor, operation string, status int) {
	b.Count(api.Usage{
		Actor: actor, Metric: api.MetricManagementCalls, ProjectID: "proj_1", Operation: operation, Status: status, At: clock.Timestamp(b.now.Load()),
	})
}

// flaky is a database that fails when it is told to.
type flaky struct {
	database.DB
	appends     atomic.Int64
	failBefore  atomic.Bool // the transaction does not begin
	failAfter   atomic.Bool // it is undone after its work
	failQueries atomic.Bool
}

var errFlaky = errors.New("the database is away")

func (f *flaky) Append(ctx context.Context, do func(database.Tx) error) error {
	f.appends.Add(1)
	if f.failBefore.Load() {
		return errFlaky
	}
	return f.DB.Append(ctx, func(tx database.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		if f.failAfter.Load() {
			return errFlaky
		}
		return nil
	})
}

func (f *flaky) Query(ctx context.Context, text string, args ...any) (database.Rows, error) {
	if f.failQueries.Load() {
		return nil, errFlaky
	}
	return f.DB.Query(ctx, text, args...)
}

// touches keeps the uses of keys that it is handed.
type touches struct {
	mu   sync.Mutex
	fail bool
	uses []usage.Use
}

func (k *touches) Touch(_ context.Context, _ database.Tx, uses []usage.Use) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail {
		return errFlaky
	}
	k.uses = append(k.uses, uses...)
	return nil
}

func sum(t testing.TB, db database.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const allCalls = `SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT) FROM usage_hours`

func TestALimitAdmitsExactlyItsNumberUnderConcurrency(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.Store("org_a", usage.Limits{APICallsPerHour: 500})
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				n, _ := b.admit(200, key, api.MetricManagementCalls)
				passed.Add(int64(n))
			})
		}
		wg.Go(func() { // flushes in between must neither lose nor invent calls
			for range 5 {
				if err := b.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		if n := passed.Load(); n != 500 {
			t.Errorf("%d calls passed, want 500", n)
		}
		b.flush(t)
		if n := sum(t, db, `SELECT calls FROM usage_windows WHERE subject = 'org_a' AND window_id = 'api_calls_per_hour'`); n != 500 {
			t.Errorf("the window has %d calls, want 500: a refused call takes nothing", n)
		}
		if n, _ := b.admit(1, stranger, api.MetricManagementCalls); n != 1 {
			t.Error("another organization is held to this one's limit")
		}
	})
}

func TestTheRateTellsTheWindowThatIsNearestToItsLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.set(t, "2026-11-23T10:00:15.250Z")
	check := func(what string, got, want api.Rate) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	_, rate := b.admit(1, key, api.MetricManagementCalls)
	check("without limits of its own", rate, api.Rate{Limit: 1_000_000, Remaining: 999_999, Retry: 44_750 * time.Millisecond})

	b.limits.Store("org_a", usage.Limits{APICallsPerMinute: 10, APICallsPerHour: 5, APICallsPerCycle: 1000})
	_, rate = b.admit(1, key, api.MetricManagementCalls)
	check("a limit set later counts what was before", rate, api.Rate{Limit: 5, Remaining: 3, Retry: 59*time.Minute + 44_750*time.Millisecond})
	_, rate = b.admit(1, appKey, api.MetricAPICalls)
	check("both APIs count together", rate, api.Rate{Limit: 5, Remaining: 2, Retry: 59*time.Minute + 44_750*time.Millisecond})

	b.limits.Store("org_a", usage.Limits{APICallsPerMinute: 3, APICallsPerHour: 3, APICallsPerCycle: 1000})
	_, rate = b.admit(1, key, api.MetricManagementCalls)
	check("of two that are used up the one that ends last", rate,
		api.Rate{Limit: 3, Retry: 59*time.Minute + 44_750*time.Millisecond, Exceeded: "api_calls_per_hour"})

	_, rate = b.admit(1, key, api.MetricBulkAPICalls)
	check("a metric that nothing limits", rate, api.Rate{})
	_, rate = b.admit(1, key, "steps")
	check("a metric that there is not", rate, api.Rate{})
	b.limits.Store("org_a", usage.Limits{BulkAPICallsPerHour: 3, WebhookCallsPerDay: 1, MessagesPerDay: 1})
	_, rate = b.admit(1, key, api.MetricBulkAPICalls)
	check("counted before it was limited", rate, api.Rate{Limit: 3, Remaining: 1, Retry: 59*time.Minute + 44_750*time.Millisecond})
	for metric, name := range map[string]string{api.MetricWebhookCalls: "webhook_calls_per_day", api.MetricMessages: "messages_per_day"} {
		passed, rate := b.admit(2, key, metric)
		if passed != 1 || rate.Exceeded != name || rate.Retry != 13*time.Hour+59*time.Minute+44_750*time.Millisecond {
			t.Errorf("%s: %d passed, then %+v", metric, passed, rate)
		}
	}
}

func TestWindowsRollOverAtTheirEdgesAndARefusedCallTakesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.limits.Store("org_a", usage.Limits{APICallsPerMinute: 2, APICallsPerHour: 4, APICallsPerCycle: 5})
	for _, step := range []struct {
		at       string
		passed   int
		exceeded string
	}{
		{"2026-11-30T22:58:59.999Z", 2, "api_calls_per_minute"},
		{"2026-11-30T22:59:00.000Z", 2, "api_calls_per_hour"}, // the refused ones of the minute before took none of the hour
		{"2026-11-30T22:59:59.999Z", 0, "api_calls_per_hour"},
		{"2026-11-30T23:00:00.000Z", 1, "api_calls_per_cycle"},
		{"2026-11-30T23:59:59.999Z", 0, "api_calls_per_cycle"},
		{"2026-12-01T00:00:00.000Z", 2, "api_calls_per_minute"},
		{"2026-11-30T23:59:59.999Z", 0, "api_calls_per_minute"}, // a clock set back opens no old window
	} {
		b.set(t, step.at)
		passed, rate := b.admit(3, key, api.MetricManagementCalls)
		if passed != step.passed || rate.Exceeded != step.exceeded || rate.Remaining != 0 {
			t.Errorf("%s: %d passed, then %+v; want %d and %s", step.at, passed, rate, step.passed, step.exceeded)
		}
		b.flush(t)
	}
}

func TestAProjectHasLimitsOfItsOwnOnTheProjectAPI(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.Store("proj_sandbox", usage.Limits{APICallsPerHour: 100})
		if n, rate := b.admit(150, appKey, api.MetricAPICalls); n != 100 || rate.Exceeded != "api_calls_per_hour" || rate.Limit != 100 {
			t.Errorf("%d calls of the sandbox passed, then %+v", n, rate)
		}
		if rate := b.Admit(key, "proj_sandbox", api.MetricManagementCalls); rate.Exceeded != "" || rate.Remaining != 1_000_000-101 {
			t.Errorf("managing the sandbox is held to its limit: %+v", rate)
		}
		if rate := b.Admit(stranger, "proj_sandbox", api.MetricAPICalls); rate.Remaining != 99 {
			t.Errorf("a stranger shares the sandbox's window by naming it: %+v", rate)
		}
		if rate := b.Admit(key, "proj_other", api.MetricAPICalls); rate.Exceeded != "" {
			t.Errorf("another project is held to it: %+v", rate)
		}
		b.flush(t)
		again := newBench(t, db)
		again.limits.Store("proj_sandbox", usage.Limits{APICallsPerHour: 100})
		if n, _ := again.admit(1, appKey, api.MetricAPICalls); n != 0 {
			t.Error("a restart gave the sandbox another hundred")
		}
	})
}

func TestARestartKeepsWhatIsUsedUp(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		limits := usage.Limits{APICallsPerHour: 10, APICallsPerCycle: 15}
		first := newBench(t, db)
		first.limits.Store("org_a", limits)
		if n, _ := first.admit(7, key, api.MetricManagementCalls); n != 7 {
			t.Fatalf("%d passed", n)
		}
		if err := first.Close(t.Context()); err != nil {
			t.Fatal(err)
		}

		second := newBench(t, db)
		second.limits.Store("org_a", limits)
		second.set(t, "2026-11-23T10:59:59Z")
		if n, rate := second.admit(10, key, api.MetricManagementCalls); n != 3 || rate.Exceeded != "api_calls_per_hour" {
			t.Errorf("%d passed, then %+v; want 3 of the hour's 10", n, rate)
		}
		second.flush(t)

		third := newBench(t, db)
		third.limits.Store("org_a", limits)
		third.set(t, "2026-11-23T12:00:00Z")
		if n, rate := third.admit(10, key, api.MetricManagementCalls); n != 5 || rate.Exceeded != "api_calls_per_cycle" {
			t.Errorf("%d passed in another hour, then %+v; want 5 of the month's 15", n, rate)
		}
	})
}

func TestNodesConvergeWhenTheyFlush(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		a, b := newBench(t, db), newBench(t, db)
		for _, n := range []*bench{a, b} {
			n.limits.Store("org_a", usage.Limits{APICallsPerHour: 100})
			n.admit(1, key, api.MetricManagementCalls) // both know the window from here on
		}
		a.admit(39, key, api.MetricManagementCalls)
		b.admit(29, key, api.MetricManagementCalls)
		a.flush(t)
		b.flush(t) // learns of a's 40
		if _, rate := b.admit(1, key, api.MetricManagementCalls); rate.Remaining != 100-40-30-1 {
			t.Errorf("after both flushed one node knows %d left, want 29", rate.Remaining)
		}
		a.admit(1, key, api.MetricManagementCalls)
		b.flush(t)
		a.flush(t)
		if n, rate := a.admit(50, key, api.MetricManagementCalls); n != 28 || rate.Exceeded != "api_calls_per_hour" {
			t.Errorf("%d passed on the other, then %+v; want the 28 that were left", n, rate)
		}
	})
}

func TestWhatOtherNodesUsedIsReadAgainAfterAPause(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		a, b := newBench(t, db), newBench(t, db)
		for _, n := range []*bench{a, b} {
			n.limits.Store("org_a", usage.Limits{APICallsPerHour: 10})
		}
		a.admit(1, key, api.MetricManagementCalls)
		a.flush(t)
		b.admit(9, key, api.MetricManagementCalls)
		b.flush(t)
		a.set(t, "2026-11-23T10:00:31Z")
		a.flush(t) // has nothing to write, and forgets who is idle
		if n, _ := a.admit(1, key, api.MetricManagementCalls); n != 0 {
			t.Error("a node admitted a call against what it knew half a minute ago")
		}
	})
}

func TestASlowOrAbsentDatabaseRefusesNoCall(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		before := newBench(t, db)
		before.admit(10, key, api.MetricManagementCalls)
		before.flush(t)

		b := newBench(t, db)
		b.limits.Store("org_a", usage.Limits{APICallsPerHour: 10})
		b.db.failQueries.Store(true)
		if n, _ := b.admit(2, key, api.MetricManagementCalls); n != 2 {
			t.Errorf("%d passed without the database, want 2", n)
		}
		b.db.failQueries.Store(false)
		b.flush(t)
		if n, _ := b.admit(1, key, api.MetricManagementCalls); n != 0 {
			t.Error("after a flush the node still does not know that the window is used up")
		}
	})
}

func BenchmarkAdmitAndCount(b *testing.B) {
	m := newBench(b, databasetest.Open(b, database.SQLite))
	m.limits.Store("org_a", usage.Limits{APICallsPerHour: 1 << 39, APICallsPerCycle: 1 << 39})
	m.limits.Store("proj_sandbox", usage.Limits{APICallsPerHour: 1 << 39})
	call := func(actor *ident.Actor, metric string) {
		m.Admit(actor, "proj_1", metric)
		m.Count(api.Usage{Actor: actor, Metric: metric, ProjectID: "proj_1", Operation: "list-brands", Status: 200, At: clock.Timestamp(m.now.Load())})
	}
	b.Run("one organization", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			call(key, api.MetricManagementCalls)
		}
	})
	b.Run("one organization, contended", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				call(key, api.MetricManagementCalls)
			}
		})
	})
	b.Run("a project with limits of its own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Admit(appKey, "", api.MetricAPICalls)
			m.Count(api.Usage{Actor: appKey, Metric: api.MetricAPICalls, Operation: "create-event", Status: 200, At: clock.Timestamp(m.now.Load())})
		}
	})
}
