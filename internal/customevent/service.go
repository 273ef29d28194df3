package customevent

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Schemas tells what judges events and customers. Its answers come from a
// cache.
type Schemas interface {
	// EventChecker returns what judges the metadata of the events of a name;
	// nil if the project has no such schema.
	EventChecker(ctx context.Context, projectID, name string) (*conform.Checker, error)
	// CustomerChecker returns what judges the metadata of customers; nil if the
	// project has no schema for them.
	CustomerChecker(ctx context.Context, projectID string) (*conform.Checker, error)
}

// Service takes events in and shows them. Its callers have checked that the
// project is within the actor's reach.
type Service struct {
	db         database.DB
	store      Store
	schemas    Schemas
	rejections *rejections
	known      *known
	group      *group
}

// NewService returns the service. Run writes down what was rejected.
func NewService(db database.DB, schemas Schemas, log *slog.Logger) *Service {
	s := &Service{db: db, schemas: schemas, rejections: newRejections(db, log), known: newKnown(db)}
	s.group = &group{commit: s.commit}
	return s
}

// submission is what one call brings.
type submission struct {
	projectID string
	drafts    []CustomEventDraft
	batch     bool
	now       clock.Timestamp
	customers *conform.Checker
	events    []*CustomEvent                                    // as they are kept
	then      func(tx database.Tx, events []*CustomEvent) error // nil if nothing commits with the events
	done      chan error
}

// Ingest takes in the events of one call, all of them or none, and returns
// them as they are kept. In their transaction it calls then, unless that is
// nil. It returns
// fault.ResourceNotFound for an event without a schema, or a customer that is
// named by an unknown id; and fault.MetadataValidationFailed, with all
// violations, if metadata of an event or of its customer breaks its schema
// (CONTRACT 6). What was refused for these reasons is counted.
func (s *Service) Ingest(ctx context.Context, projectID string, drafts []CustomEventDraft, batch bool, now clock.Timestamp, then func(database.Tx, []*CustomEvent) error) ([]*CustomEvent, error) {
	if err := s.judge(ctx, projectID, drafts, batch, now); err != nil {
		return nil, err
	}
	call := &submission{projectID: projectID, drafts: drafts, batch: batch, now: now, then: then}
	if slices.ContainsFunc(drafts, func(d CustomEventDraft) bool { return d.Customer.Metadata.raw != nil }) {
		var err error
		if call.customers, err = s.schemas.CustomerChecker(ctx, projectID); err != nil {
			return nil, err
		}
	}
	if err := s.group.run(call); err != nil {
		s.rejections.customers(call, err)
		return nil, err
	}
	return call.events, nil
}

// maxTold is how many violations one call is told at the most: each of a
// thousand events can break many rules with few bytes.
const maxTold = conform.MaxViolations

// judge holds every event against its schema. One alone that has none is told
// as what is not there; of a batch everything is told, and where.
func (s *Service) judge(ctx context.Context, projectID string, drafts []CustomEventDraft, batch bool, now clock.Timestamp) error {
	var told []string
	for i := range drafts {
		d := &drafts[i]
		check, err := s.schemas.EventChecker(ctx, projectID, d.Event)
		if err != nil {
			return err
		}
		if check == nil {
			err := fault.NotFound("custom_event_schema", d.Event)
			s.rejections.add(projectID, d, now, err.Details, reasonNoSchema)
			if !batch {
				return err
			}
			told = append(told, fmt.Sprintf("events.%d.event: must be the name of a custom event schema (actual value is '%.100s')", i, d.Event))
			continue
		}
		violations := check.CheckUpTo(d.Metadata.values, maxTold-len(told))
		if len(violations) > 0 {
			prefix := "" // the reference contract names the members of a single event's metadata alone
			if batch {
				prefix = place(batch, i) + "metadata."
			}
			told = append(told, sentences(prefix, violations)...)
			s.rejections.add(projectID, d, now, failed(sentences("", violations)).Details, reasons("", violations)...)
		}
		if len(told) >= maxTold {
			break
		}
	}
	if len(told) > 0 {
		return failed(told)
	}
	return nil
}

// place is where an event stands in what was sent.
func place(batch bool, i int) string {
	if !batch {
		return ""
	}
	return fmt.Sprintf("events.%d.", i)
}

