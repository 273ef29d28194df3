package notification_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/notification"
)

const path = "/team/v1/notifications"

func clockOf(b *bench) clock.Timestamp { return clock.At(b.Now()) }

func TestPeopleReadTheNotificationsOfTheirProjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		b := newBench(t, db)
		b.settings.projects[apitest.StrangerID] = &notification.Project{ID: apitest.StrangerID, OrganizationID: apitest.StrangerOrgID, Name: "Theirs"}
		for _, id := range []string{apitest.ProjectID, other, apitest.StrangerID} {
			b.Move(time.Second)
			b.switchOff(t, id)
		}
		find := func(projectID string) (id string) {
			t.Helper()
			if err := db.QueryRow(t.Context(), `SELECT id FROM notifications WHERE project_id = $1`, projectID).Scan(&id); err != nil {
				t.Fatal(err)
			}
			return id
		}
		mine, others, theirs := find(apitest.ProjectID), find(other), find(apitest.StrangerID)
		if !strings.HasPrefix(mine, "ntf_") || others <= mine {
			t.Errorf("the ids are %s and %s", mine, others)
		}
		get := func(name, credential, query string, contains ...string) apitest.Case {
			return apitest.Case{Name: name, Credential: credential, Method: "GET", Path: path + query, Status: 200, Contains: contains}
		}
		post := func(name, credential, tail string, status int, key string, marks int, contains ...string) apitest.Case {
			return apitest.Case{Name: name, Credential: credential, Method: "POST", Path: path + tail, Status: status, Key: key, Contains: contains, Rows: map[string]int{"notification_reads": marks}}
		}
		b.Server.Run(t, []apitest.Case{
			get("a member sees her project's, without what may be secret of the target", apitest.Viewer, "",
				`"total":1,"unread":1,"has_more":false}`, `"kind":"webhook_switched_off","project_id":"`+apitest.ProjectID+`","title":"Shop: a webhook was switched off"`,
				`"text":"The webhook to https://hooks.acme.example was switched off: its target did not accept a delivery in a day of tries. The last try: the receiver answered 500. Until it is switched on again, nothing is sent to it."`,
				`"details":{"webhook_id":"wh_1","target":"https://hooks.acme.example","last_error":"the receiver answered 500","switched_off_at":"2026-11-23T10:00:01.000Z"}`, `"created_at":"2026-11-23T10:00:01.000Z","read_at":null`),
			get("who is a member of nothing sees nothing", apitest.Outsider, "", `"data":[],"total":0,"unread":0`),
			get("an owner sees all of the organization's, the newest first", apitest.Owner, "?limit=1",
				`"data":[{"id":"`+others+`"`, `"total":2,"unread":2,"has_more":true,"more_starting_after":"`+others+`"}`),
			get("the next page", apitest.Owner, "?limit=1&starting_after_id="+others, `"data":[{"id":"`+mine+`"`, `"total":2,"unread":2,"has_more":false}`),
			{Name: "a limit out of bounds", Credential: apitest.Owner, Method: "GET", Path: path + "?limit=101", Status: 400, Key: "invalid_payload", Details: "Property .limit must be <= 100"},
			{Name: "a key", Method: "GET", Path: path, Status: 401, Key: "unauthorized"},

			{Name: "another project's cannot be read", Credential: apitest.Viewer, Method: "POST", Path: path + "/" + others + "/read", Status: 404, Key: "not_found", Details: "Cannot find notification with id " + others, Rows: map[string]int{"notification_reads": 0}},
			post("a stranger's neither", apitest.Owner, "/"+theirs+"/read", 404, "not_found", 0),
			post("one that never was neither", apitest.Owner, "/ntf_none/read", 404, "not_found", 0),
			post("a key reads nothing", apitest.Key, "/"+mine+"/read", 401, "unauthorized", 0),
			post("a member marks hers", apitest.Viewer, "/"+mine+"/read", 200, "", 1, `"read_at":"2026-11-23T10:00:03.000Z"`),
			get("it is read", apitest.Viewer, "?unread_only=true", `"data":[],"total":0,"unread":0`),
			get("and still there", apitest.Viewer, "", `"read_at":"2026-11-23T10:00:03.000Z"`, `"total":1,"unread":0`),
			get("for others it is not read", apitest.Owner, "?unread_only=true", `"total":2,"unread":2`),
			post("all at once", apitest.Owner, "/read-all", 200, "", 3, `{"object":"notifications_read","read":2}`),
			post("which is done once", apitest.Owner, "/read-all", 200, "", 3, `"read":0`),
			post("a key cannot", apitest.Key, "/read-all", 401, "unauthorized", 3),
			get("nothing is left unread", apitest.Owner, "?unread_only=true", `"data":[],"total":0,"unread":0`),
		})
		b.Move(time.Minute)
		r := b.As(t, apitest.Viewer, "POST", path+"/"+mine+"/read", nil)
		if r.String(t, "read_at") != "2026-11-23T10:00:03.000Z" {
			t.Errorf("read again it is %s", r.Body)
		}
		b.Exec(t, `DELETE FROM users WHERE id = $1`, apitest.Owner)
		if n := b.Count(t, "notification_reads"); n != 1 {
			t.Errorf("%d read marks are left of one who is there", n)
		}
		b.Exec(t, `DELETE FROM projects WHERE id = $1`, apitest.ProjectID)
		if n := b.Count(t, "notification_reads"); n != 0 {
			t.Errorf("%d read marks are left of nothing", n)
		}
	})
}

func TestAWebhookThatWasSwitchedOffIsToldTheWayTheSettingsChoose(t *testing.T) {
	t.Parallel()
	addresses := []string{"ops@acme.example", "USER_OWNER@acme.example"}
	membersOnly := []string{"user_owner@acme.example", "user_viewer@acme.example"}
	everybody := []string{"USER_OWNER@acme.example", "ops@acme.example", "user_viewer@acme.example"}
	for _, c := range []struct {
		name  string
		wish  notification.WebhookWish
		to    []string
		inApp int
	}{
		{"nothing was chosen", notification.WebhookWish{}, membersOnly, 1},
		{"addresses alone", notification.WebhookWish{Addresses: addresses}, everybody, 1},
		{"e-mail", notification.WebhookWish{Email: true, Addresses: addresses}, everybody, 0},
		{"the console", notification.WebhookWish{InApp: true, Addresses: addresses}, []string{}, 1},
		{"both", notification.WebhookWish{Email: true, InApp: true, Addresses: addresses}, everybody, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, databasetest.Open(t, database.SQLite))
			b.settings.change(apitest.ProjectID, func(p *notification.Project) { p.Webhooks = c.wish })
			b.switchOff(t, apitest.ProjectID)
			if to := b.to(t); !slices.Equal(to, c.to) {
				t.Errorf("mails went to %v, want %v", to, c.to)
			}
			if n := b.Count(t, "notifications"); n != c.inApp {
				t.Errorf("%d notifications, want %d", n, c.inApp)
			}
			if n := b.Count(t, "mails WHERE text_body LIKE '%token%' OR html_body LIKE '%token%'"); n != 0 {
				t.Error("a mail tells the target's query")
			}
		})
	}
}
