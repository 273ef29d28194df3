package notification

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Parts is what the service needs from other rooms. app supplies it.
type Parts struct {
	Projects Projects
	Members  Members
	Mailer   Mailer
}

// Projects tells what projects' settings say of notifications.
type Projects interface {
	// Asking returns the projects of an organization that ask to be warned of
	// usage. It is asked twice a second, so it must answer from a cache, which
	// hears of changes; nobody changes what it returns.
	Asking(ctx context.Context, organizationID string) ([]*Project, error)
	// Find returns a project as it is in q, or fault.ResourceNotFound.
	Find(ctx context.Context, q database.Querier, projectID string) (*Project, error)
}

// Members tells who works in projects.
type Members interface {
	// MemberEmails returns the e-mail addresses of a project's members.
	MemberEmails(ctx context.Context, q database.Querier, projectID string) ([]string, error)
}

// Mailer writes e-mails into an outbox: they are sent if the transaction
// commits.
type Mailer interface {
	SendUsageWarning(ctx context.Context, tx database.Tx, letter UsageLetter) error
	SendWebhookFailure(ctx context.Context, tx database.Tx, letter WebhookLetter) error
}

// UsageLetter is a usage warning to one address.
type UsageLetter struct {
	Project   *Project
	To        string
	Metric    string
	Percent   int
	Used, Max int64
	ResetsAt  clock.Timestamp
}

// WebhookLetter is the notice to one address that a webhook was switched off.
type WebhookLetter struct {
	Project       *Project
	To            string
	WebhookID     string
	Target        string // the origin of the webhook's target
	LastError     string
	SwitchedOffAt clock.Timestamp
}

// Service shows notifications and writes them. It is safe for concurrent use.
type Service struct {
	db    database.DB
	clock clock.Clock
	log   *slog.Logger
	parts Parts
	store Store
	wake  chan struct{}

	mu       sync.Mutex
	observed map[standingKey]Standing // not looked at yet

	checking sync.Mutex
	warned   map[claim]clock.Timestamp // what was written, by whomever, until the window ends
}

// NewService returns the service.
func NewService(db database.DB, c clock.Clock, log *slog.Logger, parts Parts) *Service {
	return &Service{
		db: db, clock: c, log: log, parts: parts, wake: make(chan struct{}, 1),
		observed: map[standingKey]Standing{}, warned: map[claim]clock.Timestamp{},
	}
}

// Reader is a person who reads notifications: of the projects she is a member
// of, or of all of the organization if she is one of its owners.
type Reader struct {
	UserID         string
	OrganizationID string
	Owner          bool
}

// List returns at most limit notifications, the newest first, and whether
// there are more. after is the last one of the page before, empty for the first
// page.
func (s *Service) List(ctx context.Context, q database.Querier, r Reader, unreadOnly bool, after string, limit int) (list []*Notification, more bool, err error) {
	list, err = s.store.List(ctx, q, r, unreadOnly, after, limit+1)
	if len(list) > limit {
		return list[:limit], true, err
	}
	return list, false, err
}

// Count returns how many notifications there are for a person, and how many of
// them she has not read.
func (s *Service) Count(ctx context.Context, q database.Querier, r Reader) (total, unread int, err error) {
	return s.store.Count(ctx, q, r)
}

// MarkRead marks a notification as read by a person and returns it before and
// after; one that is already keeps its time. It returns
// fault.ResourceNotFound, also for one that is not for her.
func (s *Service) MarkRead(ctx context.Context, tx database.Tx, r Reader, id string, now clock.Timestamp) (before, after *Notification, err error) {
	if before, err = s.store.Get(ctx, tx, r, id); err != nil || before.ReadAt != nil {
		return before, before, err
	}
	read := *before
	read.ReadAt = &now
	return before, &read, s.store.MarkRead(ctx, tx, r.UserID, id, now)
}

// MarkAllRead marks everything there is for a person as read, and returns how
// many she had not read.
func (s *Service) MarkAllRead(ctx context.Context, tx database.Tx, r Reader, now clock.Timestamp) (int, error) {
	n, err := s.store.MarkAllRead(ctx, tx, r, now)
	return int(n), err
}

// WebhookSwitchedOff tells a project's people that a webhook was switched off
// (CONTRACT 6), in the transaction that does it: those who call it call it once
// for each time. By e-mail it tells the addresses that
// webhooks_callout_notifications.webhooks names and the project's members, each
// address once; in the console it tells the members. What is used of the two
// the setting says; where it says neither, both are. A project that is gone is
// told nothing.
func (s *Service) WebhookSwitchedOff(ctx context.Context, tx database.Tx, w WebhookFailure) error {
	p, err := s.parts.Projects.Find(ctx, tx, w.ProjectID)
	if fault.Is(err, fault.ResourceNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	email, inApp := p.Webhooks.ways()
	n := w.notification(p)
	if inApp {
		if err := s.store.Insert(ctx, tx, n); err != nil {
			return err
		}
	}
	if !email {
		return nil
	}
	members, err := s.parts.Members.MemberEmails(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, to := range once(slices.Concat(p.Webhooks.Addresses, members)...) {
		if err := s.parts.Mailer.SendWebhookFailure(ctx, tx, WebhookLetter{
			Project: p, To: to, WebhookID: w.WebhookID, Target: n.Details.Target, LastError: n.Details.LastError, SwitchedOffAt: w.At,
		}); err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes notifications that are older than 90 days, and forgets the
// warnings of windows that are over.
func (s *Service) Sweep(ctx context.Context, now clock.Timestamp) error {
	s.forget(now)
	return errors.Join(
		s.store.DeleteBefore(ctx, s.db, ident.FirstIDAt(ident.Notification, now.Add(-keep).Time())),
		s.store.DeleteClaims(ctx, s.db, now.Add(-keep)),
	)
}
