package mail_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
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

func TestOwnersSeeTheOutboxButNoLinkIntoSomebodyElsesAccount(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var outbox *mail.Service
		s := apitest.New(t, db, func(s *apitest.Server) {
			outbox = mail.NewService(db, s.Now, nil, "https://steward.acme.example", none{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
			mail.Register(s.Router, outbox)
		})
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
