package sendout

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/delivery"
	"github.com/steward-platform/steward/internal/jobs"
)

// receiver is a real one, which answers as it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []map[string]any
	heads  []http.Header
	answer func(n int, w http.ResponseWriter, req *http.Request) // nil answers 200
	got    chan string                                           // ids of send-outs
}

func newReceiver(t *testing.T, answer func(n int, w http.ResponseWriter, req *http.Request)) *receiver {
	t.Helper()
	r := &receiver{answer: answer, got: make(chan string, 10_000)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	raw, err := io.ReadAll(req.Body)
	var body map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.bodies, r.heads = append(r.bodies, body), append(r.heads, req.Header.Clone())
	n := len(r.bodies)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(n, w, req)
	}
	r.got <- fmt.Sprint(body["id"])
}

// webhooks are those of the test's project.
type webhooks struct {
	mu      sync.Mutex
	targets map[string]*Target
	off     []string
}

func (h *webhooks) add(t *testing.T, id, target string, events ...string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	to := &Target{ID: id, URL: target, Host: u.Host, Active: true, Events: map[string]bool{}, ProjectToken: "token", Secret: "whsec_Y3VycmVudCBzZWNyZXQgb2YgdGhlIHRlc3Q="}
	for _, e := range events {
		to.Events[e] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.targets[id] = to
}

func (h *webhooks) Targets(_ context.Context, projectID string) (map[string]*Target, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if projectID != apitest.ProjectID {
		return nil, nil
	}
	out := map[string]*Target{}
	for id, t := range h.targets {
		own := *t
		out[id] = &own
	}
	return out, nil
}

func (h *webhooks) Canonical(event string) (string, bool) {
	return strings.Replace(event, "aded", "added", 1), strings.HasPrefix(event, "voucher.")
}

func (h *webhooks) SwitchOff(_ context.Context, _ database.Tx, _, id, _ string, _ clock.Timestamp) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.off = append(h.off, id)
	h.targets[id].Active = false
	return nil
}

// courier sends for real, with less patience.
type courier struct {
	*delivery.Gate
	sender *delivery.Sender
	wait   time.Duration // until a next try, if it is not 0
}

func (c courier) Send(ctx context.Context, m Message) Result {
	keys := delivery.Keys{ProjectToken: m.ProjectToken}
	for _, text := range m.Secrets {
		secret, err := delivery.ParseSecret(text)
		if err != nil {
			return Result{Error: err.Error()}
		}
		keys.Secrets = append(keys.Secrets, secret)
	}
	a := c.sender.Send(ctx, delivery.Request{ID: m.ID, URL: m.URL, Body: m.Body, At: m.At, Keys: keys})
	return Result{Status: a.Status, Answer: a.Body, Error: a.Error, Took: a.Took, RetryAfter: a.RetryAfter}
}

func (c courier) Next(first time.Time, tries int, retryAfter time.Duration, now time.Time) (time.Time, bool) {
	at, ok := delivery.Next(first, tries, retryAfter, now)
	if ok && c.wait > 0 {
		at = now.Add(c.wait)
	}
	return at, ok
}

type house struct {
	*apitest.Server
	hooks   *webhooks
	service *Service
	queue   *jobs.Queue
	meter   meter
}

// meter admits as many tries as it is told; any if it is told nothing.
type meter struct {
	mu       sync.Mutex
	limit    int // 0 is none
	statuses []int
}

func (m *meter) Admit(_, _ string) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.limit == 0 {
		return 0
	}
	if m.limit == 1 {
		return 100 * time.Millisecond
	}
	m.limit--
	return 0
}

func (m *meter) Count(_, _ string, status int, _ clock.Timestamp) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.statuses = append(m.statuses, status)
}

// lift allows any number of tries, and returns how many there were.
func (m *meter) lift() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = 0
	return len(m.statuses)
}

func each(t *testing.T, wait time.Duration, test func(t *testing.T, h *house)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := &house{hooks: &webhooks{targets: map[string]*Target{}}}
		guard, err := delivery.NewGuard([]string{"127.0.0.0/8"}, net.DefaultResolver)
		if err != nil {
			t.Fatal(err)
		}
		c := courier{delivery.NewGate(64, 8), delivery.NewSender(guard, delivery.Options{Timeout: 2 * time.Second}), wait}
		t.Cleanup(c.sender.Close)
		h.Server = apitest.New(t, db, func(s *apitest.Server) {
			h.queue = jobs.New(db, slog.New(slog.DiscardHandler))
			h.service = NewService(Parts{
				DB: db, Clock: s.Now, Log: slog.New(slog.DiscardHandler), Webhooks: h.hooks, Courier: c, Turns: c, Meter: &h.meter, Queue: h.queue,
			})
			Register(s.Router, h.service)
		})
		if err := h.queue.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, h)
	})
}

