package mail_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/mail"
)

const organizationID = "org_01k0000000000000000000000a"

var start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// hands is a clock that tests move.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// outbox returns an outbox on db that sends to the URL; an empty one is kept.
// There are a project with a brand and one without.
func outbox(t *testing.T, db database.DB, h *hands, rawURL string) *mail.Service {
	t.Helper()
	if _, err := db.Exec(t.Context(), `INSERT INTO organizations (id, name, management_api, management_key_limit, limits, created_at, updated_at)
		VALUES ($1, 'Acme', TRUE, 5, '{}', 0, 0) ON CONFLICT DO NOTHING`, organizationID); err != nil {
		t.Fatal(err)
	}
	for _, projectID := range []string{branded, unbranded} {
		if _, err := db.Exec(t.Context(), `INSERT INTO projects (id, organization_id, name, is_sandbox, settings, webhook_token, created_at, updated_at)
			VALUES ($1, $2, $1, FALSE, '{}', $3, 0, 0) ON CONFLICT DO NOTHING`, projectID, organizationID, []byte{0}); err != nil {
			t.Fatal(err)
		}
	}
	var server *mail.Server
	if rawURL != "" {
		var err error
		if server, err = mail.ParseServer(rawURL, "https://steward.acme.example"); err != nil {
			t.Fatal(err)
		}
	}
	return service(db, h, server)
}

func service(db database.DB, h *hands, server *mail.Server) *mail.Service {
	return mail.NewService(db, clock.Clock(h.Now), server, "https://steward.acme.example/", brands{branded: acme()}, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func hello(to string) mail.Message {
	return mail.Message{OrganizationID: organizationID, Kind: "greeting", To: to, FromName: `Ac"me`, Subject: "Grüße\r\nBcc: x@evil.example", Text: "Hello ü", HTML: "<p>Hello ü</p>"}
}

func enqueue(t *testing.T, db database.DB, s *mail.Service, m mail.Message) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx database.Tx) error { return s.Enqueue(t.Context(), tx, m) }); err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, db database.DB, s *mail.Service, status mail.Status) []*mail.Mail {
	t.Helper()
	mails, err := s.List(t.Context(), db, status, 100)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

func work(t *testing.T, s *mail.Service) {
	t.Helper()
	if err := s.SendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAMessageIsSentIfAndOnlyIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		to, h := listen(t, plain), &hands{now: start}
		s := outbox(t, db, h, "smtp://"+to.address)

		regret := errors.New("regret")
		if err := db.Write(t.Context(), func(tx database.Tx) error {
			return errors.Join(s.Enqueue(t.Context(), tx, hello("never@acme.example")), regret)
		}); !errors.Is(err, regret) {
			t.Fatal(err)
		}
		enqueue(t, db, s, hello("ann@acme.example"))
		work(t, s)
		work(t, s)

		got := to.got()
		if len(got) != 1 || got[0].from != "no-reply@steward.acme.example" || len(got[0].to) != 1 || got[0].to[0] != "ann@acme.example" {
			t.Fatalf("the server got %+v", got)
		}
		checkParts(t, got[0].raw)
		mails := all(t, db, s, mail.Sent)
		if len(mails) != 1 || mails[0].Attempts != 1 || *mails[0].SentAt != clock.At(start) || mails[0].LastError != "" {
			t.Fatalf("the outbox holds %+v", mails)
		}
		if mails[0].Text != "" || mails[0].HTML != "" {
			t.Error("the text of a sent mail, which can hold a link as good as a password, is still stored")
		}

		h.move(31 * 24 * time.Hour)
		if err := s.Sweep(t.Context()); err != nil || len(all(t, db, s, "")) != 0 {
			t.Errorf("a month later the mail is still listed (%v)", err)
		}
	})
}

// checkParts holds that the mail is what was enqueued: headers that nothing
// was slipped into, and both forms of the text.
func checkParts(t *testing.T, raw string) {
	t.Helper()
	l := open(t, raw)
	if l.from != `Ac"me` || l.subject != "Grüße Bcc: x@evil.example" || l.header.Get("Bcc") != "" {
		t.Errorf("from %q, subject %q, Bcc %q", l.from, l.subject, l.header.Get("Bcc"))
	}
	if id := l.header.Get("Message-Id"); !strings.HasPrefix(id, "<mail_") || !strings.HasSuffix(id, "@steward.acme.example>") {
		t.Errorf("Message-ID is %s", id)
	}
	if strings.TrimSpace(l.text) != "Hello ü" || strings.TrimSpace(l.html) != "<p>Hello ü</p>" {
		t.Errorf("the parts are %q and %q", l.text, l.html)
	}
}

