package usage

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	// shardCount is how many locks the organizations share. A call holds one
	// for well under a microsecond.
	shardCount = 64
	// loadTimeout bounds how long the first call of an organization waits for
	// what others have used up.
	loadTimeout = 250 * time.Millisecond
	// idle is how long a node remembers the windows of an organization that
	// does not call. What it knows of other nodes is never older than that.
	idle = 30 * time.Second
)

// Meter limits and counts calls; it is safe for concurrent use.
//
// A node admits calls against what it has counted itself and what it knows of
// the other nodes. The first call of an organization, after a start or after
// half a minute without one, reads what is used up, so that a restart resets no
// window; each flush adds this node's calls to the shared totals and takes over
// the sums. On one node a limit of N admits exactly N; several nodes together
// can exceed it by what they admit between two flushes. If what is used up
// cannot be read within 250 ms the node counts from zero until its next flush:
// a slow database slows no call down.
type Meter struct {
	db     database.DB
	clock  clock.Clock
	limits LimitFinder
	keys   KeyUse
	log    *slog.Logger
	store  Store
	watch  func([]Standing) // nil if nobody watches

	seed     maphash.Seed
	shards   [shardCount]shard
	flushing sync.Mutex
	unsure   atomic.Int64 // calls that are being written
	sweptDay atomic.Int64 // when SweepHours last ran, in days
}

var _ api.Meter = (*Meter)(nil)

// shard holds some organizations: a hash of the id says which.
type shard struct {
	mu       sync.Mutex
	subjects map[subjectKey]*subject
	calls    map[CallKey]int64
	uses     map[string]Use // by key
	waiting  int64          // the sum of calls
	_        [24]byte       // locks of different shards on different cache lines
}

// subjectKey names whose calls are limited: an organization's, or those of one
// project. It holds both ids, so that nobody uses up the limit of a stranger's
// project by naming it.
type subjectKey struct{ organizationID, projectID string }

func (k subjectKey) String() string {
	if k.projectID == "" {
		return k.organizationID
	}
	return k.organizationID + "/" + k.projectID
}

// subject is where somebody stands. It counts every rule's windows, also where
// no limit is set, so that a limit set later holds for the running window.
type subject struct {
	windows [ruleCount]window
	limits  [ruleCount]int64 // as the last call found them
	asked   bool             // somebody has called since standings were told
	loading chan struct{}    // closed when the windows are loaded, nil from then on
	touched clock.Timestamp
}

// window is the current window of a rule.
type window struct {
	starts, ends clock.Timestamp
	known        int64 // in the store, from all nodes
	writing      int64 // on the way to the store
	pending      int64 // not yet on the way
}

func (w *window) used() int64 { return w.known + w.writing + w.pending }

// roll begins a new window if the old one is over. What of the old one was not
// written is of no more use to anybody.
func (w *window) roll(span Span, now clock.Timestamp) {
	if now >= w.ends {
		starts, ends := span.Bounds(now)
		*w = window{starts: starts, ends: ends}
	}
}

// NewMeter returns a meter that has counted nothing. Run it, and Close it when
// no more calls come. limits and keys come from other rooms; keys may be nil.
func NewMeter(db database.DB, clk clock.Clock, limits LimitFinder, keys KeyUse, log *slog.Logger) *Meter {
	m := &Meter{db: db, clock: clk, limits: limits, keys: keys, log: log, seed: maphash.MakeSeed()}
	for i := range m.shards {
		s := &m.shards[i]
		s.subjects, s.calls, s.uses = map[subjectKey]*subject{}, map[CallKey]int64{}, map[string]Use{}
	}
	return m
}

func (m *Meter) shardOf(organizationID string) *shard {
	return &m.shards[maphash.String(m.seed, organizationID)%shardCount]
}

// Admit takes one call from the limits of the actor's organization and of the
// project, the actor's own one if projectID is empty. It returns the standing
// in the window that is nearest to its limit, or in the one that is used up:
// then Exceeded names the limit, and the call has taken nothing from any. Where
// nothing limits the metric the Rate is zero.
func (m *Meter) Admit(actor *ident.Actor, projectID, metric string) api.Rate {
	if projectID == "" {
		projectID = actor.ProjectID
	}
	return m.admit(actor.OrganizationID, projectID, metric)
}

// AdmitWebhookCall takes one try of a delivery from the limits of webhook
// calls, as Admit does: where Exceeded is set the try has taken nothing, and
// may be made after Retry. No actor stands behind it.
func (m *Meter) AdmitWebhookCall(organizationID, projectID string) api.Rate {
	return m.admit(organizationID, projectID, api.MetricWebhookCalls)
}

func (m *Meter) admit(organizationID, projectID, metric string) api.Rate {
	first, end := rulesOf(metric)
	if first == end {
		return api.Rate{}
	}
	var own Limits // of the project
	if projectID != "" && metric != api.MetricManagementCalls {
		own = m.limits.ProjectLimits(projectID)
	}
	parties := [2]party{{limits: m.limits.LimitsOf(organizationID).WithDefaults().values()}, {limits: own.values()}}
	now := m.clock.Now()

	s := m.shardOf(organizationID)
	s.mu.Lock()
	defer s.mu.Unlock()
	parties[0].find(m, s, subjectKey{organizationID: organizationID}, now)
	if own != (Limits{}) {
		parties[1].find(m, s, subjectKey{organizationID, projectID}, now)
	}
	if rate, refused := refusal(&parties, first, end, now); refused {
		return rate
	}
	return take(&parties, first, end, now)
}

