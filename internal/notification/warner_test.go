package notification_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/notification"
	"github.com/steward-platform/steward/internal/usage"
)

// actor calls with the sandbox's key.
var actor = &ident.Actor{Kind: ident.ByProjectKey, ID: "app_1", OrganizationID: apitest.OrganizationID, ProjectID: sandbox}

func TestAThresholdThatIsReachedIsToldOnceInItsWindow(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 20})
		b.ask(apitest.ProjectID, "api_calls", notification.UsageWish{Percent: 50, InApp: true, Addresses: []string{"a@acme.example", "b@acme.example", "A@acme.example"}})
		b.calls(t, 9, api.MetricAPICalls)
		b.told(t, "one call below the threshold", 0, 0)
		b.calls(t, 1, api.MetricAPICalls)
		b.told(t, "at the threshold", 2, 1)
		if to := b.to(t); !slices.Equal(to, []string{"a@acme.example", "b@acme.example"}) {
			t.Errorf("mails went to %v", to)
		}
		var text string
		if err := db.QueryRow(t.Context(), `SELECT text_body FROM mails WHERE to_address = 'a@acme.example'`).Scan(&text); err != nil || text == "" {
			t.Errorf("the mail says %q, %v", text, err)
		}
		for range 3 {
			b.calls(t, 2, api.MetricAPICalls)
		}
		b.calls(t, 20, api.MetricAPICalls) // refused ones among them
		restarted, meter := b.node(db)
		meter.Admit(actor, "", api.MetricAPICalls)
		check(t, meter, restarted)
		b.told(t, "later in the window, also after a restart", 2, 1)

		b.Move(time.Hour)
		b.calls(t, 9, api.MetricAPICalls)
		b.told(t, "below the threshold in the next window", 2, 1)
		b.calls(t, 5, api.MetricAPICalls)
		b.told(t, "above it", 4, 2)
		r := b.As(t, apitest.Viewer, "GET", "/team/v1/notifications?limit=1", nil)
		first := r.JSON(t)["data"].([]any)[0].(map[string]any)
		details := first["details"].(map[string]any)
		if first["title"] != "Shop has used 70% of its API calls this hour" ||
			first["text"] != "14 of 20 API calls of the organization are used up. Counting begins anew at 2026-11-23T12:00:00.000Z." ||
			details["metric"] != "api_calls" || details["limit"] != "api_calls_per_hour" || details["used"] != 14.0 || details["max"] != 20.0 ||
			details["percent"] != 70.0 || details["resets_at"] != "2026-11-23T12:00:00.000Z" {
			t.Errorf("the console shows %v", first)
		}
	})
}

func TestAWarningThatWasNotWrittenBeforeACrashIsWrittenAfterTheNextCall(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 10})
		b.ask(apitest.ProjectID, "api_calls", notification.UsageWish{Percent: 90, InApp: true})
		for range 10 {
			b.meter.Admit(actor, "", api.MetricAPICalls)
		}
		if err := b.meter.Flush(t.Context()); err != nil { // and nobody checks
			t.Fatal(err)
		}
		restarted, meter := b.node(db)
		if meter.Admit(actor, "", api.MetricAPICalls).Exceeded == "" {
			t.Error("the limit is not used up")
		}
		check(t, meter, restarted)
		b.told(t, "after a restart", 0, 1)
	})
}

func TestNodesThatRaceTellOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 10, BulkAPICallsPerHour: 10, APICallsPerCycle: 10, MessagesPerDay: 10})
		wish := notification.UsageWish{Percent: 10, InApp: true, Addresses: []string{"a@acme.example"}}
		for _, id := range []string{apitest.ProjectID, other} {
			b.settings.change(id, func(p *notification.Project) {
				p.Usage = map[string]notification.UsageWish{"api_calls": wish, "bulk_api_calls": wish, "cycle_calls": wish, "messages": wish, "redemptions": wish}
			})
		}
		var wg sync.WaitGroup
		for range 4 {
			s, meter := b.node(db)
			wg.Go(func() {
				for range 5 {
					for _, metric := range []string{api.MetricAPICalls, api.MetricBulkAPICalls, api.MetricMessages} {
						meter.Admit(actor, "", metric)
					}
					check(t, meter, s)
				}
			})
		}
		wg.Wait()
		b.told(t, "four metrics of two projects", 8, 8)
	})
}

