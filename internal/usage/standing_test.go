package usage_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/usage"
)

// watch returns what is told by the next flush, by subject and limit.
func (b *bench) watch(t testing.TB) func() map[string]usage.Standing {
	t.Helper()
	told := map[string]usage.Standing{}
	b.Watch(func(standings []usage.Standing) {
		for _, s := range standings {
			told[s.OrganizationID+" "+s.ProjectID+" "+s.Limit] = s
		}
	})
	return func() map[string]usage.Standing {
		t.Helper()
		clear(told)
		b.flush(t)
		return told
	}
}

func TestAStandingIsToldFromATenthOfALimitOn(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		next := b.watch(t)
		b.limits.Store("org_a", usage.Limits{APICallsPerMinute: 20, APICallsPerHour: 25, APICallsPerCycle: 1000})
		b.limits.Store("proj_sandbox", usage.Limits{APICallsPerHour: 10})
		b.admit(2, key, api.MetricManagementCalls)
		if told := next(); len(told) != 0 {
			t.Errorf("below a tenth %v are told", told)
		}
		b.admit(1, appKey, api.MetricAPICalls)
		told := next()
		want := usage.Standing{
			OrganizationID: "org_a", Limit: "api_calls_per_hour", Used: 3, Max: 25,
			StartsAt: moment(t, start), EndsAt: moment(t, "2026-11-23T11:00:00Z"), At: moment(t, start),
		}
		own := want
		own.ProjectID, own.Used, own.Max = "proj_sandbox", 1, 10
		if len(told) != 2 || told["org_a  api_calls_per_hour"] != want || told["org_a proj_sandbox api_calls_per_hour"] != own {
			t.Errorf("told are %+v", told)
		}
		if told := next(); len(told) != 0 {
			t.Errorf("without a call %v are told", told)
		}

		// Another node's calls count, and so does a limit that was changed.
		elsewhere := newBench(t, db)
		elsewhere.admit(10, key, api.MetricManagementCalls)
		elsewhere.flush(t)
		b.limits.Store("org_a", usage.Limits{APICallsPerHour: 100})
		b.admit(1, key, api.MetricManagementCalls)
		if told := next(); len(told) != 1 || told["org_a  api_calls_per_hour"].Used != 14 || told["org_a  api_calls_per_hour"].Max != 100 {
			t.Errorf("told are %+v", told)
		}
	})
}

func TestCallsThatAreRefusedAreToldAndCallsThatCannotBeWrittenLater(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	next := b.watch(t)
	b.limits.Store("org_a", usage.Limits{APICallsPerHour: 5})
	b.admit(5, key, api.MetricManagementCalls)
	b.db.failBefore.Store(true)
	if err := b.Flush(t.Context()); err == nil {
		t.Fatal("the flush did not fail")
	}
	b.db.failBefore.Store(false)
	if told := next(); told["org_a  api_calls_per_hour"].Used != 5 {
		t.Errorf("after a flush that failed %+v are told", told)
	}
	if n, _ := b.admit(1, key, api.MetricManagementCalls); n != 0 {
		t.Fatal("a call passed")
	}
	if told := next(); told["org_a  api_calls_per_hour"].Used != 5 {
		t.Errorf("after a refused call %+v are told", told)
	}
	b.admit(1, key, api.MetricManagementCalls)
	b.now.Add(time.Hour.Milliseconds())
	if told := next(); len(told) != 0 {
		t.Errorf("of a window that is over %+v are told", told)
	}
}

func TestTriesOfDeliveriesAreLimitedAndCountedWithoutAnActor(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.Store("org_a", usage.Limits{WebhookCallsPerDay: 500, APICallsPerHour: 1})
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 100 {
					rate := b.AdmitWebhookCall("org_a", "proj_1")
					if rate.Exceeded == "" {
						passed.Add(1)
						b.CountWebhookCall("org_a", "proj_1", []int{200, 500, 0}[i%3], clock.Timestamp(b.now.Load()))
					} else if rate.Exceeded != "webhook_calls_per_day" || rate.Retry != 14*time.Hour {
						t.Errorf("refused with %+v", rate)
					}
				}
			})
		}
		wg.Wait()
		if n := passed.Load(); n != 500 {
			t.Errorf("%d tries passed, want 500", n)
		}
		b.flush(t)
		if n := sum(t, db, allCalls+` WHERE organization_id = 'org_a' AND metric = 'webhook_calls' AND project_id = 'proj_1' AND key_id = '' AND operation = 'deliver-webhook' AND status_class IN (0, 2, 5)`); n != 500 {
			t.Errorf("%d tries were counted, want 500", n)
		}
		if n := sum(t, db, allCalls); n != 500 {
			t.Errorf("%d calls were counted, want 500", n)
		}
		if rate := b.AdmitWebhookCall("org_b", "proj_2"); rate != (api.Rate{}) {
			t.Errorf("where nothing limits them the rate is %+v", rate)
		}
		b.now.Add((14 * time.Hour).Milliseconds())
		if rate := b.AdmitWebhookCall("org_a", "proj_1"); rate.Exceeded != "" || rate.Remaining != 499 {
			t.Errorf("the next day the rate is %+v", rate)
		}
	})
}

func BenchmarkTryOfADelivery(b *testing.B) {
	bench := newBench(b, databasetest.Open(b, database.SQLite))
	bench.limits.Store("org_a", usage.Limits{WebhookCallsPerDay: usage.MaxLimit})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			bench.AdmitWebhookCall("org_a", "proj_1")
			bench.CountWebhookCall("org_a", "proj_1", 200, clock.Timestamp(bench.now.Load()))
		}
	})
}
