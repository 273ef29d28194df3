package onetimecode

import (
	"context"
	"fmt"

	"github.com/pquerna/otp/totp"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/seal"
)

// Service does what can be done with people's one-time codes.
type Service struct {
	box   *seal.Box
	store store
}

// NewService returns the service, whose secrets are sealed in box.
func NewService(box *seal.Box) *Service { return &Service{box: box} }

// Status tells whether a person signs in with one-time codes.
func (s *Service) Status(ctx context.Context, q database.Querier, userID string) (*Status, error) {
	codes, err := s.store.find(ctx, q, userID)
	if err != nil || codes.enabledAt == nil {
		return &Status{}, err
	}
	left, err := s.store.countRecovery(ctx, q, userID)
	return &Status{EnabledAt: codes.enabledAt, RecoveryCodes: left}, err
}

// List returns a page of an organization's users, those without one-time codes
// first, and how many users there are.
func (s *Service) List(ctx context.Context, q database.Querier, organizationID string, limit, offset int) ([]Holder, int, error) {
	holders, err := s.store.list(ctx, q, organizationID, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.countUsers(ctx, q, organizationID)
	return holders, total, err
}

// Begin makes a secret for a person's device, named there by the account and
// who issues it. It counts once Confirm has seen a code of it; until then what
// was before it counts.
func (s *Service) Begin(ctx context.Context, tx database.Tx, userID, issuer, account string, now clock.Timestamp) (*Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account})
	if err != nil {
		return nil, fmt.Errorf("make a secret: %w", err)
	}
	until := now.Add(EnrolmentLifetime)
	if err := s.store.setPending(ctx, tx, userID, s.box.Seal(purpose(userID), []byte(key.Secret())), until); err != nil {
		return nil, err
	}
	return &Enrolment{Secret: key.Secret(), URI: key.URL(), ValidUntil: until}, nil
}

// Confirm makes the secret of Begin count, if the code is its, and returns
// fresh recovery codes in the place of all others. It returns nil if the code
// is not, or nothing waits for one.
func (s *Service) Confirm(ctx context.Context, tx database.Tx, userID, code string, now clock.Timestamp) ([]string, error) {
	codes, err := s.store.find(ctx, tx, userID)
	if err != nil || codes.pending == nil || now >= codes.pendingUntil {
		return nil, err
	}
	at, err := s.match(userID, codes.pending, normalize(code), 0, now)
	if err != nil || at == 0 {
		return nil, err
	}
	if err := s.store.enable(ctx, tx, userID, at, now); err != nil {
		return nil, err
	}
	return s.Renew(ctx, tx, userID)
}

// Use takes a one-time code or a recovery code of a person who has them, and
// reports whether it is good. Each is good once: a code that was used, and
// those of earlier times, are not.
func (s *Service) Use(ctx context.Context, tx database.Tx, userID, code string, now clock.Timestamp) (bool, error) {
	code = normalize(code)
	if !isCode(code) {
		return s.store.takeRecovery(ctx, tx, userID, hashRecoveryCode(code))
	}
	codes, err := s.store.find(ctx, tx, userID)
	if err != nil || codes.enabledAt == nil {
		return false, err
	}
	at, err := s.match(userID, codes.secret, code, codes.lastStep, now)
	if err != nil || at == 0 {
		return false, err
	}
	return true, s.store.setLastStep(ctx, tx, userID, at)
}

// Renew returns fresh recovery codes, RecoveryCodes of them, in the place of
// all others. They cannot be shown again.
func (s *Service) Renew(ctx context.Context, tx database.Tx, userID string) ([]string, error) {
	fresh := make([]string, RecoveryCodes)
	hashes := make([][]byte, RecoveryCodes)
	for i := range fresh {
		fresh[i] = newRecoveryCode()
		hashes[i] = hashRecoveryCode(fresh[i])
	}
	return fresh, s.store.replaceRecovery(ctx, tx, userID, hashes)
}

// Disable lets a person sign in without codes again, and reports whether the
// person had them.
func (s *Service) Disable(ctx context.Context, tx database.Tx, userID string) (bool, error) {
	return s.store.delete(ctx, tx, userID)
}

func (s *Service) match(userID string, sealed []byte, code string, last int64, now clock.Timestamp) (int64, error) {
	secret, err := s.box.Open(purpose(userID), sealed)
	if err != nil {
		return 0, fmt.Errorf("the one-time code secret of %s: %w", userID, err)
	}
	return match(string(secret), code, last, now)
}

// purpose binds a sealed secret to its person.
func purpose(userID string) string { return "one-time codes of " + userID }
