package customevent

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
)

// Store keeps events and their customers.
type Store struct{}

// payload is the JSON in the column payload.
type payload struct {
	Referral *EventReferral `json:"referral,omitempty"`
	Loyalty  *EventLoyalty  `json:"loyalty,omitempty"`
	Metadata Metadata       `json:"metadata"`
}

const customerColumns = `id, source_id, document, version, created_at`

var (
	insertEvents    = database.Inserts(`INSERT INTO custom_events (project_id, id, type, customer_id, payload, created_at)`, 6)
	insertCustomers = database.Inserts(`INSERT INTO customers (project_id, id, source_id, document, version, created_at)`, 6, " ON CONFLICT (project_id, source_id) DO NOTHING")
	bySourceID      = database.ForSizes(func(marks func(first int) string) string {
		return `SELECT ` + customerColumns + ` FROM customers WHERE project_id = $1 AND source_id IN (` + marks(2) + `)`
	})
	byID = database.ForSizes(func(marks func(first int) string) string {
		return `SELECT ` + customerColumns + ` FROM customers WHERE project_id = $1 AND id IN (` + marks(2) + `)`
	})
)

// InsertEvents keeps events.
func (Store) InsertEvents(ctx context.Context, q database.Querier, projectID string, events []*CustomEvent) error {
	return database.InChunks(events, func(size int, chunk []*CustomEvent) error {
		args := make([]any, 0, 6*len(chunk))
		for _, e := range chunk {
			raw, err := json.Marshal(payload{e.Referral, e.Loyalty, e.Metadata})
			if err != nil {
				return err
			}
			args = append(args, projectID, e.ID, e.Type, e.Customer.ID, string(raw), *e.CreatedAt)
		}
		_, err := q.Exec(ctx, insertEvents[size], args...)
		return err
	})
}

// CustomersBySourceID adds those customers to found, by their source ids, that
// the project knows.
func (Store) CustomersBySourceID(ctx context.Context, q database.Querier, projectID string, sourceIDs []string, found map[string]*customer) error {
	return find(ctx, q, bySourceID, projectID, sourceIDs, func(c *customer) { found[c.sourceID] = c })
}

// CustomersByID adds those customers to found, by their ids, that the project
// knows.
func (Store) CustomersByID(ctx context.Context, q database.Querier, projectID string, ids []string, found map[string]*customer) error {
	return find(ctx, q, byID, projectID, ids, func(c *customer) { found[c.id] = c })
}

func find(ctx context.Context, q database.Querier, texts []string, projectID string, keys []string, add func(*customer)) error {
	return database.InChunks(keys, func(size int, chunk []string) error {
		args := append(make([]any, 0, len(chunk)+1), projectID)
		for _, key := range chunk {
			args = append(args, key)
		}
		rows, err := q.Query(ctx, texts[size], args...)
		customers, err := database.Collect(rows, err, scanCustomer)
		for _, c := range customers {
			add(c)
		}
		return err
	})
}

// InsertCustomers keeps new customers, and returns database.ErrBusy, after
// which the transaction is to be tried again, if another one has just made one
// of them.
func (Store) InsertCustomers(ctx context.Context, q database.Querier, projectID string, customers []*customer) error {
	return database.InChunks(customers, func(size int, chunk []*customer) error {
		args := make([]any, 0, 6*len(chunk))
		for _, c := range chunk {
			document, err := json.Marshal(c.document)
			if err != nil {
				return err
			}
			args = append(args, projectID, c.id, c.sourceID, string(document), c.version, c.createdAt)
		}
		n, err := q.Exec(ctx, insertCustomers[size], args...)
		if err == nil && n != int64(len(chunk)) {
			return fmt.Errorf("%w: a customer was made meanwhile", database.ErrBusy)
		}
		return err
	})
}

// UpdateCustomer keeps a changed customer, and returns database.ErrBusy, after
// which the transaction is to be tried again, if it was changed since it was
// read.
func (Store) UpdateCustomer(ctx context.Context, q database.Querier, c *customer) error {
	document, err := json.Marshal(c.document)
	if err != nil {
		return err
	}
	n, err := q.Exec(ctx, `UPDATE customers SET document = $1, version = version + 1, updated_at = $2 WHERE id = $3 AND version = $4`,
		string(document), c.updatedAt, c.id, c.version)
	if err == nil && n == 0 {
		return fmt.Errorf("%w: the customer was changed meanwhile", database.ErrBusy)
	}
	return err
}

// SourceIDToID returns the id of the customer with a source id, and false if
// the project knows none.
func (Store) SourceIDToID(ctx context.Context, q database.Querier, projectID, sourceID string) (id string, known bool, err error) {
	err = q.QueryRow(ctx, `SELECT id FROM customers WHERE project_id = $1 AND source_id = $2`, projectID, sourceID).Scan(&id)
	if errors.Is(err, database.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, err
}

func scanCustomer(row database.Row) (*customer, error) {
	var c customer
	var document string
	if err := row.Scan(&c.id, &c.sourceID, &document, &c.version, &c.createdAt); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(document), &c.document); err != nil {
		return nil, fmt.Errorf("customer %s holds a broken document: %w", c.id, err)
	}
	return &c, nil
}

// Range is a part of a project's events: those with ids between After and
// Before, neither included, oldest first or newest first.
type Range struct {
	Type, CustomerID string // "" for all
	After, Before    string
	Descending       bool
}

