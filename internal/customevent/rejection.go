package customevent

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	// keptRejections is how many refused events a project keeps to be looked at.
	keptRejections = 100
	// maxReasons is how many reasons are told apart in a project; what comes
	// beyond is counted together, so that a caller who makes up names fills no
	// table.
	maxReasons = 1000
	// maxKept is how many bytes of a refused event are kept, and maxDetails how
	// many of what was wrong with it.
	maxKept, maxDetails = 8 << 10, 2 << 10

	reasonNoSchema   = "no schema"
	reasonNoCustomer = "unknown customer"
	reasonOther      = "other"

	rejectionFlush   = time.Second
	rejectionTimeout = 10 * time.Second
)

// RejectedEvent is an event that was refused.
type RejectedEvent struct {
	ID        string          `json:"id" doc:"Identifies the refusal." example:"rej_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string          `json:"object" enum:"rejected_event" doc:"Always rejected_event."`
	Type      string          `json:"type" doc:"The name of the event." example:"review"`
	Details   string          `json:"details" doc:"What was wrong with it." example:"rating: must be a number (actual value is 'x')"`
	Payload   SentEvent       `json:"payload" doc:"The event as it was sent; null if it was large."`
	CreatedAt clock.Timestamp `json:"created_at" doc:"When it was refused."`
}

// SentEvent is an event as it was sent: JSON, or nil where it is not known.
type SentEvent []byte

// MarshalJSON writes the event, or null.
func (e SentEvent) MarshalJSON() ([]byte, error) {
	if len(e) == 0 {
		return []byte("null"), nil
	}
	return e, nil
}

// UnmarshalJSON keeps what is read.
func (e *SentEvent) UnmarshalJSON(b []byte) error {
	if *e = nil; string(b) != "null" {
		*e = append(*e, b...)
	}
	return nil
}

// Schema describes the JSON form in the OpenAPI document.
func (SentEvent) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Nullable: true, AdditionalProperties: true}
}

// RejectionCount says how many events were refused for a reason.
type RejectionCount struct {
	Type   string          `json:"type" doc:"The name of the events; empty where reasons are counted together because there are very many." example:"review"`
	Reason string          `json:"reason" doc:"The property and the rule that it broke; no schema for an event that has none." example:"rating: type"`
	Count  int64           `json:"count" doc:"How many events were refused for it." example:"12"`
	LastAt clock.Timestamp `json:"last_at" doc:"When one last was."`
}

// RejectedEventList shows why events are refused.
type RejectedEventList struct {
	api.List[*RejectedEvent]
	Counts []*RejectionCount `json:"counts" nullable:"false" doc:"How many events were refused, by name and reason, the most frequent first. An event with several faults counts for each."`
}

// rejections counts refused events in memory and writes that down every
// second: who sends nonsense as fast as they can must not make the database
// work. A crash loses the last second of it.
type rejections struct {
	db    database.DB
	store rejectionStore
	log   *slog.Logger

	writing  sync.Mutex // held while something is written
	mu       sync.Mutex
	projects map[string]*refused
}

// refused is what was refused of a project and is not yet written.
type refused struct {
	counts map[reasonKey]*RejectionCount
	last   []*RejectedEvent
}

type reasonKey struct{ eventType, reason string }

func newRejections(db database.DB, log *slog.Logger) *rejections {
	return &rejections{db: db, log: log, projects: map[string]*refused{}}
}

// add notes a refused event.
func (r *rejections) add(projectID string, d *CustomEventDraft, now clock.Timestamp, details string, reasons ...string) {
	raw, err := json.Marshal(d)
	if err != nil || len(raw) > maxKept {
		raw = nil
	}
	e := &RejectedEvent{
		Object: "rejected_event", Type: d.Event,
		Details: cutText(details, maxDetails), Payload: raw, CreatedAt: now,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.projects[projectID]
	if p == nil {
		p = &refused{counts: map[reasonKey]*RejectionCount{}}
		r.projects[projectID] = p
	}
	if p.last = append(p.last, e); len(p.last) > keptRejections {
		p.last = p.last[1:]
	}
	for _, reason := range reasons {
		p.count(reasonKey{d.Event, reason}, now)
	}
}

func (p *refused) count(key reasonKey, now clock.Timestamp) {
	if p.counts[key] == nil && len(p.counts) >= maxReasons {
		key = reasonKey{"", reasonOther}
	}
	c := p.counts[key]
	if c == nil {
		c = &RejectionCount{Type: key.eventType, Reason: key.reason}
		p.counts[key] = c
	}
	c.Count++
	c.LastAt = now
}

// customers notes the event that was refused for its customer, if that is why.
func (r *rejections) customers(call *submission, err error) {
	if f, ok := errors.AsType[*customerFault](err); ok {
		r.add(call.projectID, &call.drafts[f.draft], call.now, f.refused.Details, f.reasons...)
	}
}

// reasons returns the kinds of violations, each once. Positions in lists and
// names that no schema knows are not told apart.
func reasons(prefix string, violations []conform.Violation) []string {
	var out []string
	for _, v := range violations {
		property, _, _ := strings.Cut(v.Path, ".")
		if v.Rule == conform.RuleUnknown {
			property = "*"
		}
		if reason := prefix + property + ": " + v.Rule; !slices.Contains(out, reason) {
			out = append(out, reason)
		}
	}
	return out
}

// cutText returns at most n bytes of a text, without breaking a character.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}

func (r *rejections) run(ctx context.Context) {
	ticker := time.NewTicker(rejectionFlush)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			r.flush(context.WithoutCancel(ctx))
			return
		case <-ticker.C:
			r.flush(ctx)
		}
	}
}

// flush writes down what was refused.
func (r *rejections) flush(ctx context.Context) {
	r.mu.Lock()
	projects := slices.Sorted(maps.Keys(r.projects))
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, rejectionTimeout)
	defer cancel()
	for _, projectID := range projects {
		r.flushOne(ctx, projectID)
	}
}

// flushOne writes down what was refused of a project. What cannot be written is
// logged and given up: it is told to help people, and must not pile up.
func (r *rejections) flushOne(ctx context.Context, projectID string) {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	p := r.projects[projectID]
	delete(r.projects, projectID)
	r.mu.Unlock()
	if p == nil {
		return
	}
	err := r.db.Write(ctx, func(tx database.Tx) error { return r.store.add(ctx, tx, projectID, p) })
	if err != nil && !errors.Is(err, database.ErrForeignKey) { // a project that is gone needs nothing
		r.log.Warn("refused events were not counted", "project", projectID, "error", err)
	}
}

func (r *rejections) list(ctx context.Context, q database.Querier, projectID string) (RejectedEventList, error) {
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), rejectionTimeout) // who hangs up must not break it off
	r.flushOne(writing, projectID)                                                       // who looks has often just been refused
	cancel()
	counts, err := r.store.counts(ctx, q, projectID)
	if err != nil {
		return RejectedEventList{}, err
	}
	last, err := r.store.last(ctx, q, projectID)
	return RejectedEventList{List: api.All(last), Counts: counts}, err
}

// rejectionStore keeps what was refused.
type rejectionStore struct{}

// add adds to the counts, and keeps the last keptRejections events.
func (s rejectionStore) add(ctx context.Context, q database.Querier, projectID string, p *refused) error {
	var told int
	if err := q.QueryRow(ctx, `SELECT count(*) FROM event_rejections WHERE project_id = $1`, projectID).Scan(&told); err != nil {
		return err
	}
	for _, key := range slices.SortedFunc(maps.Keys(p.counts), func(a, b reasonKey) int { return strings.Compare(a.eventType+"\n"+a.reason, b.eventType+"\n"+b.reason) }) {
		c := p.counts[key]
		if told >= maxReasons {
			known, err := s.increase(ctx, q, projectID, key, c)
			if err != nil {
				return err
			}
			if known {
				continue
			}
			key = reasonKey{"", reasonOther}
		}
		known, err := s.increase(ctx, q, projectID, key, c)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		if _, err := q.Exec(ctx, `INSERT INTO event_rejections (project_id, type, reason, count, last_at) VALUES ($1, $2, $3, $4, $5)`,
			projectID, key.eventType, key.reason, c.Count, c.LastAt); err != nil {
			return err
		}
		told++
	}
	ids := ident.NewIDsAt(ident.RejectedEvent, p.last[len(p.last)-1].CreatedAt.Time(), len(p.last)) // in their order
	for i, e := range p.last {
		if _, err := q.Exec(ctx, `INSERT INTO rejected_events (project_id, id, type, details, payload, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			projectID, ids[i], e.Type, e.Details, string(e.Payload), e.CreatedAt); err != nil {
			return err
		}
	}
	_, err := q.Exec(ctx, `DELETE FROM rejected_events WHERE project_id = $1 AND id NOT IN
		(SELECT id FROM rejected_events WHERE project_id = $1 ORDER BY id DESC LIMIT $2)`, projectID, keptRejections)
	return err
}