func (h *house) start(t *testing.T) {
	t.Helper()
	if err := h.service.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		if err := h.queue.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

const events = "/v1/webhook-events"

func (r *receiver) next(t *testing.T) string {
	t.Helper()
	select {
	case id := <-r.got:
		return id
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrived")
		return ""
	}
}

// until waits for a send-out to have a status.
func (h *house) until(t *testing.T, id string, want Status) *WebhookSendoutShown {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		shown, err := h.service.Show(t.Context(), h.DB, apitest.ProjectID, id)
		if err != nil {
			t.Fatal(err)
		}
		if shown.Status == want {
			return shown
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s stays %s: %+v", id, shown.Status, shown.Attempts)
		}
	}
}

// tried waits for a send-out to have been tried so often.
func (h *house) tried(t *testing.T, id string, n int) *WebhookSendoutShown {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		shown, err := h.service.Show(t.Context(), h.DB, apitest.ProjectID, id)
		if err != nil {
			t.Fatal(err)
		}
		if len(shown.Attempts) >= n && shown.NextTryAt != nil {
			return shown
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s was tried %d times, want %d", id, len(shown.Attempts), n)
		}
	}
}

func TestAPublishedEventReachesEveryActiveWebhookThatAsksForIt(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		h.start(t)
		one, two, off := newReceiver(t, nil), newReceiver(t, nil), newReceiver(t, nil)
		h.hooks.add(t, "wh_1", one.URL+"/hooks", "voucher.created", "voucher.gift.balance_added")
		h.hooks.add(t, "wh_2", two.URL, "voucher.created")
		h.hooks.add(t, "wh_off", off.URL, "voucher.created")
		h.hooks.targets["wh_off"].Active = false
		r := h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{"id":"v_1","n":12345678901234567.25},"entity_id":"v_1","group_id":"g"}`)
		if r.Status != 202 || r.JSON(t)["sendouts"] != float64(2) || r.JSON(t)["object"] != "webhook_event" {
			t.Fatalf("publish: %d %s", r.Status, r.Body)
		}
		id := one.next(t)
		two.next(t)
		body, head := one.bodies[0], one.heads[0]
		event, _ := body["event"].(map[string]any)
		source, _ := body["source"].(map[string]any)
		if !strings.HasPrefix(id, "whs_") || body["project_id"] != apitest.ProjectID || body["type"] != "voucher.created" ||
			source["id"] != "wh_1" || source["target_url"] != one.URL+"/hooks" || event["id"] != r.JSON(t)["id"] || event["entity_id"] != "v_1" || event["group_id"] != "g" {
			t.Errorf("the payload is %v", body)
		}
		by, _ := event["event_source"].(map[string]any)
		key, _ := by["api_key"].(map[string]any)
		if key["app_id"] != apitest.AppKey || by["user"] != nil {
			t.Errorf("the source is %v", by)
		}
		if head.Get("webhook-id") != id || head.Get("X-Steward-Signature") == "" || head.Get("Content-Type") != "application/json" {
			t.Errorf("the headers are %v", head)
		}
		shown := h.until(t, id, Succeeded)
		if len(shown.Attempts) != 1 || shown.Attempts[0].Status != 200 || shown.Tries != 1 || shown.NextTryAt != nil {
			t.Errorf("it is shown as %+v", shown)
		}
		if len(off.got) != 0 {
			t.Error("a webhook that is off was sent something")
		}
		r = h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.gift.balance_aded","data":{}}`)
		one.next(t)
		if one.bodies[1]["type"] != "voucher.gift.balance_added" || r.JSON(t)["sendouts"] != float64(1) {
			t.Errorf("a misspelt name is sent as %v: %s", one.bodies[1]["type"], r.Body)
		}
	})
}

func TestPublishingIsRefusedWithEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	nothing := map[string]int{"webhook_events": 0, "webhook_sendouts": 0, "river_job": 0}
	each(t, 0, func(t *testing.T, h *house) {
		h.hooks.add(t, "wh_1", "http://127.0.0.1:9", "voucher.created")
		const good = `{"type":"voucher.created","data":{}}`
		post := func(name, credential, body string, status int, details string) apitest.Case {
			return apitest.Case{Name: name, Credential: credential, Method: http.MethodPost, Path: events, Body: body, Status: status, Details: details, Rows: nothing}
		}
		h.Run(t, []apitest.Case{
			post("nothing", apitest.AppKey, `{}`, 400, "Payload must have required property 'data'; Payload must have required property 'type'"),
			post("an unknown event", apitest.AppKey, `{"type":"order.paid","data":{}}`, 400, "Property .type must be the name of an event that webhooks can ask for, not order.paid"),
			post("data that is no object", apitest.AppKey, `{"type":"voucher.created","data":[]}`, 400, "Property .data must be object"),
			post("a large one", apitest.AppKey, `{"type":"voucher.created","data":{"a":"`+strings.Repeat("x", MaxData)+`"}}`, 400, "Property .data must NOT have more than 262144 bytes"),
			post("one of many wrong", apitest.AppKey, `{"events":[`+good+`,{"type":"x"}]}`, 400,
				"Property .events.1 must have required property 'data'; Property .events.1.type must be the name of an event that webhooks can ask for, not x"),
			post("too many", apitest.AppKey, `{"events":[`+good+strings.Repeat(","+good, 1000)+`]}`, 400, "Property .events must NOT have more than 1000 items"),
			post("none", apitest.AppKey, `{"events":[]}`, 400, "Property .events must NOT have fewer than 1 items"),
			{Name: "by a viewer", Credential: apitest.Viewer, Method: http.MethodPost, Path: "/team/v1/projects/" + apitest.ProjectID + "/webhook-events", Body: good, Status: 403, Rows: nothing},
			{Name: "a stranger's send-out", Credential: apitest.StrangerAppKey, Method: http.MethodGet, Path: "/v1/webhook-sendouts/whs_none", Status: 404, Details: "Cannot find webhook_sendout with id whs_none"},
		})
	})
}

func TestABatchIsPublishedWholeAndOnceForItsIdempotencyKey(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		h.start(t)
		to := newReceiver(t, nil)
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		const n = 300
		batch := `{"events":[` + strings.TrimSuffix(strings.Repeat(`{"type":"voucher.created","data":{}},`, n), ",") + `]}`
		for range 2 {
			if r := h.As(t, apitest.AppKey, http.MethodPost, events, batch, "Idempotency-Key", "k"); r.Status != 202 || r.JSON(t)["total"] != float64(n) {
				t.Fatalf("publish: %d %.300s", r.Status, r.Body)
			}
		}
		seen := map[string]bool{}
		for len(seen) < n {
			seen[to.next(t)] = true
		}
		if h.Count(t, "webhook_sendouts") != n || h.Count(t, "webhook_events") != n {
			t.Errorf("%d send-outs of %d events", h.Count(t, "webhook_sendouts"), h.Count(t, "webhook_events"))
		}
	})
}

func TestWhatFailsIsTriedAgainUntilItArrives(t *testing.T) {
	t.Parallel()
	each(t, 50*time.Millisecond, func(t *testing.T, h *house) {
		h.start(t)
		to := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n <= 2 {
				http.Error(w, "not yet", http.StatusInternalServerError)
			}
		})
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
		id := to.next(t)
		h.until(t, id, Retrying)
		for range 2 { // the queue goes by real time, the service by the test's clock
			h.Move(time.Second)
			if again := to.next(t); again != id {
				t.Errorf("%s was sent as %s", id, again)
			}
		}
		shown := h.until(t, id, Succeeded)
		if len(shown.Attempts) != 3 || shown.Attempts[0].Status != 500 || shown.Attempts[0].Answer != "not yet\n" || shown.Attempts[2].Error != "" {
			t.Errorf("the tries are %+v", shown.Attempts)
		}
	})
}

func TestAfterTheLastTryItFailsAndTheWebhookIsSwitchedOff(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		h.start(t)
		to := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
		id := to.next(t)
		h.until(t, id, Retrying)
		r := h.As(t, apitest.Owner, http.MethodPost, "/team/v1/projects/"+apitest.ProjectID+"/webhook-sendouts/"+id+"/retry", nil)
		if r.Status != 200 {
			t.Fatalf("retry: %d %s", r.Status, r.Body)
		}
		to.next(t)
		if shown := h.tried(t, id, 2); shown.Status != Retrying {
			t.Fatalf("a retry in vain begins no new day: %+v", shown)
		}
		h.Exec(t, `UPDATE webhook_sendouts SET tries = 13, next_at = 1`) // eleven more in vain, and the last one is due
		if err := h.service.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		to.next(t)
		h.until(t, id, Failed)
		h.hooks.mu.Lock()
		off := len(h.hooks.off)
		h.hooks.mu.Unlock()
		if off != 1 {
			t.Errorf("the webhook was switched off %d times", off)
		}
		if r := h.As(t, apitest.AppKey, http.MethodPost, "/v1/webhook-sendouts/"+id+"/retry", nil); r.Status != 400 || !strings.Contains(string(r.Body), "switched off") {
			t.Errorf("retry to a webhook that is off: %d %s", r.Status, r.Body)
		}
	})
}

