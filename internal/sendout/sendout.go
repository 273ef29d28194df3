// Package sendout sends webhooks: events are published, each active webhook
// that asks for the event's type gets a send-out, and every send-out is tried
// until it arrives, or for a day (CONTRACT 6).
package sendout

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// MaxData is the most bytes that the data of an event has.
	MaxData = 256 << 10
	// MaxBatch is how many events one call can publish.
	MaxBatch = 1000

	kindEvent = "webhook_event"
	kind      = "webhook_sendout"
)

// Status is how far a send-out is.
type Status string

// The statuses.
const (
	Queued    Status = "queued"    // not tried yet
	Retrying  Status = "retrying"  // tried without success, and to be tried again
	Succeeded Status = "succeeded" // it has arrived
	Failed    Status = "failed"    // the last try failed
	Cancelled Status = "cancelled" // somebody stopped it, or its webhook is off
)

// WebhookEvent is an event that was published.
type WebhookEvent struct {
	ID        string          `json:"id" doc:"Identifies the event." example:"ev_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string          `json:"object" enum:"webhook_event" doc:"Always webhook_event."`
	Type      string          `json:"type" doc:"The name of the event." example:"redemption.succeeded"`
	EntityID  *string         `json:"entity_id" nullable:"true" doc:"What the event is about; null if nothing was said."`
	GroupID   *string         `json:"group_id" nullable:"true" doc:"What it belongs to; null if nothing was said."`
	CreatedAt clock.Timestamp `json:"created_at" doc:"When it was published."`
	Sendouts  int             `json:"sendouts" minimum:"0" doc:"To how many webhooks it is sent."`

	projectID string
	data      json.RawMessage
	source    json.RawMessage
}

// WebhookEventDraft is an event on its way in.
type WebhookEventDraft struct {
	Type     string  `json:"type" minLength:"1" maxLength:"100" doc:"The name of the event: one that webhooks can ask for." example:"redemption.succeeded"`
	Data     Data    `json:"data" doc:"What the event tells: a JSON object of at most 256 KiB."`
	EntityID *string `json:"entity_id,omitempty" maxLength:"255" doc:"What the event is about." example:"r_1"`
	GroupID  *string `json:"group_id,omitempty" maxLength:"255" doc:"What the event belongs to."`
}

// WebhookEventsPublish is the body that publishes one event, or many.
type WebhookEventsPublish struct {
	WebhookEventDraft
	Events []WebhookEventDraft `json:"events,omitempty" nullable:"false" maxItems:"1000" doc:"Many events instead of one. All of them are published, or none."`
}

// TransformSchema leaves it to drafts to tell in words what is missing.
func (WebhookEventDraft) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// TransformSchema leaves it to drafts to tell in words what is missing.
func (WebhookEventsPublish) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// drafts returns the events of the body, and whether they came as a batch. It
// returns fault.InvalidPayload with every violation; canonical returns the one
// name of an event, and whether there is such an event.
func (b *WebhookEventsPublish) drafts(canonical func(string) (string, bool)) (drafts []WebhookEventDraft, batch bool, err error) {
	drafts, batch = []WebhookEventDraft{b.WebhookEventDraft}, b.Events != nil
	var violations []string
	if batch {
		drafts = b.Events
		if b.Type != "" || b.Data != nil {
			violations = append(violations, "Property .events must not be given beside .type and .data")
		}
		if len(drafts) == 0 {
			violations = append(violations, "Property .events must NOT have fewer than 1 items")
		}
	}
	for i := range drafts {
		subject, at := "Payload", "Property "
		if batch {
			subject = fmt.Sprintf("Property .events.%d", i)
			at = subject
		}
		violations = append(violations, drafts[i].check(subject, at, canonical)...)
	}
	if len(violations) > 0 {
		return nil, batch, fault.Invalid(violations...)
	}
	return drafts, batch, nil
}

func (d *WebhookEventDraft) check(subject, at string, canonical func(string) (string, bool)) (violations []string) {
	switch {
	case d.Data == nil:
		violations = append(violations, subject+" must have required property 'data'")
	case len(d.Data) > MaxData:
		violations = append(violations, fmt.Sprintf("%s.data must NOT have more than %d bytes", at, MaxData))
	}
	if d.Type == "" {
		return append(violations, subject+" must have required property 'type'")
	}
	name, known := canonical(d.Type)
	if !known {
		return append(violations, fmt.Sprintf("%s.type must be the name of an event that webhooks can ask for, not %.100s", at, d.Type))
	}
	d.Type = name
	return violations
}

// Data is a JSON object as it was sent.
type Data []byte

// UnmarshalJSON keeps the object.
func (d *Data) UnmarshalJSON(b []byte) error {
	*d = append(Data(nil), b...)
	return nil
}

// MarshalJSON writes the object as it was sent.
func (d Data) MarshalJSON() ([]byte, error) {
	if d == nil {
		return []byte("null"), nil
	}
	return d, nil
}

// Schema describes the JSON form in the OpenAPI document.
func (Data) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Examples: []any{map[string]any{"id": "r_1"}}}
}

// WebhookSendout is an event on its way to a webhook.
type WebhookSendout struct {
	ID        string           `json:"id" doc:"Identifies the send-out; receivers see it as webhook-id." example:"whs_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string           `json:"object" enum:"webhook_sendout" doc:"Always webhook_sendout."`
	WebhookID string           `json:"webhook_id" doc:"Where it goes." example:"wh_01kaqm5f3ve0rabpx1v0p2xwz8"`
	EventID   string           `json:"event_id" doc:"What it tells." example:"ev_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Type      string           `json:"type" doc:"The name of the event." example:"redemption.succeeded"`
	Status    Status           `json:"status" enum:"queued,retrying,succeeded,failed,cancelled" doc:"How far it is."`
	Tries     int              `json:"tries" minimum:"0" doc:"How often it was tried."`
	NextTryAt *clock.Timestamp `json:"next_try_at" nullable:"true" doc:"When it is tried next; null if it is not."`
	CreatedAt clock.Timestamp  `json:"created_at" doc:"When its event was published."`
	UpdatedAt clock.Timestamp  `json:"updated_at" doc:"When its status last changed."`
	Test      bool             `json:"test" doc:"Whether it was sent as a test: once, and whatever the webhook asks for."`

	projectID string
	groupID   *string          // if it waits for those before it in its group
	earlier   int              // tries that do not count for the schedule
	firstAt   *clock.Timestamp // when the first one was made that does
}

// WebhookSendoutShown is a send-out with all its tries.
type WebhookSendoutShown struct {
	WebhookSendout
	Attempts []*WebhookAttempt `json:"attempts" nullable:"false" doc:"Every try, the first one first."`
}

// WebhookAttempt is one try of a send-out.
type WebhookAttempt struct {
	Number    int             `json:"number" minimum:"1" doc:"The first try is 1."`
	At        clock.Timestamp `json:"at" doc:"When it began."`
	LatencyMS int64           `json:"latency_ms" minimum:"0" doc:"How long it took, in milliseconds."`
	Status    int             `json:"status" doc:"The HTTP status that the receiver answered; 0 if it did not."`
	Answer    string          `json:"answer" doc:"The first 4 KiB of what the receiver answered."`
	Error     string          `json:"error" doc:"Why the try failed; empty if it did not." example:"timed out after 10s"`

	sendoutID string
}

// text is what a store can keep of an answer.
func text(b []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), string(utf8.RuneError)), "\x00", "")
}
