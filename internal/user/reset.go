package user

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// ResetLifetime is how long the link of a password reset is good.
	ResetLifetime = time.Hour
	// resetsAnHour is how many links one user is sent in any hour.
	resetsAnHour = 3
)

// ResetLetter is what the e-mail of a password reset tells.
type ResetLetter struct {
	OrganizationID string
	To             string
	Token          string // of the link
	ExpiresAt      clock.Timestamp
}

// ResetWanted is the job that follows a request for a new password: to send
// the link, if the address is a user's.
type ResetWanted struct {
	Login string `json:"login"`
}

// Kind names the job.
func (ResetWanted) Kind() string { return "password_reset_wanted" }

// PasswordResetRequest is the body that asks for a link to choose a new
// password with.
type PasswordResetRequest struct {
	Email string `json:"email" format:"email" maxLength:"254" doc:"The address to sign in with." example:"sam@acme.example"`
}

// PasswordReset is a password reset as it is shown to who has the link.
type PasswordReset struct {
	Email      string          `json:"email" doc:"Whose password it is: the address, with all but its first character and its domain hidden." example:"s•••@acme.example"`
	ValidUntil clock.Timestamp `json:"valid_until" doc:"Until when a new password can be chosen."`
}

// PasswordResetAccept is the body that chooses a new password.
type PasswordResetAccept struct {
	Password string `json:"password" minLength:"12" maxLength:"256" doc:"The password to sign in with from now on."`
}

// masked hides all of an address but its first character and its domain.
func masked(email string) string {
	first, _ := utf8.DecodeRuneInString(email)
	return string(first) + "•••" + email[strings.LastIndexByte(email, '@'):]
}

// errNoReset is the one answer to every token that does not hold.
func errNoReset() error {
	e := fault.New(fault.ResourceNotFound, "Cannot find the password reset: it was used, was replaced by a newer one, or has expired")
	return e.About(resetKind, "")
}
