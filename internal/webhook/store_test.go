package webhook_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/webhook"
)

// seeded is a database with the tenants of apitest.
func seeded(t *testing.T, db database.DB) *apitest.Server {
	return apitest.New(t, db, func(*apitest.Server) {})
}

func insert(t *testing.T, db database.DB, projectID, id string) *webhook.Webhook {
	t.Helper()
	w := &webhook.Webhook{
		ID: id, Object: "webhook", CreatedAt: clock.At(apitest.Start), TargetURL: "https://shop.example/" + id,
		Events: []webhook.Event{"voucher.created", "campaign.vouchers.aded"}, Active: true,
		Headers: webhook.Headers{"X-Shop": webhook.Masked},
	}
	if err := (webhook.Store{}).Insert(t.Context(), db, projectID, w, []byte("sealed "+id), []byte("headers")); err != nil {
		t.Fatalf("insert %s: %v", id, err)
	}
	return w
}

func sealed(t *testing.T, db database.DB, id string) []byte {
	t.Helper()
	var secret []byte
	if err := db.QueryRow(context.Background(), `SELECT secret FROM webhooks WHERE id = $1`, id).Scan(&secret); err != nil {
		t.Fatalf("the secret of %s: %v", id, err)
	}
	return secret
}

func TestStoreKeepsWebhooksPerProjectInTheOrderOfTheirIDs(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		seeded(t, db)
		var store webhook.Store
		b, a := insert(t, db, apitest.ProjectID, "wh_b"), insert(t, db, apitest.ProjectID, "wh_a")
		theirs := insert(t, db, apitest.StrangerID, "wh_aa")

		for project, want := range map[string][]*webhook.Webhook{
			apitest.ProjectID: {a, b}, apitest.StrangerID: {theirs}, "proj_none": {},
		} {
			got, err := store.List(t.Context(), db, project)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("the list of %s is %v, %v", project, got, err)
			}
		}
		if got, err := store.Get(t.Context(), db, apitest.ProjectID, "wh_a"); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v, %v, want %+v", got, err, a)
		}
	})
}

func TestStoreChangesAWebhookButNotItsSecretNorWhenItWasMade(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		seeded(t, db)
		var store webhook.Store
		insert(t, db, apitest.ProjectID, "wh_b")
		w := insert(t, db, apitest.ProjectID, "wh_a")
		w.TargetURL, w.Events, w.Active = "https://new.example/", []webhook.Event{"customer.updated"}, false
		if err := store.Update(t.Context(), db, apitest.ProjectID, w, w.CreatedAt+5); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Get(t.Context(), db, apitest.ProjectID, "wh_a"); err != nil || !reflect.DeepEqual(got, w) {
			t.Errorf("got %+v, %v, want %+v", got, err, w)
		}
		if got := sealed(t, db, "wh_a"); string(got) != "sealed wh_a" {
			t.Errorf("the secret became %q", got)
		}
		if got, err := store.Get(t.Context(), db, apitest.ProjectID, "wh_b"); err != nil || !got.Active {
			t.Errorf("its neighbour became %+v, %v", got, err)
		}
		if err := store.Delete(t.Context(), db, apitest.ProjectID, "wh_a"); err != nil {
			t.Fatal(err)
		}
		if left, err := store.List(t.Context(), db, apitest.ProjectID); err != nil || len(left) != 1 {
			t.Errorf("%d left after one of two was deleted, %v", len(left), err)
		}
	})
}

func TestStoreFindsNoWebhookOfAnotherProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := seeded(t, db)
		var store webhook.Store
		w := insert(t, db, apitest.ProjectID, "wh_a")
		_, getErr := store.Get(t.Context(), db, apitest.StrangerID, "wh_a")
		for name, err := range map[string]error{
			"get":    getErr,
			"update": store.Update(t.Context(), db, apitest.StrangerID, w, 1),
			"delete": store.Delete(t.Context(), db, apitest.StrangerID, "wh_a"),
		} {
			if !fault.Is(err, fault.ResourceNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s.Count(t, "webhooks") != 1 {
			t.Error("the webhook is gone")
		}
	})
}

func TestStoreRefusesAWebhookOfNoProjectAndDropsThoseOfADeletedOne(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := seeded(t, db)
		w := insert(t, db, apitest.ProjectID, "wh_a")
		w.ID = "wh_b"
		if err := (webhook.Store{}).Insert(t.Context(), db, "proj_none", w, []byte{0}, nil); !errors.Is(err, database.ErrForeignKey) {
			t.Errorf("a webhook of no project: %v", err)
		}
		s.Exec(t, `DELETE FROM projects WHERE id = $1`, apitest.ProjectID)
		if n := s.Count(t, "webhooks"); n != 0 {
			t.Errorf("%d webhooks outlive their project", n)
		}
	})
}
