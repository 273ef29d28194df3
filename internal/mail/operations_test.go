package mail_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/mail"
)

// none are the footers of projects without brands.
type none struct{}

func (none) Footer(context.Context, database.Querier, string) (text, html string, err error) {
	return "", "", nil
}

func outboxOf(t *testing.T, db database.DB) (s *apitest.Server, outbox *mail.Service) {
	t.Helper()
	s = apitest.New(t, db, func(s *apitest.Server) {
		outbox = mail.NewService(db, s.Now, nil, "https://steward.acme.example", none{}, slog.New(slog.DiscardHandler))
		mail.Register(s.Router, outbox)
	})
	return s, outbox
}

func TestOwnersSeeTheOutboxButNoLinkIntoSomebodyElsesAccount(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, outbox := outboxOf(t, db)
		for _, m := range []mail.Message{
			{OrganizationID: apitest.OrganizationID, Kind: "invitation", To: "new@acme.example", Subject: "Acme invites you", Text: "https://steward.acme.example/invitations/t0ken"},
			{OrganizationID: apitest.OrganizationID, Kind: "password_reset", To: "ann@acme.example", Subject: "Choose a new password", Text: "https://steward.acme.example/password-resets/s3cret"},
			{OrganizationID: apitest.StrangerOrgID, Kind: "invitation", To: "x@other.example", Subject: "Other invites you", Text: "theirs"},
		} {
			if err := db.Write(t.Context(), func(tx database.Tx) error { return outbox.Enqueue(t.Context(), tx, m) }); err != nil {
				t.Fatal(err)
			}
		}
		r := s.As(t, apitest.Owner, http.MethodGet, "/team/v1/mails", nil)
		if body := string(r.Body); r.Status != 200 || r.JSON(t)["total"] != float64(2) || !strings.Contains(body, "invitations/t0ken") || strings.Contains(body, "s3cret") ||
			strings.Contains(body, "theirs") || !strings.Contains(body, `"status":"kept"`) {
			t.Errorf("an owner sees %d %s", r.Status, body)
		}
		s.Run(t, []apitest.Case{
			{Name: "somebody else does not", Credential: apitest.Viewer, Method: http.MethodGet, Path: "/team/v1/mails", Status: 403, Key: "forbidden"},
			{Name: "nor does a key", Credential: apitest.Key, Method: http.MethodGet, Path: "/team/v1/mails", Status: 401},
		})
	})
}

func TestTheOutboxIsReadPageByPageAndByStatus(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, outbox := outboxOf(t, db)
		for i := range 7 {
			organization := apitest.OrganizationID
			if i == 3 {
				organization = apitest.StrangerOrgID
			}
			m := mail.Message{OrganizationID: organization, Kind: "invitation", To: "new@acme.example", Subject: strconv.Itoa(i), Text: "t"}
			if err := db.Write(t.Context(), func(tx database.Tx) error { return outbox.Enqueue(t.Context(), tx, m) }); err != nil {
				t.Fatal(err)
			}
		}
		s.Exec(t, `UPDATE mails SET status = 'failed' WHERE subject = '5'`)
		var subjects []string
		for query := "?limit=4"; query != ""; {
			var page struct {
				Data    []struct{ Subject string }
				Total   int
				HasMore bool   `json:"has_more"`
				After   string `json:"more_starting_after"`
			}
			r := s.As(t, apitest.Owner, http.MethodGet, "/team/v1/mails"+query, nil)
			if err := json.Unmarshal(r.Body, &page); err != nil || page.Total != 6 || page.HasMore != (page.After != "") {
				t.Fatalf("a page is %d %s (%v)", r.Status, r.Body, err)
			}
			for _, m := range page.Data {
				subjects = append(subjects, m.Subject)
			}
			if query = ""; page.HasMore {
				query = "?limit=4&starting_after_id=" + page.After
			}
		}
		if got := strings.Join(subjects, " "); got != "6 5 4 2 1 0" {
			t.Errorf("the pages hold %s", got)
		}
		if r := s.As(t, apitest.Owner, http.MethodGet, "/team/v1/mails?status=failed", nil); r.JSON(t)["total"] != float64(1) || !strings.Contains(string(r.Body), `"subject":"5"`) {
			t.Errorf("the failed ones are %s", r.Body)
		}
		s.Run(t, []apitest.Case{
			{Name: "a status that there is not", Credential: apitest.Owner, Method: http.MethodGet, Path: "/team/v1/mails?status=lost", Status: 400, Key: "invalid_payload"},
		})
	})
}
