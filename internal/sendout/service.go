package sendout

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/jobs"
)

// Service publishes events and delivers them. Its callers have checked that
// the project is within the actor's reach.
type Service struct {
	db       database.DB
	clock    clock.Clock
	log      *slog.Logger
	store    Store
	webhooks Webhooks
	courier  Courier
	queue    *jobs.Queue
	slow     sync.Map // host → until when it counts as slow (time.Time)
}

// NewService returns the service and registers its jobs.
func NewService(db database.DB, c clock.Clock, log *slog.Logger, webhooks Webhooks, courier Courier, queue *jobs.Queue) *Service {
	s := &Service{db: db, clock: c, log: log, webhooks: webhooks, courier: courier, queue: queue}
	jobs.Handle(queue, s.deliver)
	return s
}

// List returns at most limit send-outs, the newest first, and whether there
// are more.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string, f Filter, limit int) (sendouts []*WebhookSendout, more bool, err error) {
	sendouts, err = s.store.List(ctx, q, projectID, f, limit+1)
	if len(sendouts) > limit {
		return sendouts[:limit], true, err
	}
	return sendouts, false, err
}

// Show returns a send-out with its tries, or fault.ResourceNotFound.
func (s *Service) Show(ctx context.Context, q database.Querier, projectID, id string) (*WebhookSendoutShown, error) {
	sendout, err := s.store.Get(ctx, q, projectID, id)
	if err != nil {
		return nil, err
	}
	attempts, err := s.store.Attempts(ctx, q, projectID, id)
	return &WebhookSendoutShown{*sendout, attempts}, err
}

// Retry tries a send-out again at once, whatever became of it, and returns it.
// A day begins anew for its tries. It returns fault.ResourceNotFound, or
// fault.InvalidPayload for one whose webhook is gone or switched off.
func (s *Service) Retry(ctx context.Context, tx database.Tx, projectID, id string, now clock.Timestamp) (before, after *WebhookSendout, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	targets, err := s.webhooks.Targets(ctx, projectID)
	if err != nil {
		return nil, nil, err
	}
	if t := targets[before.WebhookID]; t == nil || !t.Active {
		return nil, nil, fault.Invalid("The webhook "+before.WebhookID+" is gone or switched off; switch it on to send to it again").About("webhook", before.WebhookID)
	}
	again := *before
	again.Status, again.NextTryAt, again.firstAt, again.UpdatedAt = Retrying, &now, nil, now
	if err := s.store.Renew(ctx, tx, &again); err != nil {
		return nil, nil, err
	}
	return before, &again, s.queue.Enqueue(ctx, tx, deliveries([]*WebhookSendout{&again})...)
}

// Stop cancels a send-out that is not finished and returns it before and after.
// It returns fault.ResourceNotFound. What is on its way right now may arrive.
func (s *Service) Stop(ctx context.Context, tx database.Tx, projectID, id string, now clock.Timestamp) (before, after *WebhookSendout, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	if before.NextTryAt == nil {
		return before, before, nil
	}
	if err := s.store.Cancel(ctx, tx, projectID, []string{id}, now); err != nil {
		return nil, nil, err
	}
	stopped := *before
	stopped.Status, stopped.NextTryAt, stopped.UpdatedAt = Cancelled, nil, now
	return before, &stopped, nil
}

const (
	// watchEvery is how often unfinished send-outs are looked for that nobody
	// is about to try, and overdue how long they may have been due. A job that
	// got lost, or the lease of a process that is gone, ends so.
	watchEvery = 5 * time.Second
	overdue    = 20 * time.Second
	watchBatch = 1000
)

// Begin gives back what a crashed process held. Call it before the queue is
// started, and only where no other process delivers.
func (s *Service) Begin(ctx context.Context) error {
	if s.db.Engine() != database.SQLite {
		return nil
	}
	return s.store.FreeLeases(ctx, s.db)
}

// Run enqueues again what was left behind, until ctx is done.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.Watch(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("send-outs that were left behind were not taken up; the next round tries again", "error", err)
		}
	}
}

// Watch enqueues again what was left behind.
func (s *Service) Watch(ctx context.Context) error {
	now := s.clock.Now()
	left, err := s.store.Overdue(ctx, s.db, now.Add(-overdue), now, watchBatch)
	if err != nil || len(left) == 0 {
		return err
	}
	byProject := map[string][]*WebhookSendout{}
	for _, o := range left {
		byProject[o.projectID] = append(byProject[o.projectID], o)
	}
	for _, sendouts := range byProject {
		if err := s.db.Append(ctx, func(tx database.Tx) error {
			for _, o := range sendouts {
				if err := s.store.Postpone(ctx, tx, o, now); err != nil {
					return err
				}
			}
			return s.queue.Enqueue(ctx, tx, deliveries(sendouts)...)
		}); err != nil {
			return err
		}
	}
	return nil
}
