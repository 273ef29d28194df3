package webhook_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/webhook"
)

const (
	collection = "/management/v1/projects/" + apitest.ProjectID + "/webhooks"
	valid      = `{"target_url":"https://shop.example/hooks","events":["redemption.succeeded","campaign.vouchers.aded"]}`
	refusedURL = "http://10.0.0.1/"
	silentURL  = "http://silent.example/"
)

// egress refuses refusedURL, has no judgement on silentURL, and remembers what
// it was asked.
type egress struct {
	mu    sync.Mutex
	asked []string
}

func (e *egress) Check(_ context.Context, rawURL string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = append(e.asked, rawURL)
	switch rawURL {
	case refusedURL:
		return fault.Invalid("must lead to a public address")
	case silentURL:
		return errors.New("no judgement")
	}
	return nil
}

// CheckHeaders refuses one header.
func (e *egress) CheckHeaders(headers map[string]string) []string {
	if _, ok := headers["Host"]; ok {
		return []string{"Property .headers.Host must not be a header that is set for every delivery"}
	}
	return nil
}

func start(t *testing.T, db database.DB) (*apitest.Server, *webhook.Service, *egress) {
	e := &egress{}
	var service *webhook.Service
	s := apitest.New(t, db, func(s *apitest.Server) {
		service = webhook.NewService(s.Seal, e)
		webhook.Register(s.Router, service)
	})
	return s, service, e
}

func create(t *testing.T, s *apitest.Server, body string) (path string, answer apitest.Response) {
	t.Helper()
	answer = s.Do(t, "POST", collection, body)
	if answer.Status != 200 {
		t.Fatalf("create: %d %s", answer.Status, answer.Body)
	}
	return collection + "/" + answer.String(t, "id"), answer
}

func TestAWebhookIsMadeShownChangedAndDeleted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		path, made := create(t, s, valid)
		if id := made.String(t, "id"); !strings.HasPrefix(id, "wh_") {
			t.Errorf("its id is %s", id)
		}
		s.Move(time.Hour)
		whole := `"object":"webhook","created_at":"2026-11-23T10:00:00.000Z","target_url":"https://shop.example/hooks",` +
			`"events":["redemption.succeeded","campaign.vouchers.aded"],"active":true,"ordered":false,"headers":{}}`
		s.Run(t, []apitest.Case{
			{Name: "it is shown as it was made, active and with the spelling it was given", Method: "GET", Path: path, Status: 200, Contains: []string{whole}},
			{Name: "it is in the list", Method: "GET", Path: collection, Status: 200, Contains: []string{whole, `"object":"list","data_ref":"data"`, `"total":1`}},
			{Name: "an empty update changes nothing", Method: "PUT", Path: path, Body: `{}`, Status: 200, Contains: []string{whole}},
			{
				Name: "an update changes the target alone", Method: "PUT", Path: path, Body: `{"target_url":"http://other.example:8080/"}`, Status: 200,
				Contains: []string{strings.Replace(whole, "https://shop.example/hooks", "http://other.example:8080/", 1)},
			},
			{
				Name: "an update replaces the events as a whole", Method: "PUT", Path: path, Body: `{"events":["customer.updated","campaign.vouchers.added"]}`, Status: 200,
				Contains: []string{`"events":["customer.updated","campaign.vouchers.added"],"active":true`, "http://other.example:8080/"},
			},
			{Name: "an update switches it off", Method: "PUT", Path: path, Body: `{"active":false,"newer_member":1}`, Status: 200, Contains: []string{`"active":false`, "customer.updated"}},
			{Name: "and that is what is kept", Method: "GET", Path: path, Status: 200, Contains: []string{`"events":["customer.updated","campaign.vouchers.added"],"active":false`}},
			{Name: "the whole of it can be sent as well", Method: "PUT", Path: path, Body: strings.Replace(valid, "{", `{"active":true,`, 1), Status: 200, Contains: []string{whole}},
			{Name: "an update of another state is refused", Method: "PUT", Path: path, Body: `{}`, Header: []string{"If-Match", `"other"`}, Status: 412, Key: "precondition_failed"},
			{Name: "one can be made switched off", Method: "POST", Path: collection, Body: strings.Replace(valid, "{", `{"active":false,`, 1), Status: 200, Contains: []string{`"active":false`}, Rows: map[string]int{"webhooks": 2}},
			{Name: "it is deleted", Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"webhooks": 1}},
			{Name: "and then gone", Method: "GET", Path: path, Status: 404, Key: "not_found", Details: "Cannot find webhook with id " + made.String(t, "id")},
			{Name: "for an update", Method: "PUT", Path: path, Body: `{}`, Status: 404, Key: "not_found"},
			{Name: "and for another deletion", Method: "DELETE", Path: path, Status: 404, Key: "not_found"},
		})
		if n := len(s.Audited()); n != 0 {
			t.Errorf("%d entries in the audit log, want none: keys are not audited", n)
		}
	})
}

