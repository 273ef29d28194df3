package webhook_test

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/webhook"
)

// private returns what deliveries of a webhook take with them.
func private(t *testing.T, s *apitest.Server, service *webhook.Service, id string) *webhook.Private {
	t.Helper()
	all, err := service.Private(t.Context(), s.DB, apitest.ProjectID, clock.At(s.Now()))
	if err != nil || all[id] == nil {
		t.Fatalf("what is private of %s: %v, %v", id, all, err)
	}
	return all[id]
}

func TestAnOldSecretSignsBesideTheNewOneUntilItsOverlapIsOver(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		path, made := create(t, s, valid)
		id := made.String(t, "id")
		first := s.Do(t, "GET", path+"/secret", nil)
		if first.JSON(t)["rotated_at"] != nil || first.String(t, "secret") != secret(t, s, id) || first.String(t, "webhook_id") != id {
			t.Fatalf("the first secret is %s", first.Body)
		}
		s.Move(time.Minute)
		second := s.Do(t, "POST", path+"/secret/rotate", `{"overlap_hours":2}`)
		if second.Status != 200 || second.String(t, "secret") == first.String(t, "secret") ||
			second.String(t, "rotated_at") != "2026-11-23T10:01:00.000Z" || second.String(t, "previous_valid_until") != "2026-11-23T12:01:00.000Z" {
			t.Fatalf("the second secret is %d %s", second.Status, second.Body)
		}
		if p := private(t, s, service, id); p.Secret != second.String(t, "secret") || p.Previous != first.String(t, "secret") || p.Until.String() != "2026-11-23T12:01:00.000Z" {
			t.Errorf("deliveries are signed with %+v", p)
		}
		s.Move(2 * time.Hour)
		if p := private(t, s, service, id); p.Previous != "" {
			t.Errorf("the old secret still signs: %+v", p)
		}
		if r := s.Do(t, "GET", path+"/secret", nil); r.JSON(t)["previous_valid_until"] != nil || r.String(t, "secret") != second.String(t, "secret") {
			t.Errorf("it is shown as %s", r.Body)
		}
		if erased, err := service.Erase(t.Context(), db, clock.At(s.Now())); !erased || err != nil {
			t.Errorf("the old secret was not erased: %v", err)
		}
		if erased, err := service.Erase(t.Context(), db, clock.At(s.Now())); erased || err != nil {
			t.Errorf("it was erased twice: %v", err)
		}
		s.Do(t, "POST", path+"/secret/rotate", `{}`)
		s.Do(t, "POST", path+"/secret/rotate", `{"overlap_hours":0}`)
		if p := private(t, s, service, id); p.Previous != "" {
			t.Errorf("a rotation without overlap left %+v", p)
		}
	})
}

func TestSecretsAreForThoseWhoMayChangeWebhooks(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		path, made := create(t, s, valid)
		before := secret(t, s, made.String(t, "id"))
		none := collection + "/wh_none/secret"
		s.Run(t, []apitest.Case{
			{Name: "an owner sees it", Credential: apitest.Owner, Method: "GET", Path: path + "/secret", Status: 200, Contains: []string{`"object":"webhook_secret"`, `"secret":"whsec_`}},
			{Name: "a viewer does not", Credential: apitest.Viewer, Method: "GET", Path: path + "/secret", Status: 403, Key: "forbidden"},
			{Name: "a viewer does not rotate it", Credential: apitest.Viewer, Method: "POST", Path: path + "/secret/rotate", Body: `{}`, Status: 403, Key: "forbidden"},
			{Name: "a key that may read does not rotate it", Credential: apitest.ReadKey, Method: "POST", Path: path + "/secret/rotate", Body: `{}`, Status: 403, Key: "forbidden"},
			{Name: "a stranger", Credential: apitest.StrangerKey, Method: "POST", Path: path + "/secret/rotate", Body: `{}`, Status: 404, Key: "not_found"},
			{Name: "a stranger through a project of its own", Credential: apitest.StrangerKey, Method: "GET", Path: strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1) + "/secret", Status: 404, Key: "not_found"},
			{Name: "none", Method: "GET", Path: none, Status: 404, Details: "Cannot find webhook with id wh_none"},
			{Name: "none to rotate", Method: "POST", Path: none + "/rotate", Body: `{}`, Status: 404, Details: "Cannot find webhook with id wh_none"},
			{Name: "too long an overlap", Method: "POST", Path: path + "/secret/rotate", Body: `{"overlap_hours":169}`, Status: 400, Details: "Property .overlap_hours must be <= 168"},
			{Name: "no overlap at all", Method: "POST", Path: path + "/secret/rotate", Body: `{"overlap_hours":-1}`, Status: 400, Details: "Property .overlap_hours must be >= 0"},
		})
		if secret(t, s, made.String(t, "id")) != before {
			t.Error("a refused rotation changed the secret")
		}
	})
}