// commit keeps the events of calls, with their customers.
func (s *Service) commit(ctx context.Context, calls []*submission) error {
	if done, err := s.insertAlone(ctx, calls); done || err != nil {
		return err
	}
	return s.db.Append(ctx, func(tx database.Tx) error { return s.keep(ctx, tx, calls) })
}

// insertAlone keeps events by one statement where they need no more than that,
// which saves PostgreSQL's round trips for a transaction: the customers are
// known and stay as they are, and nothing else commits with the events. It
// reports whether that was so. A customer who is known is never removed but
// with the project.
func (s *Service) insertAlone(ctx context.Context, calls []*submission) (done bool, err error) {
	projectID, n := calls[0].projectID, 0
	for _, call := range calls {
		if n += len(call.drafts); call.then != nil || call.projectID != projectID {
			return false, nil
		}
	}
	if !database.OneChunk(n) {
		return false, nil
	}
	people, err := s.remembered(ctx, projectID, calls)
	if err != nil {
		return false, err
	}
	events, err := people.attachAll(calls)
	if err != nil || people.toKeep() {
		return false, err
	}
	return true, s.store.InsertEvents(ctx, s.db, projectID, events)
}

// keep keeps the events of calls in a transaction.
func (s *Service) keep(ctx context.Context, tx database.Tx, calls []*submission) error {
	projects := byProject(calls)
	for _, projectID := range slices.Sorted(maps.Keys(projects)) { // transactions lock rows in one order
		people, err := s.people(ctx, tx, projectID, projects[projectID])
		if err != nil {
			return err
		}
		events, err := people.attachAll(projects[projectID])
		if err != nil {
			return err
		}
		if err := people.keep(ctx, tx, s.store, projectID); err != nil {
			return err
		}
		if err := s.store.InsertEvents(ctx, tx, projectID, events); err != nil {
			return err
		}
	}
	for _, call := range calls {
		if call.then == nil {
			continue
		}
		if err := call.then(tx, call.events); err != nil {
			return err
		}
	}
	return nil
}

func byProject(calls []*submission) map[string][]*submission {
	out := map[string][]*submission{}
	for _, c := range calls {
		out[c.projectID] = append(out[c.projectID], c)
	}
	return out
}

// people are the customers of a few calls.
type people struct {
	byID, bySource map[string]*customer
}

// people reads the customers that the calls name.
func (s *Service) people(ctx context.Context, q database.Querier, projectID string, calls []*submission) (*people, error) {
	p := &people{map[string]*customer{}, map[string]*customer{}}
	ids, bare, told := names(calls)
	if err := s.store.CustomersBySourceID(ctx, q, projectID, once(append(bare, told...)), p.bySource); err != nil {
		return nil, err
	}
	return p, s.byID(ctx, q, projectID, ids, p)
}

// remembered is people, but those of whom an event says nothing may come from
// memory.
func (s *Service) remembered(ctx context.Context, projectID string, calls []*submission) (*people, error) {
	ids, bare, told := names(calls)
	remembered := map[string]*customer{}
	others := once(append(s.known.find(projectID, once(bare), remembered), told...))
	p := &people{map[string]*customer{}, map[string]*customer{}}
	generation := s.known.entries.Generation()
	if err := s.store.CustomersBySourceID(ctx, s.db, projectID, others, p.bySource); err != nil {
		return nil, err
	}
	s.known.keep(generation, projectID, p.bySource)
	for id, c := range remembered {
		if p.bySource[id] == nil { // else it was read just now
			p.bySource[id] = c
		}
	}
	return p, s.byID(ctx, s.db, projectID, ids, p)
}

// names returns how the calls name their customers: by ids, by source ids
// alone, and by source ids of whom they tell more.
func names(calls []*submission) (ids, bare, told []string) {
	for _, call := range calls {
		for i := range call.drafts {
			switch c := call.drafts[i].Customer; {
			case c.ID != "":
				ids = append(ids, c.ID)
			case c.CustomerDocument.empty():
				bare = append(bare, c.SourceID)
			default:
				told = append(told, c.SourceID)
			}
		}
	}
	return ids, bare, told
}

