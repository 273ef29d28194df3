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
	// OrganizationID is whose limits tries are held against.
	OrganizationID string
	Host           string // of the URL, to bound how much goes there at once
	Active         bool
	Ordered        bool            // whether send-outs of a group go out one after the other
	Events         map[string]bool // by their canonical names
	// ProjectToken and the secrets sign what is sent: the project's
	// webhook_token, the webhook's own secret, and until a time the one before.
	ProjectToken  string
	Secret        string
	Previous      string // empty if there is none
	PreviousUntil clock.Timestamp
	Header        map[string]string // its own
}

// secrets returns the webhook's secrets that are good, the current one first.
func (t *Target) secrets(now clock.Timestamp) []string {
	if t.Previous != "" && now < t.PreviousUntil {
		return []string{t.Secret, t.Previous}
	}
	return []string{t.Secret}
}

// Webhooks are the webhooks of projects. Their answers come from a cache.
type Webhooks interface {
	// Targets returns the project's webhooks by their ids; none if there is no
	// such project.
	Targets(ctx context.Context, projectID string) (map[string]*Target, error)
	// Canonical returns the one name of an event, and whether webhooks can ask
	// for it.
	Canonical(event string) (string, bool)
	// SwitchOff makes a webhook inactive because its deliveries fail, the last
	// one for a reason, and tells those who should know; one that is inactive
	// already stays so.
	SwitchOff(ctx context.Context, tx database.Tx, projectID, webhookID, reason string, now clock.Timestamp) error
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
		e := newEvent(ids[i], projectID, d, from, now)
		for _, t := range targets {
			if t.Active && t.Events[d.Type] {
				e.Sendouts++
				sendout := &WebhookSendout{
					Object: kind, WebhookID: t.ID, EventID: e.ID, Type: d.Type, Status: Queued, NextTryAt: &now,
					CreatedAt: now, UpdatedAt: now, projectID: projectID,
				}
				if t.Ordered && d.GroupID != nil && *d.GroupID != "" {
					sendout.groupID = d.GroupID
				}
				sendouts = append(sendouts, sendout)
			}
		}
		events = append(events, e)
	}
	for i, id := range ident.NewIDsAt(ident.Sendout, now.Time(), len(sendouts)) {
		sendouts[i].ID = id
	}
	return events, sendouts
}

func newEvent(id, projectID string, d *WebhookEventDraft, from json.RawMessage, now clock.Timestamp) *WebhookEvent {
	return &WebhookEvent{
		ID: id, Object: kindEvent, Type: d.Type, EntityID: d.EntityID, GroupID: d.GroupID, CreatedAt: now,
		projectID: projectID, data: json.RawMessage(d.Data), source: from,
	}
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
// one webhook together. Of a group, whose job goes through all of it, the first
// one stands for all.
func deliveries(sendouts []*WebhookSendout) []jobs.Job {
	type batch struct {
		webhookID string
		ordered   bool
	}
	type group struct{ webhookID, groupID string }
	ids, seen := map[batch][]string{}, map[group]bool{}
	for _, s := range sendouts {
		if s.groupID != nil {
			of := group{s.WebhookID, *s.groupID}
			if seen[of] {
				continue
			}
			seen[of] = true
		}
		of := batch{s.WebhookID, s.groupID != nil}
		ids[of] = append(ids[of], s.ID)
	}
	var out []jobs.Job
	for of, all := range ids {
		for chunk := range slices.Chunk(all, perJob) {
			out = append(out, jobs.Job{Args: deliver{ProjectID: sendouts[0].projectID, WebhookID: of.webhookID, SendoutIDs: chunk, Ordered: of.ordered}})
		}
	}
	return out
}
