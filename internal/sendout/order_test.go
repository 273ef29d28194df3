package sendout

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
)

// arrivals are the entity ids that a receiver was sent, in the order of their
// arrival, by group.
type arrivals struct {
	mu      sync.Mutex
	byGroup map[string][]string
}

func (a *arrivals) take(body map[string]any) (group, entity string) {
	event, _ := body["event"].(map[string]any)
	group, entity = fmt.Sprint(event["group_id"]), fmt.Sprint(event["entity_id"])
	a.mu.Lock()
	defer a.mu.Unlock()
	a.byGroup[group] = append(a.byGroup[group], entity)
	return group, entity
}

func (a *arrivals) of(group string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.byGroup[group])
}

// body returns the nth body that the receiver got, from 1.
func (r *receiver) body(n int) map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bodies[n-1]
}

func inGroups(groups, each int) string {
	var b strings.Builder
	for i := range each {
		for g := range groups {
			fmt.Fprintf(&b, `{"type":"voucher.created","data":{},"group_id":"g%d","entity_id":"%03d"},`, g, i)
		}
	}
	return `{"events":[` + strings.TrimSuffix(b.String(), ",") + `]}`
}

func TestAnOrderedWebhookGetsTheEventsOfAGroupInOrderAlsoWhereOneFails(t *testing.T) {
	t.Parallel()
	const groups, perGroup = 4, 30
	each(t, 20*time.Millisecond, func(t *testing.T, h *house) {
		got := &arrivals{byGroup: map[string][]string{}}
		var to *receiver
		failed := map[string]bool{}
		to = newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			body := to.body(n)
			event, _ := body["event"].(map[string]any)
			to.mu.Lock()
			first := event["entity_id"] == "010" && !failed[fmt.Sprint(event["group_id"])]
			if first {
				failed[fmt.Sprint(event["group_id"])] = true
			}
			to.mu.Unlock()
			if first {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			got.take(body)
		})
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.hooks.targets["wh_1"].Ordered = true
		h.start(t)
		if r := h.As(t, apitest.AppKey, http.MethodPost, events, inGroups(groups, perGroup)); r.Status != 202 {
			t.Fatalf("publish: %d %.300s", r.Status, r.Body)
		}
		for range groups * (perGroup + 1) { // each group fails once
			to.next(t)
		}
		var want []string
		for i := range perGroup {
			want = append(want, fmt.Sprintf("%03d", i))
		}
		for g := range groups {
			if arrived := got.of(fmt.Sprintf("g%d", g)); !slices.Equal(arrived, want) {
				t.Errorf("group %d arrived as %v", g, arrived)
			}
		}
	})
}

func TestAGroupGoesOnWhenTheOneThatHoldsItUpIsCancelledOrRetried(t *testing.T) {
	t.Parallel()
	each(t, time.Hour, func(t *testing.T, h *house) {
		to := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.hooks.targets["wh_1"].Ordered = true
		h.start(t)
		h.As(t, apitest.AppKey, http.MethodPost, events, inGroups(1, 3))
		first := to.next(t)
		r := h.As(t, apitest.AppKey, http.MethodPost, events, `{"type":"voucher.created","data":{},"entity_id":"alone"}`)
		if alone := to.next(t); r.Status != 202 || alone == first {
			t.Fatalf("an event without a group waits: %s", r.Body)
		}
		h.until(t, first, Retrying)
		if n := h.count(t, `next_at IS NOT NULL AND tries = 0 AND group_id IS NOT NULL`); n != 2 {
			t.Fatalf("%d send-outs wait behind the one that failed, want 2", n)
		}
		if r := h.As(t, apitest.AppKey, http.MethodPost, "/v1/webhook-sendouts/"+first+"/cancel", nil); r.Status != 200 {
			t.Fatalf("cancel: %s", r.Body)
		}
		h.until(t, to.next(t), Succeeded)
		h.until(t, to.next(t), Succeeded)
	})
}

func TestGroupsOfAWebhookThatWasSwitchedOffAreCancelledWhole(t *testing.T) {
	t.Parallel()
	each(t, time.Hour, func(t *testing.T, h *house) {
		h.hooks.add(t, "wh_1", "http://127.0.0.1:9", "voucher.created")
		h.hooks.targets["wh_1"].Ordered = true
		h.As(t, apitest.AppKey, http.MethodPost, events, inGroups(2, 20))
		h.hooks.targets["wh_1"].Active = false
		h.start(t)
		for deadline := time.Now().Add(20 * time.Second); h.count(t, `status = 'cancelled'`) != 40; {
			if time.Now().After(deadline) {
				t.Fatalf("%d of 40 are cancelled", h.count(t, `status = 'cancelled'`))
			}
		}
	})
}

func TestWhatWaitsInAGroupIsNotLookedForBeforeTheOneThatHoldsItUp(t *testing.T) {
	t.Parallel()
	each(t, time.Hour, func(t *testing.T, h *house) {
		to := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		h.hooks.add(t, "wh_1", to.URL, "voucher.created")
		h.hooks.targets["wh_1"].Ordered = true
		h.start(t)
		h.As(t, apitest.AppKey, http.MethodPost, events, inGroups(1, 3))
		due := h.until(t, to.next(t), Retrying).NextTryAt
		h.Move(30 * time.Second)
		if err := h.service.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, fmt.Sprintf(`next_at = %d`, int64(*due))); n != 3 {
			t.Errorf("%d send-outs are due with the first of their group, want 3", n)
		}
	})
}

// count returns how many send-outs there are of which a condition holds.
func (h *house) count(t *testing.T, condition string) (n int) {
	t.Helper()
	if err := h.DB.QueryRow(t.Context(), `SELECT COUNT(*) FROM webhook_sendouts WHERE `+condition).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
