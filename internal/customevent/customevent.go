// Package customevent takes in the custom events that customers cause: what
// obeys its schema is kept and attached to its customer, what does not is
// counted, so that people see why (CONTRACT 6).
package customevent

import (
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/fault"
)

// MaxBatch is how many events one call can bring.
const MaxBatch = 1000

const object = "event"

// CustomEvent is something that a customer has done.
type CustomEvent struct {
	ID        string           `json:"id" doc:"Identifies the event." example:"ev_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string           `json:"object" enum:"event" doc:"Always event."`
	Type      string           `json:"type" doc:"The name of the event." example:"review"`
	Customer  EventCustomer    `json:"customer" doc:"Whose event it is."`
	Referral  *EventReferral   `json:"referral" doc:"The referral that was sent; null if none was."`
	Loyalty   *EventLoyalty    `json:"loyalty" doc:"The loyalty card that was sent; null if none was."`
	Metadata  Metadata         `json:"metadata" doc:"What the event carries."`
	CreatedAt *clock.Timestamp `json:"created_at" doc:"When it was taken in."`
}

// TransformSchema says what may be null.
func (CustomEvent) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.OrNull(r, s, "referral", "loyalty")
}

// EventCustomer is the part of a customer that events show.
type EventCustomer struct {
	ID       string   `json:"id" doc:"Identifies the customer." example:"cust_01kaqm5f3ve0rabpx1v0p2xwz8"`
	SourceID string   `json:"source_id" doc:"The customer's id in the system that sent it." example:"crm-1007"`
	Name     *string  `json:"name,omitempty" doc:"First and last name; absent if unknown."`
	Email    *string  `json:"email,omitempty" doc:"E-mail address; absent if unknown."`
	Metadata Metadata `json:"metadata" doc:"The customer's own metadata; empty in the answer to a batch."`
	Object   string   `json:"object" enum:"customer" doc:"Always customer."`
}

// EventReferral names the referral that an event is a conversion of.
type EventReferral struct {
	Code       string  `json:"code" minLength:"1" maxLength:"255" doc:"The code by which somebody was referred." example:"FRIEND-7"`
	ReferrerID *string `json:"referrer_id,omitempty" maxLength:"255" doc:"Who referred."`
}

// EventLoyalty names the loyalty card that an event counts for.
type EventLoyalty struct {
	Code string `json:"code" minLength:"1" maxLength:"255" doc:"The code of the loyalty card." example:"L-CARD-1"`
}

// CustomEventDraft is an event on its way in.
type CustomEventDraft struct {
	Event    string         `json:"event" minLength:"1" maxLength:"300" doc:"The name of the event; the project has a custom event schema of that name." example:"review"`
	Customer *CustomerDraft `json:"customer" doc:"Whose event it is: a known customer, or a new one."`
	Referral *EventReferral `json:"referral,omitempty" doc:"The referral that the event is a conversion of."`
	Loyalty  *EventLoyalty  `json:"loyalty,omitempty" doc:"The loyalty card that the event counts for."`
	Metadata Metadata       `json:"metadata,omitempty" doc:"What the event carries, as its schema says."`
}

// TransformSchema says what may be null, and leaves it to drafts to tell in
// words what is missing.
func (CustomEventDraft) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.OrNull(r, api.Require(r, s), "referral", "loyalty")
}

// CustomEventsCreate is the body that sends one event, or many.
type CustomEventsCreate struct {
	CustomEventDraft
	Events []CustomEventDraft `json:"events,omitempty" nullable:"false" maxItems:"1000" doc:"Many events instead of one. All of them are taken in, or none."`
}

// TransformSchema says that the members depend on each other, which drafts
// tells in words.
func (CustomEventsCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.OrNull(r, api.Require(r, s), "referral", "loyalty")
}

// drafts returns the events of the body, and whether they came as a batch.
func (b *CustomEventsCreate) drafts() (drafts []CustomEventDraft, batch bool, err error) {
	if b.Events == nil {
		if violations := b.missing("Payload"); len(violations) > 0 {
			return nil, false, fault.Invalid(violations...)
		}
		return []CustomEventDraft{b.CustomEventDraft}, false, nil
	}
	var violations []string
	if b.Event != "" || b.Customer != nil {
		violations = append(violations, "Property .events must not be given beside .event and .customer")
	}
	if len(b.Events) == 0 {
		violations = append(violations, "Property .events must NOT have fewer than 1 items")
	}
	for i := range b.Events {
		violations = append(violations, b.Events[i].missing(fmt.Sprintf("Property .events.%d", i))...)
	}
	if len(violations) > 0 {
		return nil, true, fault.Invalid(violations...)
	}
	return b.Events, true, nil
}

// missing tells what an event cannot do without.
func (d *CustomEventDraft) missing(subject string) (violations []string) {
	if d.Customer == nil {
		violations = append(violations, subject+" must have required property 'customer'")
	} else if d.Customer.ID == "" && d.Customer.SourceID == "" {
		violations = append(violations, strings.Replace(subject, "Payload", "Property ", 1)+".customer must have property 'source_id' or 'id'")
	}
	if d.Event == "" {
		violations = append(violations, subject+" must have required property 'event'")
	}
	return violations
}

// Metadata is a JSON object as it was sent, to the last digit, and what was
// read of it, for checks.
type Metadata struct {
	raw    []byte // a JSON object, or nil for none
	values map[string]any
}

// Values returns the members, as encoding/json decodes them.
func (m *Metadata) Values() map[string]any { return m.values }

// UnmarshalJSON keeps an object; null is none.
func (m *Metadata) UnmarshalJSON(b []byte) error {
	*m = Metadata{}
	if string(b) == "null" {
		return nil
	}
	if err := json.Unmarshal(b, &m.values); err != nil {
		return err
	}
	m.raw = append([]byte(nil), b...)
	return nil
}

// MarshalJSON writes the object as it was sent, or an empty one.
func (m Metadata) MarshalJSON() ([]byte, error) {
	if m.raw == nil {
		return []byte("{}"), nil
	}
	return m.raw, nil
}

// Schema describes the JSON form in the OpenAPI document.
func (Metadata) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Examples: []any{map[string]any{"rating": 5}}}
}

// sentences writes violations in the reference contract's manner, those of the
// event's own metadata without a path before them.
func sentences(prefix string, violations []conform.Violation) []string {
	out := make([]string, 0, len(violations))
	for _, v := range violations {
		out = append(out, prefix+v.String())
	}
	return out
}
