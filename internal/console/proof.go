package console

import (
	"context"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Proof shows that it is the user who asks, and not somebody at the user's
// desk.
type Proof struct {
	Password string `json:"password" minLength:"1" maxLength:"256" doc:"The user's password."`
	Code     string `json:"code,omitempty" maxLength:"64" doc:"A one-time code or a recovery code; needed of a user who has them." example:"287082"`
}

const wrongCode = "it is wrong, was used already, or is out of date"

func errWrongSignInCode() error {
	return fault.New(fault.OneTimeCodeRequired, "The one-time code does not hold: %s", wrongCode)
}

func errWrongCode() error {
	return fault.Invalid("Property .code must be a one-time code or a recovery code that holds: " + wrongCode)
}

// knock returns who signs in with this password, or fault.Unauthorized,
// fault.TooManyRequests, or fault.OneTimeCodeRequired if only the code is
// missing: that is told to nobody who has not the password.
func (s *Sessions) knock(ctx context.Context, c *api.Call, by SessionCreate) (*Person, error) {
	if err := s.throttle.enter(ctx, c, by.Email); err != nil {
		return nil, err
	}
	p, err := s.people.Verify(ctx, by.Email, by.Password)
	if err != nil || by.Code != "" {
		return p, err
	}
	has, err := s.codes.Status(ctx, s.db, p.ID)
	if err != nil || has.EnabledAt == nil {
		return p, err
	}
	if err := s.throttle.giveBack(ctx, c, by.Email); err != nil {
		return nil, err
	}
	return nil, fault.New(fault.OneTimeCodeRequired, "Send a one-time code from your device, or a recovery code, too")
}

// takeCode uses up the code of a user who has one-time codes, or returns what
// wrong says. Of others it takes none.
func (s *Sessions) takeCode(ctx context.Context, tx database.Tx, userID, code string, now clock.Timestamp, wrong func() error) error {
	has, err := s.codes.Status(ctx, tx, userID)
	if err != nil || has.EnabledAt == nil {
		return err
	}
	good, err := s.codes.Use(ctx, tx, userID, code, now)
	if err == nil && !good {
		return wrong()
	}
	return err
}

// checkPassword returns fault.InvalidPayload, naming the property, unless the
// password is the caller's, or fault.TooManyRequests. Guesses count as those of
// signing in do. Call it outside any transaction.
func (s *Sessions) checkPassword(ctx context.Context, c *api.Call, property, password string) error {
	if err := s.throttle.enter(ctx, c, c.Actor.Name); err != nil {
		return err
	}
	_, err := s.people.Verify(ctx, c.Actor.Name, password)
	if fault.Is(err, fault.Unauthorized) {
		return fault.Invalid("Property ." + property + " must be your password")
	}
	return err
}

// accept ends the proof that checkPassword began: it takes the code, and
// forgets the tries.
func (s *Sessions) accept(ctx context.Context, tx database.Tx, c *api.Call, code string) error {
	if err := s.takeCode(ctx, tx, c.Actor.ID, code, c.Now, errWrongCode); err != nil {
		return err
	}
	return s.throttle.forget(ctx, tx, c, c.Actor.Name)
}
