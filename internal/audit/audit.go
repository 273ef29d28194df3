// Package audit holds the audit log: what people and operators do, from where,
// and what was changed. It records nothing done with a key (CONTRACT 4).
package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	// Masked stands where a secret was.
	Masked = "••••"
	// MaxSnapshot is how large the form of a resource may be, in bytes of
	// JSON; in place of a larger one stands a note.
	MaxSnapshot = 64 << 10
)

// secrets are the members whose values are masked at any depth.
var secrets = []string{"token", "app_token", "webhook_token", "secret", "password", "password_hash", "code", "recovery_codes"}

// AuditActor is who did it.
type AuditActor struct {
	Kind ident.ActorKind `json:"kind" enum:"user,operator" doc:"A person with a console session, or an operator at the command line."`
	ID   string          `json:"id" doc:"The user; empty for an operator." example:"user_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Name string          `json:"name" doc:"The user's login, as it was then." example:"ada@acme.example"`
}

// AuditEntry is one deed.
type AuditEntry struct {
	ID           string          `json:"id" doc:"Identifies the entry; later ones sort later." example:"aud_01kaqm5f3ve0rabpx1v0p2xwz8"`
	At           clock.Timestamp `json:"at" doc:"When it was done."`
	Actor        AuditActor      `json:"actor" doc:"Who did it."`
	Address      string          `json:"address" doc:"From which address; empty at the command line." example:"203.0.113.7"`
	RequestID    string          `json:"request_id" doc:"The call that did it, as in the server's log." example:"v-0f0f62fe19ccdbd8bc"`
	Action       string          `json:"action" doc:"What was done: the operation's id." example:"update-brand"`
	ProjectID    string          `json:"project_id" doc:"In which project; empty if in none." example:"proj_01kaqm5f3ve0rabpx1v0p2xwz8"`
	ResourceType string          `json:"resource_type" doc:"The kind of the resource." example:"webhook"`
	ResourceID   string          `json:"resource_id" doc:"The resource." example:"wh_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Before       json.RawMessage `json:"before" doc:"The resource before, with secrets masked; null if it was not there yet."`
	After        json.RawMessage `json:"after" doc:"The resource afterwards, with secrets masked; null if it is gone."`

	organizationID string
}

// snapshot returns the form of a resource as JSON with secrets masked, nil for
// none. One that is too large is replaced by a note.
func snapshot(v any) (json.RawMessage, error) {
	raw, err := encode(v)
	if err != nil || string(raw) == "null" {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // amounts must not lose digits
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("cannot read what is to be audited: %w", err)
	}
	if raw, err = encode(mask(doc)); err != nil {
		return nil, err
	}
	if len(raw) > MaxSnapshot {
		return encode(map[string]string{"note": fmt.Sprintf("Left out: its %d bytes are more than the %d that the audit log keeps", len(raw), MaxSnapshot)})
	}
	return raw, nil
}

func encode(v any) (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("cannot write what is to be audited: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// mask replaces the values of secret members, whatever they are, except null:
// that there was none is no secret.
func mask(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = mask(v[i])
		}
	case map[string]any:
		for name, value := range v {
			switch {
			case value == nil:
			case slices.Contains(secrets, strings.ToLower(name)):
				v[name] = Masked
			default:
				v[name] = mask(value)
			}
		}
	}
	return v
}
