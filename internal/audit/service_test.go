package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/audit"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
)

const organization = "org_a"

var noon = clock.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))

func person(id string) *ident.Actor {
	return &ident.Actor{Kind: ident.ByUser, ID: id, Name: id + "@acme.example", OrganizationID: organization}
}

func record(t testing.TB, db database.DB, entries ...api.Entry) {
	t.Helper()
	err := db.Write(t.Context(), func(tx database.Tx) error {
		for _, e := range entries {
			if err := audit.NewService().Record(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func list(t testing.TB, db database.DB, f audit.Filter, limit int) (entries []*audit.AuditEntry, total int) {
	t.Helper()
	entries, total, err := audit.NewService().List(t.Context(), db, organization, f, limit)
	if err != nil {
		t.Fatal(err)
	}
	return entries, total
}

func TestPeoplesAndOperatorsDeedsAreRecordedWhole(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		record(t, db, api.Entry{
			Actor: person("user_1"), Address: "2001:db8::1", RequestID: "v-1", At: noon, Action: "update-brand", ProjectID: "proj_1",
			ResourceType: "branding_details", ResourceID: "brd_1", Before: map[string]any{"name": "Acme", "token": "x"}, After: map[string]any{"name": "Emca", "token": "y"},
		})
		operator := api.Operator(organization, noon)
		record(t, db, api.Entry{
			Actor: operator.Actor, Address: operator.Address.String(), RequestID: "v-2", At: noon + 1, Action: "org unlock",
			ResourceType: "organization", ResourceID: organization,
		})

		people, _ := list(t, db, audit.Filter{ActorID: "user_1"}, 10)
		if len(people) != 1 {
			t.Fatalf("%d entries of the person", len(people))
		}
		e := people[0]
		if e.At != noon || e.Actor != (audit.AuditActor{Kind: ident.ByUser, ID: "user_1", Name: "user_1@acme.example"}) || e.Address != "2001:db8::1" ||
			e.RequestID != "v-1" || e.Action != "update-brand" || e.ProjectID != "proj_1" || e.ResourceType != "branding_details" || e.ResourceID != "brd_1" ||
			string(e.Before) != `{"name":"Acme","token":"••••"}` || string(e.After) != `{"name":"Emca","token":"••••"}` {
			t.Errorf("the entry is %+v", e)
		}
		all, total := list(t, db, audit.Filter{Action: "org unlock"}, 10)
		if total != 1 || len(all) != 1 {
			t.Fatalf("%d entries of the operator, %d in all", len(all), total)
		}
		if e := all[0]; e.Actor.Kind != ident.ByOperator || e.Actor.Name != "operator" || e.Address != "" || e.Before != nil || e.After != nil {
			t.Errorf("the operator's entry is %+v", e)
		}
	})
}

func TestNothingDoneWithAKeyIsRecorded(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		entries := []api.Entry{{Action: "create-brand", At: noon}}
		for _, kind := range []ident.ActorKind{ident.ByManagementKey, ident.ByProjectKey, ident.ByNobody, ""} {
			entries = append(entries, api.Entry{Actor: &ident.Actor{Kind: kind, ID: "mk_1", OrganizationID: organization, Owner: true}, Action: "create-brand", At: noon})
		}
		record(t, db, entries...)
		var n int
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM audit_log`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d entries, %v; want none", n, err)
		}
	})
}

func TestAnEntryIsUndoneWithItsDeed(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		failed := errors.New("the deed failed")
		err := db.Write(t.Context(), func(tx database.Tx) error {
			if err := audit.NewService().Record(t.Context(), tx, api.Entry{Actor: person("user_1"), At: noon, Action: "create-brand"}); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if _, total := list(t, db, audit.Filter{}, 10); total != 0 {
			t.Errorf("%d entries of what was not done", total)
		}
	})
}

func TestEachFilterLetsThroughWhatItNames(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		for i := range 4 {
			record(t, db, api.Entry{
				Actor: person(fmt.Sprint("user_", i%2)), Address: "192.0.2.1", At: noon.Add(time.Duration(i) * time.Minute), Action: fmt.Sprint("act-", i),
				ProjectID: fmt.Sprint("proj_", i/2), ResourceType: fmt.Sprint("kind", i/3), ResourceID: fmt.Sprint("r_", i),
			})
		}
		stranger := person("user_0")
		stranger.OrganizationID = "org_b"
		record(t, db, api.Entry{Actor: stranger, At: noon, Action: "act-0"})
		at := func(minutes int) *clock.Timestamp {
			m := noon.Add(time.Duration(minutes) * time.Minute)
			return &m
		}
		for _, c := range []struct {
			name   string
			filter audit.Filter
			want   []string
		}{
			{"none", audit.Filter{}, []string{"act-0", "act-1", "act-2", "act-3"}},
			{"from, included", audit.Filter{From: at(1)}, []string{"act-1", "act-2", "act-3"}},
			{"to, not included", audit.Filter{To: at(1)}, []string{"act-0"}},
			{"between", audit.Filter{From: at(1), To: at(3)}, []string{"act-1", "act-2"}},
			{"actor", audit.Filter{ActorID: "user_1"}, []string{"act-1", "act-3"}},
			{"action", audit.Filter{Action: "act-2"}, []string{"act-2"}},
			{"project", audit.Filter{ProjectID: "proj_0"}, []string{"act-0", "act-1"}},
			{"resource type", audit.Filter{ResourceType: "kind0"}, []string{"act-0", "act-1", "act-2"}},
			{"resource", audit.Filter{ResourceID: "r_3"}, []string{"act-3"}},
			{"all of them hold", audit.Filter{ActorID: "user_1", ProjectID: "proj_1", From: at(3)}, []string{"act-3"}},
			{"nothing matches", audit.Filter{ActorID: "user_1", Action: "act-0"}, nil},
			{"quotes are only text", audit.Filter{ActorID: "' OR ''='"}, nil},
		} {
			entries, total := list(t, db, c.filter, 100)
			var got []string
			for _, e := range entries {
				got = append(got, e.Action)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) || total != len(c.want) {
				t.Errorf("%s: %v of %d, want %v", c.name, got, total, c.want)
			}
		}
	})
}

func TestPagesAndTheExportWalkTheWholeLogNewestFirst(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		const n = 2*audit.PageSize + 1
		entries := make([]api.Entry, n)
		for i := range entries {
			entries[i] = api.Entry{Actor: person("user_1"), At: noon, Action: "act"}
		}
		record(t, db, entries...)
		all, total := list(t, db, audit.Filter{}, n+1)
		if len(all) != n || total != n || !slices.IsSortedFunc(all, func(x, y *audit.AuditEntry) int { return -compareIDs(x, y) }) {
			t.Fatalf("%d entries of %d, or not the newest first", len(all), total)
		}
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM audit_log`).Scan(&total); err != nil || total != n {
			t.Fatal(total, err)
		}

		var paged []*audit.AuditEntry
		for after := ""; ; {
			page, total := list(t, db, audit.Filter{StartingAfterID: after}, 100)
			if total != n {
				t.Fatalf("a page tells of %d entries in all", total)
			}
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
			after = page[len(page)-1].ID
		}
		each, err := audit.NewService().Export(t.Context(), db, organization, audit.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		record(t, db, api.Entry{Actor: person("user_1"), At: noon, Action: "meanwhile"})
		var exported []*audit.AuditEntry
		if err := each(t.Context(), func(e *audit.AuditEntry) error {
			exported = append(exported, e)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		same := func(x, y *audit.AuditEntry) bool { return compareIDs(x, y) == 0 }
		if !slices.EqualFunc(paged, all, same) {
			t.Errorf("the pages hold %d entries, want the same %d", len(paged), n)
		}
		if !slices.EqualFunc(exported, all, same) {
			t.Errorf("the export holds %d entries, want the same %d", len(exported), n)
		}
		stop := errors.New("stop")
		if err := each(context.Background(), func(*audit.AuditEntry) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("the walk goes on after an error: %v", err)
		}
	})
}

func compareIDs(x, y *audit.AuditEntry) int {
	switch {
	case x.ID < y.ID:
		return -1
	case x.ID > y.ID:
		return 1
	}
	return 0
}
