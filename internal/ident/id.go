// Package ident holds who and what is meant: identifiers, the Actor behind a
// call, and the permissions an actor can hold.
package ident

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

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
	Replay           Prefix = "whr"
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
	RejectedEvent    Prefix = "rej"
	Notification     Prefix = "ntf"
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

// NewIDsAt returns n fresh identifiers for things that happened at one moment,
// in ascending order; identifiers of a later moment come after them.
func NewIDsAt(p Prefix, at time.Time, n int) []string {
	raw := make([]byte, 16*n)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	ids := make([]string, n)
	for i := range ids {
		ids[i] = idAt(p, at, [16]byte(raw[16*i:]))
	}
	slices.Sort(ids)
	return ids
}

// FirstIDAt returns what comes before every identifier of a moment, and after
// those of all earlier ones.
func FirstIDAt(p Prefix, at time.Time) string { return idAt(p, at, [16]byte{}) }

// idAt writes a UUID of version 7 (RFC 9562) whose random bits are given, as
// NewID does.
func idAt(p Prefix, at time.Time, random [16]byte) string {
	ms := uint64(max(at.UnixMilli(), 0))
	binary.BigEndian.PutUint32(random[:4], uint32(ms>>16))
	binary.BigEndian.PutUint16(random[4:6], uint16(ms))
	random[6] = random[6]&0x0f | 0x70
	random[8] = random[8]&0x3f | 0x80
	return typeid.Must(typeid.FromUUIDBytesWithPrefix(string(p), random[:])).String()
}
