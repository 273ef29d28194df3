// Package ident holds who and what is meant: identifiers, the Actor behind a
// call, and the permissions an actor can hold.
package ident

import (
	"crypto/rand"
	"encoding/hex"

	"go.jetify.com/typeid"
)

// Prefix is the part of an identifier that tells its kind (CONTRACT 1).
type Prefix string

// The prefixes of every kind of resource.
const (
	Organization     Prefix = "org"
	Project          Prefix = "proj"
	User             Prefix = "user"
	Role             Prefix = "role"
	ManagementKey    Prefix = "mk"
	ProjectKey       Prefix = "app"
	Schema           Prefix = "ms"
	Webhook          Prefix = "wh"
	Sendout          Prefix = "whs"
	Event            Prefix = "ev"
	Branding         Prefix = "brd"
	StackingRules    Prefix = "stk"
	Category         Prefix = "cat"
	CampaignTemplate Prefix = "camp_tpl"
	Customer         Prefix = "cust"
	Invitation       Prefix = "inv"
	AuditEntry       Prefix = "aud"
	Session          Prefix = "sess"
	Mail             Prefix = "mail"
)

// NewID returns a fresh identifier of the given kind: the prefix and a
// time-ordered, lower-case random part. Identifiers made later sort later,
// down to the millisecond.
func NewID(p Prefix) string {
	return typeid.Must(typeid.WithPrefix(string(p))).String()
}

// NewRequestID returns a fresh request id, such as v-0f0f62fe19ccdbd8bc.
func NewRequestID() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return "v-" + hex.EncodeToString(b[:])
}

// SaneRequestID reports whether a request id sent by a caller may be kept and
// written to logs: 1 to 128 letters, digits, dots, dashes or underscores.
func SaneRequestID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
