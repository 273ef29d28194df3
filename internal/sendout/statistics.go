package sendout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	day = 24 * time.Hour
	// KeepTallies is how long the counts of tries are kept.
	KeepTallies = 90 * day
	maxHours    = 31 * day // by the hour
)

// WebhookLatency is how long tries took, in milliseconds: at most a fifth less
// than it says. It tells of those that were answered with success.
type WebhookLatency struct {
	P50 float64 `json:"p50" doc:"Half of the tries took no longer." example:"24.7"`
	P95 float64 `json:"p95" doc:"Of twenty tries nineteen took no longer." example:"118.8"`
}

// WebhookLastFailure is the last try that failed.
type WebhookLastFailure struct {
	SendoutID string          `json:"sendout_id" doc:"The send-out." example:"whs_01kaqm5f3ve0rabpx1v0p2xwz8"`
	At        clock.Timestamp `json:"at" doc:"When it began."`
	Status    int             `json:"status" doc:"The HTTP status that the receiver answered; 0 if it did not."`
	Error     string          `json:"error" doc:"Why it failed." example:"timed out after 10s"`
}

// WebhookTries is how many tries there were in an hour or a day.
type WebhookTries struct {
	At        clock.Timestamp `json:"at" doc:"When the hour or day begins, in UTC."`
	Succeeded int64           `json:"succeeded" doc:"How many tries arrived."`
	Failed    int64           `json:"failed" doc:"How many failed."`
}

// WebhookStatistics is how the deliveries of a webhook went. Tests count for
// nothing.
type WebhookStatistics struct {
	Object      string              `json:"object" enum:"webhook_statistics" doc:"Always webhook_statistics."`
	WebhookID   string              `json:"webhook_id" doc:"The webhook."`
	From        clock.Timestamp     `json:"from" doc:"The beginning of the first hour or day."`
	To          clock.Timestamp     `json:"to" doc:"The end of the last one."`
	Interval    string              `json:"interval" enum:"hour,day" doc:"What tries are summed up by."`
	Succeeded   int64               `json:"succeeded" doc:"How many tries arrived."`
	Failed      int64               `json:"failed" doc:"How many failed."`
	SuccessRate *float64            `json:"success_rate" nullable:"true" minimum:"0" maximum:"1" doc:"Which part of the tries arrived; null if there were none." example:"0.998"`
	LatencyMS   *WebhookLatency     `json:"latency_ms" doc:"How long those took that arrived; null if there were none."`
	LastFailure *WebhookLastFailure `json:"last_failure" doc:"The last try that failed, whenever that was; null if none is known."`
	Data        []*WebhookTries     `json:"data" nullable:"false" doc:"The hours or days in which there were tries, the first one first."`
}

// TransformSchema says what is null before there were tries.
func (WebhookStatistics) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.OrNull(r, s, "latency_ms", "last_failure")
}

// Span says of which time statistics are, in whole hours or days.
type Span struct {
	From, To clock.Timestamp
	Daily    bool
}

// Statistics returns how the deliveries of a webhook went, up to about a second
// ago. It returns fault.ResourceNotFound, and fault.InvalidPayload for times in
// the wrong order, for more than 31 days by the hour or 90 by the day.
func (s *Service) Statistics(ctx context.Context, q database.Querier, projectID, webhookID string, span Span) (*WebhookStatistics, error) {
	targets, err := s.webhooks.Targets(ctx, projectID)
	if err != nil {
		return nil, err
	}
	if targets[webhookID] == nil {
		return nil, fault.NotFound("webhook", webhookID)
	}
	if err := span.align(); err != nil {
		return nil, err
	}
	tallies, err := s.store.Tallies(ctx, q, projectID, webhookID, span.From, span.To)
	if err != nil {
		return nil, err
	}
	stats := &WebhookStatistics{
		Object: "webhook_statistics", WebhookID: webhookID, From: span.From, To: span.To, Interval: span.name(), Data: []*WebhookTries{},
	}
	stats.sum(tallies, span.length())
	stats.LastFailure, err = s.store.LastFailure(ctx, q, projectID, webhookID)
	return stats, err
}

