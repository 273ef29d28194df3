package sendout

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// WebhookTest is the body that sends a test.
type WebhookTest struct {
	Type     string  `json:"type,omitempty" maxLength:"100" doc:"The name of the event, also one that the webhook does not ask for; if it is not said, the first one that it asks for." example:"redemption.succeeded"`
	Data     Data    `json:"data,omitempty" doc:"What the event tells: a JSON object of at most 256 KiB; an example if it is not said."`
	EntityID *string `json:"entity_id,omitempty" maxLength:"255" doc:"What the event is about."`
	GroupID  *string `json:"group_id,omitempty" maxLength:"255" doc:"What the event belongs to."`
}

// TransformSchema says that every member may be left out.
func (WebhookTest) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// Test sends a webhook one event now, whether it is active or not, waits for
// the answer, and returns the send-out with its one try. There is no second
// one, and a failure has no consequence. The send-out is kept once it was
// tried; in that transaction it calls then, unless that is nil. It returns
// fault.ResourceNotFound, and fault.InvalidPayload for an event that is none.
func (s *Service) Test(ctx context.Context, projectID, webhookID string, body WebhookTest, by Publisher, now clock.Timestamp, then func(database.Tx, *WebhookSendoutShown) error) (*WebhookSendoutShown, error) {
	targets, err := s.webhooks.Targets(ctx, projectID)
	if err != nil {
		return nil, err
	}
	target := targets[webhookID]
	if target == nil {
		return nil, fault.NotFound("webhook", webhookID)
	}
	draft, err := body.draft(target, s.webhooks.Canonical)
	if err != nil {
		return nil, err
	}
	event := newEvent(ident.NewIDsAt(ident.Event, now.Time(), 1)[0], projectID, draft, by.source(), now)
	event.Sendouts = 1
	sendout := &WebhookSendout{
		ID: ident.NewIDsAt(ident.Sendout, now.Time(), 1)[0], Object: kind, WebhookID: webhookID, EventID: event.ID, Type: event.Type,
		Status: Succeeded, Tries: 1, CreatedAt: now, Test: true, projectID: projectID,
	}
	t := s.sendOne(ctx, target, sendout, event)
	if t.void {
		return nil, fault.New(fault.Unavailable, "The test was broken off before the receiver answered; send it again")
	}
	if t.result.Error != "" {
		sendout.Status = Failed
	}
	sendout.UpdatedAt = s.clock.Now()
	attempt := t.attempt()
	attempt.Number = 1
	shown := &WebhookSendoutShown{*sendout, []*WebhookAttempt{attempt}}
	return shown, s.db.Append(ctx, func(tx database.Tx) error {
		if err := s.store.InsertEvents(ctx, tx, []*WebhookEvent{event}); err != nil {
			return err
		}
		if err := s.store.InsertSendouts(ctx, tx, []*WebhookSendout{sendout}); err != nil {
			return err
		}
		if err := s.store.InsertAttempts(ctx, tx, projectID, shown.Attempts); err != nil || then == nil {
			return err
		}
		return then(tx, shown)
	})
}

// draft returns the event that a test sends.
func (b *WebhookTest) draft(to *Target, canonical func(string) (string, bool)) (*WebhookEventDraft, error) {
	d := &WebhookEventDraft{Type: b.Type, Data: b.Data, EntityID: b.EntityID, GroupID: b.GroupID}
	if d.Type == "" {
		d.Type = slices.Min(slices.Collect(maps.Keys(to.Events)))
	}
	if d.Data == nil {
		d.Data = example(d.Type)
	}
	if violations := d.check("Payload", "Property ", canonical); len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	return d, nil
}

// example returns data that looks like that of an event.
func example(event string) Data {
	object, _, _ := strings.Cut(event, ".")
	raw, _ := json.Marshal(map[string]any{ // texts always encode
		"object": object, "id": object + "_test", "test": true,
		"note": fmt.Sprintf("This is a test of %s; nothing has happened.", event),
	})
	return raw
}
