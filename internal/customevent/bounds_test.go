package customevent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

var errRefused = errors.New("refused")

// free lets customers have any metadata.
type free struct{ schemas }

func (free) CustomerChecker(context.Context, string) (*conform.Checker, error) { return nil, nil }

func freely(t *testing.T, test func(t *testing.T, s *apitest.Server, events *Service)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var events *Service
		s := apitest.New(t, db, func(s *apitest.Server) {
			events = NewService(s.DB, free{}, slog.New(slog.DiscardHandler))
			Register(s.Router, events)
		})
		test(t, s, events)
	})
}

func fat(member string, n int) string {
	return fmt.Sprintf(`{"event":"visit","customer":{"source_id":"fat","metadata":{"%s":"%s"}}}`, member, strings.Repeat("x", n))
}

func TestACustomerCannotGrowForEverAndABatchDoesNotRepeatIt(t *testing.T) {
	t.Parallel()
	freely(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		if r := s.As(t, apitest.AppKey, http.MethodPost, path, fat("a", 40<<10)); r.Status != 200 {
			t.Fatalf("a large customer: %d %.200s", r.Status, r.Body)
		}
		s.Run(t, []apitest.Case{{
			Name: "one that grows too large", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: fat("b", 40<<10), Status: 400, Key: "metadata_validation_failed",
			Details: "customer.metadata: must not have more than 65536 bytes with what is known of the customer", Rows: map[string]int{"custom_events": 1},
		}})
		one := `{"event":"visit","customer":{"source_id":"fat"}}`
		r := s.As(t, apitest.AppKey, http.MethodPost, path, `{"events":[`+one+strings.Repeat(","+one, 999)+`]}`)
		if r.Status != 200 || len(r.Body) > 1<<20 || strings.Contains(string(r.Body), strings.Repeat("x", 40)) {
			t.Errorf("a batch of a large customer's events is answered by %d and %d bytes", r.Status, len(r.Body))
		}
	})
}

func TestAClientSideKeyIsToldNothingOfACustomerButWhatItHasSent(t *testing.T) {
	t.Parallel()
	freely(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		s.As(t, apitest.AppKey, http.MethodPost, path, `{"event":"visit","customer":{"source_id":"ann","name":"Ann","email":"ann@acme.example","metadata":{"iban":"PL61"}}}`)
		told := s.As(t, apitest.ClientKey, http.MethodPost, "/client"+path, `{"event":"visit","customer":{"source_id":"ann","metadata":{"seen":true}}}`)
		customer, _ := told.JSON(t)["customer"].(map[string]any)
		if told.Status != 200 || customer["source_id"] != "ann" || customer["name"] != nil || customer["email"] != nil || fmt.Sprint(customer["metadata"]) != "map[seen:true]" {
			t.Errorf("it is told %d %s", told.Status, told.Body)
		}
		again := s.As(t, apitest.AppKey, http.MethodPost, path, `{"event":"visit","customer":{"source_id":"ann"}}`)
		if whole := string(again.Body); !strings.Contains(whole, "PL61") || !strings.Contains(whole, `"seen":true`) || !strings.Contains(whole, "ann@acme.example") {
			t.Errorf("the customer is now %s", whole)
		}
	})
}

func TestABatchIsToldEverythingThatIsWrongAndWhereButNotWithoutEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, events *Service) {
		bad := `{"event":"review","customer":{"source_id":"b"},"metadata":{"rating":"y"}}`
		lost := `{"event":"nope","customer":{"source_id":"b"}}`
		r := s.As(t, apitest.AppKey, http.MethodPost, path, `{"events":[`+good+`,`+lost+`,`+bad+`]}`)
		if want := "events.1.event: must be the name of a custom event schema (actual value is 'nope'); events.2.metadata.rating: must be a number (actual value is 'y')"; r.Status != 400 || r.String(t, "details") != want {
			t.Errorf("%d %s", r.Status, r.Body)
		}
		r = s.As(t, apitest.AppKey, http.MethodPost, path, `{"events":[`+good+`,{"event":"visit","customer":{"source_id":"a","metadata":{"tier":"lead"}}}]}`)
		if want := "events.1.customer.metadata.tier: must be one of 'gold', 'silver' (actual value is 'lead')"; r.String(t, "details") != want {
			t.Errorf("%d %s", r.Status, r.Body)
		}
		r = s.As(t, apitest.AppKey, http.MethodPost, path, `{"events":[`+bad+strings.Repeat(","+bad, 999)+`]}`)
		if n := strings.Count(r.String(t, "details"), "; ") + 1; r.Status != 400 || n != maxTold {
			t.Errorf("%d violations are told of a thousand events, want %d", n, maxTold)
		}
		list, err := events.Rejected(t.Context(), s.DB, apitest.ProjectID)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int64{}
		for _, c := range list.Counts {
			counts[c.Type+" "+c.Reason] = c.Count
		}
		if counts["nope no schema"] != 1 || counts["review rating: type"] < 2 || counts["visit customer.metadata.tier: enum"]+counts["visit customer.metadata.tier: eq"] != 1 {
			t.Errorf("counted are %v", counts)
		}
	})
}

