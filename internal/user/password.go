package user

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/steward-platform/steward/internal/fault"
)

// The length of a password, in characters.
const (
	MinPassword = 12
	MaxPassword = 256
)

// CheckPassword returns fault.InvalidPayload for a password that is too short
// or too long.
func CheckPassword(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return fault.Invalid(fmt.Sprintf("Property .password must NOT have fewer than %d characters", MinPassword))
	case n > MaxPassword:
		return fault.Invalid(fmt.Sprintf("Property .password must NOT have more than %d characters", MaxPassword))
	}
	return nil
}

// GeneratePassword returns a random password of 26 letters and digits, about
// 130 bits.
func GeneratePassword() string { return strings.ToLower(rand.Text()) }

// The cost of a hash: 19 MiB, two passes, one lane.
var cost = phc{memory: 19 * 1024, time: 2, lanes: 1}

const (
	saltSize = 16
	keySize  = 32
)

// Hasher hashes passwords with argon2id, a few at a time: each takes 19 MiB
// while it runs, so that many sign-ins at once wait instead of using up the
// memory.
type Hasher struct{ slots chan struct{} }

// NewHasher returns a hasher that works on as many passwords at once as there
// are processors.
func NewHasher() *Hasher { return &Hasher{make(chan struct{}, runtime.GOMAXPROCS(0))} }

// Hash returns the hash of a password in PHC string form. It returns
// fault.InvalidPayload for a password that CheckPassword refuses, or ctx's
// error if its turn does not come in time.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	p := cost
	p.salt = make([]byte, saltSize)
	_, _ = rand.Read(p.salt) // never fails: crypto/rand ends the program instead
	key, err := h.derive(ctx, p, password, keySize)
	if err != nil {
		return "", err
	}
	p.key = key
	return p.String(), nil
}

// Verify reports whether hash is the hash of the password. An empty hash is
// that of no password, which takes as long to find out. It returns an error for
// a hash that is not in PHC string form, or ctx's error.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	p, real := cost, hash != ""
	p.salt, p.key = make([]byte, saltSize), make([]byte, keySize)
	if real {
		var err error
		if p, err = parsePHC(hash); err != nil {
			return false, err
		}
	}
	key, err := h.derive(ctx, p, password, len(p.key))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1 && real, nil
}

func (h *Hasher) derive(ctx context.Context, p phc, password string, size int) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.lanes, uint32(size)), nil // a key has 64 bytes at the most
}

// phc is an argon2id hash in the PHC string format:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<key>, both in base64 without padding.
type phc struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
	salt   []byte
	key    []byte
}

// Bounds of what a hash may ask for, far above what this program writes.
const (
	maxMemory = 1 << 20 // KiB
	maxTime   = 64
	maxLanes  = 64
)

var errPHC = errors.New("a password hash is not an argon2id PHC string")

// unpadded refuses line breaks and bits that carry nothing, so that each hash
// has one spelling.
var unpadded = base64.RawStdEncoding.Strict()

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.lanes,
		unpadded.EncodeToString(p.salt), unpadded.EncodeToString(p.key))
}

// parsePHC reads a hash. What it accepts, String writes the same again. Its
// error does not tell the hash.
func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errPHC
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return phc{}, errPHC
	}
	memory, time, lanes := number(costs[0], "m=", maxMemory), number(costs[1], "t=", maxTime), number(costs[2], "p=", maxLanes)
	if memory == 0 || time == 0 || lanes == 0 || memory < 8*lanes {
		return phc{}, errPHC
	}
	p := phc{memory: memory, time: time, lanes: uint8(lanes)} // lanes has been held to maxLanes
	var saltErr, keyErr error
	p.salt, saltErr = bytesOf(parts[4], 8, 64)
	p.key, keyErr = bytesOf(parts[5], 16, 64)
	if saltErr != nil || keyErr != nil {
		return phc{}, errPHC
	}
	return p, nil
}

// number reads a parameter from 1 to limit in its one spelling, or returns 0.
func number(s, name string, limit uint32) uint32 {
	digits, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || uint32(n) > limit || strconv.FormatUint(n, 10) != digits {
		return 0
	}
	return uint32(n)
}

func bytesOf(s string, least, most int) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errPHC
	}
	raw, err := unpadded.DecodeString(s)
	if err != nil || len(raw) < least || len(raw) > most {
		return nil, errPHC
	}
	return raw, nil
}
