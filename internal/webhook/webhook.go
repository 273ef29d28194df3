// Package webhook holds the webhooks of a project: where its events are sent,
// and which of them.
package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
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
}

// Settings is what a caller says about a webhook; nil is what was not said.
type Settings struct {
	TargetURL *string `json:"target_url,omitempty" minLength:"1" maxLength:"2048" doc:"The URL to send events to: http or https, without a user name, leading to a public address." example:"https://shop.example/hooks"`
	Events    []Event `json:"events,omitempty" nullable:"false" minItems:"1" maxItems:"100" uniqueItems:"true" doc:"The events to send. They replace those chosen before."`
	Active    *bool   `json:"active,omitempty" doc:"Whether to send events at all."`
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
	return &w
}

// newSecret returns a fresh signing secret.
func newSecret() string {
	var b [secretSize]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return SecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// SecretPurpose is what the signing secret of a webhook is sealed for.
func SecretPurpose(id string) string { return "webhook secret " + id }

func newID() string { return ident.NewID(ident.Webhook) }
