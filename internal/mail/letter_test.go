package mail_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/steward-platform/steward/internal/branding"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/mail"
)

const (
	branded   = "proj_01k0000000000000000000000a" // a project with a brand
	unbranded = "proj_01k0000000000000000000000b"
)

// brands are the brands of projects.
type brands map[string]*branding.Branding

func (b brands) Footer(_ context.Context, _ database.Querier, projectID string) (text, html string, err error) {
	if brand := b[projectID]; brand != nil {
		return brand.Footer(branding.FooterText), brand.Footer(branding.FooterHTML), nil
	}
	return "", "", nil
}

// hostile is what somebody could enter as a name to add to a letter what is
// not in it.
const hostile = "<b>Acme</b>\r\n& “Sons” \u202e</p><img src=x>"

// tamed is what it is in a line of its own.
const tamed = "<b>Acme</b> & “Sons”  </p><img src=x>"

// acme is the branded project's brand.
func acme() *branding.Branding {
	var b branding.Branding
	b.Brand.Name, b.Address.Street, b.Address.City, b.Address.Country = hostile, "1 High Street", "Leeds", "UK"
	b.Contact.Email = "help@acme.example"
	return &b
}

// opened is a mail as its receiver's program reads it.
type opened struct {
	header        netmail.Header
	from, subject string
	text, html    string
}

// open reads a mail that has a text and an HTML form, in this order.
func open(t *testing.T, raw string) opened {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 {
		t.Fatalf("From is %v (%v)", from, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type is %s (%v)", kind, err)
	}
	l := opened{header: m.Header, from: from[0].Name, subject: subject}
	parts := multipart.NewReader(m.Body, params["boundary"])
	l.text = part(t, parts, "text/plain")
	l.html = part(t, parts, "text/html")
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("a third part, or %v", err)
	}
	return l
}

func part(t *testing.T, parts *multipart.Reader, want string) string {
	t.Helper()
	p, err := parts.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || kind != want || !strings.EqualFold(params["charset"], "utf-8") || p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		t.Errorf("a part's header is %v (%v), want %s", p.Header, err, want)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(p))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// seen returns the elements of an HTML document's body, the texts it shows, and
// where its links lead.
func seen(t *testing.T, document string) (elements map[string]int, texts, links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	elements = map[string]int{}
	for n := range root.Descendants() {
		if !slices.ContainsFunc(slices.Collect(n.Ancestors()), func(a *html.Node) bool { return a.Data == "body" }) {
			continue
		}
		switch n.Type {
		case html.TextNode:
			if text := strings.TrimSpace(n.Data); text != "" {
				texts = append(texts, text)
			}
		case html.ElementNode:
			elements[n.Data]++
			for _, a := range n.Attr {
				if a.Key == "href" {
					links = append(links, a.Val)
				}
			}
		}
	}
	return elements, texts, links
}

