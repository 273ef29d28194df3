package sendout

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/jobs"
)

// deliver is the job that sends some send-outs of a webhook.
type deliver struct {
	ProjectID  string   `json:"project_id"`
	WebhookID  string   `json:"webhook_id"`
	SendoutIDs []string `json:"sendout_ids"`
	// Ordered jobs send the groups that the send-outs belong to.
	Ordered bool `json:"ordered,omitempty"`
}

// Kind names the job.
func (deliver) Kind() string { return "deliver_webhooks" }

// Message is one request to a receiver.
type Message struct {
	ID, URL      string
	Body         []byte
	Header       map[string]string
	ProjectToken string
	Secrets      []string
	At           time.Time
}

// Result is what became of it.
type Result struct {
	Status     int // of the answer; 0 if there was none
	Answer     []byte
	Error      string // empty if it arrived
	Took       time.Duration
	RetryAfter time.Duration // as the receiver asked; 0 if it did not
}

// Gate bounds how much goes on at once for a host.
type Gate interface {
	// Enter takes one of the places that a host has; ok is false if there is
	// none now.
	Enter(host string) (leave func(), ok bool)
	// Wait takes a place as soon as there is one; it returns ctx's error if
	// that ends first.
	Wait(ctx context.Context, host string) (leave func(), err error)
}

// Courier brings messages to receivers.
type Courier interface {
	// Send tries once, for ten seconds at the most.
	Send(ctx context.Context, m Message) Result
	Gate // bounds how many messages are on their way
	// Next returns when to try again after so many tries in vain, the first of
	// which was at first; ok is false if there is no further one.
	Next(first time.Time, tries int, retryAfter time.Duration, now time.Time) (at time.Time, ok bool)
}

// Meter holds tries against the limits of webhook calls (CONTRACT 4).
type Meter interface {
	// Admit takes one try from what an organization and its project may make,
	// or returns for how long there is none.
	Admit(organizationID, projectID string) (wait time.Duration)
	// Count notes a try, by the status that was answered; 0 if none was.
	Count(organizationID, projectID string, status int, at clock.Timestamp)
}

const (
	// lease is how long a job holds send-outs: longer than it may run.
	lease = jobs.Timeout + 5*time.Second
	// lastStart is when a job begins no more tries: each may take ten seconds.
	lastStart = 12 * time.Second
	// placeWait is how long a job waits for a place of its host, unless tries
	// there have lately taken longer than slow: then it is put off at once, so
	// that a receiver which hangs does not take up the workers.
	placeWait = 3 * time.Second
	slow      = 2 * time.Second
	slowFor   = 30 * time.Second
	// deskPlaces is how many rounds claim or settle at once. More would gain
	// nothing, and callers would queue for the database behind all of them.
	deskPlaces = 2
	// busyWait is how long a job stands back when its host has no place.
	busyWait = 500 * time.Millisecond
	// settleTries is how often it is tried to keep what became of tries, and
	// settleWait how long is waited in between: a database that is restarted is
	// soon back, and the lease holds for so long.
	settleTries = 4
	settleWait  = time.Second
	// limitWait is how long a job stands back at the most when the limit of
	// webhook calls is used up: it may be raised before its window ends.
	limitWait = 5 * time.Minute
)

// try is a send-out and what became of one try.
type try struct {
	sendout *WebhookSendout
	at      clock.Timestamp
	result  Result
	void    bool // it was broken off: it says nothing of the receiver
}

// attempt returns the try as it is kept.
func (t *try) attempt() *WebhookAttempt {
	return &WebhookAttempt{
		Number: t.sendout.Tries + 1, At: t.at, LatencyMS: t.result.Took.Milliseconds(), Status: t.result.Status,
		Answer: text(t.result.Answer), Error: t.result.Error, sendoutID: t.sendout.ID,
	}
}

// deliver sends what the job names and nobody else holds. Where the host has
// no place, or time runs out, the rest is put off.
func (s *Service) deliver(ctx context.Context, job deliver) error {
	targets, err := s.webhooks.Targets(ctx, job.ProjectID)
	if err != nil {
		return err
	}
	target := targets[job.WebhookID]
	switch {
	case target != nil && target.Active && job.Ordered:
		return s.deliverGroups(ctx, target, job)
	case target != nil && target.Active:
		_, err := s.round(ctx, target, job.ProjectID, job.SendoutIDs)
		return err
	case job.Ordered:
		return s.store.CancelGroups(ctx, s.db, job.ProjectID, job.SendoutIDs, s.clock.Now())
	}
	return s.store.Cancel(ctx, s.db, job.ProjectID, job.SendoutIDs, s.clock.Now())
}

// deliverGroups sends groups, of each one send-out after the other, until what
// is first in all of them has to wait. It finds out where the groups stand
// instead of going by what the job names, so that the job of a process that
// died goes on where that one stopped.
func (s *Service) deliverGroups(ctx context.Context, target *Target, job deliver) error {
	for began := time.Now(); time.Since(began) < lastStart && ctx.Err() == nil; {
		heads, err := s.store.Heads(ctx, s.db, job.ProjectID, job.SendoutIDs)
		if err != nil {
			return err
		}
		if tried, err := s.round(ctx, target, job.ProjectID, heads); err != nil || !tried {
			return err
		}
	}
	return jobs.Later(0)
}

