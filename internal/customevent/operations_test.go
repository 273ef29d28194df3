package customevent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
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

// schemas are those of every project of these tests.
type schemas struct{}

var (
	reviews = conform.Compile([]conform.Field{
		{Name: "rating", Type: conform.Number}, {Name: "comment", Type: conform.String, Optional: true},
	}, false)
	customers = conform.Compile([]conform.Field{{Name: "tier", Type: conform.String, Eq: []any{"gold", "silver"}, Optional: true}}, true)
)

func (schemas) EventChecker(_ context.Context, _, name string) (*conform.Checker, error) {
	switch name {
	case "review":
		return reviews, nil
	case "visit":
		return conform.Compile(nil, false), nil
	}
	return nil, nil
}

func (schemas) CustomerChecker(context.Context, string) (*conform.Checker, error) {
	return customers, nil
}

func each(t *testing.T, test func(t *testing.T, s *apitest.Server, events *Service)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var events *Service
		s := apitest.New(t, db, func(s *apitest.Server) {
			events = NewService(s.DB, schemas{}, slog.New(slog.DiscardHandler))
			Register(s.Router, events)
		})
		test(t, s, events)
	})
}

const (
	path  = "/v1/events"
	good  = `{"event":"review","customer":{"source_id":"crm-1"},"metadata":{"rating":5}}`
	visit = `{"event":"visit","customer":{"source_id":"crm-1"}}`
)

func TestAnEventIsTakenInOrRefusedWithEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	nothing := map[string]int{"custom_events": 0, "customers": 0}
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		s.Run(t, []apitest.Case{
			{
				Name: "no schema", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"event":"purchase","customer":{"source_id":"a"}}`,
				Status: 404, Key: "not_found", Details: "Cannot find custom_event_schema with id purchase", Rows: nothing,
			},
			{
				Name: "metadata that breaks its schema", Credential: apitest.AppKey, Method: http.MethodPost, Path: path,
				Body:   `{"event":"review","customer":{"source_id":"a"},"metadata":{"rating":"x","comment":7}}`,
				Status: 400, Key: "metadata_validation_failed",
				Details: "comment: must be a string (actual value is 7); rating: must be a number (actual value is 'x')", Rows: nothing,
			},
			{
				Name: "no metadata where some is required", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"event":"review","customer":{"source_id":"a"}}`,
				Status: 400, Key: "metadata_validation_failed", Details: "rating: is required", Rows: nothing,
			},
			{
				Name: "a customer's metadata that breaks its schema", Credential: apitest.AppKey, Method: http.MethodPost, Path: path,
				Body:   `{"event":"visit","customer":{"source_id":"a","metadata":{"tier":"lead","more":1}}}`,
				Status: 400, Key: "metadata_validation_failed",
				Details: "customer.metadata.tier: must be one of 'gold', 'silver' (actual value is 'lead'); customer.metadata.more: is not defined (actual value is 1)", Rows: nothing,
			},
			{
				Name: "an unknown customer's id", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"event":"visit","customer":{"id":"cust_none"}}`,
				Status: 404, Details: "Cannot find customer with id cust_none", Rows: nothing,
			},
			{
				Name: "nothing", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{}`, Status: 400, Key: "invalid_payload",
				Details: "Payload must have required property 'customer'; Payload must have required property 'event'", Rows: nothing,
			},
			{
				Name: "a customer without a name", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"event":"visit","customer":{"name":"Jane"}}`,
				Status: 400, Details: "Property .customer must have property 'source_id' or 'id'", Rows: nothing,
			},
			{
				Name: "wrong types", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"event":7,"customer":[],"metadata":"x"}`, Status: 400,
				Details: "Property .customer must be object; Property .event must be string; Property .metadata must be object", Rows: nothing,
			},
			{
				Name: "a batch with two that are wrong", Credential: apitest.AppKey, Method: http.MethodPost, Path: path,
				Body:   `{"events":[` + good + `,{"event":"review","customer":{"source_id":"b"},"metadata":{}},{"event":"review","customer":{"source_id":"b"},"metadata":{"rating":"y"}}]}`,
				Status: 400, Key: "metadata_validation_failed",
				Details: "events.1.metadata.rating: is required; events.2.metadata.rating: must be a number (actual value is 'y')", Rows: nothing,
			},
			{Name: "an empty batch", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"events":[]}`, Status: 400, Details: "Property .events must NOT have fewer than 1 items"},
			{
				Name: "too large a batch", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"events":[` + visit + strings.Repeat(","+visit, 1000) + `]}`, Status: 400,
				Details: "Property .events must NOT have more than 1000 items", Rows: nothing,
			},
			{Name: "both forms", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: `{"event":"visit","events":[` + visit + `]}`, Status: 400, Rows: nothing},
			{Name: "without a key", Credential: "", Method: http.MethodPost, Path: path, Body: good, Header: []string{"X-Management-Id", "", "X-Management-Token", ""}, Status: 401},
			{
				Name: "a good one", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: good, Status: 200, Rows: map[string]int{"custom_events": 1, "customers": 1},
				Contains: []string{`"object":"event"`, `"type":"review"`, `"source_id":"crm-1"`, `"referral":null`, `"loyalty":null`, `"metadata":{"rating":5}`, `"object":"customer"`},
			},
			{
				Name: "of the same customer", Credential: apitest.AppKey, Method: http.MethodPost, Path: path, Body: visit, Status: 200,
				Rows: map[string]int{"custom_events": 2, "customers": 1},
			},
			{
				Name: "client side", Credential: apitest.ClientKey, Method: http.MethodPost, Path: "/client" + path, Body: visit, Status: 200,
				Rows: map[string]int{"custom_events": 3, "customers": 1},
			},
			{Name: "client side from a page nobody trusts", Credential: apitest.ClientKey, Method: http.MethodPost, Path: "/client" + path, Body: visit, Header: []string{"Origin", "https://evil.example"}, Status: 403},
			{Name: "client side with a server-side key", Credential: apitest.AppKey, Method: http.MethodPost, Path: "/client" + path, Body: visit, Status: 401},
			{Name: "by a viewer", Credential: apitest.Viewer, Method: http.MethodPost, Path: "/team/v1/projects/" + apitest.ProjectID + "/events", Body: visit, Status: 403},
			{Name: "by the owner", Credential: apitest.Owner, Method: http.MethodPost, Path: "/team/v1/projects/" + apitest.ProjectID + "/events", Body: visit, Status: 200},
			{Name: "in a stranger's project", Credential: apitest.Owner, Method: http.MethodPost, Path: "/team/v1/projects/" + apitest.StrangerID + "/events", Body: visit, Status: 404},
		})
		if n := len(s.Audited()); n != 1 {
			t.Errorf("%d entries in the audit log, want the owner's deed alone", n)
		}
	})
}