// letters are all the letters there are.
var letters = []struct {
	kind, from, subject, link string
	signed                    bool // it has the brand's footer
	says                      []string
	enqueue                   func(context.Context, *mail.Service, database.Tx) error
}{
	{
		kind: "invitation", from: tamed, subject: tamed + " invites you", link: "https://steward.acme.example/invitations/t0ken",
		says: []string{tamed + " invites you to work with them in Steward.", "The link works once, until 30 November 2026, 10:00 UTC. Do not pass it on."},
		enqueue: func(ctx context.Context, s *mail.Service, tx database.Tx) error {
			return s.EnqueueInvitation(ctx, tx, mail.Invitation{
				OrganizationID: organizationID, OrganizationName: hostile, To: "ann@acme.example", Token: "t0ken", ValidUntil: clock.At(start.Add(7 * 24 * time.Hour)),
			})
		},
	},
	{
		kind: "invitation", from: tamed, subject: tamed + " invites you", link: "https://steward.acme.example/invitations/t0ken", signed: true,
		says: []string{"If you did not expect this invitation, ignore this message."},
		enqueue: func(ctx context.Context, s *mail.Service, tx database.Tx) error {
			return s.EnqueueInvitation(ctx, tx, mail.Invitation{
				OrganizationID: organizationID, OrganizationName: hostile, ProjectID: branded, To: "ann@acme.example", Token: "t0ken", ValidUntil: clock.At(start),
			})
		},
	},
	{
		kind: "password_reset", from: "Steward", subject: "Choose a new password", link: "https://steward.acme.example/password-resets/t0ken",
		says: []string{
			"Somebody, most likely you, asked for a new password for ann@acme.example in Steward.",
			"The link works once, until 23 November 2026, 11:00 UTC. Do not pass it on. A new password signs you out everywhere.",
			"If you did not ask for it, ignore this message: nothing changes, and your password stays as it is.",
		},
		enqueue: func(ctx context.Context, s *mail.Service, tx database.Tx) error {
			return s.EnqueuePasswordReset(ctx, tx, mail.PasswordReset{OrganizationID: organizationID, To: "ann@acme.example", Token: "t0ken", ValidUntil: clock.At(start.Add(time.Hour))})
		},
	},
	{
		kind: "usage_warning", from: "Steward", subject: tamed + " has used 80% of its API calls this hour", link: "https://steward.acme.example/projects/" + branded + "/usage", signed: true,
		says: []string{"The project " + tamed + " has used 80% of its API calls this hour.", "Used: 800,000", "Limit: 1,000,000", "Begins anew: 23 November 2026, 11:00 UTC"},
		enqueue: func(ctx context.Context, s *mail.Service, tx database.Tx) error {
			return s.EnqueueUsageWarning(ctx, tx, usageWarning(branded, "api_calls"))
		},
	},
	{
		kind: "usage_warning", from: "Steward", subject: tamed + " has used 80% of its messages today", link: "https://steward.acme.example/projects/" + unbranded + "/usage",
		enqueue: func(ctx context.Context, s *mail.Service, tx database.Tx) error {
			return s.EnqueueUsageWarning(ctx, tx, usageWarning(unbranded, "messages"))
		},
	},
	{
		kind: "webhook_failure", from: "Steward", subject: tamed + ": a webhook was switched off", link: "https://steward.acme.example/projects/" + branded + "/webhooks/wh_1", signed: true,
		says: []string{
			"Target: https://hooks.acme.example/?a=1&b=<2>", "Switched off: 23 November 2026, 10:00 UTC", "Last error: 500: <h1>oh no</h1> " + strings.Repeat("z", 280) + "…",
			"When the target works again, open the webhook, switch it on, and retry its failed send-outs from there.",
		},
		enqueue: func(ctx context.Context, s *mail.Service, tx database.Tx) error {
			return s.EnqueueWebhookFailure(ctx, tx, mail.WebhookFailure{
				OrganizationID: organizationID, ProjectID: branded, ProjectName: hostile, To: "ann@acme.example", WebhookID: "wh_1",
				TargetURL: "https://hooks.acme.example/?a=1&b=<2>", LastError: "500: <h1>oh no</h1>\x00" + strings.Repeat("z", 1000), SwitchedOffAt: clock.At(start),
			})
		},
	},
}

func usageWarning(projectID, metric string) mail.UsageWarning {
	return mail.UsageWarning{
		OrganizationID: organizationID, ProjectID: projectID, ProjectName: hostile, To: "ann@acme.example", Metric: metric,
		Percent: 80, Used: 800_000, Limit: 1_000_000, ResetsAt: clock.At(start.Add(time.Hour)),
	}
}

func TestEachLetterArrivesAsTextAndHTMLWithTheBrandsFooterAndNothingSlippedIn(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		to := listen(t, plain)
		s := outbox(t, db, &hands{now: start}, "smtp://"+to.address)
		for _, l := range letters {
			if err := db.Write(t.Context(), func(tx database.Tx) error { return l.enqueue(t.Context(), s, tx) }); err != nil {
				t.Fatal(err)
			}
			if queued := all(t, db, s, mail.Queued); len(queued) != 1 || queued[0].Kind != l.kind {
				t.Fatalf("%s: the outbox holds %+v", l.kind, queued)
			}
			work(t, s)
			got := to.got()
			m := open(t, got[len(got)-1].raw)
			if m.from != l.from || m.subject != l.subject || m.header.Get("To") != "<ann@acme.example>" {
				t.Errorf("%s: from %q to %s: %q", l.kind, m.from, m.header.Get("To"), m.subject)
			}
			checkText(t, m.text, l.link, l.says, l.signed)
			checkHTML(t, m.html, l.link, l.says, l.signed)
		}
		if got := to.got(); len(got) != len(letters) {
			t.Errorf("%d mails arrived, want %d", len(got), len(letters))
		}
	})
}