// round tries those of the send-outs that are due and that nobody else holds,
// and reports whether there were any. It returns jobs.Later if there were some
// that had no place.
func (s *Service) round(ctx context.Context, target *Target, projectID string, ids []string) (tried bool, err error) {
	if len(ids) == 0 {
		return false, nil
	}
	leave, ok := s.enter(ctx, s.turns, target.Host)
	if !ok { // before anything is claimed
		return false, jobs.Later(busyWait)
	}
	defer leave()
	claimed, events, err := s.claim(ctx, projectID, ids)
	if err != nil || len(claimed) == 0 {
		return false, err
	}
	done, left := s.send(ctx, target, claimed, events)
	for i := range done {
		s.tally.add(target.ID, &done[i])
	}
	err = s.settle(ctx, target, done, left)
	for n := 1; err != nil && n < settleTries; n++ { // what is not kept is sent again
		<-time.After(settleWait)
		err = s.settle(ctx, target, done, left)
	}
	if err != nil {
		return false, err
	}
	if len(left.sendouts) > 0 {
		return true, jobs.Later(left.wait)
	}
	return true, nil
}

// leftover is what of a round was not tried, and for how long it is put off.
type leftover struct {
	sendouts []*WebhookSendout
	wait     time.Duration
}

// claim leases send-outs and returns them with their events.
func (s *Service) claim(ctx context.Context, projectID string, ids []string) (claimed []*WebhookSendout, events map[string]*WebhookEvent, err error) {
	s.desk <- struct{}{}
	defer func() { <-s.desk }()
	now := s.clock.Now()
	err = s.db.Append(ctx, func(tx database.Tx) error {
		claimed, err = s.store.Claim(ctx, tx, projectID, ids, now, now.Add(lease))
		return err
	})
	if err != nil || len(claimed) == 0 {
		return nil, nil, err
	}
	events, err = s.store.Events(ctx, s.db, projectID, eventIDs(claimed))
	return claimed, events, err
}

func eventIDs(sendouts []*WebhookSendout) []string {
	ids := make([]string, len(sendouts))
	for i, s := range sendouts {
		ids[i] = s.EventID
	}
	return ids
}

// send tries send-outs, as many at once as the host has places, and returns
// what was tried and what was not: because there was no place or no time, or
// because the limit of webhook calls is used up.
func (s *Service) send(ctx context.Context, target *Target, sendouts []*WebhookSendout, events map[string]*WebhookEvent) (tried []try, left leftover) {
	began := time.Now()
	done := make(chan try, len(sendouts))
	running := 0
	left.wait = busyWait
	take := func() {
		if t := <-done; t.void {
			left.sendouts = append(left.sendouts, t.sendout)
		} else {
			tried = append(tried, t)
		}
		running--
	}
	for i := 0; i < len(sendouts); {
		leave, ok := s.courier.Enter(target.Host)
		if !ok && running == 0 {
			leave, ok = s.enter(ctx, s.courier, target.Host)
		}
		if !ok && running > 0 {
			take()
			continue
		}
		stop := !ok || time.Since(began) > lastStart || ctx.Err() != nil
		if !stop {
			if wait := s.meter.Admit(target.OrganizationID, sendouts[i].projectID); wait > 0 {
				left.wait, stop = min(wait, limitWait), true
			}
		}
		if stop {
			if ok {
				leave()
			}
			left.sendouts = append(left.sendouts, sendouts[i:]...)
			break
		}
		running++
		sendout := sendouts[i]
		i++
		go func() {
			defer leave()
			done <- s.sendOne(ctx, target, sendout, events[sendout.EventID])
		}()
	}
	for running > 0 {
		take()
	}
	return tried, left
}

// enter takes a place of a host, and waits for it a little unless the host is
// slow. Where that is in vain, the host is slow until a try there shows that it
// is not.
func (s *Service) enter(ctx context.Context, gate Gate, host string) (leave func(), ok bool) {
	if leave, ok = gate.Enter(host); ok {
		return leave, true
	}
	if until, known := s.slow.Load(host); known && time.Now().Before(until.(time.Time)) {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, placeWait)
	defer cancel()
	leave, err := gate.Wait(ctx, host)
	if errors.Is(err, context.DeadlineExceeded) {
		s.note(host, placeWait)
	}
	return leave, err == nil
}

// note remembers a host whose tries take long, for a while.
func (s *Service) note(host string, took time.Duration) {
	if took >= slow {
		s.slow.Store(host, time.Now().Add(slowFor))
	} else {
		s.slow.Delete(host)
	}
}