func TestAMailIsTriedEightTimesAtDoublingWaitsAndThenGivenUp(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		to, h := listen(t, plain), &hands{now: start}
		to.refuse(&smtp.SMTPError{Code: 451, Message: "later\x01\xff"})
		s := outbox(t, db, h, "smtp://"+to.address)
		enqueue(t, db, s, hello("ann@acme.example"))

		for try, wait := 1, time.Minute; try < mail.MaxTries; try, wait = try+1, wait*2 {
			work(t, s)
			work(t, s) // is not due again yet
			m := all(t, db, s, mail.Queued)[0]
			if m.Attempts != try || m.NextAttemptAt != clock.At(h.Now().Add(wait)) || !strings.Contains(m.LastError, "451") {
				t.Fatalf("after try %d: %d attempts, next at %s, %q", try, m.Attempts, m.NextAttemptAt, m.LastError)
			}
			h.move(wait)
		}
		work(t, s)
		failed := all(t, db, s, mail.Failed)
		if len(failed) != 1 || failed[0].Attempts != mail.MaxTries || failed[0].Text == "" {
			t.Fatalf("after the last try: %+v", failed)
		}
		h.move(24 * time.Hour)
		work(t, s)
		if all(t, db, s, mail.Failed)[0].Attempts != mail.MaxTries {
			t.Error("it was tried once more")
		}
	})
}

func TestAMailThatBecomesDeliverableIsSentAtItsNextTry(t *testing.T) {
	t.Parallel()
	to, h := listen(t, plain), &hands{now: start}
	to.refuse(&smtp.SMTPError{Code: 450, Message: "later"})
	db := databasetest.Open(t, database.SQLite)
	s := outbox(t, db, h, "smtp://"+to.address)
	enqueue(t, db, s, hello("ann@acme.example"))
	work(t, s)
	to.refuse(nil)
	h.move(time.Minute)
	work(t, s)
	if len(to.got()) != 1 || len(all(t, db, s, mail.Sent)) != 1 {
		t.Errorf("%d mails arrived", len(to.got()))
	}
}

func TestAMailThatTheServerRefusesForGoodFailsAtOnce(t *testing.T) {
	t.Parallel()
	to, h := listen(t, plain), &hands{now: start}
	to.refuse(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such person"})
	db := databasetest.Open(t, database.SQLite)
	s := outbox(t, db, h, "smtp://"+to.address)
	enqueue(t, db, s, hello("nobody@acme.example"))
	work(t, s)
	if failed := all(t, db, s, mail.Failed); len(failed) != 1 || !strings.Contains(failed[0].LastError, "no such person") {
		t.Errorf("the outbox holds %+v", failed)
	}
}

func TestAServerThatCannotBeReachedIsTriedAgain(t *testing.T) {
	t.Parallel()
	to, h := listen(t, plain), &hands{now: start}
	to.close()
	db := databasetest.Open(t, database.SQLite)
	s := outbox(t, db, h, "smtp://"+to.address)
	enqueue(t, db, s, hello("ann@acme.example"))
	work(t, s)
	if queued := all(t, db, s, mail.Queued); len(queued) != 1 || queued[0].LastError == "" {
		t.Errorf("the outbox holds %+v", queued)
	}
}

func TestTwoNodesSendEachMailOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		const mails = 20
		to, h := listen(t, plain), &hands{now: start}
		nodes := []*mail.Service{outbox(t, db, h, "smtp://"+to.address), outbox(t, db, h, "smtp://"+to.address)}
		for range mails {
			enqueue(t, db, nodes[0], hello("ann@acme.example"))
		}
		var all sync.WaitGroup
		for _, node := range nodes {
			all.Go(func() {
				if err := node.SendDue(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := len(to.got()); n != mails {
			t.Errorf("%d mails arrived, want %d", n, mails)
		}
	})
}

func TestAMailOnItsWayIsLeasedUntilItsNodeIsTakenForDead(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		to, h := listen(t, plain), &hands{now: start}
		arrived, release := make(chan struct{}), make(chan struct{})
		var held atomic.Bool
		to.hold = func() {
			if held.CompareAndSwap(false, true) {
				close(arrived)
				<-release
			}
		}
		slow, other := outbox(t, db, h, "smtp://"+to.address), outbox(t, db, h, "smtp://"+to.address)
		enqueue(t, db, slow, hello("ann@acme.example"))
		done := make(chan error)
		go func() { done <- slow.SendDue(context.WithoutCancel(t.Context())) }()
		<-arrived

		work(t, other)
		if n := len(to.got()); n != 0 {
			t.Fatalf("another node sent a mail that is on its way")
		}
		h.move(3 * time.Minute)
		work(t, other)
		if n := len(to.got()); n != 1 {
			t.Errorf("%d mails arrived after the lease, want 1", n)
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if m := all(t, db, other, mail.Sent); len(m) != 1 || m[0].Attempts != 2 {
			t.Errorf("the outbox holds %+v", m)
		}
	})
}

func TestAMailWhoseLastTryWasCutOffIsGivenUp(t *testing.T) {
	t.Parallel()
	to, h := listen(t, plain), &hands{now: start}
	db := databasetest.Open(t, database.SQLite)
	s := outbox(t, db, h, "smtp://"+to.address)
	enqueue(t, db, s, hello("ann@acme.example"))
	if _, err := db.Exec(t.Context(), `UPDATE mails SET attempts = $1`, mail.MaxTries); err != nil {
		t.Fatal(err)
	}
	work(t, s)
	if len(all(t, db, s, mail.Failed)) != 1 || len(to.got()) != 0 {
		t.Error("it was tried once more")
	}
}

func TestWithoutAServerMailsAreKeptForOperatorsToRead(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := &hands{now: start}
		s := outbox(t, db, h, "")
		enqueue(t, db, s, hello("ann@acme.example"))
		enqueue(t, db, s, hello("bob@acme.example"))
		work(t, s)
		kept := all(t, db, s, mail.Kept)
		if len(kept) != 2 || kept[0].To != "bob@acme.example" || kept[0].Text != "Hello ü" || kept[0].ProjectID != nil {
			t.Errorf("the outbox holds %+v", kept)
		}
		if n := len(all(t, db, s, mail.Queued)); n != 0 {
			t.Errorf("%d mails wait to be sent", n)
		}
		h.move(30 * 24 * time.Hour)
		if err := s.Sweep(t.Context()); err != nil || len(all(t, db, s, mail.Kept)) != 2 {
			t.Errorf("within a month a kept mail is gone (%v)", err)
		}
		h.move(time.Millisecond)
		if err := s.Sweep(t.Context()); err != nil || len(all(t, db, s, "")) != 0 {
			t.Errorf("a month later a kept mail is still listed (%v)", err)
		}
	})
}

