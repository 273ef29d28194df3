package project_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
)

// listed is a list as clients read it.
type listed struct {
	Object  string `json:"object"`
	DataRef string `json:"data_ref"`
	Data    []struct {
		ID           string `json:"id"`
		WebhookToken string `json:"webhook_token"`
	} `json:"data"`
	Total             int     `json:"total"`
	HasMore           *bool   `json:"has_more"`
	MoreStartingAfter *string `json:"more_starting_after"`
}

func (l listed) ids() []string {
	out := []string{}
	for _, p := range l.Data {
		out = append(out, p.ID)
	}
	return out
}

func read(t *testing.T, r apitest.Response) listed {
	t.Helper()
	var l listed
	if err := json.Unmarshal(r.Body, &l); err != nil || r.Status != 200 || l.Object != "list" || l.DataRef != "data" || l.Data == nil {
		t.Fatalf("%d %s (%v)", r.Status, r.Body, err)
	}
	return l
}

func TestAListWithoutALimitHoldsAllProjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		want := append([]string{apitest.ProjectID}, h.add(t, 450)...) // more than two chunks
		l := read(t, h.Do(t, "GET", collection, nil))
		if !slices.Equal(l.ids(), want) || l.Total != len(want) || l.HasMore != nil || l.MoreStartingAfter != nil {
			t.Errorf("%d entries of %d, want %d", len(l.Data), l.Total, len(want))
		}
		for _, p := range l.Data {
			if p.WebhookToken != strings.Repeat("ab", 32) {
				t.Fatalf("%s has the webhook token %q", p.ID, p.WebhookToken)
			}
		}
		after := read(t, h.Do(t, "GET", collection+"?starting_after_id="+want[399], nil))
		if !slices.Equal(after.ids(), want[400:]) || after.Total != len(want) {
			t.Errorf("after the 400th: %d entries of %d", len(after.Data), after.Total)
		}
	})
}

func TestAListOfOneChunkExactlyEnds(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		h.add(t, 199)
		if l := read(t, h.Do(t, "GET", collection, nil)); len(l.Data) != 200 || l.Total != 200 {
			t.Errorf("%d entries of %d, want 200", len(l.Data), l.Total)
		}
	})
}

func TestAListIsReadPageByPage(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		want := append([]string{apitest.ProjectID}, h.add(t, 4)...)
		var got []string
		path := collection + "?limit=2"
		for pages := 1; ; pages++ {
			l := read(t, h.Do(t, "GET", path, nil))
			got = append(got, l.ids()...)
			if l.Total != 5 || l.HasMore == nil || *l.HasMore != (pages < 3) || (l.MoreStartingAfter != nil) != *l.HasMore {
				t.Fatalf("page %d: %+v", pages, l)
			}
			if !*l.HasMore {
				break
			}
			if *l.MoreStartingAfter != got[len(got)-1] {
				t.Fatalf("page %d goes on after %s", pages, *l.MoreStartingAfter)
			}
			path = collection + "?limit=2&starting_after_id=" + *l.MoreStartingAfter
		}
		if !slices.Equal(got, want) {
			t.Errorf("read %v, want %v", got, want)
		}
		if l := read(t, h.Do(t, "GET", collection+"?limit=5", nil)); *l.HasMore || l.MoreStartingAfter != nil {
			t.Errorf("a page that holds all has more: %+v", l)
		}
		if l := read(t, h.Do(t, "GET", collection+"?limit=5&starting_after_id=proj_z", nil)); len(l.Data) != 0 || *l.HasMore || l.Total != 5 {
			t.Errorf("behind the end: %+v", l)
		}
	})
}

func TestWhatAListDoesNotTake(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		h.Run(t, []apitest.Case{
			{Name: "no entries", Method: "GET", Path: collection + "?limit=0", Status: 400, Key: "invalid_payload", Details: "Property .limit must be >= 1"},
			{Name: "too many", Method: "GET", Path: collection + "?limit=101", Status: 400, Key: "invalid_payload", Details: "Property .limit must be <= 100"},
			{Name: "no number", Method: "GET", Path: collection + "?limit=all", Status: 400, Key: "invalid_payload", Details: "Property .limit must be integer"},
			{Name: "no credential", Credential: "mk_none", Method: "GET", Path: collection, Status: 401, Key: "unauthorized"},
			{Name: "but the scope read", Credential: apitest.ReadKey, Method: "GET", Path: collection, Status: 200},
		})
	})
}