// increase adds to a count, and reports whether there is one.
func (rejectionStore) increase(ctx context.Context, q database.Querier, projectID string, key reasonKey, c *RejectionCount) (known bool, err error) {
	n, err := q.Exec(ctx, `UPDATE event_rejections SET count = count + $1, last_at = $2 WHERE project_id = $3 AND type = $4 AND reason = $5`,
		c.Count, c.LastAt, projectID, key.eventType, key.reason)
	return n > 0, err
}

func (rejectionStore) counts(ctx context.Context, q database.Querier, projectID string) ([]*RejectionCount, error) {
	rows, err := q.Query(ctx, `SELECT type, reason, count, last_at FROM event_rejections WHERE project_id = $1 ORDER BY count DESC, type, reason`, projectID)
	return database.Collect(rows, err, func(row database.Row) (*RejectionCount, error) {
		var c RejectionCount
		return &c, row.Scan(&c.Type, &c.Reason, &c.Count, &c.LastAt)
	})
}

func (rejectionStore) last(ctx context.Context, q database.Querier, projectID string) ([]*RejectedEvent, error) {
	rows, err := q.Query(ctx, `SELECT id, type, details, payload, created_at FROM rejected_events WHERE project_id = $1 ORDER BY id DESC`, projectID)
	return database.Collect(rows, err, func(row database.Row) (*RejectedEvent, error) {
		e := RejectedEvent{Object: "rejected_event"}
		var raw string
		err := row.Scan(&e.ID, &e.Type, &e.Details, &raw, &e.CreatedAt)
		e.Payload = SentEvent(raw)
		return &e, err
	})
}
