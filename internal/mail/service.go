package mail

import (
	"context"
	"log/slog"
	"strings"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// topic is what a new mail is announced under, so that every node's sender
// looks into the outbox as soon as the mail has been committed.
const topic = "mail"

// Service is the outbox and its sender.
type Service struct {
	store     Store
	db        database.DB
	clock     clock.Clock
	log       *slog.Logger
	server    *Server // nil: mails are kept
	publicURL string
	footers   Footers
	wake      chan struct{}
}

// NewService returns the outbox. Without a server (nil) mails stay in it for
// operators to read. Links in mails begin with publicURL; messages about a
// project end with its footer.
func NewService(db database.DB, c clock.Clock, server *Server, publicURL string, footers Footers, log *slog.Logger) *Service {
	s := &Service{
		db: db, clock: c, log: log, server: server, publicURL: strings.TrimRight(publicURL, "/"), footers: footers,
		wake: make(chan struct{}, 1),
	}
	db.Changes().Subscribe(func(change database.Change) {
		if change.Topic != topic {
			return
		}
		select {
		case s.wake <- struct{}{}:
		default: // the sender has yet to heed the last call
		}
	})
	return s
}

// Enqueue writes a message into the outbox: it is sent if, and only if, the
// transaction commits. A message about a project gets the footer that its
// brand has in this transaction.
func (s *Service) Enqueue(ctx context.Context, tx database.Tx, message Message) error {
	message.Subject, message.FromName = oneLine(message.Subject), oneLine(message.FromName)
	if err := message.check(); err != nil {
		return err
	}
	if err := s.sign(ctx, tx, &message); err != nil {
		return err
	}
	now := s.clock.Now()
	m := &Mail{
		ID: ident.NewID(ident.Mail), OrganizationID: message.OrganizationID, Kind: message.Kind, To: message.To,
		FromName: message.FromName, Subject: message.Subject, Text: message.Text, HTML: message.HTML,
		Status: Queued, NextAttemptAt: now, CreatedAt: now,
	}
	if message.ProjectID != "" {
		m.ProjectID = &message.ProjectID
	}
	if s.server == nil {
		m.Status = Kept
	}
	if err := s.store.Insert(ctx, tx, m); err != nil {
		return err
	}
	return tx.Notify(ctx, database.Change{Topic: topic, Key: message.OrganizationID})
}

// EnqueueInvitation writes an invitation into the outbox.
func (s *Service) EnqueueInvitation(ctx context.Context, tx database.Tx, i Invitation) error {
	return s.write(ctx, tx, i)
}

// EnqueuePasswordReset writes a password reset into the outbox.
func (s *Service) EnqueuePasswordReset(ctx context.Context, tx database.Tx, p PasswordReset) error {
	return s.write(ctx, tx, p)
}

// EnqueueUsageWarning writes a usage warning into the outbox.
func (s *Service) EnqueueUsageWarning(ctx context.Context, tx database.Tx, u UsageWarning) error {
	return s.write(ctx, tx, u)
}

// EnqueueWebhookFailure writes the notice of a webhook's failure into the
// outbox.
func (s *Service) EnqueueWebhookFailure(ctx context.Context, tx database.Tx, w WebhookFailure) error {
	return s.write(ctx, tx, w)
}

// written is what can be laid out as a message, with links that begin with
// publicURL.
type written interface {
	message(publicURL string) (Message, error)
}

func (s *Service) write(ctx context.Context, tx database.Tx, l written) error {
	message, err := l.message(s.publicURL)
	if err != nil {
		return err
	}
	return s.Enqueue(ctx, tx, message)
}

// List returns up to limit mails of a status, or of all if it is empty, the
// newest first. It is for operators: unsent mails are shown with their text.
func (s *Service) List(ctx context.Context, q database.Querier, status Status, limit int) ([]*Mail, error) {
	return s.store.List(ctx, q, status, limit)
}

// Sweep removes mails that were sent more than 30 days ago, and those written
// more than 30 days ago that were given up or kept.
func (s *Service) Sweep(ctx context.Context) error {
	before := s.clock.Now().Add(-keep)
	if err := s.store.DeleteSent(ctx, s.db, before); err != nil {
		return err
	}
	return s.store.DeleteUnsent(ctx, s.db, before)
}