func TestEachMetricIsToldAsOftenAsItMay(t *testing.T) {
	t.Parallel()
	type step struct {
		hour         float64 // of the day, and of those after it
		calls, mails int     // how many are made then, and how many mails there are afterwards
	}
	for _, c := range []struct {
		name, metric, counted string
		limits                usage.Limits
		steps                 []step
	}{
		{"webhook calls in each quarter of a day", "webhook_calls", api.MetricWebhookCalls, usage.Limits{WebhookCallsPerDay: 100}, []step{
			{0, 89, 0}, {5, 1, 1}, {5.99, 1, 1}, {6, 1, 2}, {7, 1, 2}, {13, 1, 3}, {17.9, 1, 3}, {18, 1, 4}, {23.9, 1, 4}, {24, 89, 4}, {30, 1, 5},
		}},
		{"webhook calls that are all refused", "webhook_calls", api.MetricWebhookCalls, usage.Limits{WebhookCallsPerDay: 10}, []step{
			{1, 10, 1}, {5.9, 1, 1}, {6, 1, 2}, {12, 1, 3}, {18, 1, 4}, {23, 1, 4},
		}},
		{"calls of a cycle once", "cycle_calls", api.MetricAPICalls, usage.Limits{APICallsPerCycle: 10}, []step{
			{0, 9, 1}, {1, 1, 1}, {30, 1, 1}, {24*8 - 0.1, 1, 1}, {24 * 8, 9, 2},
		}},
		{"messages once a day", "messages", api.MetricMessages, usage.Limits{MessagesPerDay: 10}, []step{{0, 9, 1}, {6, 1, 1}, {23.9, 1, 1}, {24, 9, 2}}},
		{"bulk calls once an hour", "bulk_api_calls", api.MetricBulkAPICalls, usage.Limits{BulkAPICallsPerHour: 10}, []step{{0, 9, 1}, {0.9, 1, 1}, {1, 9, 2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, databasetest.Open(t, database.SQLite))
			b.limits.set(apitest.OrganizationID, c.limits)
			b.ask(apitest.ProjectID, c.metric, notification.UsageWish{Percent: 90, Addresses: []string{"a@acme.example"}})
			for _, step := range c.steps {
				b.at(step.hour)
				b.calls(t, step.calls, c.counted)
				if n := b.Count(t, "mails"); n != step.mails {
					t.Errorf("%d mails until hour %v, want %d", n, step.hour, step.mails)
				}
			}
		})
	}
}

func TestNothingIsToldWhereNothingIsAskedOrLimited(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 1000, APICallsPerMinute: 1000})
	b.calls(t, 99, api.MetricAPICalls)
	if b.settings.asked != 0 {
		t.Error("projects are looked for below a tenth of a limit")
	}
	b.calls(t, 800, api.MetricAPICalls)
	b.told(t, "nobody asks", 0, 0)
	b.ask(apitest.ProjectID, "bulk_api_calls", notification.UsageWish{Percent: 10, InApp: true, Addresses: []string{"a@acme.example"}})
	b.calls(t, 50, api.MetricBulkAPICalls)
	b.told(t, "no limit is set", 0, 0)
	b.settings.change(apitest.ProjectID, func(p *notification.Project) {
		p.Usage["redemptions"] = notification.UsageWish{Percent: 10, InApp: true}
	})
	b.calls(t, 1, api.MetricAPICalls)
	b.told(t, "what is not counted", 0, 0)
	if b.settings.asked == 0 {
		t.Error("nobody looked for projects")
	}
}

func TestTheLimitOfTheSandboxCountsBesideThatOfItsOrganization(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.set(sandbox, usage.Limits{APICallsPerHour: 10})
		for _, id := range []string{sandbox, other} {
			b.ask(id, "api_calls", notification.UsageWish{Percent: 80, InApp: true})
		}
		b.calls(t, 8, api.MetricAPICalls)
		b.told(t, "the sandbox alone has a limit", 0, 1)
		if n := b.Count(t, `notifications WHERE project_id = '`+sandbox+`' AND text LIKE '8 of 10 API calls of the project %'`); n != 1 {
			t.Error("not the sandbox is told, or not of its own limit")
		}
		b.Move(time.Hour)
		b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 5})
		b.calls(t, 4, api.MetricAPICalls)
		b.told(t, "the organization's limit is nearer to its end", 0, 3)
		if n := b.Count(t, `notifications WHERE text LIKE '4 of 5 API calls of the organization %'`); n != 2 {
			t.Errorf("%d are told of the organization's limit, want 2", n)
		}
	})
}

func TestSettingsThatChangeCountAtOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 10})
		wish := notification.UsageWish{Percent: 80, Addresses: []string{"old@acme.example"}}
		b.ask(apitest.ProjectID, "api_calls", wish)
		b.calls(t, 6, api.MetricAPICalls)
		b.told(t, "below the threshold", 0, 0)

		stale, _ := b.settings.Find(t.Context(), nil, apitest.ProjectID)
		before := *stale
		before.Usage = map[string]notification.UsageWish{"api_calls": {Percent: 50, Addresses: []string{"old@acme.example"}}}
		b.settings.stale = []*notification.Project{&before} // what a node still believes
		b.calls(t, 1, api.MetricAPICalls)
		b.told(t, "a threshold that is no longer the one", 0, 0)

		b.settings.stale = nil
		b.ask(apitest.ProjectID, "api_calls", notification.UsageWish{Percent: 50, Addresses: []string{"new@acme.example"}})
		b.calls(t, 1, api.MetricAPICalls)
		if to := b.to(t); !slices.Equal(to, []string{"new@acme.example"}) {
			t.Errorf("mails went to %v", to)
		}
	})
}

func TestAProjectThatIsDeletedMeanwhileIsPassedOver(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 10})
		wish := notification.UsageWish{Percent: 50, InApp: true}
		b.ask(apitest.ProjectID, "api_calls", wish)
		b.ask(other, "api_calls", wish)
		b.Exec(t, `DELETE FROM projects WHERE id = $1`, other)
		b.calls(t, 5, api.MetricAPICalls)
		b.told(t, "one is gone", 0, 1)
		b.switchOff(t, "proj_gone")
		b.Exec(t, `DELETE FROM projects WHERE id = $1`, apitest.ProjectID)
		b.told(t, "with the project", 0, 0)
		if n := b.Count(t, "usage_warnings"); n != 0 {
			t.Errorf("%d claims of projects that are gone", n)
		}
	})
}

func TestWhatCouldNotBeWrittenIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 10})
	b.ask(apitest.ProjectID, "api_calls", notification.UsageWish{Percent: 50, InApp: true})
	for range 5 {
		b.meter.Admit(actor, "", api.MetricAPICalls)
	}
	if err := b.meter.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.settings.fail = errors.New("the database is away")
	if err := b.service.Check(t.Context()); !errors.Is(err, b.settings.fail) {
		t.Errorf("Check returned %v", err)
	}
	b.settings.fail = nil
	if err := b.service.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.told(t, "the second time", 0, 1)
}

func TestRunWritesWhatIsObservedUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, databasetest.Open(t, database.SQLite))
	b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 10})
	b.ask(apitest.ProjectID, "api_calls", notification.UsageWish{Percent: 50, InApp: true})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { b.service.Run(ctx) })
	for range 5 {
		b.meter.Admit(actor, "", api.MetricAPICalls)
	}
	if err := b.meter.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); b.Count(t, "notifications") == 0; {
		if time.Now().After(deadline) {
			t.Fatal("nothing is told")
		}
	}
	cancel()
	wg.Wait()
}

func TestOldNotificationsAndClaimsAreRemoved(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.limits.set(apitest.OrganizationID, usage.Limits{APICallsPerHour: 10})
		b.ask(apitest.ProjectID, "api_calls", notification.UsageWish{Percent: 50, InApp: true})
		b.calls(t, 5, api.MetricAPICalls)
		sweep := func(after time.Duration, notifications int) {
			t.Helper()
			b.Move(after)
			if err := b.service.Sweep(t.Context(), clockOf(b)); err != nil {
				t.Fatal(err)
			}
			if n := b.Count(t, "notifications"); n != notifications {
				t.Errorf("%d notifications, want %d", n, notifications)
			}
		}
		sweep(90*24*time.Hour, 1)
		sweep(time.Millisecond, 0)
		if n := b.Count(t, "usage_warnings"); n != 0 {
			t.Errorf("%d claims are left", n)
		}
	})
}