func (s *Span) length() time.Duration {
	if s.Daily {
		return day
	}
	return time.Hour
}

func (s *Span) name() string {
	if s.Daily {
		return "day"
	}
	return "hour"
}

// align moves the times apart to whole hours or days, and checks how far apart
// they are.
func (s *Span) align() error {
	if s.From >= s.To {
		return fault.Invalid("Property .from must be before .to")
	}
	length, longest := s.length(), maxHours
	if s.Daily {
		longest = KeepTallies
	}
	s.From = clock.At(s.From.Time().Truncate(length))
	if end := clock.At(s.To.Time().Truncate(length)); end < s.To {
		s.To = end.Add(length)
	}
	if s.To.Time().Sub(s.From.Time()) > longest+length {
		return fault.Invalid(fmt.Sprintf("Property .from must be at most %d days before .to with the interval %s", longest/day, s.name()))
	}
	return nil
}

// sum adds tallies up; they are in the order of their hours.
func (w *WebhookStatistics) sum(tallies []tallied, length time.Duration) {
	var latencies []tallied
	for _, t := range tallies {
		at := clock.At(t.hour.Time().Truncate(length))
		if n := len(w.Data); n == 0 || w.Data[n-1].At != at {
			w.Data = append(w.Data, &WebhookTries{At: at})
		}
		entry := w.Data[len(w.Data)-1]
		if !t.succeeded {
			entry.Failed += t.tries
			w.Failed += t.tries
			continue
		}
		entry.Succeeded += t.tries
		w.Succeeded += t.tries
		latencies = append(latencies, t)
	}
	if all := w.Succeeded + w.Failed; all > 0 {
		rate := float64(w.Succeeded) / float64(all)
		w.SuccessRate = &rate
	}
	if w.Succeeded > 0 {
		slices.SortFunc(latencies, func(a, b tallied) int { return int(a.bucket - b.bucket) })
		w.LatencyMS = &WebhookLatency{P50: quantile(latencies, w.Succeeded, 50), P95: quantile(latencies, w.Succeeded, 95)}
	}
}

// quantile returns the latency that so many percent of the tries did not
// exceed. The tallies are in the order of their buckets.
func quantile(tallies []tallied, all, percent int64) float64 {
	rank := (all*percent + 99) / 100 // the smallest that holds
	for _, t := range tallies {
		if rank -= t.tries; rank <= 0 {
			return ceiling(t.bucket)
		}
	}
	return 0 // without tries
}

// Sweep removes what is older than it is to be kept, and what projects have
// left that are gone.
func (s *Service) Sweep(ctx context.Context, now clock.Timestamp) error {
	if err := s.store.DropTallies(ctx, s.db, now.Add(-KeepTallies)); err != nil {
		return err
	}
	for after := ""; ; {
		projectID, gone, err := s.store.NextProject(ctx, s.db, after)
		if err != nil || projectID == "" {
			return err
		}
		after = projectID
		sendouts, events := now.Add(-Keep), now.Add(-Keep-keepEvents)
		if gone {
			sendouts, events = afterAll, afterAll
		}
		if err := s.store.Drop(ctx, s.db, projectID, sendouts, events, gone); err != nil {
			return err
		}
	}
}

const (
	// Keep is how long send-outs are kept with their tries.
	Keep = 30 * day
	// keepEvents is how much longer events are kept: one that is sent once more
	// in the last moment is tried for a day.
	keepEvents = 2 * day
	// afterAll is a time after every other.
	afterAll = clock.Timestamp(1) << 47
)

// span returns the time that the parameters ask for: the last day if they do
// not.
func (in *statistics) span(now clock.Timestamp) (Span, error) {
	var violations []string
	from, to := api.ParseTime("from", in.From, &violations), api.ParseTime("to", in.To, &violations)
	if len(violations) > 0 {
		return Span{}, fault.Invalid(violations...)
	}
	span := Span{To: now.Add(time.Millisecond), Daily: in.Interval == "day"}
	if to != nil {
		span.To = *to
	}
	if span.From = span.To.Add(-day); from != nil {
		span.From = *from
	}
	return span, nil
}
