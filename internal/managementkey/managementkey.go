// Package managementkey holds the Management API keys of an organization
// (CONTRACT 4): minting, the window in which a token can be shown again,
// rotation with overlap, and verification at the door.
package managementkey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	// TokenPrefix begins every token, so that leaked ones can be recognised.
	TokenPrefix = "stm_"
	// RevealWindow is how long after its creation or rotation a token can be
	// shown again (CONTRACT 4).
	RevealWindow = 15 * time.Minute
	// MaxOverlap is the longest time for which a rotated token stays good
	// beside the new one (CONTRACT 4).
	MaxOverlap = 7 * 24 * time.Hour
)

// Resources are the scopes a key can be given, beside read: each alone for
// reading and writing, or with the suffix .read for reading.
var Resources = []string{
	"projects", "users", "metadata-schemas", "custom-event-schemas", "webhooks", "stacking-rules", "branding", "campaign-templates",
}

// Key is a Management API key as its owners see it; the token itself is told
// only inside the reveal window.
type Key struct {
	ID        string   `json:"id" doc:"Identifies the key; sent as X-Management-Id." example:"mk_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Name      string   `json:"name" doc:"What the key is for." example:"Terraform"`
	LastFour  string   `json:"last_four" doc:"The last four characters of the token." example:"7kq2"`
	Scopes    []string `json:"scopes" nullable:"false" doc:"What the key may do; empty for everything."`
	AllowedIP []string `json:"allowed_ips" nullable:"false" doc:"Addresses and CIDRs it may be used from; empty for any."`
	// ProjectIDs are the projects the key is bound to; empty for all.
	ProjectIDs         []string         `json:"project_ids" nullable:"false" doc:"Projects the key is bound to; empty for all."`
	ExpiresAt          *clock.Timestamp `json:"expires_at" nullable:"true" doc:"When it stops being good; null for never."`
	LastUsedAt         *clock.Timestamp `json:"last_used_at" nullable:"true" doc:"When it was last used, to within a second or so; null for never."`
	LastUsedIP         *string          `json:"last_used_ip" doc:"Where it was last used from."`
	TokenVisibleUntil  clock.Timestamp  `json:"token_visible_until" doc:"Until when the token can be shown again."`
	PreviousValidUntil *clock.Timestamp `json:"previous_token_valid_until" nullable:"true" doc:"Until when the token before the last rotation stays good; null if it does not."`
	CreatedBy          string           `json:"created_by" doc:"Who minted it: a user id, or operator."`
	UpdatedBy          string           `json:"updated_by" doc:"Who changed it last."`
	CreatedAt          clock.Timestamp  `json:"created_at" doc:"When it was minted."`
	UpdatedAt          clock.Timestamp  `json:"updated_at" doc:"When it was last changed."`

	organizationID string
	tokenHash      []byte
	previousHash   []byte
	sealedToken    []byte
}

// Minted is a key together with its token, right after it was made.
type Minted struct {
	Key
	Token string `json:"token" doc:"The token; sent as X-Management-Token. Keep it safe: it can be shown again for 15 minutes only."`
}

// Draft is what the owner of a key chooses.
type Draft struct {
	Name       string           `json:"name" minLength:"1" maxLength:"255" doc:"What the key is for." example:"Terraform"`
	Scopes     []string         `json:"scopes,omitempty" nullable:"false" maxItems:"50" doc:"read, a resource such as webhooks, or a resource to read such as webhooks.read; empty for everything."`
	AllowedIP  []string         `json:"allowed_ips,omitempty" nullable:"false" maxItems:"100" doc:"Addresses and CIDRs, v4 or v6; empty for any." example:"[\"203.0.113.0/24\"]"`
	ProjectIDs []string         `json:"project_ids,omitempty" nullable:"false" maxItems:"100" doc:"Projects to bind the key to; empty for all."`
	ExpiresAt  *clock.Timestamp `json:"expires_at,omitempty" nullable:"true" doc:"When the key stops being good; null or absent for never."`
}

// check returns everything that is wrong with the draft.
func (d *Draft) check(now clock.Timestamp) error {
	var violations []string
	if name := strings.TrimSpace(d.Name); name == "" || len([]rune(d.Name)) > 255 {
		violations = append(violations, "Property .name must have 1 to 255 characters")
	}
	for i, s := range d.Scopes {
		if resource := strings.TrimSuffix(s, ident.ReadSuffix); s != ident.ScopeRead && !slices.Contains(Resources, resource) {
			violations = append(violations, fmt.Sprintf("Property .scopes.%d must be read, or one of %s, with or without %s", i, strings.Join(Resources, ", "), ident.ReadSuffix))
		}
	}
	for i, r := range d.AllowedIP {
		if _, err := api.ParseIPRange(r); err != nil {
			violations = append(violations, fmt.Sprintf("Property .allowed_ips.%d must be an address or CIDR such as 203.0.113.0/24", i))
		}
	}
	if d.ExpiresAt != nil && *d.ExpiresAt <= now {
		violations = append(violations, "Property .expires_at must be in the future")
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}

// newToken returns a token of 256 random bits.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return TokenPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// hashToken is how a token is kept. One round suffices: 256 random bits cannot
// be guessed, however fast the hash.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func lastFour(token string) string { return token[len(token)-4:] }