func TestACustomerIsMergedAndNoneIsMadeTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		send := func(customer string) map[string]any {
			r := s.As(t, apitest.AppKey, http.MethodPost, path, `{"event":"visit","customer":`+customer+`}`)
			if r.Status != 200 {
				t.Fatalf("%s: %s", customer, r.Body)
			}
			c, _ := r.JSON(t)["customer"].(map[string]any)
			return c
		}
		first := send(`{"source_id":"crm-7","name":"Jane","metadata":{"tier":"gold"}}`)
		second := send(`{"source_id":"crm-7","email":"jane@acme.example","address":{"city":"Katowice"}}`)
		if second["id"] != first["id"] || second["name"] != "Jane" || second["email"] != "jane@acme.example" {
			t.Errorf("the customer is %v after %v", second, first)
		}
		third := send(fmt.Sprintf(`{"id":%q,"source_id":"someone else","metadata":{"tier":"silver"}}`, first["id"]))
		if third["id"] != first["id"] || third["source_id"] != "crm-7" || fmt.Sprint(third["metadata"]) != "map[tier:silver]" {
			t.Errorf("by its id the customer is %v", third)
		}
		if r := s.As(t, apitest.StrangerAppKey, http.MethodPost, path, fmt.Sprintf(`{"event":"visit","customer":{"id":%q}}`, first["id"])); r.Status != 404 {
			t.Errorf("another project's customer: %d %s", r.Status, r.Body)
		}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() { send(`{"source_id":"crm-new","description":"at once"}`) })
		}
		wg.Wait()
		if n := s.Count(t, "customers"); n != 2 {
			t.Errorf("%d customers, want 2", n)
		}
	})
}

func TestConcurrentMergesLoseNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, events *Service) {
		fields := []string{"name", "description", "email", "phone", "birthday", "birthdate"}
		var wg sync.WaitGroup
		for _, f := range fields {
			wg.Go(func() {
				r := s.As(t, apitest.AppKey, http.MethodPost, path, fmt.Sprintf(`{"event":"visit","customer":{"source_id":"crm-1",%q:"2001-02-03"}}`, f))
				if r.Status != 200 {
					t.Errorf("%s: %s", f, r.Body)
				}
			})
		}
		wg.Wait()
		found := map[string]*customer{}
		if err := events.store.CustomersBySourceID(t.Context(), s.DB, apitest.ProjectID, []string{"crm-1"}, found); err != nil {
			t.Fatal(err)
		}
		raw, _ := json.Marshal(found["crm-1"].document)
		for _, f := range fields {
			if !bytes.Contains(raw, []byte(`"`+f+`"`)) {
				t.Errorf("%s was lost: %s", f, raw)
			}
		}
	})
}

