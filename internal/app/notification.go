package app

import (
	"context"
	"time"

	"github.com/steward-platform/steward/internal/cache"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/mail"
	"github.com/steward-platform/steward/internal/notification"
	"github.com/steward-platform/steward/internal/project"
	"github.com/steward-platform/steward/internal/usage"
)

// askingLookup bounds how long the projects that ask for warnings are looked
// up, and cachedAsking how many organizations' are remembered.
const (
	askingLookup = 5 * time.Second
	cachedAsking = 10_000
)

// notified are projects as notifications see them. Which of an organization
// ask to be warned of usage it tells from a cache that any change of any
// project's configuration empties: it cannot know whose the project is.
type notified struct {
	db    database.DB
	store project.Store
	cache *cache.Cache[[]*notification.Project]
}

func newNotified(db database.DB) *notified {
	n := &notified{db: db, cache: cache.New[[]*notification.Project](cachedAsking)}
	db.Changes().Subscribe(func(change database.Change) {
		if change == database.Everything || change.Topic == database.TopicConfiguration {
			n.cache.Clear()
		}
	})
	return n
}

// Asking returns the projects that ask to be warned of usage.
func (n *notified) Asking(ctx context.Context, organizationID string) ([]*notification.Project, error) {
	ctx, cancel := context.WithTimeout(ctx, askingLookup)
	defer cancel()
	return n.cache.Get(ctx, organizationID, func(ctx context.Context) ([]*notification.Project, error) {
		found, err := n.store.Warned(ctx, n.db, organizationID)
		var out []*notification.Project
		for _, p := range found {
			out = append(out, newNotifiedProject(p))
		}
		return out, err
	})
}

// Find returns a project.
func (n *notified) Find(ctx context.Context, q database.Querier, projectID string) (*notification.Project, error) {
	p, err := n.store.Notified(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	return newNotifiedProject(p), nil
}

func newNotifiedProject(p *project.Notified) *notification.Project {
	out := &notification.Project{
		ID: p.ID, OrganizationID: p.OrganizationID, Name: p.Name, Usage: map[string]notification.UsageWish{},
		Webhooks: notification.WebhookWish{Email: p.Webhooks.Webhooks.Email, InApp: p.Webhooks.Webhooks.InApp, Addresses: p.Webhooks.Webhooks.Emails},
	}
	for metric, wish := range map[string]project.ProjectUsageNotification{
		"api_calls": p.Usage.APICalls, "bulk_api_calls": p.Usage.BulkAPICalls, "webhook_calls": p.Usage.WebhookCalls,
		"cycle_calls": p.Usage.CycleCalls, "messages": p.Usage.Messages,
	} {
		if wish.Enabled {
			out.Usage[metric] = notification.UsageWish{Percent: wish.Value, Addresses: wish.Emails, InApp: wish.InApp}
		}
	}
	return out
}

// SendUsageWarning enqueues a usage warning.
func (l letters) SendUsageWarning(ctx context.Context, tx database.Tx, letter notification.UsageLetter) error {
	return l.mails.EnqueueUsageWarning(ctx, tx, mail.UsageWarning{
		OrganizationID: letter.Project.OrganizationID, ProjectID: letter.Project.ID, ProjectName: letter.Project.Name, To: letter.To,
		Metric: letter.Metric, Percent: letter.Percent, Used: letter.Used, Limit: letter.Max, ResetsAt: letter.ResetsAt,
	})
}

// SendWebhookFailure enqueues the notice that a webhook was switched off.
func (l letters) SendWebhookFailure(ctx context.Context, tx database.Tx, letter notification.WebhookLetter) error {
	return l.mails.EnqueueWebhookFailure(ctx, tx, mail.WebhookFailure{
		OrganizationID: letter.Project.OrganizationID, ProjectID: letter.Project.ID, ProjectName: letter.Project.Name, To: letter.To,
		WebhookID: letter.WebhookID, TargetURL: letter.Target, LastError: letter.LastError, SwitchedOffAt: letter.SwitchedOffAt,
	})
}

// standings hands on what the meter tells.
func standings(to *notification.Service) func([]usage.Standing) {
	return func(from []usage.Standing) {
		out := make([]notification.Standing, len(from))
		for i, s := range from {
			out[i] = notification.Standing(s)
		}
		to.Observe(out)
	}
}
