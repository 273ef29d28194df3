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
	turns    Gate
	desk     chan struct{} // holds one for each round that claims or settles
	meter    Meter
	queue    *jobs.Queue
	tally    *tally
	slow     sync.Map // host → until when it counts as slow (time.Time)
}

// Parts is what a Service is made of.
type Parts struct {
	DB       database.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Webhooks Webhooks
	Courier  Courier
	Turns    Gate // bounds how many jobs hold send-outs of a host, and with that what is sent twice after a crash
	Meter    Meter
	Queue    *jobs.Queue
}

// NewService returns the service and registers its jobs.
func NewService(p Parts) *Service {
	s := &Service{db: p.DB, clock: p.Clock, log: p.Log, webhooks: p.Webhooks, courier: p.Courier, turns: p.Turns, desk: make(chan struct{}, deskPlaces),
		meter: p.Meter, queue: p.Queue, tally: newTally()}
	jobs.Handle(s.queue, s.deliver)
	jobs.Handle(s.queue, s.replay)
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
// fault.InvalidPayload for a test and for one whose webhook is gone or switched
// off.
func (s *Service) Retry(ctx context.Context, tx database.Tx, projectID, id string, now clock.Timestamp) (before, after *WebhookSendout, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	if before.Test {
		return nil, nil, fault.Invalid("The send-out "+id+" is a test, which is sent once; send another test").About(kind, id)
	}
	targets, err := s.webhooks.Targets(ctx, projectID)
	if err != nil {
		return nil, nil, err
	}
	if t := targets[before.WebhookID]; t == nil || !t.Active {
		return nil, nil, fault.Invalid("The webhook "+before.WebhookID+" is gone or switched off; switch it on to send to it again").About("webhook", before.WebhookID)
	}
	again := before.renewed(now)
	if err := s.store.Renew(ctx, tx, again); err != nil {
		return nil, nil, err
	}
	return before, again, s.queue.Enqueue(ctx, tx, deliveries([]*WebhookSendout{again})...)
}

// renewed returns the send-out as one that is tried again at once, with a new
// day for its tries.
func (o *WebhookSendout) renewed(now clock.Timestamp) *WebhookSendout {
	again := *o
	again.Status, again.NextTryAt, again.firstAt, again.UpdatedAt = Retrying, &now, nil, now
	return &again
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
	if stopped.groupID == nil {
		return before, &stopped, nil
	}
	return before, &stopped, s.queue.Enqueue(ctx, tx, deliveries([]*WebhookSendout{&stopped})...) // what waits behind it goes on
}

const (
	// watchEvery is how often unfinished send-outs are looked for that nobody
	// is about to try, and overdue how long they may have been due. A job that
	// got lost, or the lease of a process that is gone, ends so.
	watchEvery = 5 * time.Second
	overdue    = 20 * time.Second
	// watchBatches of watchBatch are taken up at a time: more than a node holds.
	watchBatch, watchBatches = 1000, 10
)

// Begin gives back what a crashed process held. Call it before the queue is
// started, and only where no other process delivers.
func (s *Service) Begin(ctx context.Context) error {
	if s.db.Engine() != database.SQLite {
		return nil
	}
	return s.store.FreeLeases(ctx, s.db)
}

// flushEvery is how often counts of tries are written.
const flushEvery = time.Second

// Run enqueues again what was left behind, and writes down how tries went,
// until ctx is done. Call Flush once no more tries are made.
func (s *Service) Run(ctx context.Context) {
	watch, flush := time.NewTicker(watchEvery), time.NewTicker(flushEvery)
	defer watch.Stop()
	defer flush.Stop()
	warn := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			s.log.Warn(what+"; the next round tries again", "error", err)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-watch.C:
			warn("send-outs that were left behind were not taken up", s.Watch(ctx))
		case <-flush.C:
			warn("counts of deliveries were not written", s.Flush(context.WithoutCancel(ctx)))
		}
	}
}

// Watch enqueues again what was left behind.
func (s *Service) Watch(ctx context.Context) error {
	now := s.clock.Now()
	for range watchBatches {
		left, err := s.store.Overdue(ctx, s.db, now.Add(-overdue), now, watchBatch)
		if err != nil {
			return err
		}
		byProject := map[string][]*WebhookSendout{}
		for _, o := range left {
			byProject[o.projectID] = append(byProject[o.projectID], o)
		}
		for _, sendouts := range byProject {
			if err := s.takeUp(ctx, sendouts, now); err != nil {
				return err
			}
		}
		if len(left) < watchBatch {
			break
		}
	}
	return nil
}

// takeUp enqueues send-outs of one project again.
func (s *Service) takeUp(ctx context.Context, sendouts []*WebhookSendout, now clock.Timestamp) error {
	return s.db.Append(ctx, func(tx database.Tx) error {
		for _, o := range sendouts {
			if err := s.store.Postpone(ctx, tx, o, now); err != nil {
				return err
			}
		}
		return s.queue.Enqueue(ctx, tx, deliveries(sendouts)...)
	})
}