func TestWhatAProcessHeldThatDiedIsTakenUp(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		to := newReceiver(t, nil)
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
		// A process took the job and the lease, and died.
		h.Exec(t, `DELETE FROM river_job`)
		h.Exec(t, `UPDATE webhook_sendouts SET lease_until = $1`, clock.At(h.Now().Add(30*time.Second)))
		h.start(t)
		if err := h.service.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.Count(t, "river_job"); n != 0 {
			t.Errorf("%d jobs for what somebody holds, or is not overdue", n)
		}
		h.Move(31 * time.Second)
		if err := h.service.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.until(t, to.next(t), Succeeded)
	})
}

func TestACancelledSendoutIsTriedNoMore(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		to := newReceiver(t, nil)
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
		list := h.As(t, apitest.AppKey, http.MethodGet, "/v1/webhook-sendouts?status=queued&webhook_id=wh_1&type=voucher.created", nil)
		var page WebhookSendoutList
		if err := json.Unmarshal(list.Body, &page); err != nil || len(page.Data) != 1 {
			t.Fatalf("the list: %s", list.Body)
		}
		id := page.Data[0].ID
		if r := h.As(t, apitest.Viewer, http.MethodPost, "/team/v1/projects/"+apitest.ProjectID+"/webhook-sendouts/"+id+"/cancel", nil); r.Status != 403 {
			t.Errorf("a viewer cancels: %d", r.Status)
		}
		if r := h.As(t, apitest.AppKey, http.MethodPost, "/v1/webhook-sendouts/"+id+"/cancel", nil); r.Status != 200 || r.String(t, "status") != "cancelled" {
			t.Fatalf("cancel: %d %s", r.Status, r.Body)
		}
		h.start(t)
		h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{}}`)
		if got := to.next(t); got == id {
			t.Error("a cancelled send-out was sent")
		}
		if list := h.As(t, apitest.StrangerAppKey, http.MethodGet, "/v1/webhook-sendouts", nil); !strings.Contains(string(list.Body), `"data":[]`) {
			t.Errorf("a stranger sees %s", list.Body)
		}
	})
}

func TestAHangingReceiverDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		h.start(t)
		release := make(chan struct{})
		hanging := newReceiver(t, func(int, http.ResponseWriter, *http.Request) { <-release })
		t.Cleanup(func() { close(release) }) // before the receiver waits for its calls to end
		quick := newReceiver(t, nil)
		h.hooks.add(t, "wh_hanging", hanging.URL, "voucher.created")
		h.hooks.add(t, "wh_quick", quick.URL, "voucher.created")
		const n = 200
		batch := `{"events":[` + strings.TrimSuffix(strings.Repeat(`{"type":"voucher.created","data":{}},`, n), ",") + `]}`
		began := time.Now()
		if r := h.As(t, apitest.AppKey, http.MethodPost, events, batch); r.Status != 202 {
			t.Fatalf("publish: %s", r.Body)
		}
		for range n {
			quick.next(t)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the quick one waited %s", took)
		}
	})
}

func TestTriesBeyondTheLimitOfWebhookCallsAreMadeWhenThereAreSomeAgain(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, h *house) {
		to := newReceiver(t, nil)
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.meter.limit = 4 // three tries
		h.start(t)
		h.As(t, apitest.AppKey, http.MethodPost, events, inGroups(5, 2))
		for range 3 {
			to.next(t)
		}
		h.arrived(t, 3)
		if n := h.meter.lift(); n != 3 {
			t.Errorf("%d tries were counted, want 3", n)
		}
		h.Move(time.Minute)
		for range 7 {
			to.next(t)
		}
		h.arrived(t, 10)
		if n := h.meter.lift(); n != 10 {
			t.Errorf("%d tries were counted, want 10", n)
		}
	})
}

// arrived waits for so many send-outs to have succeeded.
func (h *house) arrived(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); h.count(t, `status = 'succeeded'`) != n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d have arrived, want %d", h.count(t, `status = 'succeeded'`), n)
		}
	}
}