func TestABatchIsKeptInItsOrderAndListedByPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		var batch []string
		for i := range 237 {
			batch = append(batch, fmt.Sprintf(`{"event":"review","customer":{"source_id":"crm-%d"},"metadata":{"rating":%d}}`, i%7, i))
		}
		r := s.As(t, apitest.AppKey, http.MethodPost, path, `{"events":[`+strings.Join(batch, ",")+`]}`)
		if r.Status != 200 {
			t.Fatalf("%s", r.Body)
		}
		var sent struct {
			Data  []CustomEvent
			Total int
		}
		if err := json.Unmarshal(r.Body, &sent); err != nil || len(sent.Data) != 237 || sent.Total != 237 {
			t.Fatalf("%d of %d events (%v)", len(sent.Data), sent.Total, err)
		}
		if used := s.Counted(); used[len(used)-1].Metric != "bulk_api_calls" {
			t.Errorf("a batch is counted under %s", used[len(used)-1].Metric)
		}
		var walked []float64
		for after := ""; ; {
			r := s.As(t, apitest.AppKey, http.MethodGet, path+"?order=created_at&limit=100&starting_after_id="+after, nil)
			var page CustomEventList
			if err := json.Unmarshal(r.Body, &page); err != nil || r.Status != 200 {
				t.Fatalf("%v: %s", err, r.Body)
			}
			for _, e := range page.Data {
				walked = append(walked, e.Metadata.Values()["rating"].(float64))
			}
			if !page.HasMore {
				break
			}
			after = *page.MoreStartingAfter
		}
		if len(walked) != 237 || !slices.IsSorted(walked) {
			t.Errorf("%d events, in the order %v", len(walked), walked)
		}
		one := s.As(t, apitest.AppKey, http.MethodGet, path+"/"+sent.Data[5].ID, nil)
		if one.Status != 200 || !strings.Contains(string(one.Body), `"metadata":{"rating":5}`) || one.Header.Get("ETag") == "" {
			t.Errorf("get: %d %s", one.Status, one.Body)
		}
		if r := s.As(t, apitest.StrangerAppKey, http.MethodGet, path+"/"+sent.Data[5].ID, nil); r.Status != 404 {
			t.Errorf("a stranger's get: %d %s", r.Status, r.Body)
		}
	})
}

func TestTheListFiltersAndTheExportHasAllThatMatch(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		for range 3 {
			for _, body := range []string{good, visit, strings.Replace(good, "crm-1", "crm-2", 1)} {
				if r := s.As(t, apitest.AppKey, http.MethodPost, path, body); r.Status != 200 {
					t.Fatalf("%s", r.Body)
				}
			}
			s.Move(time.Hour)
		}
		for query, want := range map[string]int{
			"":                       9,
			"?type=visit":            3,
			"?type=nothing":          0,
			"?customer=crm-2":        3,
			"?customer=nobody":       0,
			"?type=review&limit=100": 6,
			"?type=visit&customer=crm-1&order=created_at":                        3,
			"?from=2026-11-23T11:00:00Z":                                         6,
			"?to=2026-11-23T11:00:00Z":                                           3,
			"?from=2026-11-23T11:00:00Z&to=2026-11-23T12:00:00.000Z&type=review": 2,
		} {
			r := s.As(t, apitest.AppKey, http.MethodGet, path+query, nil)
			var page CustomEventList
			if err := json.Unmarshal(r.Body, &page); err != nil || r.Status != 200 || len(page.Data) != want {
				t.Errorf("%s lists %d, want %d: %s", query, len(page.Data), want, r.Body)
			}
			r = s.As(t, apitest.AppKey, http.MethodGet, path+query, nil, "Accept", "application/x-ndjson")
			lines := 0
			for scan := bufio.NewScanner(bytes.NewReader(r.Body)); scan.Scan(); lines++ {
				var e CustomEvent
				if err := json.Unmarshal(scan.Bytes(), &e); err != nil || e.ID == "" {
					t.Errorf("line %d is no event: %s", lines+1, scan.Text())
				}
			}
			if lines != want || r.Header.Get("Content-Type") != "application/x-ndjson" {
				t.Errorf("%s exports %d lines of %s, want %d", query, lines, r.Header.Get("Content-Type"), want)
			}
		}
		for _, bad := range []string{"?limit=0", "?limit=101", "?from=yesterday", "?order=name"} {
			if r := s.As(t, apitest.AppKey, http.MethodGet, path+bad, nil); r.Status != 400 {
				t.Errorf("%s: %d %s", bad, r.Status, r.Body)
			}
		}
		if r := s.As(t, apitest.StrangerAppKey, http.MethodGet, path, nil); !strings.Contains(string(r.Body), `"data":[]`) {
			t.Errorf("a stranger sees %s", r.Body)
		}
	})
}

