// Package projectkey holds the keys of a project (CONTRACT 4): minting, the
// window in which a token can be shown again, and regeneration with overlap.
package projectkey

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
)

// Kind is the side of the Project API that a key opens.
type Kind string

// The kinds of key.
const (
	Server      Kind = "server"
	Client      Kind = "client"
	Integration Kind = "integration"
)

// Kinds lists the kinds of key, in the order in which they are shown.
var Kinds = []Kind{Server, Client, Integration}

const (
	// FirstWindow is how long the tokens of a project's first pair can be
	// shown again (CONTRACT 4).
	FirstWindow = 14 * 24 * time.Hour
	// RevealWindow is how long any later token can be shown again (CONTRACT 4).
	RevealWindow = 15 * time.Minute
	// MaxOverlap is the longest time for which a regenerated token's
	// predecessor stays good (CONTRACT 4).
	MaxOverlap = 7 * 24 * time.Hour
)

// ProjectKey is a key as the people of its project see it; the token itself is
// told only while it may be shown.
type ProjectKey struct {
	ID                 string           `json:"id" doc:"Identifies the key; sent as X-App-Id, or as X-Client-Application-Id." example:"app_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Kind               Kind             `json:"kind" enum:"server,client,integration" doc:"Which side of the Project API it opens."`
	Name               string           `json:"name" doc:"What the key is for." example:"Checkout"`
	LastFour           string           `json:"last_four" doc:"The last four characters of the token." example:"7kq2"`
	AllowedIP          []string         `json:"allowed_ips" nullable:"false" doc:"Addresses and CIDRs it may be used from; empty for any."`
	ExpiresAt          *clock.Timestamp `json:"expires_at" nullable:"true" doc:"When it stops being good; null for never."`
	TokenVisibleUntil  *clock.Timestamp `json:"token_visible_until" nullable:"true" doc:"Until when the token can be shown again; null for always, as in a sandbox."`
	PreviousValidUntil *clock.Timestamp `json:"previous_token_valid_until" nullable:"true" doc:"Until when the token before the last regeneration stays good; null if it does not."`
	LastUsedAt         *clock.Timestamp `json:"last_used_at" nullable:"true" doc:"When it was last used; null for never."`
	LastUsedIP         *string          `json:"last_used_ip" doc:"Where it was last used from; null for nowhere yet."`
	CreatedBy          string           `json:"created_by" doc:"Who minted it: the id of a user or Management API key, or operator."`
	UpdatedBy          string           `json:"updated_by" doc:"Who changed it last."`
	CreatedAt          clock.Timestamp  `json:"created_at" doc:"When it was minted."`
	UpdatedAt          clock.Timestamp  `json:"updated_at" doc:"When it was last changed."`

	projectID    string
	tokenHash    []byte
	previousHash []byte
	sealedToken  []byte
}

// ProjectKeyMinted is a key together with its token, right after it was made
// or regenerated.
type ProjectKeyMinted struct {
	ProjectKey
	Token string `json:"token" doc:"The token; sent as X-App-Token, or as X-Client-Token. Keep it safe: it can be shown again for a short time only."`
}

// Minted is one key of a project's first pair, in the words of the reference
// contract.
type Minted struct {
	AppID    string
	AppToken string
}

// ProjectKeyDraft is what can be chosen of a key, and changed later.
type ProjectKeyDraft struct {
	Name      string           `json:"name" minLength:"1" maxLength:"255" doc:"What the key is for." example:"Checkout"`
	AllowedIP []string         `json:"allowed_ips,omitempty" nullable:"false" maxItems:"100" maxLength:"64" format:"ip-range" doc:"Addresses and CIDRs, v4 or v6, that it may be used from; empty for any."`
	ExpiresAt *clock.Timestamp `json:"expires_at,omitempty" nullable:"true" doc:"When the key stops being good; null or absent for never."`
}

// check returns everything that is wrong with the draft.
func (d *ProjectKeyDraft) check(now clock.Timestamp) error {
	var violations []string
	if strings.TrimSpace(d.Name) == "" || len([]rune(d.Name)) > 255 {
		violations = append(violations, "Property .name must have 1 to 255 characters")
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

func (k *ProjectKey) apply(d ProjectKeyDraft) {
	k.Name, k.AllowedIP, k.ExpiresAt = d.Name, d.AllowedIP, d.ExpiresAt
	if k.AllowedIP == nil {
		k.AllowedIP = []string{}
	}
}

// prefix begins every token of the kind, so that leaked ones can be
// recognised.
func (k Kind) prefix() string {
	switch k {
	case Server:
		return "sts_"
	case Client:
		return "stc_"
	case Integration:
		return "sti_"
	}
	return ""
}

func (k Kind) check() error {
	if !slices.Contains(Kinds, k) {
		return fault.Invalid("Property .kind must be equal to one of the allowed values: server, client, integration")
	}
	return nil
}

// newToken returns a token of 256 random bits.
func newToken(k Kind) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return k.prefix() + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// hashToken is how a token is kept. One round suffices: 256 random bits cannot
// be guessed, however fast the hash.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func lastFour(token string) string { return token[len(token)-4:] }

func purpose(id string) string { return "project key " + id }