func TestNobodyReachesAWebhookWithoutTheRight(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		path, _ := create(t, s, valid)
		theirs := strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1)
		noProject := "Cannot find project with id " + apitest.ProjectID
		var cases []apitest.Case
		for _, c := range []struct{ method, path, body string }{
			{"GET", collection, ""}, {"POST", collection, valid}, {"GET", path, ""}, {"PUT", path, `{"active":false}`}, {"DELETE", path, ""},
		} {
			of := func(who, credential, path string, status int, key, details string) {
				var body any
				if c.body != "" {
					body = c.body
				}
				cases = append(cases, apitest.Case{
					Name: c.method + " " + path + " by " + who, Credential: credential, Method: c.method, Path: path, Body: body,
					Status: status, Key: key, Details: details, Rows: map[string]int{"webhooks": 1},
				})
			}
			of("a stranger", apitest.StrangerKey, c.path, 404, "not_found", noProject)
			of("a key of another project", apitest.BoundKey, c.path, 403, "forbidden", "")
			of("an outsider", apitest.Outsider, c.path, 403, "forbidden", "")
			if c.path == path {
				of("a stranger through a project of its own", apitest.StrangerKey, theirs, 404, "not_found", "")
			}
			if c.method == "GET" {
				of("a viewer", apitest.Viewer, c.path, 200, "", "")
				of("a key that may read", apitest.ReadKey, c.path, 200, "", "")
			} else {
				of("a viewer", apitest.Viewer, c.path, 403, "forbidden", "")
				of("a key that may only read", apitest.ReadKey, c.path, 403, "forbidden", "")
			}
		}
		s.Run(t, cases)
	})
}

func TestAWebhookThatBreaksItsSchemaIsRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, asked := start(t, db)
		path, _ := create(t, s, valid)
		allowed := make([]string, 0, len(webhook.Events))
		for _, e := range webhook.Events {
			allowed = append(allowed, string(e))
		}
		oneOf := "must be equal to one of the allowed values: " + strings.Join(allowed, ", ")
		var cases []apitest.Case
		for _, c := range []struct{ name, body, details string }{
			{"null", `{"target_url":null,"events":null,"active":null}`, "Property .active must be boolean; Property .events must be array; Property .target_url must be string"},
			{"wrong types", `{"target_url":7,"events":"customer.created","active":"yes"}`, "Property .active must be boolean; Property .events must be array; Property .target_url must be string"},
			{"no events", `{"target_url":"https://shop.example/","events":[]}`, "Property .events must NOT have fewer than 1 items"},
			{"an empty target", `{"target_url":"","events":["customer.created"]}`, "Property .target_url must NOT have fewer than 1 characters"},
			{
				"a target that is too long", `{"target_url":"https://shop.example/` + strings.Repeat("a", 2048) + `","events":["customer.created"]}`,
				"Property .target_url must NOT have more than 2048 characters",
			},
			{"unknown events", `{"target_url":"https://shop.example/","events":["customer.exploded","customer.created","Customer.created"]}`, "Property .events.0 " + oneOf + "; Property .events.2 " + oneOf},
			{"an event twice", `{"target_url":"https://shop.example/","events":["voucher.created","customer.created","voucher.created"]}`, "Property .events must NOT have duplicate items (items 0 and 2 are identical)"},
		} {
			for _, at := range []struct{ method, path string }{{"POST", collection}, {"PUT", path}} {
				cases = append(cases, apitest.Case{
					Name: at.method + ": " + c.name, Method: at.method, Path: at.path, Body: c.body, Status: 400, Key: "invalid_payload",
					Details: c.details, Rows: map[string]int{"webhooks": 1},
				})
			}
		}
		cases = append(cases, apitest.Case{
			Name: "nothing at all", Method: "POST", Path: collection, Body: `{}`, Status: 400, Key: "invalid_payload", Rows: map[string]int{"webhooks": 1},
			Details: "Payload must have required property 'events'; Payload must have required property 'target_url'",
		}, apitest.Case{Name: "it has stayed as it was", Method: "GET", Path: path, Status: 200, Contains: []string{`"events":["redemption.succeeded","campaign.vouchers.aded"],"active":true`}})
		s.Run(t, cases)
		if len(asked.asked) != 1 {
			t.Errorf("targets of broken payloads were looked up: %q", asked.asked[1:])
		}
	})
}

