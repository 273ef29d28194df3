package notification_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/mail"
	"github.com/steward-platform/steward/internal/notification"
	"github.com/steward-platform/steward/internal/usage"
)

const (
	sandbox = "proj_01k0000000000000000000000s"
	other   = "proj_01k0000000000000000000000o" // where the viewer is no member
)

// bench is a node of Steward as far as notifications go: the service, the
// meter that it watches, and an outbox that keeps mails.
type bench struct {
	*apitest.Server
	service  *notification.Service
	meter    *usage.Meter
	limits   *limits
	settings *settings
}

// newBench starts the operations for people of two projects and a sandbox.
func newBench(t testing.TB, db database.DB) *bench {
	t.Helper()
	b := &bench{limits: &limits{of: map[string]usage.Limits{}}, settings: &settings{projects: map[string]*notification.Project{}}}
	b.Server = apitest.New(t, db, func(s *apitest.Server) {
		b.Server = s
		b.service, b.meter = b.node(db)
		notification.Register(s.Router, b.service)
	})
	for _, id := range []string{sandbox, other} {
		b.AddProject(t, apitest.OrganizationID, id)
	}
	for _, id := range []string{apitest.ProjectID, sandbox, other} {
		b.settings.projects[id] = &notification.Project{ID: id, OrganizationID: apitest.OrganizationID, Name: "Shop"}
	}
	for _, id := range []string{apitest.Owner, apitest.Viewer, apitest.Outsider} {
		b.Exec(t, `INSERT INTO users (id, organization_id, login, email, first_name, last_name, is_owner, password_hash, created_at, updated_at)
			VALUES ($1, $2, $3, $3, 'A', 'B', $4, '', 0, 0)`, id, apitest.OrganizationID, id+"@acme.example", id == apitest.Owner)
	}
	for _, id := range []string{apitest.Owner, apitest.Viewer} {
		b.Exec(t, `INSERT INTO project_members (project_id, user_id, role, created_at) VALUES ($1, $2, 'VIEWER', 0)`, apitest.ProjectID, id)
	}
	return b
}

// node returns a service and a meter as each node has them.
func (b *bench) node(db database.DB) (*notification.Service, *usage.Meter) {
	log := slog.New(slog.DiscardHandler)
	mails := mail.NewService(db, b.Now, nil, "https://steward.example", noFooters{}, log)
	s := notification.NewService(db, b.Now, log, notification.Parts{Projects: b.settings, Members: members{}, Mailer: mailer{mails}})
	meter := usage.NewMeter(db, b.Now, b.limits, nil, log)
	meter.Watch(func(from []usage.Standing) {
		for _, st := range from {
			s.Observe([]notification.Standing{notification.Standing(st)})
		}
	})
	return s, meter
}

// ask has a project ask to be warned.
func (b *bench) ask(projectID, metric string, w notification.UsageWish) {
	b.settings.change(projectID, func(p *notification.Project) { p.Usage = map[string]notification.UsageWish{metric: w} })
}

// calls makes calls of a project's key and lets what they give rise to happen.
func (b *bench) calls(t testing.TB, n int, metric string) {
	t.Helper()
	for range n {
		b.meter.Admit(actor, "", metric)
	}
	check(t, b.meter, b.service)
}

func check(t testing.TB, meter *usage.Meter, s *notification.Service) {
	t.Helper()
	if err := meter.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// to returns whom mails went to, sorted.
func (b *bench) to(t testing.TB) []string {
	t.Helper()
	rows, err := b.DB.Query(t.Context(), `SELECT to_address FROM mails`)
	out, err := database.Collect(rows, err, func(r database.Row) (s string, err error) { return s, r.Scan(&s) })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// told checks how many mails and entries in the console there are.
func (b *bench) told(t testing.TB, what string, mails, inApp int) {
	t.Helper()
	if m, n := b.Count(t, "mails"), b.Count(t, "notifications"); m != mails || n != inApp {
		t.Errorf("%s: %d mails and %d notifications, want %d and %d", what, m, n, mails, inApp)
	}
}

// at moves the clock to a time of the first day.
func (b *bench) at(hours float64) {
	b.Move(apitest.Start.Truncate(24 * time.Hour).Add(time.Duration(hours * float64(time.Hour))).Sub(b.Now()))
}

type limits struct {
	mu sync.Mutex
	of map[string]usage.Limits
}

func (l *limits) set(id string, of usage.Limits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[id] = of
}

func (l *limits) LimitsOf(id string) usage.Limits {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of[id]
}

func (l *limits) ProjectLimits(id string) usage.Limits { return l.LimitsOf(id) }

// settings are projects' settings. Asking tells what is in stale, if anything
// is, and Find tells them as they are.
type settings struct {
	mu       sync.Mutex
	projects map[string]*notification.Project
	stale    []*notification.Project
	fail     error
	asked    int
}

func (s *settings) change(id string, do func(*notification.Project)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := *s.projects[id]
	do(&changed)
	s.projects[id] = &changed
}

func (s *settings) Asking(_ context.Context, organizationID string) (out []*notification.Project, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.stale != nil || s.fail != nil {
		return s.stale, s.fail
	}
	for _, p := range s.projects {
		if p.OrganizationID == organizationID && len(p.Usage) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s *settings) Find(_ context.Context, _ database.Querier, id string) (*notification.Project, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.projects[id]; p != nil {
		return p, nil
	}
	return nil, fault.NotFound("project", id)
}

type members struct{}

func (members) MemberEmails(ctx context.Context, q database.Querier, projectID string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT u.email FROM project_members m JOIN users u ON u.id = m.user_id WHERE m.project_id = $1`, projectID)
	return database.Collect(rows, err, func(r database.Row) (s string, err error) { return s, r.Scan(&s) })
}

type noFooters struct{}

func (noFooters) Footer(context.Context, database.Querier, string) (text, html string, err error) {
	return "", "", nil
}

type mailer struct{ mails *mail.Service }

func (m mailer) SendUsageWarning(ctx context.Context, tx database.Tx, l notification.UsageLetter) error {
	return m.mails.EnqueueUsageWarning(ctx, tx, mail.UsageWarning{
		OrganizationID: l.Project.OrganizationID, ProjectID: l.Project.ID, ProjectName: l.Project.Name, To: l.To,
		Metric: l.Metric, Percent: l.Percent, Used: l.Used, Limit: l.Max, ResetsAt: l.ResetsAt,
	})
}

func (m mailer) SendWebhookFailure(ctx context.Context, tx database.Tx, l notification.WebhookLetter) error {
	return m.mails.EnqueueWebhookFailure(ctx, tx, mail.WebhookFailure{
		OrganizationID: l.Project.OrganizationID, ProjectID: l.Project.ID, ProjectName: l.Project.Name, To: l.To,
		WebhookID: l.WebhookID, TargetURL: l.Target, LastError: l.LastError, SwitchedOffAt: l.SwitchedOffAt,
	})
}

// switchOff tells that a webhook of a project was switched off.
func (b *bench) switchOff(t testing.TB, projectID string) {
	t.Helper()
	err := b.DB.Append(t.Context(), func(tx database.Tx) error {
		return b.service.WebhookSwitchedOff(t.Context(), tx, notification.WebhookFailure{
			ProjectID: projectID, WebhookID: "wh_1", TargetURL: "https://hooks.acme.example/path?token=x", LastError: "the receiver answered 500", At: clock.At(b.Now()),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
