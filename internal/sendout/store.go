package sendout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Store keeps events, send-outs and tries.
type Store struct{}

const columns = `project_id, id, webhook_id, event_id, type, status, tries, earlier, first_at, next_at, created_at, updated_at, group_id, test`

// Statements that name ids must find them by the primary key. Until PostgreSQL
// has gathered its statistics it would rather read all rows of a project, or
// all that are unfinished, by the indexes that lead there; so the conditions on
// these are written as no index has them.
const (
	ofProject  = `project_id || '' = $1`
	unfinished = `status IN ('queued', 'retrying')`
	// headOfGroup is the first unfinished send-out of the group of s.
	headOfGroup = `(SELECT MIN(h.id) FROM webhook_sendouts h WHERE h.webhook_id = s.webhook_id AND h.group_id = s.group_id AND h.next_at IS NOT NULL)`
)

var (
	insertEvents   = database.Inserts(`INSERT INTO webhook_events (project_id, id, type, data, entity_id, group_id, source, created_at)`, 8)
	insertSendouts = database.Inserts(`INSERT INTO webhook_sendouts (project_id, id, webhook_id, event_id, type, status, tries, earlier, next_at, lease_until, created_at, updated_at, group_id, test)`, 14)
	insertAttempts = database.Inserts(`INSERT INTO webhook_attempts (project_id, sendout_id, number, at, took, status, answer, error)`, 8)
	claimSendouts  = database.ForSizes(func(marks func(first int) string) string {
		return `UPDATE webhook_sendouts SET lease_until = $3 WHERE ` + ofProject + ` AND ` + unfinished + ` AND (first_at IS NULL OR next_at <= $4) AND lease_until <= $2 AND id IN (` + marks(5) + `) RETURNING ` + columns
	})
	eventsByID = database.ForSizes(func(marks func(first int) string) string {
		return `SELECT project_id, id, type, data, entity_id, group_id, source, created_at FROM webhook_events WHERE ` + ofProject + ` AND id IN (` + marks(2) + `)`
	})
	headsOfGroups = database.ForSizes(func(marks func(first int) string) string {
		return `SELECT DISTINCT ` + headOfGroup + ` FROM webhook_sendouts s WHERE s.project_id || '' = $1 AND s.id IN (` + marks(2) + `)`
	})
	cancelGroups = database.ForSizes(func(marks func(first int) string) string {
		return `UPDATE webhook_sendouts SET status = 'cancelled', next_at = NULL, lease_until = 0, updated_at = $2 WHERE project_id = $1 AND ` + unfinished + `
			AND (webhook_id, group_id) IN (SELECT s.webhook_id, s.group_id FROM webhook_sendouts s WHERE s.id IN (` + marks(3) + `))`
	})
	succeedSendouts = database.ForSizes(func(marks func(first int) string) string {
		return `UPDATE webhook_sendouts SET status = 'succeeded', tries = tries + 1, next_at = NULL, lease_until = 0, updated_at = $2 WHERE ` + ofProject + ` AND ` + unfinished + ` AND id IN (` + marks(3) + `)`
	})
)

// InsertEvents keeps published events.
func (Store) InsertEvents(ctx context.Context, q database.Querier, events []*WebhookEvent) error {
	return database.InsertMany(ctx, q, insertEvents, events, func(e *WebhookEvent) []any {
		return []any{e.projectID, e.ID, e.Type, string(e.data), e.EntityID, e.GroupID, string(e.source), e.CreatedAt}
	})
}

// InsertSendouts keeps new send-outs.
func (Store) InsertSendouts(ctx context.Context, q database.Querier, sendouts []*WebhookSendout) error {
	return database.InsertMany(ctx, q, insertSendouts, sendouts, func(s *WebhookSendout) []any {
		return []any{s.projectID, s.ID, s.WebhookID, s.EventID, s.Type, string(s.Status), s.Tries, 0, s.NextTryAt, 0, s.CreatedAt, s.UpdatedAt, s.groupID, s.Test}
	})
}

// InsertAttempts keeps tries of a project's send-outs.
func (Store) InsertAttempts(ctx context.Context, q database.Querier, projectID string, attempts []*WebhookAttempt) error {
	return database.InsertMany(ctx, q, insertAttempts, attempts, func(a *WebhookAttempt) []any {
		return []any{projectID, a.sendoutID, a.Number, a.At, a.LatencyMS, a.Status, a.Answer, a.Error}
	})
}

// clockSkew is how far the clocks of nodes may be apart: who wakes up for a
// try by its own clock must find it due.
const clockSkew = 2 * time.Second

