// Package webhook holds the webhooks of a project: where its events are sent,
// and which of them.
package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	// SecretPrefix begins every signing secret, as Standard Webhooks has it.
	SecretPrefix = "whsec_"
	// secretSize is how many random bytes stand behind the prefix, in base64.
	secretSize = 32

	object = "webhook"
)

// Webhook is a place that events are sent to. Its signing secret is kept
// beside it and is no part of it: the reference contract shows none.
type Webhook struct {
	ID        string          `json:"id" doc:"Identifies the webhook." example:"wh_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string          `json:"object" enum:"webhook" doc:"Always webhook."`
	CreatedAt clock.Timestamp `json:"created_at" doc:"When the webhook was made."`
	TargetURL string          `json:"target_url" doc:"The URL that events are sent to." example:"https://shop.example/hooks"`
	Events    []Event         `json:"events" nullable:"false" doc:"The events that are sent, as they were named when they were chosen."`
	Active    bool            `json:"active" doc:"Whether events are sent at all."`
	Ordered   bool            `json:"ordered" doc:"Whether events of the same group_id are sent one after the other, each when those before it are done with."`
	Headers   Headers         `json:"headers" nullable:"false" doc:"The headers that are sent beside those of every delivery. Their values are not shown: each reads ••••."`
}

// Headers are headers by name.
type Headers map[string]string

// Masked stands where the value of a header is not shown. Sent back, it leaves
// the value as it is.
const Masked = "••••"

// Settings is what a caller says about a webhook; nil is what was not said.
type Settings struct {
	TargetURL *string `json:"target_url,omitempty" minLength:"1" maxLength:"2048" doc:"The URL to send events to: http or https, without a user name, leading to a public address." example:"https://shop.example/hooks"`
	Events    []Event `json:"events,omitempty" nullable:"false" minItems:"1" maxItems:"100" uniqueItems:"true" doc:"The events to send. They replace those chosen before."`
	Active    *bool   `json:"active,omitempty" doc:"Whether to send events at all."`
	Ordered   *bool   `json:"ordered,omitempty" doc:"Whether to send events of the same group_id one after the other: one that fails holds up those behind it until it arrives or is given up."`
	Headers   Headers `json:"headers,omitempty" nullable:"false" doc:"Headers to send beside those of every delivery, at most 20; they replace those set before. A value of •••• leaves that header as it is. Headers that sign, that every delivery sets, or that belong to the connection cannot be set."`
}

// WebhookCreate is the body that makes a webhook.
type WebhookCreate struct{ Settings }

// TransformSchema says which members a new webhook must have and what it is
// given otherwise (CONTRACT 3).
func (WebhookCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	s = api.Require(r, s, "target_url", "events")
	active := *s.Properties["active"]
	active.Default = true
	s.Properties["active"] = &active
	return s
}

// WebhookUpdate is the body that changes a webhook: what is not sent stays.
type WebhookUpdate struct{ Settings }

// TransformSchema says that every member may be left out.
func (WebhookUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// check returns as violations what a schema cannot express.
func (s *Settings) check() []string {
	var violations []string
	first := map[string]int{}
	for i, e := range s.Events {
		name := Canonical(string(e))
		if at, taken := first[name]; taken {
			violations = append(violations, fmt.Sprintf("Property .events must NOT name an event twice (items %d and %d are both %s)", at, i, name))
			continue
		}
		first[name] = i
	}
	return violations
}

// apply returns the webhook with what the settings say.
func (s *Settings) apply(w Webhook) *Webhook {
	if s.TargetURL != nil {
		w.TargetURL = *s.TargetURL
	}
	if s.Events != nil {
		w.Events = s.Events
	}
	if s.Active != nil {
		w.Active = *s.Active
	}
	if s.Ordered != nil {
		w.Ordered = *s.Ordered
	}
	if s.Headers != nil {
		w.Headers = s.Headers.masked()
	}
	return &w
}

// masked returns the headers as they are shown.
func (h Headers) masked() Headers {
	shown := make(Headers, len(h))
	for name := range h {
		shown[name] = Masked
	}
	return shown
}

// over returns the headers with the values of those that are masked taken from
// what was there before. It returns fault.InvalidPayload for one that was not.
func (h Headers) over(before Headers) (Headers, error) {
	var violations []string
	merged := make(Headers, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		value := h[name]
		if value == Masked {
			var known bool
			if value, known = before[name]; !known {
				violations = append(violations, "Property .headers."+name+" must be the value itself: there is none to leave as it is")
			}
		}
		merged[name] = value
	}
	if len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	return merged, nil
}

// newSecret returns a fresh signing secret.
func newSecret() string {
	var b [secretSize]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return SecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// SecretPurpose is what the signing secret of a webhook is sealed for.
func SecretPurpose(id string) string { return "webhook secret " + id }

func headersPurpose(id string) string { return "webhook headers " + id }

// MaxOverlap is how many hours a secret can stay good after its rotation.
const MaxOverlap = 7 * 24

// WebhookSecret is what a webhook's deliveries are signed with beside the
// project's webhook_token (CONTRACT 6).
type WebhookSecret struct {
	Object             string           `json:"object" enum:"webhook_secret" doc:"Always webhook_secret."`
	WebhookID          string           `json:"webhook_id" doc:"The webhook." example:"wh_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Secret             string           `json:"secret" doc:"The secret, as libraries for Standard Webhooks take it." example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="`
	RotatedAt          *clock.Timestamp `json:"rotated_at" nullable:"true" doc:"When it replaced the one before; null if it is the first."`
	PreviousValidUntil *clock.Timestamp `json:"previous_valid_until" nullable:"true" doc:"Until when deliveries are signed with the one before as well; null if they are not."`
}

// WebhookSecretRotate is the body that rotates a secret.
type WebhookSecretRotate struct {
	OverlapHours *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"168" doc:"For how many hours deliveries are signed with the old secret as well, so that receivers can change over: 24 if it is not said." example:"24"`
}

const defaultOverlap = 24

// Private is what deliveries of a webhook take with them and nobody is shown.
type Private struct {
	Secret   string
	Previous string          // good until then; empty if there is none
	Until    clock.Timestamp // of Previous
	Headers  Headers
}

func newID() string { return ident.NewID(ident.Webhook) }