// party is somebody whose limits a call is held against.
type party struct {
	subject *subject // nil if there is no such limit
	limits  [ruleCount]int64
}

// find finds the party's subject, and notes there that it calls.
func (p *party) find(m *Meter, s *shard, key subjectKey, now clock.Timestamp) {
	p.subject = m.find(s, key, now)
	p.subject.limits, p.subject.asked = p.limits, true
}

// refusal returns the standing in the window that is used up; of several, in
// the one that ends last, because only then a call passes again, or the longest
// of those.
func refusal(parties *[2]party, first, end int, now clock.Timestamp) (rate api.Rate, refused bool) {
	var until clock.Timestamp
	for p := range parties {
		s := parties[p].subject
		if s == nil {
			continue
		}
		for i := first; i < end; i++ {
			w, limit := &s.windows[i], parties[p].limits[i]
			w.roll(rules[i].span, now)
			if limit > 0 && w.used() >= limit && w.ends >= until {
				until = w.ends
				rate = api.Rate{Limit: limit, Retry: between(now, w.ends), Exceeded: rules[i].name}
				refused = true
			}
		}
	}
	return rate, refused
}

// take counts the call in every window, and returns the standing in the one
// with the smallest share left.
func take(parties *[2]party, first, end int, now clock.Timestamp) (rate api.Rate) {
	least := 2.0 // more than any share
	for p := range parties {
		s := parties[p].subject
		if s == nil {
			continue
		}
		for i := first; i < end; i++ {
			w, limit := &s.windows[i], parties[p].limits[i]
			w.pending++
			if limit <= 0 {
				continue
			}
			left := limit - w.used()
			if share := float64(left) / float64(limit); share < least {
				least = share
				rate = api.Rate{Limit: limit, Remaining: left, Retry: between(now, w.ends)}
			}
		}
	}
	return rate
}

// find returns a subject with its windows. One that is new to this node is
// loaded first, with the shard unlocked meanwhile; who else asks for it waits.
// The shard is locked when find returns.
func (m *Meter) find(s *shard, key subjectKey, now clock.Timestamp) *subject {
	found, ok := s.subjects[key]
	if !ok {
		found = &subject{loading: make(chan struct{}), touched: now}
		s.subjects[key] = found
		s.mu.Unlock()
		totals := m.load(key, now)
		s.mu.Lock()
		for i := range found.windows {
			w := &found.windows[i]
			w.roll(rules[i].span, now)
			w.known = totals[i]
		}
		close(found.loading)
		found.loading = nil
	}
	for found.loading != nil {
		loading := found.loading
		s.mu.Unlock()
		<-loading
		s.mu.Lock()
	}
	found.touched = now
	return found
}

// load returns what is used up in each rule's window, zero if that cannot be
// read in time.
func (m *Meter) load(key subjectKey, now clock.Timestamp) (totals [ruleCount]int64) {
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	totals, err := m.store.Totals(ctx, m.db, key.String(), now)
	if err != nil {
		m.log.Warn("limits are counted from zero until the next flush", "subject", key.String(), "error", err)
		return [ruleCount]int64{}
	}
	return totals
}

// Count notes a call that is over, under the hour it began in, and the last use
// of the key that made it.
func (m *Meter) Count(u api.Usage) {
	a := u.Actor
	if a == nil {
		return
	}
	key := CallKey{
		OrganizationID: a.OrganizationID, Hour: floor(u.At, time.Hour), Metric: u.Metric, ProjectID: u.ProjectID,
		Operation: u.Operation, StatusClass: int64(u.Status / 100),
	}
	if key.ProjectID == "" {
		key.ProjectID = a.ProjectID
	}
	var use *Use
	if a.Kind == ident.ByManagementKey || a.Kind == ident.ByProjectKey {
		key.KeyID = a.ID
		use = &Use{OrganizationID: a.OrganizationID, Kind: a.Kind, KeyID: a.ID, At: u.At, Address: a.Address}
	}
	m.count(key, use)
}

// deliverWebhook is the operation that tries of deliveries are counted under.
const deliverWebhook = "deliver-webhook"

// CountWebhookCall notes a try of a delivery that began at a moment, by the
// status that the receiver answered with; 0 if it did not answer.
func (m *Meter) CountWebhookCall(organizationID, projectID string, status int, at clock.Timestamp) {
	m.count(CallKey{
		OrganizationID: organizationID, Hour: floor(at, time.Hour), Metric: api.MetricWebhookCalls, ProjectID: projectID,
		Operation: deliverWebhook, StatusClass: int64(status / 100),
	}, nil)
}

// count adds a call, and what there is of a key's use.
func (m *Meter) count(key CallKey, use *Use) {
	s := m.shardOf(key.OrganizationID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[key]++
	s.waiting++
	if use != nil && m.keys != nil {
		s.use(*use)
	}
}

// use keeps the later of two uses of a key.
func (s *shard) use(u Use) {
	if known, ok := s.uses[u.KeyID]; !ok || known.At <= u.At {
		s.uses[u.KeyID] = u
	}
}

// Pending returns how many counted calls wait to be written.
func (m *Meter) Pending() int64 {
	n := m.unsure.Load()
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		n += s.waiting
		s.mu.Unlock()
	}
	return n
}