// Claim leases those of the send-outs that are due and that nobody holds, until
// a time, and returns them. What was never tried is always due: it may have had
// to wait for one before it in its group.
func (Store) Claim(ctx context.Context, q database.Querier, projectID string, ids []string, now, until clock.Timestamp) (claimed []*WebhookSendout, err error) {
	err = database.InChunks(ids, func(size int, chunk []string) error {
		rows, err := q.Query(ctx, claimSendouts[size], withIDs(chunk, projectID, now, until, now.Add(clockSkew))...)
		some, err := database.Collect(rows, err, scan)
		claimed = append(claimed, some...)
		return err
	})
	return claimed, err
}

// Heads returns the ids of the first unfinished send-outs of the groups that
// send-outs belong to.
func (Store) Heads(ctx context.Context, q database.Querier, projectID string, ids []string) (heads []string, err error) {
	err = database.InChunks(ids, func(size int, chunk []string) error {
		rows, err := q.Query(ctx, headsOfGroups[size], withIDs(chunk, projectID)...)
		some, err := database.Collect(rows, err, func(row database.Row) (*string, error) {
			var id *string
			return id, row.Scan(&id)
		})
		for _, id := range some {
			if id != nil { // nil: the group is finished
				heads = append(heads, *id)
			}
		}
		return err
	})
	return heads, err
}

// CancelGroups ends what is unfinished in the groups that send-outs belong to.
func (Store) CancelGroups(ctx context.Context, q database.Querier, projectID string, ids []string, at clock.Timestamp) error {
	return database.InChunks(ids, func(size int, chunk []string) error {
		_, err := q.Exec(ctx, cancelGroups[size], withIDs(chunk, projectID, at)...)
		return err
	})
}

// withIDs returns the arguments of a statement that ends with ids.
func withIDs(ids []string, first ...any) []any {
	for _, id := range ids {
		first = append(first, id)
	}
	return first
}

// FreeLeases gives back what a process held that is gone.
func (Store) FreeLeases(ctx context.Context, q database.Querier) error {
	_, err := q.Exec(ctx, `UPDATE webhook_sendouts SET lease_until = 0 WHERE next_at IS NOT NULL AND lease_until > 0`)
	return err
}

// Events returns a project's events by their ids.
func (Store) Events(ctx context.Context, q database.Querier, projectID string, ids []string) (map[string]*WebhookEvent, error) {
	events := map[string]*WebhookEvent{}
	err := database.InChunks(ids, func(size int, chunk []string) error {
		rows, err := q.Query(ctx, eventsByID[size], withIDs(chunk, projectID)...)
		some, err := database.Collect(rows, err, scanEvent)
		for _, e := range some {
			events[e.ID] = e
		}
		return err
	})
	return events, err
}

// Succeed notes that send-outs have arrived, unless they were cancelled
// meanwhile.
func (Store) Succeed(ctx context.Context, q database.Querier, projectID string, ids []string, at clock.Timestamp) error {
	return database.InChunks(ids, func(size int, chunk []string) error {
		_, err := q.Exec(ctx, succeedSendouts[size], withIDs(chunk, projectID, at)...)
		return err
	})
}