func TestAListHoldsWhatIsWithinReachAlone(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		added := h.add(t, 3)
		h.join(t, added[2], apitest.Viewer, "MERCHANT")
		h.join(t, added[1], jane, "ADMIN")
		h.AddProject(t, apitest.OrganizationID, "proj_elsewhere") // which BoundKey is bound to
		h.furnish(t, apitest.OrganizationID, "proj_elsewhere")
		for _, c := range []struct {
			credential string
			want       []string
		}{
			{apitest.Key, append([]string{apitest.ProjectID}, append(slices.Clone(added), "proj_elsewhere")...)},
			{apitest.Owner, append([]string{apitest.ProjectID}, append(slices.Clone(added), "proj_elsewhere")...)},
			{apitest.StrangerKey, []string{apitest.StrangerID}},
			{apitest.BoundKey, []string{"proj_elsewhere"}},
			{apitest.Viewer, []string{apitest.ProjectID, added[2]}},
			{apitest.Outsider, []string{}},
		} {
			l := read(t, h.As(t, c.credential, "GET", collection, nil))
			if !slices.Equal(l.ids(), c.want) || l.Total != len(c.want) {
				t.Errorf("%s lists %v of %d, want %v", c.credential, l.ids(), l.Total, c.want)
			}
			page := read(t, h.As(t, c.credential, "GET", collection+"?limit=1", nil))
			if !slices.Equal(page.ids(), c.want[:min(1, len(c.want))]) || page.Total != len(c.want) || *page.HasMore != (len(c.want) > 1) {
				t.Errorf("%s lists on one page %v of %d", c.credential, page.ids(), page.Total)
			}
		}
		l := read(t, h.As(t, apitest.Viewer, "GET", collection, nil))
		if l.Data[0].WebhookToken == "" || l.Data[1].WebhookToken != "" {
			t.Errorf("a viewer reads the webhook token, a merchant does not: %+v", l.Data)
		}
	})
}

func TestAKeyBoundToProjectsListsThoseThatExist(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		added := h.add(t, 3)
		bound := &ident.Actor{
			Kind: ident.ByManagementKey, OrganizationID: apitest.OrganizationID,
			ProjectIDs: []string{added[2], "proj_deleted", added[0], apitest.StrangerID, added[2], apitest.ProjectID},
		}
		list := func(after string, limit int) listed {
			t.Helper()
			l, err := h.service.List(t.Context(), h.DB, bound, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := l.WriteTo(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			return read(t, apitest.Response{Status: 200, Body: []byte(b.String())})
		}
		if l := list("", 0); !slices.Equal(l.ids(), []string{apitest.ProjectID, added[0], added[2]}) || l.Total != 3 {
			t.Errorf("all: %v of %d", l.ids(), l.Total)
		}
		if l := list(apitest.ProjectID, 1); !slices.Equal(l.ids(), added[:1]) || !*l.HasMore || l.Total != 3 {
			t.Errorf("the second: %+v", l)
		}
		if l := list(added[0], 1); !slices.Equal(l.ids(), added[2:]) || *l.HasMore {
			t.Errorf("the last: %+v", l)
		}
	})
}

// full is a writer whose reader has gone.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errGone }

var errGone = errors.New("gone")

func TestAListThatCannotBeDeliveredStopsReading(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		h.add(t, 50)
		key := &ident.Actor{Kind: ident.ByManagementKey, OrganizationID: apitest.OrganizationID}
		l, err := h.service.List(t.Context(), h.DB, key, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.WriteTo(t.Context(), full{}); !errors.Is(err, errGone) {
			t.Errorf("%v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var b strings.Builder
		if err := l.WriteTo(ctx, &b); err == nil || json.Valid([]byte(b.String())) {
			t.Errorf("a cancelled list is complete: %v, %s", err, b.String())
		}
	})
}
