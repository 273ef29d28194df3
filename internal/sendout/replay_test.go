package sendout

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
)

const retryAll = "/v1/webhook-sendouts/retry"

// fail publishes n events and makes all of their send-outs failed ones.
func (h *house) fail(t *testing.T, n int) {
	t.Helper()
	for ; n > 0; n -= 500 {
		if r := h.As(t, apitest.AppKey, http.MethodPost, events, inGroups(1, min(n, 500))); r.Status != 202 {
			t.Fatalf("publish: %d %.300s", r.Status, r.Body)
		}
	}
	h.Exec(t, `DELETE FROM river_job`)
	h.Exec(t, `UPDATE webhook_sendouts SET status = 'failed', next_at = NULL`)
}

// finished waits for a replay to be done.
func (h *house) finished(t *testing.T, id string) map[string]any {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		shown := h.As(t, apitest.AppKey, http.MethodGet, "/v1/webhook-replays/"+id, nil).JSON(t)
		if shown["status"] == "done" {
			return shown
		}
		if time.Now().After(deadline) {
			t.Fatalf("the replay is at %v", shown)
		}
	}
}

func TestAReplayTriesAgainWhatItsFilterChoosesAndTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		to := newReceiver(t, nil)
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.hooks.add(t, "wh_2", to.URL, "voucher.created")
		const n = 2*replayStep + 7
		h.fail(t, n)
		h.hooks.targets["wh_2"].Active = false
		h.start(t)
		h.Move(time.Minute)
		r := h.As(t, apitest.AppKey, http.MethodPost, retryAll, `{"type":"voucher.created"}`)
		if r.Status != 202 || r.JSON(t)["total"] != float64(2*n) || r.JSON(t)["status"] != "running" {
			t.Fatalf("retry: %d %s", r.Status, r.Body)
		}
		for range n {
			to.next(t)
		}
		shown := h.finished(t, r.String(t, "id"))
		if shown["retried"] != float64(n) || shown["skipped"] != float64(n) || shown["finished_at"] == nil {
			t.Errorf("the replay ends as %v", shown)
		}
		if filter, _ := shown["filter"].(map[string]any); filter["status"] != "failed" || filter["type"] != "voucher.created" {
			t.Errorf("its filter is %v", shown["filter"])
		}
		if left := h.count(t, `status = 'failed'`); left != n {
			t.Errorf("%d are failed, want the %d of the webhook that is off", left, n)
		}
		r = h.As(t, apitest.AppKey, http.MethodPost, retryAll, `{"webhook_id":"wh_1","status":"succeeded","to":"2026-11-23T09:00:00Z"}`)
		if shown := h.finished(t, r.String(t, "id")); shown["total"] != float64(0) || shown["retried"] != float64(0) {
			t.Errorf("a replay of nothing ends as %v", shown)
		}
		if list := h.As(t, apitest.AppKey, http.MethodGet, "/v1/webhook-replays", nil).JSON(t); list["total"] != float64(2) {
			t.Errorf("the list is %v", list)
		}
	})
}