func TestAnUnknownCustomerIsCountedAmongTheRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		s.As(t, apitest.AppKey, http.MethodPost, path, `{"event":"visit","customer":{"id":"cust_none"}}`)
		if r := s.As(t, apitest.AppKey, http.MethodGet, path+"/rejected", nil); !strings.Contains(string(r.Body), `"reason":"unknown customer","count":1`) {
			t.Errorf("refused were %s", r.Body)
		}
	})
}

func TestWhoHangsUpWhileReadingRefusalsLosesNobodyTheirs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, events *Service) {
		for _, key := range []string{apitest.AppKey, apitest.StrangerAppKey} {
			s.As(t, key, http.MethodPost, path, `{"event":"purchase","customer":{"source_id":"a"}}`)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = events.Rejected(gone, s.DB, apitest.ProjectID)
		for _, key := range []string{apitest.AppKey, apitest.StrangerAppKey} {
			if r := s.As(t, key, http.MethodGet, path+"/rejected", nil); !strings.Contains(string(r.Body), `"reason":"no schema","count":1`) {
				t.Errorf("%s is told %s", key, r.Body)
			}
		}
	})
}

func TestWhatAnOlderSchemaAllowedIsNoFaultOfWhoSendsSomethingElse(t *testing.T) {
	t.Parallel()
	check := conform.Compile([]conform.Field{{Name: "iban", Type: conform.Number, Optional: true}, {Name: "tier", Type: conform.String, Optional: true}}, false)
	var known, sent, wrong Metadata
	for m, raw := range map[*Metadata]string{&known: `{"iban":"PL61"}`, &sent: `{"tier":"gold"}`, &wrong: `{"tier":7}`} {
		if err := m.UnmarshalJSON([]byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	c := &customer{document: CustomerDocument{Metadata: known}}
	if v := c.merge(&CustomerDocument{Metadata: sent}, check); len(v) != 0 {
		t.Errorf("what was not sent is told: %v", v)
	}
	if v := c.merge(&CustomerDocument{Metadata: wrong}, check); len(v) != 1 || v[0].Path != "tier" {
		t.Errorf("what was sent is told as %v", v)
	}
}

func TestOneCallThatFailsIsToldAndTheOthersCommitTogether(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var commits []int
	blocked := make(chan struct{})
	g := &group{}
	g.commit = func(_ context.Context, calls []*submission) error {
		mu.Lock()
		commits = append(commits, len(calls))
		first := len(commits) <= maxRunning
		mu.Unlock()
		if first {
			<-blocked
			return nil
		}
		for _, c := range calls {
			if c.projectID == "bad" {
				return &callError{c, errRefused}
			}
		}
		return nil
	}
	send := func(project string) chan error {
		done := make(chan error, 1)
		go func() { done <- g.run(&submission{projectID: project, now: clock.At(time.Unix(0, 0))}) }()
		return done
	}
	waitFor := func(what string, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !holds(); {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
			runtime.Gosched()
		}
	}
	var busy []chan error
	for i := range maxRunning { // one by one, or they would share a transaction
		busy = append(busy, send("busy"))
		waitFor("the leaders did not begin", func() bool { mu.Lock(); defer mu.Unlock(); return len(commits) == i+1 })
	}
	var good []chan error
	for range 10 {
		good = append(good, send("good"))
	}
	bad := send("bad")
	waitFor("the calls do not wait", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.waiting) == 11 })
	close(blocked)
	for _, done := range append(busy, good...) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := <-bad; err != errRefused { //nolint:errorlint // the very one
		t.Errorf("the bad call is told %v", err)
	}
	if mu.Lock(); len(commits) > maxRunning+2 {
		t.Errorf("the good calls were committed in %v", commits)
	}
	mu.Unlock()
}

func TestAPanicWhileEventsAreKeptFailsTheCallAndNotTheProcess(t *testing.T) {
	t.Parallel()
	g := &group{commit: func(context.Context, []*submission) error { panic("boom") }}
	if err := g.run(&submission{}); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("the call is told %v", err)
	}
	if err := g.run(&submission{}); err == nil {
		t.Error("the group works no more")
	}
}