// eventTexts has the question of a Range by what it restricts.
var eventTexts = func() map[[3]bool]string {
	texts := map[[3]bool]string{}
	for _, byType := range []bool{false, true} {
		for _, byCustomer := range []bool{false, true} {
			for _, descending := range []bool{false, true} {
				text := `SELECT e.id, e.type, e.payload, e.created_at, c.id, c.source_id, c.document, c.version, c.created_at
					FROM custom_events e JOIN customers c ON c.id = e.customer_id
					WHERE e.project_id = $1 AND e.id > $2 AND e.id < $3`
				next := 5
				if byType {
					text += ` AND e.type = $` + strconv.Itoa(next)
					next++
				}
				if byCustomer {
					text += ` AND e.customer_id = $` + strconv.Itoa(next)
				}
				text += ` ORDER BY e.id`
				if descending {
					text += ` DESC`
				}
				texts[[3]bool{byType, byCustomer, descending}] = text + ` LIMIT $4`
			}
		}
	}
	return texts
}()

// List returns at most limit events of the range.
func (Store) List(ctx context.Context, q database.Querier, projectID string, r Range, limit int) ([]*CustomEvent, error) {
	args := []any{projectID, r.After, r.Before, limit}
	for _, value := range []string{r.Type, r.CustomerID} {
		if value != "" {
			args = append(args, value)
		}
	}
	rows, err := q.Query(ctx, eventTexts[[3]bool{r.Type != "", r.CustomerID != "", r.Descending}], args...)
	return database.Collect(rows, err, scanEvent)
}

// Get returns an event of the project, nil if there is none.
func (Store) Get(ctx context.Context, q database.Querier, projectID, id string) (*CustomEvent, error) {
	e, err := scanEvent(q.QueryRow(ctx, `SELECT e.id, e.type, e.payload, e.created_at, c.id, c.source_id, c.document, c.version, c.created_at
		FROM custom_events e JOIN customers c ON c.id = e.customer_id WHERE e.project_id = $1 AND e.id = $2`, projectID, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return e, err
}

func scanEvent(row database.Row) (*CustomEvent, error) {
	e := CustomEvent{Object: object, CreatedAt: new(clock.Timestamp)}
	var c customer
	var raw, document string
	if err := row.Scan(&e.ID, &e.Type, &raw, e.CreatedAt, &c.id, &c.sourceID, &document, &c.version, &c.createdAt); err != nil {
		return nil, err
	}
	var p payload
	if err := errors.Join(json.Unmarshal([]byte(raw), &p), json.Unmarshal([]byte(document), &c.document)); err != nil {
		return nil, fmt.Errorf("event %s holds a broken document: %w", e.ID, err)
	}
	e.Referral, e.Loyalty, e.Metadata, e.Customer = p.Referral, p.Loyalty, p.Metadata, c.shown()
	return &e, nil
}

// LatestMetadata returns the metadata of the newest events of a type, by their
// ids.
func (Store) LatestMetadata(ctx context.Context, q database.Querier, projectID, eventType string, limit int) ([]*CustomEvent, error) {
	rows, err := q.Query(ctx, `SELECT id, payload FROM custom_events WHERE project_id = $1 AND type = $2 ORDER BY id DESC LIMIT $3`, projectID, eventType, limit)
	return database.Collect(rows, err, func(row database.Row) (*CustomEvent, error) {
		var e CustomEvent
		var raw string
		if err := row.Scan(&e.ID, &raw); err != nil {
			return nil, err
		}
		var p payload
		err := json.Unmarshal([]byte(raw), &p)
		e.Metadata = p.Metadata
		return &e, err
	})
}

// LatestCustomers returns the customers of the latest events, limit of which
// are looked at.
func (Store) LatestCustomers(ctx context.Context, q database.Querier, projectID string, limit int) ([]*customer, error) {
	rows, err := q.Query(ctx, `SELECT `+customerColumns+` FROM customers WHERE id IN
		(SELECT customer_id FROM (SELECT customer_id FROM custom_events WHERE project_id = $1 ORDER BY id DESC LIMIT $2) latest)
		ORDER BY id DESC`, projectID, limit)
	return database.Collect(rows, err, scanCustomer)
}

// NextProject returns the first project after one that has events, and for how
// many days its organization keeps them: 0 for ever, -1 if the project is
// gone. It returns "" if there is none.
func (Store) NextProject(ctx context.Context, q database.Querier, after string) (projectID string, days int, err error) {
	err = q.QueryRow(ctx, `SELECT e.project_id, COALESCE(o.event_retention_days, -1) FROM
		(SELECT project_id FROM custom_events WHERE project_id > $1 ORDER BY project_id LIMIT 1) e
		LEFT JOIN projects p ON p.id = e.project_id LEFT JOIN organizations o ON o.id = p.organization_id`, after).Scan(&projectID, &days)
	if errors.Is(err, database.ErrNoRows) {
		return "", 0, nil
	}
	return projectID, days, err
}

// DeleteBefore removes at most limit events of a project that come before an
// id, and returns how many that were.
func (Store) DeleteBefore(ctx context.Context, q database.Querier, projectID, id string, limit int) (int64, error) {
	return q.Exec(ctx, `DELETE FROM custom_events WHERE project_id = $1 AND id IN
		(SELECT id FROM custom_events WHERE project_id = $1 AND id < $2 ORDER BY id LIMIT $3)`, projectID, id, limit)
}