func checkText(t *testing.T, text, link string, says []string, signed bool) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for _, want := range append([]string{link}, says...) {
		if !slices.Contains(lines, want) {
			t.Errorf("the text has no line %q:\n%s", want, text)
		}
	}
	above, below, found := strings.Cut(text, "\n\n-- \n")
	if found != signed || strings.Contains(above, "High Street") {
		t.Errorf("the footer is not where it should be:\n%s", text)
	}
	if want := acme().Footer(branding.FooterText); signed && strings.TrimSpace(below) != strings.TrimSpace(want) {
		t.Errorf("the footer is %q, want %q", below, want)
	}
	if strings.Contains(text, "\n\n\n") {
		t.Errorf("the text has holes:\n%s", text)
	}
}

func checkHTML(t *testing.T, document, link string, says []string, signed bool) {
	t.Helper()
	elements, texts, links := seen(t, document)
	for name := range elements {
		if !slices.Contains([]string{"h1", "p", "strong", "a", "br", "div"}, name) {
			t.Errorf("a %s was slipped in:\n%s", name, document)
		}
	}
	if want := map[bool]int{true: 1}[signed]; elements["h1"] != 1 || elements["div"] != want {
		t.Errorf("%d headings and %d footers, want 1 and %d:\n%s", elements["h1"], elements["div"], want, document)
	}
	shown := strings.Join(strings.Fields(strings.Join(texts, " ")), " ")
	for _, want := range says {
		if !strings.Contains(shown, strings.Join(strings.Fields(want), " ")) {
			t.Errorf("the HTML does not show %q:\n%s", want, shown)
		}
	}
	if !slices.Equal(links, []string{link, link}) {
		t.Errorf("the links lead to %q, want %s", links, link)
	}
	if strings.Contains(shown, "1 High Street") != signed || strings.Count(document, "</body>") != 1 {
		t.Errorf("the footer is not where it should be:\n%s", document)
	}
}

func TestAUsageWarningCallsEachMetricByAHumanName(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite)
	s := outbox(t, db, &hands{now: start}, "")
	for metric, want := range map[string]string{
		"api_calls": "API calls this hour", "bulk_api_calls": "bulk API calls this hour", "webhook_calls": "webhook calls today",
		"cycle_calls": "calls this billing cycle", "messages": "messages today", "carrier_pigeons": "carrier pigeons",
	} {
		w := usageWarning("", metric)
		if err := db.Write(t.Context(), func(tx database.Tx) error { return s.EnqueueUsageWarning(t.Context(), tx, w) }); err != nil {
			t.Fatal(err)
		}
		if got := all(t, db, s, mail.Kept)[0]; got.Subject != tamed+" has used 80% of its "+want {
			t.Errorf("%s: %s", metric, got.Subject)
		}
	}
}

// brokenFooters cannot be read.
type brokenFooters struct{}

func (brokenFooters) Footer(context.Context, database.Querier, string) (text, html string, err error) {
	return "", "", errors.New("the footer is broken")
}

func TestAFooterThatCannotBeWrittenUndoesTheTransaction(t *testing.T) {
	t.Parallel()
	db, h := databasetest.Open(t, database.SQLite), &hands{now: start}
	outbox(t, db, h, "")
	s := mail.NewService(db, clock.Clock(h.Now), nil, "", brokenFooters{}, slog.New(slog.DiscardHandler))
	err := db.Write(t.Context(), func(tx database.Tx) error {
		return s.EnqueueUsageWarning(t.Context(), tx, usageWarning(branded, "api_calls"))
	})
	if err == nil || len(all(t, db, s, "")) != 0 {
		t.Errorf("the message was taken (%v)", err)
	}
}