// byID reads the customers that are named by their ids.
func (s *Service) byID(ctx context.Context, q database.Querier, projectID string, ids []string, p *people) error {
	if len(ids) == 0 {
		return nil
	}
	if err := s.store.CustomersByID(ctx, q, projectID, once(ids), p.byID); err != nil {
		return err
	}
	for _, c := range p.byID { // named by both, they are one; what was read just now is the newer
		p.bySource[c.sourceID] = c
	}
	return nil
}

// once sorts the keys, so that transactions lock rows in one order, and drops
// repetitions.
func once(keys []string) []string {
	slices.Sort(keys)
	return slices.Compact(keys)
}

// attachAll makes the events of calls, one after the other.
func (p *people) attachAll(calls []*submission) (events []*CustomEvent, err error) {
	for _, call := range calls {
		if call.events, err = p.attach(call); err != nil {
			return nil, &callError{call, err}
		}
		events = append(events, call.events...)
	}
	return events, nil
}

// toKeep reports whether a customer is new or changed.
func (p *people) toKeep() bool {
	for _, c := range p.bySource {
		if c.fresh || c.changed {
			return true
		}
	}
	return false
}

// attach makes the events of a call, each with its customer as it is then. It
// returns fault.ResourceNotFound or fault.MetadataValidationFailed.
func (p *people) attach(call *submission) ([]*CustomEvent, error) {
	ids := ident.NewIDsAt(ident.Event, call.now.Time(), len(call.drafts))
	events := make([]*CustomEvent, len(call.drafts))
	for i := range call.drafts {
		d := &call.drafts[i]
		c := p.bySource[d.Customer.SourceID]
		if d.Customer.ID != "" {
			if c = p.byID[d.Customer.ID]; c == nil {
				return nil, &customerFault{fault.NotFound("customer", d.Customer.ID), i, []string{reasonNoCustomer}}
			}
		}
		if c == nil {
			c = &customer{id: ident.NewID(ident.Customer), sourceID: d.Customer.SourceID, createdAt: call.now, fresh: true}
			p.bySource[c.sourceID] = c
		}
		c.updatedAt = call.now
		if violations := c.merge(&d.Customer.CustomerDocument, call.customers); len(violations) > 0 {
			prefix := place(call.batch, i) + "customer.metadata."
			return nil, &customerFault{failed(sentences(prefix, violations)), i, reasons("customer.metadata.", violations)}
		}
		if c.tooLarge() {
			told := fmt.Sprintf("%scustomer.metadata: must not have more than %d bytes with what is known of the customer", place(call.batch, i), MaxCustomerMetadata)
			return nil, &customerFault{failed([]string{told}), i, []string{"customer.metadata: size"}}
		}
		events[i] = &CustomEvent{
			ID: ids[i], Object: object, Type: d.Event, Customer: c.shown(), Referral: d.Referral, Loyalty: d.Loyalty, Metadata: d.Metadata, CreatedAt: &call.now,
		}
	}
	return events, nil
}

// keep keeps the customers that are new or changed.
func (p *people) keep(ctx context.Context, tx database.Tx, store Store, projectID string) error {
	var fresh, changed []*customer
	for _, c := range p.bySource {
		switch {
		case c.fresh:
			fresh = append(fresh, c)
		case c.changed:
			changed = append(changed, c)
		}
	}
	inOrder := func(a, b *customer) int { return cmp.Compare(a.sourceID, b.sourceID) }
	slices.SortFunc(fresh, inOrder)
	slices.SortFunc(changed, inOrder)
	if err := store.InsertCustomers(ctx, tx, projectID, fresh); err != nil {
		return err
	}
	for _, c := range changed {
		if err := store.UpdateCustomer(ctx, tx, c); err != nil {
			return err
		}
		if err := announce(ctx, tx, projectID, c); err != nil {
			return err
		}
	}
	return nil
}

// failed is the fault of metadata that breaks its schema.
func failed(sentences []string) *fault.Error {
	return fault.New(fault.MetadataValidationFailed, "%s", strings.Join(sentences, "; "))
}

// customerFault is the fault of an event's customer, which is known only where
// the customers are.
type customerFault struct {
	refused *fault.Error
	draft   int
	reasons []string
}

// Error returns the text for the log.
func (f *customerFault) Error() string { return f.refused.Error() }

// Unwrap returns the fault that the caller sees.
func (f *customerFault) Unwrap() error { return f.refused }

