package sendout

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/jobs"
)

const (
	kindReplay = "webhook_replay"
	// replayStep is how many send-outs are looked at in one transaction.
	replayStep = 200
)

// ReplayStatus is how far a replay is.
type ReplayStatus string

// The statuses.
const (
	ReplayRunning   ReplayStatus = "running"
	ReplayDone      ReplayStatus = "done"
	ReplayCancelled ReplayStatus = "cancelled"
)

// WebhookReplayFilter says which send-outs are tried again; what is empty means
// any.
type WebhookReplayFilter struct {
	Status    Status `json:"status,omitempty" enum:"failed,cancelled,succeeded" doc:"Only send-outs that ended so: failed if it is not said." example:"failed"`
	WebhookID string `json:"webhook_id,omitempty" maxLength:"64" doc:"Only send-outs to this webhook."`
	Type      string `json:"type,omitempty" maxLength:"100" doc:"Only send-outs of events of this name." example:"redemption.succeeded"`
	From      string `json:"from,omitempty" format:"date-time" maxLength:"40" doc:"Only what was published from then on." example:"2026-11-23T00:00:00Z"`
	To        string `json:"to,omitempty" format:"date-time" maxLength:"40" doc:"Only what was published before then."`
}

// TransformSchema says that every member may be left out.
func (WebhookReplayFilter) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// WebhookReplay is the work of trying send-outs again that a filter chose, and
// how far it is.
type WebhookReplay struct {
	ID         string              `json:"id" doc:"Identifies the replay." example:"whr_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object     string              `json:"object" enum:"webhook_replay" doc:"Always webhook_replay."`
	Status     ReplayStatus        `json:"status" enum:"running,done,cancelled" doc:"How far it is."`
	Filter     WebhookReplayFilter `json:"filter" doc:"Which send-outs it tries again."`
	Total      int64               `json:"total" minimum:"0" doc:"How many send-outs the filter chose when it began."`
	Retried    int64               `json:"retried" minimum:"0" doc:"How many are on their way again by now."`
	Skipped    int64               `json:"skipped" minimum:"0" doc:"How many were left as they are, because their webhook is gone or switched off."`
	CreatedAt  clock.Timestamp     `json:"created_at" doc:"When it began."`
	FinishedAt *clock.Timestamp    `json:"finished_at" nullable:"true" doc:"When it was done or cancelled; null while it is running."`

	projectID string
	lastID    string // of the send-outs that were looked at
}

// replay is the job that works on a replay.
type replay struct {
	ProjectID string `json:"project_id"`
	ReplayID  string `json:"replay_id"`
}

// Kind names the job.
func (replay) Kind() string { return "replay_webhooks" }

// filter returns the send-outs that are meant, up to those of a moment. It
// returns fault.InvalidPayload for times that are none.
func (f *WebhookReplayFilter) filter(before clock.Timestamp) (Filter, error) {
	in := list{Status: string(f.Status), WebhookID: f.WebhookID, Type: f.Type, From: f.From, To: f.To}
	filter, err := in.filter()
	filter.Before = min(filter.Before, ident.FirstIDAt(ident.Sendout, before.Time()))
	return filter, err
}

// Replay begins to try again what a filter chooses and returns it. It returns
// fault.InvalidPayload for a filter that cannot be.
func (s *Service) Replay(ctx context.Context, tx database.Tx, projectID string, f WebhookReplayFilter, now clock.Timestamp) (*WebhookReplay, error) {
	if f.Status == "" {
		f.Status = Failed
	}
	chosen, err := f.filter(now)
	if err != nil {
		return nil, err
	}
	r := &WebhookReplay{
		ID: ident.NewID(ident.Replay), Object: kindReplay, Status: ReplayRunning, Filter: f, CreatedAt: now, projectID: projectID, lastID: chosen.After,
	}
	if r.Total, err = s.store.Count(ctx, tx, projectID, chosen); err != nil {
		return nil, err
	}
	if err := s.store.InsertReplay(ctx, tx, r); err != nil {
		return nil, err
	}
	return r, s.queue.Enqueue(ctx, tx, jobs.Job{Args: replay{projectID, r.ID}})
}

// ShowReplay returns a replay, or fault.ResourceNotFound.
func (s *Service) ShowReplay(ctx context.Context, q database.Querier, projectID, id string) (*WebhookReplay, error) {
	return s.store.Replay(ctx, q, projectID, id)
}

// Replays returns the project's latest replays, the newest first.
func (s *Service) Replays(ctx context.Context, q database.Querier, projectID string) ([]*WebhookReplay, error) {
	return s.store.Replays(ctx, q, projectID, maxReplays)
}

// maxReplays is how many replays are listed.
const maxReplays = 100

// StopReplay ends a replay that is running and returns it before and after, or
// fault.ResourceNotFound. What it has put on its way already goes on.
func (s *Service) StopReplay(ctx context.Context, tx database.Tx, projectID, id string, now clock.Timestamp) (before, after *WebhookReplay, err error) {
	if before, err = s.store.Replay(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	stopped := *before
	if stopped.Status != ReplayRunning {
		return before, &stopped, nil
	}
	stopped.Status, stopped.FinishedAt = ReplayCancelled, &now
	_, err = s.store.AdvanceReplay(ctx, tx, before, &stopped)
	return before, &stopped, err
}

// replay works on a replay until it is done, or for a while.
func (s *Service) replay(ctx context.Context, job replay) error {
	for began := time.Now(); time.Since(began) < lastStart && ctx.Err() == nil; {
		r, err := s.store.Replay(ctx, s.db, job.ProjectID, job.ReplayID)
		if fault.Is(err, fault.ResourceNotFound) {
			return nil // its project is gone
		}
		if err != nil || r.Status != ReplayRunning {
			return err
		}
		targets, err := s.webhooks.Targets(ctx, job.ProjectID)
		if err != nil {
			return err
		}
		if err := s.db.Append(ctx, func(tx database.Tx) error { return s.advance(ctx, tx, r, targets) }); err != nil {
			return err
		}
	}
	return jobs.Later(0)
}

// advance puts the next send-outs of a replay on their way again, the oldest
// first.
func (s *Service) advance(ctx context.Context, tx database.Tx, r *WebhookReplay, targets map[string]*Target) error {
	chosen, err := r.Filter.filter(r.CreatedAt)
	if err != nil {
		return err
	}
	chosen.After = r.lastID
	found, err := s.store.Oldest(ctx, tx, r.projectID, chosen, replayStep)
	if err != nil {
		return err
	}
	now, next := s.clock.Now(), *r
	var again []*WebhookSendout
	for _, o := range found {
		next.lastID = o.ID
		if t := targets[o.WebhookID]; t == nil || !t.Active || o.Test {
			next.Skipped++
			continue
		}
		again = append(again, o.renewed(now))
	}
	next.Retried += int64(len(again))
	if len(found) < replayStep {
		next.Status, next.FinishedAt = ReplayDone, &now
	}
	if held, err := s.store.AdvanceReplay(ctx, tx, r, &next); err != nil || !held {
		return err // it was cancelled, or somebody else is at it
	}
	for _, o := range again {
		if err := s.store.Renew(ctx, tx, o); err != nil {
			return err
		}
	}
	return s.queue.Enqueue(ctx, tx, deliveries(again)...)
}
