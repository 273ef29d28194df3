package project

import (
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
)

func TestProjectsThatAskToBeWarnedAreFoundInTheirOrganization(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		for _, id := range []string{"proj_b", "proj_a"} {
			insert(t, db, org, sample(id))
		}
		insert(t, db, stranger, sample("proj_theirs"))
		off := sample("proj_off")
		off.APIUsageNotifications.CycleCalls.Enabled = false
		off.ClientRedeemEnabled, off.WebhooksCalloutNotifications.Webhooks.InApp = true, true
		off.Description = `"enabled":true`
		insert(t, db, org, off)
		found, err := store.Warned(t.Context(), db, org)
		if err != nil || len(found) != 2 || found[0].ID != "proj_a" || found[1].ID != "proj_b" {
			t.Fatalf("found are %+v, %v", found, err)
		}
		n, err := store.Notified(t.Context(), db, "proj_theirs")
		if err != nil || n.OrganizationID != stranger || n.Name != "Shop" || !n.Webhooks.Webhooks.Email || n.Usage.APICalls.Enabled ||
			n.Usage.CycleCalls.Value != 90 || !slices.Equal(n.Usage.CycleCalls.Emails, []string{"a@b.example"}) || !n.Usage.CycleCalls.InApp {
			t.Errorf("the stranger's is %+v, %v", n, err)
		}
		if _, err := store.Notified(t.Context(), db, "proj_none"); !fault.Is(err, fault.ResourceNotFound) {
			t.Errorf("one that never was: %v", err)
		}
	})
}

func TestProjectsThatDoNotAskToBeWarnedAreNotRead(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite)
	rows, err := db.Query(t.Context(), `EXPLAIN QUERY PLAN SELECT `+notifiedColumns+warned, org)
	plan, err := database.Collect(rows, err, func(r database.Row) (detail string, err error) {
		var n int64
		return detail, r.Scan(&n, &n, &n, &detail)
	})
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "projects_warned") {
		t.Errorf("the plan is %q, %v", plan, err)
	}
}
