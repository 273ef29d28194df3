package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/mail"
)

var invitation = mail.Invitation{
	OrganizationID: organizationID, OrganizationName: "<b>Acme</b>\r\n& Sons", To: "ann@acme.example", Token: "t0ken",
	ValidUntil: clock.At(start.Add(7 * 24 * time.Hour)),
}

func TestAnInvitationTellsWhoInvitesWhereAndUntilWhen(t *testing.T) {
	t.Parallel()
	m, err := invitation.Compose("https://steward.acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "<b>Acme</b> & Sons invites you" || m.FromName != "<b>Acme</b> & Sons" || m.To != "ann@acme.example" {
		t.Errorf("it is %+v", m)
	}
	for _, want := range []string{"<b>Acme</b> & Sons invites you", "\nhttps://steward.acme.example/invitations/t0ken\n", "until 30 November 2026, 10:00 UTC"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, m.Text)
		}
	}
	for _, want := range []string{"&lt;b&gt;Acme&lt;/b&gt; &amp; Sons", `href="https://steward.acme.example/invitations/t0ken"`, "until 30 November 2026, 10:00 UTC"} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the HTML lacks %q:\n%s", want, m.HTML)
		}
	}
	if strings.Contains(m.HTML, "<b>") {
		t.Error("the organization's name is not escaped in the HTML")
	}
}

func TestAnInvitationGoesThroughTheOutbox(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := outbox(t, db, &hands{now: start}, "")
		if err := db.Write(t.Context(), func(tx database.Tx) error { return s.EnqueueInvitation(t.Context(), tx, invitation) }); err != nil {
			t.Fatal(err)
		}
		kept := all(t, db, s, mail.Kept)
		if len(kept) != 1 || kept[0].Kind != "invitation" || !strings.Contains(kept[0].Text, "https://steward.acme.example/invitations/t0ken") {
			t.Errorf("the outbox holds %+v", kept)
		}
	})
}