func TestAReplayThatIsCancelledPutsNothingMoreOnItsWay(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		to := newReceiver(t, nil)
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.fail(t, 3)
		h.Move(time.Minute)
		id := h.As(t, apitest.AppKey, http.MethodPost, retryAll, `{}`).String(t, "id")
		stop := "/v1/webhook-replays/" + id + "/cancel"
		if r := h.As(t, apitest.AppKey, http.MethodPost, stop, nil); r.Status != 200 || r.String(t, "status") != "cancelled" {
			t.Fatalf("cancel: %d %s", r.Status, r.Body)
		}
		before := h.As(t, apitest.AppKey, http.MethodPost, stop, nil)
		h.start(t)
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{},"entity_id":"later"}`)
		to.next(t)
		if before.String(t, "status") != "cancelled" || h.count(t, `status = 'failed'`) != 3 {
			t.Errorf("it goes on: %d are failed", h.count(t, `status = 'failed'`))
		}
	})
}

func TestReplaysAreForThoseWhoMayRetry(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		h.hooks.add(t, "wh_1", "http://127.0.0.1:9", "voucher.created")
		h.fail(t, 1)
		id := h.As(t, apitest.AppKey, http.MethodPost, retryAll, `{}`).String(t, "id")
		people := "/team/v1/projects/" + apitest.ProjectID
		one := map[string]int{"webhook_replays": 1}
		h.Run(t, []apitest.Case{
			{Name: "a viewer looks", Credential: apitest.Viewer, Method: "GET", Path: people + "/webhook-replays/" + id, Status: 200, Contains: []string{`"object":"webhook_replay"`}},
			{Name: "a viewer retries", Credential: apitest.Viewer, Method: "POST", Path: people + "/webhook-sendouts/retry", Body: `{}`, Status: 403, Key: "forbidden", Rows: one},
			{Name: "a viewer cancels", Credential: apitest.Viewer, Method: "POST", Path: people + "/webhook-replays/" + id + "/cancel", Status: 403, Key: "forbidden"},
			{Name: "a stranger looks", Credential: apitest.StrangerAppKey, Method: "GET", Path: "/v1/webhook-replays/" + id, Status: 404, Details: "Cannot find webhook_replay with id " + id},
			{Name: "a stranger cancels", Credential: apitest.StrangerAppKey, Method: "POST", Path: "/v1/webhook-replays/" + id + "/cancel", Status: 404},
			{Name: "a status that has not ended", Credential: apitest.AppKey, Method: "POST", Path: retryAll, Body: `{"status":"queued"}`, Status: 400, Details: "Property .status must be equal to one of the allowed values: failed, cancelled, succeeded", Rows: one},
			{Name: "a time that is none", Credential: apitest.AppKey, Method: "POST", Path: retryAll, Body: `{"from":"yesterday"}`, Status: 400, Key: "invalid_payload", Rows: one},
		})
	})
}

func TestATestIsSentOnceWhateverTheWebhookAsksForAndHasNoConsequence(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		to := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n > 1 {
				http.Error(w, "not now", http.StatusServiceUnavailable)
			}
		})
		h.hooks.add(t, "wh_1", to.URL, "voucher.created", "voucher.deleted")
		h.hooks.targets["wh_1"].Active = false
		test := "/v1/webhooks/wh_1/test"
		r := h.As(t, apitest.AppKey, http.MethodPost, test, `{}`)
		if r.Status != 200 || r.String(t, "status") != "succeeded" || r.String(t, "type") != "voucher.created" || r.JSON(t)["test"] != true {
			t.Fatalf("test: %d %s", r.Status, r.Body)
		}
		data, _ := to.body(1)["data"].(map[string]any)
		if data["object"] != "voucher" || data["test"] != true || to.heads[0].Get("Webhook-Signature") == "" {
			t.Errorf("the receiver got %v with %v", to.body(1), to.heads[0])
		}
		key := []string{"Idempotency-Key", "k"}
		r = h.As(t, apitest.AppKey, http.MethodPost, test, `{"type":"voucher.published","data":{"id":"v_1"},"entity_id":"v_1"}`, key...)
		again := h.As(t, apitest.AppKey, http.MethodPost, test, `{"type":"voucher.published","data":{"id":"v_1"},"entity_id":"v_1"}`, key...)
		if r.Status != 200 || r.String(t, "status") != "failed" || string(again.Body) != string(r.Body) || to.body(2)["type"] != "voucher.published" {
			t.Errorf("a failing test is told as %s, then %s", r.Body, again.Body)
		}
		shown := h.As(t, apitest.AppKey, http.MethodGet, "/v1/webhook-sendouts/"+r.String(t, "id"), nil)
		attempts, _ := shown.JSON(t)["attempts"].([]any)
		if len(attempts) != 1 || fmt.Sprint(attempts[0].(map[string]any)["status"]) != "503" || shown.JSON(t)["next_try_at"] != nil {
			t.Errorf("it is kept as %s", shown.Body)
		}
		if h.Count(t, "river_job") != 0 || len(h.hooks.off) != 0 || h.Count(t, "webhook_sendouts") != 2 {
			t.Error("a test had consequences")
		}
		h.Run(t, []apitest.Case{
			{Name: "a test is not retried", Credential: apitest.AppKey, Method: "POST", Path: "/v1/webhook-sendouts/" + r.String(t, "id") + "/retry", Status: 400, Key: "invalid_payload"},
			{Name: "of no event", Credential: apitest.AppKey, Method: "POST", Path: test, Body: `{"type":"order.paid"}`, Status: 400, Details: "Property .type must be the name of an event that webhooks can ask for, not order.paid"},
			{Name: "of no webhook", Credential: apitest.AppKey, Method: "POST", Path: "/v1/webhooks/wh_none/test", Body: `{}`, Status: 404, Details: "Cannot find webhook with id wh_none"},
			{Name: "a stranger's", Credential: apitest.StrangerAppKey, Method: "POST", Path: test, Body: `{}`, Status: 404, Details: "Cannot find webhook with id wh_1"},
			{Name: "by a viewer", Credential: apitest.Viewer, Method: "POST", Path: "/team/v1/projects/" + apitest.ProjectID + "/webhooks/wh_1/test", Body: `{}`, Status: 403, Rows: map[string]int{"webhook_sendouts": 2}},
			{Name: "by an owner", Credential: apitest.Owner, Method: "POST", Path: "/team/v1/projects/" + apitest.ProjectID + "/webhooks/wh_1/test", Body: `{}`, Status: 200, Rows: map[string]int{"webhook_sendouts": 3}},
		})
		if audited := h.Audited(); len(audited) != 1 || audited[0].Action != "project-test-webhook" {
			t.Errorf("the audit log holds %v", audited)
		}
	})
}
