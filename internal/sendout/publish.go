package sendout

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/jobs"
)

// Target is a webhook as deliveries see it.
type Target struct {
	ID, URL string
	Host    string // of the URL, to bound how much goes there at once
	Active  bool
	Events  map[string]bool // by their canonical names
	// ProjectToken and Secrets sign what is sent: the project's webhook_token,
	// and the webhook's own secrets, the current one first.
	ProjectToken string
	Secrets      []string
}

// Webhooks are the webhooks of projects. Their answers come from a cache.
type Webhooks interface {
	// Targets returns the project's webhooks by their ids; none if there is no
	// such project.
	Targets(ctx context.Context, projectID string) (map[string]*Target, error)
	// Canonical returns the one name of an event, and whether webhooks can ask
	// for it.
	Canonical(event string) (string, bool)
	// SwitchOff makes a webhook inactive because its deliveries fail.
	SwitchOff(ctx context.Context, tx database.Tx, projectID, webhookID string, now clock.Timestamp) error
}

// Publisher is who publishes: it stands in what is sent.
type Publisher struct {
	Channel string
	User    *string
	KeyID   string
	KeyName string
}

// source is the event_source of a payload.
type source struct {
	Channel string     `json:"channel"`
	User    *string    `json:"user"`
	APIKey  *sourceKey `json:"api_key"`
}

type sourceKey struct {
	Name  string `json:"name"`
	AppID string `json:"app_id"`
}

func (p Publisher) source() json.RawMessage {
	s := source{Channel: p.Channel, User: p.User}
	if p.KeyID != "" {
		s.APIKey = &sourceKey{p.KeyName, p.KeyID}
	}
	raw, _ := json.Marshal(s) // texts always encode
	return raw
}

// plan makes the events of drafts and a send-out for each webhook that asks for
// them.
func (s *Service) plan(targets map[string]*Target, projectID string, drafts []WebhookEventDraft, by Publisher, now clock.Timestamp) (events []*WebhookEvent, sendouts []*WebhookSendout) {
	from := by.source()
	ids := ident.NewIDsAt(ident.Event, now.Time(), len(drafts))
	for i := range drafts {
		d := &drafts[i]
		e := &WebhookEvent{
			ID: ids[i], Object: kindEvent, Type: d.Type, EntityID: d.EntityID, GroupID: d.GroupID, CreatedAt: now,
			projectID: projectID, data: json.RawMessage(d.Data), source: from,
		}
		for _, t := range targets {
			if t.Active && t.Events[d.Type] {
				e.Sendouts++
				sendouts = append(sendouts, &WebhookSendout{
					Object: kind, WebhookID: t.ID, EventID: e.ID, Type: d.Type, Status: Queued, NextTryAt: &now,
					CreatedAt: now, UpdatedAt: now, projectID: projectID,
				})
			}
		}
		events = append(events, e)
	}
	for i, id := range ident.NewIDsAt(ident.Sendout, now.Time(), len(sendouts)) {
		sendouts[i].ID = id
	}
	return events, sendouts
}

// Publish keeps events, and a send-out for each active webhook that asks for
// one, and enqueues their delivery: all of it, or nothing. In the same
// transaction it calls then, unless that is nil.
func (s *Service) Publish(ctx context.Context, projectID string, drafts []WebhookEventDraft, by Publisher, now clock.Timestamp, then func(database.Tx, []*WebhookEvent) error) ([]*WebhookEvent, error) {
	targets, err := s.webhooks.Targets(ctx, projectID)
	if err != nil {
		return nil, err
	}
	events, sendouts := s.plan(targets, projectID, drafts, by, now)
	err = s.db.Append(ctx, func(tx database.Tx) error {
		if err := s.store.InsertEvents(ctx, tx, events); err != nil {
			return err
		}
		if err := s.store.InsertSendouts(ctx, tx, sendouts); err != nil {
			return err
		}
		if err := s.queue.Enqueue(ctx, tx, deliveries(sendouts)...); err != nil {
			return err
		}
		if then == nil {
			return nil
		}
		return then(tx, events)
	})
	return events, err
}

// perJob is how many send-outs one job delivers at most.
const perJob = 50

// deliveries returns the jobs that deliver send-outs of one project, those of
// one webhook together.
func deliveries(sendouts []*WebhookSendout) []jobs.Job {
	byWebhook := map[string][]string{}
	for _, s := range sendouts {
		byWebhook[s.WebhookID] = append(byWebhook[s.WebhookID], s.ID)
	}
	var out []jobs.Job
	for webhookID, ids := range byWebhook {
		for chunk := range slices.Chunk(ids, perJob) {
			out = append(out, jobs.Job{Args: deliver{ProjectID: sendouts[0].projectID, WebhookID: webhookID, SendoutIDs: chunk}})
		}
	}
	return out
}