func (s *Service) sendOne(ctx context.Context, target *Target, sendout *WebhookSendout, event *WebhookEvent) try {
	at := s.clock.Now()
	if event == nil {
		return try{sendout: sendout, at: at, result: Result{Error: "the event is gone"}}
	}
	body, err := body(target, sendout, event)
	if err != nil {
		return try{sendout: sendout, at: at, result: Result{Error: "the event cannot be written"}}
	}
	result := s.courier.Send(ctx, Message{
		ID: sendout.ID, URL: target.URL, Body: body, Header: target.Header,
		ProjectToken: target.ProjectToken, Secrets: target.secrets(at), At: at.Time(),
	})
	s.note(target.Host, result.Took)
	s.meter.Count(target.OrganizationID, sendout.projectID, result.Status, at)
	return try{sendout, at, result, result.Error != "" && ctx.Err() != nil}
}

// body is what a receiver is sent (CONTRACT 6).
func body(target *Target, sendout *WebhookSendout, event *WebhookEvent) ([]byte, error) {
	type sourceOf struct {
		ID        string `json:"id"`
		Object    string `json:"object"`
		TargetURL string `json:"target_url"`
	}
	type eventOf struct {
		ID        string          `json:"id"`
		Type      string          `json:"type"`
		CreatedAt clock.Timestamp `json:"created_at"`
		EntityID  *string         `json:"entity_id"`
		GroupID   *string         `json:"group_id"`
		Source    json.RawMessage `json:"event_source"`
	}
	return json.Marshal(struct {
		ID        string          `json:"id"`
		ProjectID string          `json:"project_id"`
		CreatedAt clock.Timestamp `json:"created_at"`
		Type      string          `json:"type"`
		Data      json.RawMessage `json:"data"`
		Source    sourceOf        `json:"source"`
		Event     eventOf         `json:"event"`
	}{
		sendout.ID, sendout.projectID, sendout.CreatedAt, event.Type, event.data, sourceOf{target.ID, "webhook", target.URL},
		eventOf{event.ID, event.Type, event.CreatedAt, event.EntityID, event.GroupID, event.source},
	})
}

// settle keeps what became of tries, enqueues the next ones, and switches the
// webhook off after a last one.
func (s *Service) settle(ctx context.Context, target *Target, tried []try, left leftover) error {
	s.desk <- struct{}{}
	defer func() { <-s.desk }()
	now := s.clock.Now()
	return s.db.Append(context.WithoutCancel(ctx), func(tx database.Tx) error {
		var attempts []*WebhookAttempt
		var arrived []string
		var projectID string
		var again []*WebhookSendout
		for i := range tried {
			t := &tried[i]
			projectID = t.sendout.projectID
			attempts = append(attempts, t.attempt())
			if t.result.Error == "" {
				arrived = append(arrived, t.sendout.ID)
				continue
			}
			next := s.after(t, now)
			held, err := s.store.Settle(ctx, tx, next)
			if err != nil {
				return err
			}
			switch {
			case held && next.Status == Retrying:
				again = append(again, next)
			case held && next.Status == Failed:
				if err := s.webhooks.SwitchOff(ctx, tx, projectID, target.ID, t.result.Error, now); err != nil {
					return err
				}
			}
		}
		var errs error
		if len(tried) > 0 {
			errs = errors.Join(s.store.InsertAttempts(ctx, tx, projectID, attempts), s.store.Succeed(ctx, tx, projectID, arrived, now))
		}
		for _, sendout := range left.sendouts {
			errs = errors.Join(errs, s.store.Postpone(ctx, tx, sendout, now.Add(left.wait)))
		}
		return errors.Join(errs, s.queue.Enqueue(ctx, tx, s.retries(again, now)...))
	})
}

// after returns a send-out as it is after a try in vain.
func (s *Service) after(t *try, now clock.Timestamp) *WebhookSendout {
	next := *t.sendout
	next.Tries++
	next.UpdatedAt = now
	if next.firstAt == nil {
		next.firstAt = &t.at
	}
	at, ok := s.courier.Next(next.firstAt.Time(), next.Tries-next.earlier, t.result.RetryAfter, now.Time())
	if !ok {
		next.Status, next.NextTryAt = Failed, nil
		return &next
	}
	due := clock.At(at)
	next.Status, next.NextTryAt = Retrying, &due
	return &next
}

// retries returns the jobs for send-outs that are to be tried again, those due
// in the same second together. The queue goes by the machine's clock.
func (s *Service) retries(sendouts []*WebhookSendout, now clock.Timestamp) []jobs.Job {
	type slot struct {
		webhookID string
		second    int64
		ordered   bool
	}
	slots := map[slot][]string{}
	for _, o := range sendouts {
		at := slot{o.WebhookID, (int64(*o.NextTryAt) + 999) / 1000, o.groupID != nil}
		slots[at] = append(slots[at], o.ID)
	}
	var out []jobs.Job
	for at, ids := range slots {
		wait := time.Duration(at.second*1000-int64(now)) * time.Millisecond
		out = append(out, jobs.Job{Args: deliver{sendouts[0].projectID, at.webhookID, ids, at.ordered}, At: time.Now().Add(wait)})
	}
	return out
}
