package mail

import (
	"context"
	"errors"
	"time"

	"github.com/steward-platform/steward/internal/database"
)

const (
	// tick is how often the outbox is looked into without being asked to.
	tick = time.Second
	// sendTimeout bounds one try. Dialling, greeting and sending are each
	// bounded by networkTimeout as well.
	sendTimeout    = 30 * time.Second
	networkTimeout = 10 * time.Second
)

// Run sends what is due until ctx is done: at once after a message was
// enqueued, and every second. A mail that is on its way when ctx ends is
// finished first, which takes 30 seconds at the most. Without an SMTP server
// it only waits.
func (s *Service) Run(ctx context.Context) {
	if s.server == nil {
		<-ctx.Done()
		return
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		if err := s.SendDue(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("the outbox cannot be worked on", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

// SendDue tries every mail that is due, one after the other, until none is
// left or ctx is done. That a mail could not be sent is no error: it is kept
// with the mail.
func (s *Service) SendDue(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	for ctx.Err() == nil {
		m, err := s.claim(ctx)
		if m == nil || err != nil {
			return err
		}
		if err := s.try(context.WithoutCancel(ctx), m); err != nil {
			return err
		}
	}
	return nil
}

// claim leases one mail that is due. Transactions that write are serializable,
// so of two nodes that ask at once only one gets it.
func (s *Service) claim(ctx context.Context) (m *Mail, err error) {
	now := s.clock.Now()
	if due, err := s.store.AnyDue(ctx, s.db, now); err != nil || !due {
		return nil, err // the usual case: no transaction is needed
	}
	err = s.db.Write(ctx, func(tx database.Tx) error {
		m, err = s.store.Claim(ctx, tx, now, now.Add(lease))
		return err
	})
	return m, err
}

// try sends a leased mail and keeps how that went.
func (s *Service) try(ctx context.Context, m *Mail) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout+networkTimeout) // some of it is for the database
	defer cancel()
	err := errLeftBehind
	if m.Attempts <= MaxTries {
		err = s.server.send(ctx, m)
	}
	now := s.clock.Now()
	if err == nil {
		m.Status, m.SentAt, m.LastError = Sent, &now, ""
		m.Text, m.HTML = "", ""
	} else {
		m.LastError = storable(err)
		wait, again := retryAfter(m.Attempts)
		m.NextAttemptAt = now.Add(wait)
		if !again || refused(err) {
			m.Status = Failed
		}
		s.log.Warn("a mail was not sent", "mail", m.ID, "try", m.Attempts, "status", string(m.Status), "error", m.LastError)
	}
	_, err = s.store.Settle(ctx, s.db, m)
	return err
}

// errLeftBehind is the end of a mail whose last try was cut off by the death
// of the process.
var errLeftBehind = errors.New("the last try was cut off")