func TestRefusedEventsAreCountedByReasonAndTheLastHundredKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		send := func(n int, body string) {
			for range n {
				if r := s.As(t, apitest.AppKey, http.MethodPost, path, body); r.Status == 200 {
					t.Fatalf("%s was taken in", body)
				}
			}
		}
		send(120, `{"event":"review","customer":{"source_id":"a"},"metadata":{"rating":"x"}}`)
		send(2, `{"event":"purchase","customer":{"source_id":"a"}}`)
		send(1, `{"event":"visit","customer":{"source_id":"a","metadata":{"tier":"lead","more":1}}}`)
		r := s.As(t, apitest.AppKey, http.MethodGet, path+"/rejected", nil)
		var list RejectedEventList
		if err := json.Unmarshal(r.Body, &list); err != nil {
			t.Fatal(err)
		}
		var counts []string
		for _, c := range list.Counts {
			counts = append(counts, fmt.Sprintf("%s %s %d", c.Type, c.Reason, c.Count))
		}
		if got := strings.Join(counts, ", "); got != "review rating: type 120, purchase no schema 2, visit customer.metadata.*: unknown 1, visit customer.metadata.tier: eq 1" {
			t.Errorf("the counts are %s", got)
		}
		if len(list.Data) != 100 || s.Count(t, "rejected_events") != 100 {
			t.Fatalf("%d refused events are kept", len(list.Data))
		}
		last := list.Data[0]
		if last.Type != "visit" || !strings.Contains(last.Details, "customer.metadata.tier") || !strings.Contains(string(last.Payload), `"lead"`) {
			t.Errorf("the last one is %+v", last)
		}
		if r := s.As(t, apitest.StrangerAppKey, http.MethodGet, path+"/rejected", nil); !strings.Contains(string(r.Body), `"data":[]`) {
			t.Errorf("a stranger sees %s", r.Body)
		}
	})
}

func TestMadeUpNamesFillNoTable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, events *Service) {
		now := s.Now().UnixMilli()
		_ = now
		for i := range 2500 {
			d := CustomEventDraft{Event: fmt.Sprintf("made-up-%d", i), Customer: &CustomerDraft{SourceID: "a"}}
			events.rejections.add(apitest.ProjectID, &d, 1, "no", reasonNoSchema)
			if i%700 == 0 {
				events.rejections.flush(t.Context())
			}
		}
		events.rejections.flush(t.Context())
		if n := s.Count(t, "event_rejections"); n != maxReasons+1 {
			t.Errorf("%d reasons are told apart, want %d and one for the others", n, maxReasons)
		}
		var sum int
		if err := s.DB.QueryRow(t.Context(), `SELECT CAST(sum(count) AS BIGINT) FROM event_rejections`).Scan(&sum); err != nil || sum != 2500 {
			t.Errorf("%d are counted (%v), want 2500", sum, err)
		}
	})
}

func TestEventsGoWhenTheirOrganizationKeepsThemNoLonger(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, events *Service) {
		s.Exec(t, `UPDATE organizations SET event_retention_days = 30 WHERE id = $1`, apitest.OrganizationID)
		s.Exec(t, `UPDATE organizations SET event_retention_days = 0 WHERE id = $1`, apitest.StrangerOrgID)
		for range 2 {
			for _, key := range []string{apitest.AppKey, apitest.StrangerAppKey} {
				if r := s.As(t, key, http.MethodPost, path, visit); r.Status != 200 {
					t.Fatalf("%s", r.Body)
				}
			}
			s.Move(24 * time.Hour)
		}
		sweep := func(want int) {
			if err := events.Sweep(t.Context(), clockOf(s)); err != nil {
				t.Fatal(err)
			}
			if n := s.Count(t, "custom_events"); n != want {
				t.Errorf("at %s there are %d events, want %d", s.Now(), n, want)
			}
		}
		s.Move(28 * 24 * time.Hour) // the first is 30 days old to the millisecond
		sweep(4)
		s.Move(time.Millisecond)
		sweep(3)
		s.Move(24 * time.Hour)
		sweep(2)
	})
}

