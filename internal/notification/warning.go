package notification

import (
	"fmt"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/clock"
)

// Project is what a project's settings say of notifications.
type Project struct {
	ID             string
	OrganizationID string
	Name           string
	Usage          map[string]UsageWish // by metric; only those that are switched on
	Webhooks       WebhookWish
}

// UsageWish says from which part of a limit on to warn, and how.
type UsageWish struct {
	Percent   int // 10 to 90
	Addresses []string
	InApp     bool
}

// WebhookWish says how to tell of webhooks that were switched off.
type WebhookWish struct {
	Email, InApp bool
	Addresses    []string
}

// ways returns how the project's people are told. CONTRACT 6 wants them told,
// so where the settings choose no way, as they do by default, both are used.
func (w WebhookWish) ways() (email, inApp bool) {
	if !w.Email && !w.InApp {
		return true, true
	}
	return w.Email, w.InApp
}

// Standing is how much of a limit is used up in its current window.
type Standing struct {
	OrganizationID string
	ProjectID      string // of a project's own limit; empty for the organization's
	Limit          string // for example "api_calls_per_hour"
	Used, Max      int64
	StartsAt       clock.Timestamp
	EndsAt         clock.Timestamp // when the next window begins
	At             clock.Timestamp // when it was so
}

func (s *Standing) percent() int { return int(s.Used * 100 / s.Max) }

// reached reports whether so many percent are used up.
func (s *Standing) reached(percent int) bool { return s.Used*100 >= int64(percent)*s.Max }

// nearer returns the standing of which the greater part is used up; either may
// be nil.
func nearer(a, b *Standing) *Standing {
	if a == nil || b != nil && float64(b.Used)/float64(b.Max) > float64(a.Used)/float64(a.Max) {
		return b
	}
	return a
}

// metric is what projects can ask to be warned of.
type metric struct {
	name  string // in a project's api_usage_notifications
	limit string // what it is held against
	says  string // what people call it
	// every is how often to warn within a window, as long as the use stays
	// above the threshold; 0 for once.
	every time.Duration
}

// metrics are those that something counts, with the caps of CONTRACT 3:
// webhook calls four times a day, everything else once in its window.
// Redemptions are counted nowhere, so nobody is warned of them.
var metrics = []metric{
	{name: "api_calls", limit: "api_calls_per_hour", says: "API calls this hour"},
	{name: "bulk_api_calls", limit: "bulk_api_calls_per_hour", says: "bulk API calls this hour"},
	{name: "webhook_calls", limit: "webhook_calls_per_day", says: "webhook calls today", every: 6 * time.Hour},
	{name: "cycle_calls", limit: "api_calls_per_cycle", says: "calls this billing cycle"},
	{name: "messages", limit: "messages_per_day", says: "messages today"},
}

// claim is a warning that is written once: by its project, its metric, and the
// beginning of the time in which there is one.
type claim struct {
	projectID string
	metric    string
	startsAt  clock.Timestamp
}

func (m *metric) claim(projectID string, s *Standing) claim {
	starts := s.StartsAt
	if m.every > 0 {
		every := clock.Timestamp(m.every.Milliseconds())
		starts += (s.At - starts) / every * every
	}
	return claim{projectID, m.name, starts}
}

func (m *metric) notification(p *Project, s *Standing, now clock.Timestamp) *Notification {
	n := newNotification(p, UsageWarning, now)
	whose := "the organization"
	if s.ProjectID != "" {
		whose = "the project"
	}
	what, _, _ := strings.Cut(m.says, " this ")
	what = strings.TrimSuffix(what, " today")
	n.Title = fmt.Sprintf("%s has used %d%% of its %s", p.Name, s.percent(), m.says)
	n.Text = fmt.Sprintf("%d of %d %s of %s are used up. Counting begins anew at %s.", s.Used, s.Max, what, whose, s.EndsAt)
	n.Details = NotificationDetails{Metric: m.name, Limit: m.limit, Percent: s.percent(), Used: s.Used, Max: s.Max, ResetsAt: &s.EndsAt}
	return n
}