// Settle keeps the status of a send-out that was tried, unless it was
// cancelled meanwhile, and gives it back. It reports whether it was not.
func (Store) Settle(ctx context.Context, q database.Querier, s *WebhookSendout) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE webhook_sendouts SET status = $1, tries = $2, next_at = $3, lease_until = 0, updated_at = $4, first_at = $5
		WHERE project_id = $6 AND id = $7 AND `+unfinished, string(s.Status), s.Tries, s.NextTryAt, s.UpdatedAt, s.firstAt, s.projectID, s.ID)
	return n > 0, err
}

// Get returns a project's send-out, or fault.ResourceNotFound.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*WebhookSendout, error) {
	s, err := scan(q.QueryRow(ctx, `SELECT `+columns+` FROM webhook_sendouts WHERE project_id = $1 AND id = $2`, projectID, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return s, err
}

// Attempts returns the tries of a send-out, the first one first.
func (Store) Attempts(ctx context.Context, q database.Querier, projectID, id string) ([]*WebhookAttempt, error) {
	rows, err := q.Query(ctx, `SELECT sendout_id, number, at, took, status, answer, error FROM webhook_attempts
		WHERE project_id = $1 AND sendout_id = $2 ORDER BY number`, projectID, id)
	return database.Collect(rows, err, func(row database.Row) (*WebhookAttempt, error) {
		var a WebhookAttempt
		return &a, row.Scan(&a.sendoutID, &a.Number, &a.At, &a.LatencyMS, &a.Status, &a.Answer, &a.Error)
	})
}

// Filter says which send-outs of a project are meant; "" is any.
type Filter struct {
	Status, WebhookID, Type string
	After, Before           string // ids, neither included
}

const filtered = ` FROM webhook_sendouts WHERE project_id = $1 AND id > $2 AND id < $3 AND ($4 = '' OR status = $4) AND ($5 = '' OR type = $5)`

// query returns the end of a statement about the project's send-outs that the
// filter means, and its arguments. That of a webhook is a text of its own, which
// its index serves.
func (f *Filter) query(projectID string) (where string, args []any) {
	args = []any{projectID, f.After, f.Before, f.Status, f.Type}
	if f.WebhookID == "" {
		return filtered, args
	}
	return filtered + ` AND webhook_id = $6`, append(args, f.WebhookID)
}

// limited is query for at most limit rows in an order.
func (f *Filter) limited(projectID, order string, limit int) (rest string, args []any) {
	where, args := f.query(projectID)
	return where + ` ORDER BY id ` + order + ` LIMIT $` + strconv.Itoa(len(args)+1), append(args, limit)
}

// List returns at most limit send-outs, the newest first.
func (Store) List(ctx context.Context, q database.Querier, projectID string, f Filter, limit int) ([]*WebhookSendout, error) {
	rest, args := f.limited(projectID, "DESC", limit)
	rows, err := q.Query(ctx, `SELECT `+columns+rest, args...)
	return database.Collect(rows, err, scan)
}

// Oldest returns at most limit send-outs, the oldest first.
func (Store) Oldest(ctx context.Context, q database.Querier, projectID string, f Filter, limit int) ([]*WebhookSendout, error) {
	rest, args := f.limited(projectID, "ASC", limit)
	rows, err := q.Query(ctx, `SELECT `+columns+rest, args...)
	return database.Collect(rows, err, scan)
}

// Count returns how many send-outs there are.
func (Store) Count(ctx context.Context, q database.Querier, projectID string, f Filter) (n int64, err error) {
	where, args := f.query(projectID)
	err = q.QueryRow(ctx, `SELECT COUNT(*)`+where, args...).Scan(&n)
	return n, err
}

// Overdue returns unfinished send-outs that have been due since a time and
// that nobody holds: whoever was to try them is gone.
func (Store) Overdue(ctx context.Context, q database.Querier, since, now clock.Timestamp, limit int) ([]*WebhookSendout, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM webhook_sendouts WHERE next_at IS NOT NULL AND next_at <= $1 AND lease_until <= $2
		ORDER BY next_at LIMIT $3`, since, now, limit)
	return database.Collect(rows, err, scan)
}

// Postpone gives an unfinished send-out back, to be tried at a time; or, behind
// one of its group that is to be tried later, at that one's.
func (Store) Postpone(ctx context.Context, q database.Querier, s *WebhookSendout, at clock.Timestamp) error {
	_, err := q.Exec(ctx, `UPDATE webhook_sendouts SET lease_until = 0, next_at = COALESCE((SELECT MAX(e.next_at) FROM webhook_sendouts e
		WHERE e.webhook_id = webhook_sendouts.webhook_id AND e.group_id = webhook_sendouts.group_id AND e.id < webhook_sendouts.id AND e.next_at > $1), $1) WHERE project_id = $2 AND id = $3 AND `+unfinished, at, s.projectID, s.ID)
	return err
}

func scan(row database.Row) (*WebhookSendout, error) {
	s := WebhookSendout{Object: kind}
	var status string
	err := row.Scan(&s.projectID, &s.ID, &s.WebhookID, &s.EventID, &s.Type, &status, &s.Tries, &s.earlier, &s.firstAt, &s.NextTryAt, &s.CreatedAt, &s.UpdatedAt, &s.groupID, &s.Test)
	s.Status = Status(status)
	return &s, err
}

func scanEvent(row database.Row) (*WebhookEvent, error) {
	e := WebhookEvent{Object: kindEvent}
	var data, source string
	if err := row.Scan(&e.projectID, &e.ID, &e.Type, &data, &e.EntityID, &e.GroupID, &source, &e.CreatedAt); err != nil {
		return nil, err
	}
	e.data, e.source = json.RawMessage(data), json.RawMessage(source)
	if !json.Valid(e.data) || !json.Valid(e.source) {
		return nil, fmt.Errorf("webhook event %s holds broken data", e.ID)
	}
	return &e, nil
}

// Cancel ends unfinished send-outs without a further try.
func (Store) Cancel(ctx context.Context, q database.Querier, projectID string, ids []string, at clock.Timestamp) error {
	for _, id := range ids {
		if _, err := q.Exec(ctx, `UPDATE webhook_sendouts SET status = 'cancelled', next_at = NULL, lease_until = 0, updated_at = $1
			WHERE project_id = $2 AND id = $3 AND `+unfinished, at, projectID, id); err != nil {
			return err
		}
	}
	return nil
}

// Renew makes a finished send-out one to be tried.
func (Store) Renew(ctx context.Context, q database.Querier, s *WebhookSendout) error {
	_, err := q.Exec(ctx, `UPDATE webhook_sendouts SET status = $1, next_at = $2, first_at = NULL, earlier = tries, lease_until = 0, updated_at = $3
		WHERE project_id = $4 AND id = $5`, string(s.Status), s.NextTryAt, s.UpdatedAt, s.projectID, s.ID)
	return err
}