func TestTargetsAreJudgedWhenTheyAreSentAndLeaveNothingWhenRefused(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, asked := start(t, db)
		refused := `"target_url":"` + refusedURL + `"`
		sentence := "Property .target_url must lead to a public address"
		both := `"events":["campaign.vouchers.added","campaign.vouchers.aded"]`
		twice := "Property .events must NOT name an event twice (items 0 and 1 are both campaign.vouchers.added)"
		none := map[string]int{"webhooks": 0}
		s.Run(t, []apitest.Case{
			{Name: "a refused target makes no webhook", Method: "POST", Path: collection, Body: `{` + refused + `,"events":["customer.created"]}`, Status: 400, Key: "invalid_payload", Details: sentence, Rows: none},
			{Name: "both spellings of an event do not", Method: "POST", Path: collection, Body: `{"target_url":"https://shop.example/",` + both + `}`, Status: 400, Key: "invalid_payload", Details: twice, Rows: none},
			{Name: "both faults are told at once", Method: "POST", Path: collection, Body: `{` + refused + `,` + both + `}`, Status: 400, Key: "invalid_payload", Details: twice + "; " + sentence, Rows: none},
		})
		path, _ := create(t, s, valid)
		s.Run(t, []apitest.Case{
			{Name: "an update to a refused target", Method: "PUT", Path: path, Body: `{` + refused + `,"active":false}`, Status: 400, Key: "invalid_payload", Details: sentence},
			{Name: "an update to both spellings", Method: "PUT", Path: path, Body: `{` + both + `}`, Status: 400, Key: "invalid_payload", Details: twice},
			{Name: "leave it as it was", Method: "GET", Path: path, Status: 200, Contains: []string{`"target_url":"https://shop.example/hooks"`, `"active":true`}},
		})
		before := len(asked.asked)
		s.Do(t, "PUT", path, `{"active":false}`)
		if len(asked.asked) != before {
			t.Error("an update that does not send the target has it looked up")
		}
		url := silentURL
		if _, err := service.Vet(t.Context(), webhook.Settings{TargetURL: &url}); err == nil || fault.Is(err, fault.InvalidPayload) {
			t.Errorf("a target without a judgement is answered %v", err)
		}
	})
}

func TestTheListIsInTheOrderOfIDs(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		for _, id := range []string{"wh_c", "wh_a", "wh_b"} {
			insert(t, db, apitest.ProjectID, id)
		}
		var list struct{ Data []webhook.Webhook }
		if err := json.Unmarshal(s.Do(t, "GET", collection, nil).Body, &list); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, w := range list.Data {
			ids = append(ids, w.ID)
		}
		if !slices.Equal(ids, []string{"wh_a", "wh_b", "wh_c"}) {
			t.Errorf("the list is %q", ids)
		}
	})
}

// secret opens the sealed secret of a webhook.
func secret(t *testing.T, s *apitest.Server, id string) string {
	t.Helper()
	plain, err := s.Seal.Open(webhook.SecretPurpose(id), sealed(t, s.DB, id))
	if err != nil {
		t.Fatalf("the secret of %s: %v", id, err)
	}
	return string(plain)
}

func TestASecretIsKeptSealedAndShownNowhere(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		path, made := create(t, s, valid)
		id := made.String(t, "id")
		first := secret(t, s, id)
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(first, "whsec_"))
		if !strings.HasPrefix(first, "whsec_") || err != nil || len(raw) != 32 {
			t.Errorf("the secret is %q", first)
		}
		if bytes.Contains(sealed(t, db, id), []byte("whsec_")) {
			t.Error("the secret is not sealed")
		}
		for _, r := range []apitest.Response{made, s.Do(t, "GET", path, nil), s.Do(t, "GET", collection, nil), s.Do(t, "PUT", path, `{"active":false}`)} {
			if bytes.Contains(r.Body, []byte("secret")) || bytes.Contains(r.Body, []byte("whsec_")) {
				t.Errorf("an answer shows a secret: %s", r.Body)
			}
		}
		if secret(t, s, id) != first {
			t.Error("an update changed the secret")
		}
		_, other := create(t, s, valid)
		if secret(t, s, other.String(t, "id")) == first {
			t.Error("two webhooks share a secret")
		}
		if _, err := s.Seal.Open(webhook.SecretPurpose(other.String(t, "id")), sealed(t, db, id)); err == nil {
			t.Error("a secret opens for another webhook")
		}
	})
}