func TestHeadersAreSentButTheirValuesAreShownNowhere(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		path, made := create(t, s, strings.Replace(valid, "{", `{"headers":{"Authorization":"Bearer s3cret","X-Shop":"7"},`, 1))
		id := made.String(t, "id")
		shown := `"headers":{"Authorization":"••••","X-Shop":"••••"}`
		s.Run(t, []apitest.Case{
			{Name: "names are shown", Method: "GET", Path: path, Status: 200, Contains: []string{shown}},
			{Name: "an update without headers leaves them", Method: "PUT", Path: path, Body: `{"active":false}`, Status: 200, Contains: []string{shown}},
			{Name: "a mask keeps, a value replaces, what is left out goes", Method: "PUT", Path: path, Body: `{"headers":{"Authorization":"••••","X-Till":"3"}}`, Status: 200, Contains: []string{`"headers":{"Authorization":"••••","X-Till":"••••"}`}},
			{Name: "a mask of nothing", Method: "PUT", Path: path, Body: `{"headers":{"X-None":"••••"}}`, Status: 400, Details: "Property .headers.X-None must be the value itself: there is none to leave as it is"},
			{Name: "a mask in a new one", Method: "POST", Path: collection, Body: strings.Replace(valid, "{", `{"headers":{"X":"••••"},`, 1), Status: 400, Details: "Property .headers.X must be the value itself: there is none to leave as it is", Rows: map[string]int{"webhooks": 1}},
			{Name: "a header that cannot be sent", Method: "PUT", Path: path, Body: `{"headers":{"Host":"evil.example"}}`, Status: 400, Details: "Property .headers.Host must not be a header that is set for every delivery"},
		})
		if p := private(t, s, service, id); len(p.Headers) != 2 || p.Headers["Authorization"] != "Bearer s3cret" || p.Headers["X-Till"] != "3" {
			t.Errorf("deliveries take %v", p.Headers)
		}
		var kept []byte
		if err := db.QueryRow(t.Context(), `SELECT headers FROM webhooks WHERE id = $1`, id).Scan(&kept); err != nil || bytes.Contains(kept, []byte("s3cret")) {
			t.Errorf("the headers are kept as %q (%v)", kept, err)
		}
		if r := s.Do(t, "PUT", path, `{"headers":{}}`); !strings.Contains(string(r.Body), `"headers":{}`) || private(t, s, service, id).Headers != nil {
			t.Errorf("no headers are shown as %s", r.Body)
		}
	})
}

func TestACopyOfAWebhookTakesItsHeadersAlong(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		create(t, s, strings.Replace(valid, "{", `{"ordered":true,"headers":{"Authorization":"Bearer s3cret"},`, 1))
		const to = "proj_01k0000000000000000000000c"
		s.AddProject(t, apitest.OrganizationID, to)
		if err := db.Write(t.Context(), func(tx database.Tx) error {
			return service.CopyProject(t.Context(), tx, apitest.ProjectID, to, clock.At(s.Now()))
		}); err != nil {
			t.Fatal(err)
		}
		copies, err := service.List(t.Context(), db, to)
		if err != nil || len(copies) != 1 || !copies[0].Ordered || copies[0].Headers["Authorization"] != webhook.Masked {
			t.Fatalf("the copies are %+v, %v", copies, err)
		}
		all, err := service.Private(t.Context(), db, to, clock.At(s.Now()))
		if err != nil || all[copies[0].ID].Headers["Authorization"] != "Bearer s3cret" {
			t.Errorf("the copy takes %v, %v", all, err)
		}
	})
}

func TestAWebhookThatFailsIsSwitchedOffOnceHoweverManySayIt(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		path, made := create(t, s, valid)
		var said atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				var off *webhook.Webhook
				if err := db.Append(t.Context(), func(tx database.Tx) (err error) {
					off, err = service.SwitchOff(t.Context(), tx, apitest.ProjectID, made.String(t, "id"), clock.At(s.Now()))
					return err
				}); err != nil {
					t.Error(err)
				}
				if off != nil {
					said.Add(1)
				}
			})
		}
		all.Wait()
		if said.Load() != 1 || !strings.Contains(string(s.Do(t, "GET", path, nil).Body), `"active":false`) {
			t.Errorf("it was switched off %d times", said.Load())
		}
	})
}
