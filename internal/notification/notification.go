// Package notification tells people what happens to their projects without
// them: that a limit is nearly used up, and that a webhook was switched off
// (CONTRACT 3, 4 and 6). It tells them in the console, where each person has
// her own read marks, and by e-mail.
package notification

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	kind = "notification"
	// keep is how long notifications are shown.
	keep = 90 * 24 * time.Hour
	// maxError is how much of an error is repeated to people, in bytes.
	maxError = 300
)

// Kind is what a notification is about.
type Kind string

// The kinds.
const (
	UsageWarning       Kind = "usage_warning"
	WebhookSwitchedOff Kind = "webhook_switched_off"
)

// Notification is what a person is told of a project.
type Notification struct {
	ID        string              `json:"id" doc:"Identifies the notification; later ones sort later." example:"ntf_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string              `json:"object" enum:"notification" doc:"Always notification."`
	Kind      Kind                `json:"kind" enum:"usage_warning,webhook_switched_off" doc:"What it is about: a limit that is nearly used up, or a webhook whose receiver did not accept a delivery for a day."`
	ProjectID string              `json:"project_id" doc:"The project it is about." example:"proj_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Title     string              `json:"title" doc:"It in one line." example:"Shop has used 80% of its API calls this hour"`
	Text      string              `json:"text" doc:"It in full." example:"800 of 1000 API calls of the organization are used up. Counting begins anew at 2026-11-23T11:00:00.000Z."`
	Details   NotificationDetails `json:"details" doc:"The same for programs."`
	CreatedAt clock.Timestamp     `json:"created_at" doc:"When it was written."`
	ReadAt    *clock.Timestamp    `json:"read_at" nullable:"true" doc:"When the person who asks has marked it as read; null if not yet."`

	organizationID string
}

// NotificationDetails are the facts of a notification: the members of its
// kind.
type NotificationDetails struct {
	Metric   string           `json:"metric,omitempty" enum:"api_calls,bulk_api_calls,webhook_calls,cycle_calls,messages" doc:"Of a usage warning: what was counted, as the project's api_usage_notifications names it." example:"api_calls"`
	Limit    string           `json:"limit,omitempty" doc:"Of a usage warning: the limit." example:"api_calls_per_hour"`
	Percent  int              `json:"percent,omitempty" doc:"Of a usage warning: how much of the limit is used up." example:"80"`
	Used     int64            `json:"used,omitempty" doc:"Of a usage warning: how many calls were made." example:"800"`
	Max      int64            `json:"max,omitempty" doc:"Of a usage warning: how many the limit allows." example:"1000"`
	ResetsAt *clock.Timestamp `json:"resets_at,omitempty" doc:"Of a usage warning: when counting begins anew."`

	WebhookID     string           `json:"webhook_id,omitempty" doc:"Of a webhook that was switched off: the webhook." example:"wh_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Target        string           `json:"target,omitempty" doc:"Of a webhook that was switched off: the origin of its target. The rest of the URL, which may be secret, is shown with the webhook." example:"https://hooks.acme.example"`
	LastError     string           `json:"last_error,omitempty" doc:"Of a webhook that was switched off: how the last try ended." example:"the receiver answered 500"`
	SwitchedOffAt *clock.Timestamp `json:"switched_off_at,omitempty" doc:"Of a webhook that was switched off: when."`
}

func newNotification(p *Project, k Kind, now clock.Timestamp) *Notification {
	return &Notification{
		ID: ident.NewIDsAt(ident.Notification, now.Time(), 1)[0], Object: kind, Kind: k, ProjectID: p.ID, organizationID: p.OrganizationID, CreatedAt: now,
	}
}

// WebhookFailure is a webhook that was switched off because its last try of a
// day has failed.
type WebhookFailure struct {
	ProjectID string
	WebhookID string
	TargetURL string
	LastError string // may be empty
	At        clock.Timestamp
}

func (w *WebhookFailure) notification(p *Project) *Notification {
	n := newNotification(p, WebhookSwitchedOff, w.At)
	target, reason := origin(w.TargetURL), beginning(w.LastError)
	n.Title = p.Name + ": a webhook was switched off"
	n.Text = fmt.Sprintf("The webhook to %s was switched off: its target did not accept a delivery in a day of tries.", target)
	if reason != "" {
		n.Text += " The last try: " + reason + "."
	}
	n.Text += " Until it is switched on again, nothing is sent to it."
	n.Details = NotificationDetails{WebhookID: w.WebhookID, Target: target, LastError: reason, SwitchedOffAt: &w.At}
	return n
}

// origin is what everybody may see of a target: its path and query may hold a
// secret, and not everybody who is told may read the project's settings.
func origin(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func beginning(s string) string {
	if len(s) <= maxError {
		return s
	}
	return strings.ToValidUTF8(s[:maxError], "") + "…"
}

// once returns the addresses without those that differ from an earlier one in
// case alone.
func once(addresses ...string) []string {
	seen := map[string]bool{}
	var out []string
	for _, a := range addresses {
		if key := strings.ToLower(a); !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	return out
}