func TestACopiedProjectHasTheWebhooksSwitchedOffWithSecretsOfTheirOwn(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		const to = "proj_01k0000000000000000000000c"
		s.AddProject(t, apitest.OrganizationID, to)
		for i := range 5 {
			create(t, s, fmt.Sprintf(`{"target_url":"https://shop.example/%d","events":["campaign.vouchers.aded"]}`, i))
		}
		later := clock.At(apitest.Start.Add(time.Hour))
		if err := db.Write(t.Context(), func(tx database.Tx) error {
			return service.CopyProject(t.Context(), tx, apitest.ProjectID, to, later)
		}); err != nil {
			t.Fatal(err)
		}
		from, err := service.List(t.Context(), db, apitest.ProjectID)
		if err != nil {
			t.Fatal(err)
		}
		copies, err := service.List(t.Context(), db, to)
		if err != nil || len(copies) != len(from) {
			t.Fatalf("%d copies of %d, %v", len(copies), len(from), err)
		}
		for i, w := range copies {
			if w.ID == from[i].ID || w.TargetURL != from[i].TargetURL || !slices.Equal(w.Events, from[i].Events) || w.Active || w.CreatedAt != later {
				t.Errorf("the copy of %+v is %+v", from[i], w)
			}
			if !from[i].Active {
				t.Errorf("%s was switched off by being copied", from[i].ID)
			}
			if secret(t, s, w.ID) == secret(t, s, from[i].ID) {
				t.Errorf("%s has the secret of what it was copied from", w.ID)
			}
		}
	})
}

// notices is a transaction that remembers what it told the nodes.
type notices struct {
	database.Tx
	told []database.Change
}

func (n *notices) Notify(ctx context.Context, c database.Change) error {
	n.told = append(n.told, c)
	return n.Tx.Notify(ctx, c)
}

func TestEveryChangeMakesTheConfigurationStale(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		_, service, _ := start(t, db)
		url, now := "https://shop.example/", clock.At(apitest.Start)
		vetted, err := service.Vet(t.Context(), webhook.Settings{TargetURL: &url, Events: []webhook.Event{"customer.created"}})
		if err != nil {
			t.Fatal(err)
		}
		var id string
		for _, step := range []struct {
			name string
			do   func(tx database.Tx) error
		}{
			{"create", func(tx database.Tx) error {
				w, err := service.Create(t.Context(), tx, apitest.ProjectID, vetted, now)
				if err == nil {
					id = w.ID
				}
				return err
			}},
			{"update", func(tx database.Tx) error {
				_, _, err := service.Update(t.Context(), tx, apitest.ProjectID, id, vetted, now)
				return err
			}},
			{"delete", func(tx database.Tx) error {
				_, err := service.Delete(t.Context(), tx, apitest.ProjectID, id)
				return err
			}},
		} {
			var n *notices
			if err := db.Write(t.Context(), func(tx database.Tx) error {
				n = &notices{Tx: tx}
				return step.do(n)
			}); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if want := []database.Change{{Topic: database.TopicConfiguration, Key: apitest.ProjectID}}; !slices.Equal(n.told, want) {
				t.Errorf("%s tells of %v", step.name, n.told)
			}
		}
	})
}

func TestWhatAPersonDoesToAWebhookIsAuditedBeforeAndAfter(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		made := s.As(t, apitest.Owner, "POST", collection, valid)
		path := collection + "/" + made.String(t, "id")
		s.As(t, apitest.Owner, "PUT", path, `{"target_url":"https://new.example/"}`)
		s.As(t, apitest.Owner, "PUT", path, `{"target_url":"`+refusedURL+`"}`)
		s.As(t, apitest.Owner, "DELETE", path, nil)

		entries := s.Audited()
		if len(entries) != 3 {
			t.Fatalf("%d entries, want 3", len(entries))
		}
		for i, want := range []string{"create-webhook", "update-webhook", "delete-webhook"} {
			if entries[i].Action != want || entries[i].ResourceID != made.String(t, "id") || entries[i].ResourceType != "webhook" {
				t.Errorf("entry %d is %s of %s %s", i, entries[i].Action, entries[i].ResourceType, entries[i].ResourceID)
			}
		}
		before, after := entries[1].Before.(*webhook.Webhook), entries[1].After.(*webhook.Webhook)
		if before.TargetURL != "https://shop.example/hooks" || after.TargetURL != "https://new.example/" {
			t.Errorf("the update tells %q before and %q after", before.TargetURL, after.TargetURL)
		}
	})
}

func TestSettingsThatSayTooLittleMakeNoWebhook(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		vetted, err := service.Vet(t.Context(), webhook.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(t.Context(), func(tx database.Tx) error {
			_, err := service.Create(t.Context(), tx, apitest.ProjectID, vetted, clock.At(apitest.Start))
			return err
		})
		if !fault.Is(err, fault.InvalidPayload) || s.Count(t, "webhooks") != 0 {
			t.Errorf("answered %v", err)
		}
	})
}
