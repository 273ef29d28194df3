// Package onetimecode holds the second thing that people sign in with:
// time-based one-time codes (RFC 6238: SHA-1, six digits, 30 seconds), and
// recovery codes for who has lost the device that makes them.
package onetimecode

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/steward-platform/steward/internal/clock"
)

const (
	// RecoveryCodes is how many recovery codes a person is given at a time.
	RecoveryCodes = 10
	// EnrolmentLifetime is how long a secret waits for its first code.
	EnrolmentLifetime = time.Hour

	period = 30 * time.Second
	// skew is by how many periods the person's clock may be off, either way.
	skew = 1
)

// Status tells whether a person signs in with one-time codes.
type Status struct {
	EnabledAt     *clock.Timestamp // nil if the person does not
	RecoveryCodes int              // how many are left
}

// Holder is a user of an organization, with or without one-time codes.
type Holder struct {
	UserID, Login, FirstName, LastName string
	Owner                              bool
	EnabledAt                          *clock.Timestamp // nil for one without
}

// Enrolment is a secret that waits for its first code.
type Enrolment struct {
	Secret     string // in base32, as people type it
	URI        string // otpauth://, as devices scan it
	ValidUntil clock.Timestamp
}

// step counts the periods up to a time.
func step(at clock.Timestamp) int64 { return int64(at) / period.Milliseconds() }

// match returns the period whose code this is, among those that may be meant
// now and that come after the last one that was used; 0 if there is none.
func match(secret, code string, last int64, now clock.Timestamp) (int64, error) {
	if !isCode(code) {
		return 0, nil
	}
	for s := max(step(now)-skew, last+1); s <= step(now)+skew; s++ {
		ok, err := hotp.ValidateCustom(code, uint64(s), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if ok || err != nil {
			return s, err
		}
	}
	return 0, nil
}

// isCode tells a one-time code from a recovery code.
func isCode(entered string) bool {
	return len(entered) == otp.DigitsSix.Length() && strings.Trim(entered, "0123456789") == ""
}

// normalize takes out what people put between the characters of a code.
func normalize(entered string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(entered))
}

// newRecoveryCode returns 80 random bits as people can read and type them: four
// groups of four letters and digits. So many bits cannot be guessed from a hash.
func newRecoveryCode() string {
	var random [10]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	text := strings.ToLower(base32.StdEncoding.EncodeToString(random[:]))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

func hashRecoveryCode(code string) []byte {
	sum := sha256.Sum256([]byte(normalize(code)))
	return sum[:]
}