// List returns at most limit events of the range, and whether there are more.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string, r Range, limit int) (events []*CustomEvent, more bool, err error) {
	events, err = s.store.List(ctx, q, projectID, r, limit+1)
	if len(events) > limit {
		return events[:limit], true, err
	}
	return events, false, err
}

// Get returns an event, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*CustomEvent, error) {
	e, err := s.store.Get(ctx, q, projectID, id)
	if e == nil && err == nil {
		return nil, fault.NotFound(object, id)
	}
	return e, err
}

// exportPage is how many events of an export are read at a time.
const exportPage = 500

// Export returns a walk over all events of the range. The first ones are read
// at once, so that what goes wrong from the start is an error before anything
// is written.
func (s *Service) Export(ctx context.Context, q database.Querier, projectID string, r Range) (each func(ctx context.Context, yield func(*CustomEvent) error) error, err error) {
	page, err := s.store.List(ctx, q, projectID, r, exportPage)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, yield func(*CustomEvent) error) (err error) {
		for {
			for _, e := range page {
				if err := yield(e); err != nil {
					return err
				}
			}
			if len(page) < exportPage {
				return nil
			}
			if last := page[len(page)-1].ID; r.Descending {
				r.Before = last
			} else {
				r.After = last
			}
			if page, err = s.store.List(ctx, q, projectID, r, exportPage); err != nil {
				return err
			}
		}
	}, nil
}

// CustomerID returns the id of the customer that is named by id or source id,
// and false if the project knows none.
func (s *Service) CustomerID(ctx context.Context, q database.Querier, projectID, name string) (string, bool, error) {
	if strings.HasPrefix(name, string(ident.Customer)+"_") {
		found := map[string]*customer{}
		if err := s.store.CustomersByID(ctx, q, projectID, []string{name}, found); err != nil || found[name] != nil {
			return name, found[name] != nil, err
		}
	}
	return s.store.SourceIDToID(ctx, q, projectID, name)
}

// LatestEvents returns the metadata of the newest events of a type, to try a
// changed schema on.
func (s *Service) LatestEvents(ctx context.Context, q database.Querier, projectID, eventType string, limit int) ([]conform.Sample, error) {
	events, err := s.store.LatestMetadata(ctx, q, projectID, eventType, limit)
	samples := make([]conform.Sample, len(events))
	for i, e := range events {
		samples[i] = conform.Sample{ID: e.ID, Metadata: e.Metadata.values}
	}
	return samples, err
}

// LatestCustomers returns the metadata of the customers of the latest events,
// to try a changed schema on.
func (s *Service) LatestCustomers(ctx context.Context, q database.Querier, projectID string, limit int) ([]conform.Sample, error) {
	customers, err := s.store.LatestCustomers(ctx, q, projectID, limit)
	samples := make([]conform.Sample, len(customers))
	for i, c := range customers {
		samples[i] = conform.Sample{ID: c.id, Metadata: c.document.Metadata.values}
	}
	return samples, err
}

// afterAll comes after the id of every event.
const afterAll = string(ident.Event) + "_8"

// sweepBatch is how many events one transaction of a sweep removes.
const sweepBatch = 5000

// Sweep removes events that are older than their organization keeps them, and
// those of projects that are gone.
func (s *Service) Sweep(ctx context.Context, now clock.Timestamp) error {
	for after := ""; ; {
		projectID, days, err := s.store.NextProject(ctx, s.db, after)
		if err != nil || projectID == "" {
			return err
		}
		after = projectID
		before := ident.FirstIDAt(ident.Event, now.Add(-time.Duration(days)*24*time.Hour).Time())
		switch {
		case days == 0:
			continue
		case days < 0:
			before = afterAll
		}
		for n := int64(sweepBatch); n == sweepBatch; {
			if n, err = s.store.DeleteBefore(ctx, s.db, projectID, before, sweepBatch); err != nil {
				return err
			}
		}
	}
}

// Run writes down what was rejected, every second, until ctx is done; then it
// does so once more.
func (s *Service) Run(ctx context.Context) { s.rejections.run(ctx) }

// Rejected returns how many events were refused and why, and the last ones,
// the newest first.
func (s *Service) Rejected(ctx context.Context, q database.Querier, projectID string) (RejectedEventList, error) {
	return s.rejections.list(ctx, q, projectID)
}