func TestTheSenderHeedsNewMailsAndStopsWhenAsked(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		to := listen(t, plain)
		for _, rawURL := range []string{"smtp://" + to.address, ""} {
			s := outbox(t, db, &hands{now: start}, rawURL)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.Run(ctx)
			}()
			if rawURL != "" {
				enqueue(t, db, s, hello("ann@acme.example"))
				<-to.taken
			}
			stop()
			<-done
		}
	})
}

func TestAMessageThatCannotBeSentIsNotTaken(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite)
	s := outbox(t, db, &hands{now: start}, "")
	for name, spoil := range map[string]func(*mail.Message){
		"no address":           func(m *mail.Message) { m.To = "" },
		"two addresses":        func(m *mail.Message) { m.To = "a@acme.example, b@acme.example" },
		"an address with name": func(m *mail.Message) { m.To = "Ann <ann@acme.example>" },
		"a header in it":       func(m *mail.Message) { m.To = "ann@acme.example\r\nBcc: x@evil.example" },
		"no subject":           func(m *mail.Message) { m.Subject = " \r\n"[1:] },
		"no text":              func(m *mail.Message) { m.Text = "" },
	} {
		m := hello("ann@acme.example")
		spoil(&m)
		if err := db.Write(t.Context(), func(tx database.Tx) error { return s.Enqueue(t.Context(), tx, m) }); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

func TestConnectionsAreEncryptedAndSignedInAsTheURLSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sink      encryption
		url       string // %s is the address
		sent      bool
		encrypted bool
		user      string
	}{
		"TLS is used if it is offered":              {startTLS, "smtp://%s", true, true, ""},
		"and else not":                              {plain, "smtp://%s", true, false, ""},
		"required TLS is used":                      {startTLS, "smtp://%s?tls=required", true, true, ""},
		"and nothing is sent without":               {plain, "smtp://%s?tls=required", false, false, ""},
		"none is none":                              {startTLS, "smtp://%s?tls=none", true, false, ""},
		"smtps is TLS from the start":               {implicitTLS, "smtps://%s", true, true, ""},
		"a user signs in":                           {startTLS, "smtp://ann:s%%3Acret@%s", true, true, "ann"},
		"a user signs in over smtps":                {implicitTLS, "smtps://ann:s%%3Acret@%s", true, true, "ann"},
		"a user signs in in the clear if told to":   {plain, "smtp://ann:s%%3Acret@%s?tls=none", true, false, "ann"},
		"a wrong password sends nothing, for now":   {startTLS, "smtp://ann:wrong@%s", false, false, ""},
		"a certificate that is not trusted is none": {implicitTLS, "smtps://%s?from=distrust@acme.example", false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, h := listen(t, c.sink), &hands{now: start}
			if strings.Contains(c.url, "ann:") {
				to.users = map[string]string{"ann": "s:cret"}
			}
			server, err := mail.ParseServer(strings.ReplaceAll(strings.Replace(c.url, "%s", to.address, 1), "%%", "%"), "")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(c.url, "distrust") {
				server.Trust(to.roots)
			}
			db := databasetest.Open(t, database.SQLite)
			outbox(t, db, h, "")
			s := service(db, h, server)
			enqueue(t, db, s, hello("ann@acme.example"))
			work(t, s)
			got := to.got()
			if !c.sent {
				if len(got) != 0 || len(all(t, db, s, mail.Queued)) != 1 {
					t.Errorf("%d mails arrived, want none and another try", len(got))
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("%d mails arrived: %s", len(got), all(t, db, s, "")[0].LastError)
			}
			if got[0].user != c.user || (got[0].tls || c.sink == implicitTLS) != c.encrypted {
				t.Errorf("it came from user %q, encrypted: %v", got[0].user, got[0].tls)
			}
		})
	}
}