func TestEventsGoWithTheirProject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, events *Service) {
		for _, key := range []string{apitest.AppKey, apitest.StrangerAppKey} {
			if r := s.As(t, key, http.MethodPost, path, visit); r.Status != 200 {
				t.Fatalf("%s", r.Body)
			}
		}
		s.Exec(t, `DELETE FROM projects WHERE id = $1`, apitest.StrangerID)
		if err := events.Sweep(t.Context(), clockOf(s)); err != nil {
			t.Fatal(err)
		}
		if n := s.Count(t, "custom_events"); n != 1 || s.Count(t, "customers") != 1 {
			t.Errorf("%d events are left, want those of the project that is there", n)
		}
		if r := s.As(t, apitest.StrangerAppKey, http.MethodPost, path, visit); r.Status != 404 {
			t.Errorf("an event for a project that is gone: %d %s", r.Status, r.Body)
		}
	})
}

func TestAnIdempotencyKeyTakesAnEventInOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		first := s.As(t, apitest.AppKey, http.MethodPost, path, good, "Idempotency-Key", "k1")
		again := s.As(t, apitest.AppKey, http.MethodPost, path, good, "Idempotency-Key", "k1")
		other := s.As(t, apitest.AppKey, http.MethodPost, path, visit, "Idempotency-Key", "k1")
		if first.Status != 200 || !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotent-Replayed") != "true" || other.Status != 409 {
			t.Errorf("first %d, again %d %s, other %d", first.Status, again.Status, again.Header.Get("Idempotent-Replayed"), other.Status)
		}
		if n := s.Count(t, "custom_events"); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

func TestOneCallsFailureIsNotItsNeighbours(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				body, want := visit, 200
				if i%4 == 0 {
					body, want = `{"event":"visit","customer":{"id":"cust_none"}}`, 404
				}
				if r := s.As(t, apitest.AppKey, http.MethodPost, path, body); r.Status != want {
					t.Errorf("call %d: %d %s", i, r.Status, r.Body)
				}
			})
		}
		wg.Wait()
		if n := s.Count(t, "custom_events"); n != 30 {
			t.Errorf("%d events, want 30", n)
		}
	})
}

func TestMetadataIsKeptToTheLastDigit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *Service) {
		const precise = `{"rating":12345678901234567.25,"comment":"<b>&żółć"}`
		r := s.As(t, apitest.AppKey, http.MethodPost, path, `{"event":"review","customer":{"source_id":"a"},"metadata":`+precise+`}`)
		if !strings.Contains(string(r.Body), precise) {
			t.Errorf("answered %s", r.Body)
		}
		if r := s.As(t, apitest.AppKey, http.MethodGet, path, nil); !strings.Contains(string(r.Body), precise) {
			t.Errorf("listed %s", r.Body)
		}
	})
}

func clockOf(s *apitest.Server) clock.Timestamp { return clock.At(s.Now()) }

func TestAChangedCustomerIsRememberedByNoNode(t *testing.T) {
	t.Parallel()
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			options := databasetest.Options(t, engine)
			var nodes [2]*Service
			var server *apitest.Server
			for i := range nodes {
				db, err := database.Open(t.Context(), options)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() })
				nodes[i] = NewService(db, schemas{}, slog.New(slog.DiscardHandler))
				if i == 0 {
					server = apitest.New(t, db, func(s *apitest.Server) { Register(s.Router, nodes[0]) })
				}
			}
			name := func(node *Service, draft CustomerDraft) string {
				draft.SourceID = "crm-1"
				events, err := node.Ingest(t.Context(), apitest.ProjectID, []CustomEventDraft{{Event: "visit", Customer: &draft}}, false, clockOf(server), nil)
				if err != nil {
					t.Fatal(err)
				}
				if events[0].Customer.Name == nil {
					return ""
				}
				return *events[0].Customer.Name
			}
			for i, want := range []string{"Jane", "Janet", "Jane again"} {
				for range 2 { // the second time from memory
					name(nodes[0], CustomerDraft{})
				}
				name(nodes[(i+1)%2], CustomerDraft{CustomerDocument: CustomerDocument{Name: &want}})
				for deadline := time.Now().Add(5 * time.Second); name(nodes[0], CustomerDraft{}) != want; {
					if time.Now().After(deadline) {
						t.Fatalf("a node still remembers another name than %s", want)
					}
				}
			}
			if hits, _ := nodes[0].known.entries.Hits(); hits == 0 {
				t.Error("nothing was remembered at all")
			}
		})
	}
}
