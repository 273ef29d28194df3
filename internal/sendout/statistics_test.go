package sendout

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
)

const statisticsPath = "/v1/webhooks/wh_1/statistics"

// took notes tries of a webhook that took so long.
func (h *house) took(at time.Time, succeeded bool, latencies ...time.Duration) {
	for _, took := range latencies {
		t := &try{sendout: &WebhookSendout{ID: "whs_" + took.String(), projectID: apitest.ProjectID}, at: clock.At(at), result: Result{Took: took, Status: 200}}
		if !succeeded {
			t.result = Result{Took: took, Status: 500, Error: "the receiver answered 500"}
		}
		h.service.tally.add("wh_1", t)
	}
}

func TestStatisticsTellWhatArrivedHowFastAndWhatFailedLast(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		h.hooks.add(t, "wh_1", "http://127.0.0.1:9", "voucher.created")
		empty := h.As(t, apitest.AppKey, http.MethodGet, statisticsPath, nil)
		if s := empty.JSON(t); s["success_rate"] != nil || s["latency_ms"] != nil || s["last_failure"] != nil || len(s["data"].([]any)) != 0 {
			t.Errorf("without tries: %s", empty.Body)
		}
		flush := func() {
			t.Helper()
			if err := h.service.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var latencies []time.Duration
		for i := range 100 {
			latencies = append(latencies, time.Duration(i+1)*time.Millisecond)
		}
		h.took(apitest.Start, true, latencies[:50]...)
		flush()
		h.took(apitest.Start, true, latencies[50:]...)
		h.took(apitest.Start.Add(-2*time.Hour), false, 3*time.Millisecond, 7*time.Millisecond)
		h.took(apitest.Start.Add(-48*time.Hour), false, 9*time.Millisecond)
		flush()
		flush()
		s := h.As(t, apitest.AppKey, http.MethodGet, statisticsPath, nil).JSON(t)
		if s["succeeded"] != float64(100) || s["failed"] != float64(2) || fmt.Sprintf("%.4f", s["success_rate"]) != "0.9804" {
			t.Errorf("the sums are %v", s)
		}
		latency, _ := s["latency_ms"].(map[string]any)
		p50, _ := latency["p50"].(float64)
		p95, _ := latency["p95"].(float64)
		if p50 < 50 || p50 > 60 || p95 < 95 || p95 > 114 {
			t.Errorf("latencies of 1 to 100 ms are told as %v", latency)
		}
		last, _ := s["last_failure"].(map[string]any)
		if last["at"] != "2026-11-23T08:00:00.000Z" || last["status"] != float64(500) || last["sendout_id"] != "whs_7ms" {
			t.Errorf("the last failure is %v", last)
		}
		if want := "[map[at:2026-11-23T08:00:00.000Z failed:2 succeeded:0] map[at:2026-11-23T10:00:00.000Z failed:0 succeeded:100]]"; fmt.Sprint(s["data"]) != want {
			t.Errorf("by the hour: %v", s["data"])
		}
		s = h.As(t, apitest.AppKey, http.MethodGet, statisticsPath+"?interval=day&from=2026-11-20T12:00:00Z", nil).JSON(t)
		if want := "[map[at:2026-11-21T00:00:00.000Z failed:1 succeeded:0] map[at:2026-11-23T00:00:00.000Z failed:2 succeeded:100]]"; fmt.Sprint(s["data"]) != want || s["from"] != "2026-11-20T00:00:00.000Z" {
			t.Errorf("by the day: %v", s)
		}
		h.Run(t, []apitest.Case{
			{Name: "a viewer", Credential: apitest.Viewer, Method: "GET", Path: "/team/v1/projects/" + apitest.ProjectID + "/webhooks/wh_1/statistics", Status: 200},
			{Name: "a stranger", Credential: apitest.StrangerAppKey, Method: "GET", Path: statisticsPath, Status: 404, Details: "Cannot find webhook with id wh_1"},
			{Name: "times in the wrong order", Credential: apitest.AppKey, Method: "GET", Path: statisticsPath + "?from=2026-11-23T10:00:00Z&to=2026-11-23T09:00:00Z", Status: 400, Details: "Property .from must be before .to"},
			{Name: "too long a time", Credential: apitest.AppKey, Method: "GET", Path: statisticsPath + "?from=2026-10-01T10:00:00Z", Status: 400, Details: "Property .from must be at most 31 days before .to with the interval hour"},
		})
	})
}

func TestALatencyIsToldAtMostAFifthTooHigh(t *testing.T) {
	t.Parallel()
	for _, took := range []time.Duration{0, time.Millisecond, 1100 * time.Microsecond, 17 * time.Millisecond, 999 * time.Millisecond, 10 * time.Second} {
		real, told := float64(took)/float64(time.Millisecond), ceiling(bucketOf(took))
		if told < real-0.05 || told > max(1, real)*1.2+0.05 {
			t.Errorf("%s is told as %g ms", took, told)
		}
	}
}

func TestDeliveriesAreTallied(t *testing.T) {
	t.Parallel()
	each(t, time.Hour, func(t *testing.T, h *house) {
		h.start(t)
		to := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 2 {
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
		h.until(t, to.next(t), Succeeded)
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
		h.until(t, to.next(t), Retrying)
		if err := h.service.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := h.As(t, apitest.AppKey, http.MethodGet, statisticsPath, nil).JSON(t)
		last, _ := s["last_failure"].(map[string]any)
		if s["succeeded"] != float64(1) || s["failed"] != float64(1) || s["success_rate"] != 0.5 || last["status"] != float64(502) {
			t.Errorf("the statistics are %v", s)
		}
	})
}

func TestSendoutsAreKeptForThirtyDaysAndNotLongerThanTheirProject(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		to := newReceiver(t, nil)
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.start(t)
		tables := []string{"webhook_events", "webhook_sendouts", "webhook_attempts", "webhook_tallies", "webhook_failures"}
		rows := func(want ...int) {
			t.Helper()
			if err := h.service.Sweep(t.Context(), clock.At(h.Now())); err != nil {
				t.Fatal(err)
			}
			for i, table := range tables {
				if n := h.Count(t, table); n != want[i] {
					t.Errorf("%d rows in %s, want %d", n, table, want[i])
				}
			}
		}
		publish := func() {
			t.Helper()
			h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
			h.until(t, to.next(t), Succeeded)
		}
		publish()
		h.Move(29 * day)
		publish()
		h.took(h.Now(), false, time.Second)
		if err := h.service.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows(2, 2, 2, 3, 1)
		h.Move(day + time.Minute)
		rows(2, 1, 1, 3, 1)
		h.Move(2 * day)
		rows(1, 1, 1, 3, 1)
		h.Move(60 * day)
		rows(0, 0, 0, 2, 1)
		h.Move(-60 * day)
		publish()
		h.Exec(t, `UPDATE webhook_sendouts SET next_at = 1, status = 'queued'`)
		h.Exec(t, `DELETE FROM projects WHERE id = $1`, apitest.ProjectID)
		rows(0, 0, 0, 0, 0)
	})
}
