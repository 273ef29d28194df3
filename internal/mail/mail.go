// Package mail holds the outbox: messages that are written in the transaction
// of the deed they tell of, and sent by SMTP once that has committed.
package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/steward-platform/steward/internal/clock"
)

// Status is where a mail stands.
type Status string

// The statuses.
const (
	Queued Status = "queued" // waits to be sent, or to be tried again
	Sent   Status = "sent"   // an SMTP server has taken it
	Failed Status = "failed" // was given up
	Kept   Status = "kept"   // was written while no SMTP server was named, and is not sent
)

const (
	// MaxTries is how often a mail is tried before it is given up.
	MaxTries = 8
	// firstRetry is the wait after the first try; it doubles with each.
	firstRetry = time.Minute
	// lease is how long a node may take to send a mail before another one
	// takes it for left behind. Every wait on the network is bounded so that
	// a try takes less.
	lease = 2 * time.Minute
	// keep is how long mails are listed after they were sent, or, where they
	// were not, after they were written. Any link in them is dead by then.
	keep = 30 * 24 * time.Hour
	// maxError is how much of an error's text is kept, in bytes.
	maxError = 1000
)

// Message is what somebody is told by e-mail.
type Message struct {
	OrganizationID string
	ProjectID      string // empty if it is about no project
	Kind           string // names what it is, for example "invitation"
	To             string // one bare address
	FromName       string // shown as the sender's name; may be empty
	Subject        string
	Text           string // plain text; never empty
	HTML           string // the same as HTML; may be empty
}

// Mail is a message in the outbox, as operators see it.
type Mail struct {
	ID             string           `json:"id"`
	OrganizationID string           `json:"organization_id"`
	ProjectID      *string          `json:"project_id"`
	Kind           string           `json:"kind"`
	To             string           `json:"to"`
	FromName       string           `json:"from_name"`
	Subject        string           `json:"subject"`
	Text           string           `json:"text"` // empty once it is sent, as is HTML
	HTML           string           `json:"html"`
	Status         Status           `json:"status"`
	Attempts       int              `json:"attempts"`
	LastError      string           `json:"last_error"`
	NextAttemptAt  clock.Timestamp  `json:"next_attempt_at"`
	CreatedAt      clock.Timestamp  `json:"created_at"`
	SentAt         *clock.Timestamp `json:"sent_at"`
}

// check refuses what no SMTP server could be given. Its errors are mistakes of
// the program: addresses are validated where people enter them.
func (m *Message) check() error {
	address, err := netmail.ParseAddress(m.To)
	switch {
	case err != nil || address.Address != m.To:
		return errors.New("a mail needs one bare address to go to")
	case m.Kind == "" || m.Subject == "" || m.Text == "":
		return errors.New("a mail needs a kind, a subject and a text")
	}
	return nil
}

// retryAfter returns how long to wait after the given try (the first is 1), or
// false if it was the last: 1, 2, 4, … minutes.
func retryAfter(try int) (time.Duration, bool) {
	if try >= MaxTries {
		return 0, false
	}
	return firstRetry << (try - 1), true
}

// oneLine makes a text fit for a header and for a line of its own: UTF-8
// without line breaks, without other control characters, and without those that
// turn the direction of what follows, which could show an address as another.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
	}), " ")
}

// storable makes an error's text fit for the database: bounded, and UTF-8
// without NUL characters whatever a server answered.
func storable(err error) string {
	text := err.Error()
	if len(text) > maxError {
		text = text[:maxError]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "�")
}
