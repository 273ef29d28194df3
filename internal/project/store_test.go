package project

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	org      = "org_01k0000000000000000000000a"
	stranger = "org_01k0000000000000000000000b"
)

var start = clock.At(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))

func seed(t *testing.T, db database.DB) Store {
	t.Helper()
	for _, id := range []string{org, stranger} {
		exec(t, db, `INSERT INTO organizations (id, name, management_api, management_key_limit, limits, created_at, updated_at)
			VALUES ($1, 'Acme', TRUE, 5, '{}', $2, $2)`, id, start)
	}
	return Store{}
}

func exec(t *testing.T, db database.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func sample(id string) *Project {
	dial, charset := "+48", "0123456789"
	p := &Project{ID: id, Document: Document{Name: "Shop", Settings: defaultSettings()}, Origin: Origin{ClusterID: "eu1", APIVersion: APIVersion, CaseSensitiveCodes: true}, sealedToken: []byte{1, 2, 3}}
	p.Description, p.Timezone, p.Currency, p.DialCode = "Summer", "Europe/Warsaw", "EUR", &dial
	p.ClientTrustedDomains, p.ClientRedeemEnabled = []string{"https://shop.example"}, true
	p.APIUsageNotifications.CycleCalls = ProjectUsageNotification{Enabled: true, Value: 90, Emails: []string{"a@b.example"}, InApp: true}
	p.WebhooksCalloutNotifications.Webhooks.Email = true
	p.DefaultCodeConfig.Charset = &charset
	return p
}

func insert(t *testing.T, db database.DB, organizationID string, p *Project) {
	t.Helper()
	if err := (Store{}).Insert(t.Context(), db, organizationID, p, start); err != nil {
		t.Fatalf("insert %s: %v", p.ID, err)
	}
}

func total(t *testing.T, db database.DB, organizationID string) int {
	t.Helper()
	n, err := Store{}.Total(t.Context(), db, organizationID)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheStoreKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		p := sample("proj_a")
		insert(t, db, org, p)
		got, err := store.Get(t.Context(), db, org, "proj_a")
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, p)
		}
		p.Name, p.DialCode, p.ClientTrustedDomains = "Other", nil, []string{}
		if err := store.Update(t.Context(), db, org, p, start+1); err != nil {
			t.Fatal(err)
		}
		if got, err = store.Get(t.Context(), db, org, "proj_a"); err != nil || !reflect.DeepEqual(got, p) {
			t.Fatalf("after the update: %v\n got %+v\nwant %+v", err, got, p)
		}
		var created, updated clock.Timestamp
		if err := db.QueryRow(t.Context(), `SELECT created_at, updated_at FROM projects`).Scan(&created, &updated); err != nil || created != start || updated != start+1 {
			t.Errorf("made %d, changed %d (%v)", created, updated, err)
		}
	})
}

func TestTheStoreGivesOlderRowsTheDefaultsOfWhatCameLater(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		insert(t, db, org, sample("proj_a"))
		exec(t, db, `UPDATE projects SET settings = '{"timezone":"UTC","api_usage_notifications":{"messages":{"enabled":true,"value":50,"emails":[],"in_app":true}}}'`)
		p, err := store.Get(t.Context(), db, org, "proj_a")
		if err != nil {
			t.Fatal(err)
		}
		n := p.APIUsageNotifications
		if n.Messages.Value != 50 || n.Redemptions.Value != 80 || n.Redemptions.Emails == nil || p.ClientTrustedDomains == nil || p.APIVersion != APIVersion {
			t.Errorf("read as %+v", p)
		}
		if *p.DefaultCodeConfig.Charset != DefaultCharset(false) {
			t.Errorf("charset %q", *p.DefaultCodeConfig.Charset)
		}
		exec(t, db, `UPDATE projects SET settings = 'broken'`)
		if _, err := store.Get(t.Context(), db, org, "proj_a"); err == nil {
			t.Error("broken settings were read")
		}
	})
}

func TestTheStoreKnowsAProjectOnlyInItsOrganization(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		p := sample("proj_a")
		insert(t, db, org, p)
		for _, c := range []struct{ org, id string }{{stranger, "proj_a"}, {org, "proj_none"}, {"", ""}} {
			other := *p
			other.ID = c.id
			_, err := store.Get(t.Context(), db, c.org, c.id)
			for name, err := range map[string]error{
				"get": err, "update": store.Update(t.Context(), db, c.org, &other, start), "delete": store.Delete(t.Context(), db, c.org, c.id),
			} {
				if !fault.Is(err, fault.ResourceNotFound) {
					t.Errorf("%s %v: %v", name, c, err)
				}
			}
			if found, err := store.Exists(t.Context(), db, c.org, c.id); found || err != nil {
				t.Errorf("%v exists: %t, %v", c, found, err)
			}
		}
		if found, err := store.Exists(t.Context(), db, org, "proj_a"); !found || err != nil {
			t.Errorf("it does not exist: %v", err)
		}
		if total(t, db, org) != 1 || total(t, db, stranger) != 0 {
			t.Errorf("totals %d and %d, want 1 and 0", total(t, db, org), total(t, db, stranger))
		}
	})
}

