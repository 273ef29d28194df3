package user

import (
	"context"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/jobs"
)

// Queue takes jobs that follow a transaction.
type Queue interface {
	// Enqueue adds jobs that are worked if, and only if, tx commits.
	Enqueue(ctx context.Context, tx database.Tx, jobs ...jobs.Job) error
}

// RequestReset asks for a link to choose a new password with. Whether the
// address is anybody's is left to the job, SendReset: here, nothing depends on
// it that a caller could see or measure.
func (s *Service) RequestReset(ctx context.Context, tx database.Tx, email string) error {
	return s.parts.Queue.Enqueue(ctx, tx, jobs.Job{Args: ResetWanted{Login: normalize(email)}})
}

// SendReset enqueues the e-mail with a link that is good for an hour, which
// replaces any that was sent before. It does nothing if the address is
// nobody's login, or if its user was sent three in the last hour.
func (s *Service) SendReset(ctx context.Context, wanted ResetWanted, now clock.Timestamp) error {
	return s.parts.DB.Write(ctx, func(tx database.Tx) error {
		u, err := s.store.FindByLogin(ctx, tx, wanted.Login)
		if u == nil || err != nil {
			return err
		}
		sent, err := s.resets.Count(ctx, tx, u.ID, now)
		if err != nil || sent >= resetsAnHour {
			return err
		}
		if err := s.resets.Void(ctx, tx, u.ID); err != nil {
			return err
		}
		token, expires := newToken(), now.Add(ResetLifetime)
		if err := s.resets.Insert(ctx, tx, u.ID, hashToken(token), now, expires); err != nil {
			return err
		}
		return s.parts.Mailer.SendPasswordReset(ctx, tx, ResetLetter{OrganizationID: u.OrganizationID, To: u.Email, Token: token, ExpiresAt: expires})
	})
}

// ShowReset returns what somebody who has the link is shown, or
// fault.ResourceNotFound if the token is not, or no longer, that of a live
// link.
func (s *Service) ShowReset(ctx context.Context, q database.Querier, token string, now clock.Timestamp) (*PasswordReset, error) {
	userID, expires, err := s.resets.Find(ctx, q, hashToken(token), now)
	if err != nil {
		return nil, err
	}
	u, err := s.store.Get(ctx, q, userID)
	if err != nil {
		return nil, err
	}
	return &PasswordReset{Email: masked(u.Email), ValidUntil: expires}, nil
}

// PrepareReset hashes the new password. It returns fault.ResourceNotFound as
// ShowReset does, so that a guessed token does not cost a hash, or
// fault.InvalidPayload. Call it outside any transaction.
func (s *Service) PrepareReset(ctx context.Context, token, password string, now clock.Timestamp) (hash string, err error) {
	if _, _, err := s.resets.Find(ctx, s.parts.DB, hashToken(token), now); err != nil {
		return "", err
	}
	return s.parts.Hasher.Hash(ctx, password)
}

// AcceptReset gives the user whose link it is the new password, ends all of
// the user's sessions, and returns the user. The link is used up. It returns
// fault.ResourceNotFound as ShowReset does.
func (s *Service) AcceptReset(ctx context.Context, tx database.Tx, token, hash string, now clock.Timestamp) (*User, error) {
	userID, _, err := s.resets.Find(ctx, tx, hashToken(token), now)
	if err != nil {
		return nil, err
	}
	if err := s.SetPassword(ctx, tx, userID, hash, now); err != nil {
		return nil, err
	}
	return s.store.Get(ctx, tx, userID)
}

// SweepResets removes links that have expired.
func (s *Service) SweepResets(ctx context.Context, q database.Querier, now clock.Timestamp) error {
	return s.resets.DeleteExpired(ctx, q, now)
}