func TestTheStoreCountsWithoutCounting(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		for i := range 3 {
			insert(t, db, org, sample(fmt.Sprintf("proj_%d", i)))
		}
		insert(t, db, stranger, sample("proj_s"))
		if total(t, db, org) != 3 || total(t, db, stranger) != 1 {
			t.Errorf("totals %d and %d, want 3 and 1", total(t, db, org), total(t, db, stranger))
		}
		if err := store.Delete(t.Context(), db, org, "proj_1"); err != nil || total(t, db, org) != 2 {
			t.Errorf("after a deletion: %d (%v), want 2", total(t, db, org), err)
		}
		exec(t, db, `UPDATE project_counts SET total = 1000000 WHERE organization_id = $1`, org)
		if total(t, db, org) != 1000000 {
			t.Error("the projects were counted")
		}
		abandoned := errors.New("abandoned")
		err := db.Write(t.Context(), func(tx database.Tx) error {
			if err := store.Insert(t.Context(), tx, stranger, sample("proj_x"), start); err != nil {
				return err
			}
			return abandoned
		})
		if !errors.Is(err, abandoned) || total(t, db, stranger) != 1 {
			t.Errorf("after an abandoned transaction: %d (%v), want 1", total(t, db, stranger), err)
		}
	})
}

func TestTheStorePagesByID(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		for _, id := range []string{"proj_c", "proj_a", "proj_e", "proj_b"} {
			insert(t, db, org, sample(id))
		}
		insert(t, db, stranger, sample("proj_d"))
		for _, c := range []struct {
			after string
			limit int
			want  []string
		}{
			{"", 10, []string{"proj_a", "proj_b", "proj_c", "proj_e"}},
			{"", 2, []string{"proj_a", "proj_b"}},
			{"proj_b", 2, []string{"proj_c", "proj_e"}},
			{"proj_bb", 1, []string{"proj_c"}},
			{"proj_e", 2, []string{}},
		} {
			page, err := store.Page(t.Context(), db, org, c.after, c.limit)
			if err != nil || !reflect.DeepEqual(ids(page), c.want) {
				t.Errorf("after %q, at most %d: %v (%v), want %v", c.after, c.limit, ids(page), err, c.want)
			}
		}
	})
}

func TestTheStorePagesAMembersProjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		for _, id := range []string{"user_a", "user_b"} {
			exec(t, db, `INSERT INTO users (id, organization_id, login, email, first_name, last_name, is_owner, password_hash, created_at, updated_at)
				VALUES ($1, $2, $3, $3, '', '', FALSE, '', $4, $4)`, id, org, id+"@acme.example", start)
		}
		for _, id := range []string{"proj_a", "proj_b", "proj_c", "proj_d"} {
			insert(t, db, org, sample(id))
		}
		for _, m := range [][]any{{"proj_d", "user_a", "VIEWER"}, {"proj_b", "user_a", "ADMIN"}, {"proj_c", "user_b", "USER"}} {
			exec(t, db, `INSERT INTO project_members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)`, append(m, start)...)
		}
		page, err := store.PageOfMember(t.Context(), db, org, "user_a", "", 10)
		if err != nil || len(page) != 2 || page[0].ID != "proj_b" || page[0].role != "ADMIN" || page[1].ID != "proj_d" || page[1].role != "VIEWER" {
			t.Errorf("%+v, %v", page, err)
		}
		if page, err = store.PageOfMember(t.Context(), db, org, "user_a", "proj_b", 1); err != nil || len(page) != 1 || page[0].ID != "proj_d" {
			t.Errorf("after proj_b: %+v, %v", page, err)
		}
		if page, err = store.PageOfMember(t.Context(), db, stranger, "user_a", "", 10); err != nil || len(page) != 0 {
			t.Errorf("in another organization: %+v, %v", page, err)
		}
		if n, err := store.TotalOfMember(t.Context(), db, org, "user_a"); err != nil || n != 2 {
			t.Errorf("total %d, %v", n, err)
		}
	})
}

func TestAnOrganizationHasOneSandboxAtMost(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		store := seed(t, db)
		if p, err := store.Sandbox(t.Context(), db, org); p != nil || err != nil {
			t.Fatalf("before there is one: %v, %v", p, err)
		}
		insert(t, db, org, sample("proj_a"))
		for id, owner := range map[string]string{"proj_b": org, "proj_c": stranger} {
			p := sample(id)
			p.IsSandbox = true
			insert(t, db, owner, p)
		}
		second := sample("proj_d")
		second.IsSandbox = true
		if err := store.Insert(t.Context(), db, org, second, start); !errors.Is(err, database.ErrUnique) {
			t.Errorf("a second sandbox: %v", err)
		}
		p, err := store.Sandbox(t.Context(), db, org)
		if err != nil || p.ID != "proj_b" || !reflect.DeepEqual(p.Limits, sandboxLimits()) {
			t.Errorf("%+v, %v", p, err)
		}
		for id, want := range map[string]bool{"proj_a": false, "proj_b": true} {
			if is, err := store.IsSandbox(t.Context(), db, id); is != want || err != nil {
				t.Errorf("%s is a sandbox: %t, %v", id, is, err)
			}
		}
		if _, err := store.IsSandbox(t.Context(), db, "proj_none"); !fault.Is(err, fault.ResourceNotFound) {
			t.Errorf("no project: %v", err)
		}
	})
}

func ids(page []*Project) []string {
	out := []string{}
	for _, p := range page {
		out = append(out, p.ID)
	}
	return out
}
