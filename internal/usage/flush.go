package usage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
)

const (
	// flushEvery leaves half of the second that a crash may lose (CONTRACT 4)
	// for the writing itself.
	flushEvery = 500 * time.Millisecond
	// flushTimeout bounds one flush.
	flushTimeout = 10 * time.Second
	// sweepEvery is how often windows that are over are removed.
	sweepEvery = 10 * time.Minute
)

// batch is what one flush writes.
type batch struct {
	hours   []HourCalls
	windows []delta
	uses    []Use
	calls   int64 // the sum of hours
}

// delta is what a flush adds to a window, and where that window is kept here.
type delta struct {
	key  subjectKey
	rule int
	WindowCalls
}

func (b *batch) empty() bool { return len(b.hours) == 0 && len(b.windows) == 0 && len(b.uses) == 0 }

func (b *batch) windowCalls() []WindowCalls {
	out := make([]WindowCalls, 0, len(b.windows))
	for _, d := range b.windows {
		out = append(out, d.WindowCalls)
	}
	return out
}

// Run flushes twice a second and removes old windows, until ctx is done; then
// it flushes once more. What goes wrong is logged, and tried again.
func (m *Meter) Run(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	m.run(ctx, ticker.C)
}

func (m *Meter) run(ctx context.Context, ticks <-chan time.Time) {
	var swept clock.Timestamp
	failing := false
	for {
		select {
		case <-ctx.Done():
			if err := m.Close(context.WithoutCancel(ctx)); err != nil {
				m.log.Error("usage was not written at the end", "calls", m.Pending(), "error", err)
			}
			return
		case <-ticks:
		}
		err := m.bounded(context.WithoutCancel(ctx), m.Flush) // cut off, it might have committed without saying so
		if err != nil && !failing {                           // once, not twice a second
			m.log.Error("usage cannot be written; it is kept and tried again", "calls", m.Pending(), "error", err)
		}
		if err == nil && failing {
			m.log.Info("usage is written again")
		}
		failing = err != nil
		if now := m.clock.Now(); between(swept, now) >= sweepEvery {
			swept = now
			if err := m.bounded(ctx, m.Sweep); err != nil && ctx.Err() == nil {
				m.log.Error("old usage windows cannot be removed", "error", err)
			}
		}
	}
}

func (m *Meter) bounded(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	return do(ctx)
}

// Close writes what is left, within ten seconds. Call it when no more calls
// come. If it fails, what it could not write is still Pending.
func (m *Meter) Close(ctx context.Context) error { return m.bounded(ctx, m.Flush) }

// Flush writes what was counted since the last flush, in one transaction, and
// learns what all nodes together have used up. If there is nothing to write it
// does not touch the database. If it fails nothing is lost: the next flush
// writes it. (If the database committed but could not say so any more, calls
// are counted twice.) Who watches is told afterwards.
func (m *Meter) Flush(ctx context.Context) error {
	m.flushing.Lock()
	defer m.flushing.Unlock()
	now := m.clock.Now()
	if b := m.collect(now); !b.empty() {
		if err := m.write(ctx, b); err != nil {
			return err
		}
	}
	m.tell(now)
	return nil
}

func (m *Meter) write(ctx context.Context, b *batch) error {
	var totals []int64
	err := m.db.Append(ctx, func(tx database.Tx) (err error) {
		if err := m.store.AddHours(ctx, tx, b.hours); err != nil {
			return err
		}
		if totals, err = m.store.AddWindows(ctx, tx, b.windowCalls()); err != nil {
			return err
		}
		if len(b.uses) == 0 {
			return nil
		}
		return m.keys.Touch(ctx, tx, b.uses)
	})
	if err != nil {
		m.restore(b)
		return fmt.Errorf("cannot write usage: %w", err)
	}
	m.settle(b, totals)
	return nil
}

// collect takes what is to be written out of the shards, sorted so that nodes
// that write the same rows do not wait for each other in a circle, and forgets
// who has not called for a while.
func (m *Meter) collect(now clock.Timestamp) *batch {
	b := &batch{}
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for key, n := range s.calls {
			b.hours = append(b.hours, HourCalls{key, n})
		}
		for _, u := range s.uses {
			b.uses = append(b.uses, u)
		}
		b.calls += s.waiting
		m.unsure.Add(s.waiting)
		s.waiting = 0
		clear(s.calls)
		clear(s.uses)
		for key, sub := range s.subjects {
			if sub.loading != nil {
				continue
			}
			if taken := b.takeWindows(key, sub, now); !taken && between(sub.touched, now) > idle {
				delete(s.subjects, key)
			}
		}
		s.mu.Unlock()
	}
	slices.SortFunc(b.hours, func(x, y HourCalls) int { return x.compare(y.CallKey) })
	slices.SortFunc(b.windows, func(x, y delta) int {
		return cmp.Or(cmp.Compare(x.Subject, y.Subject), cmp.Compare(x.rule, y.rule))
	})
	slices.SortFunc(b.uses, func(x, y Use) int { return cmp.Compare(x.KeyID, y.KeyID) })
	return b
}

// takeWindows moves what is pending in a subject's windows into the batch, and
// reports whether there was any.
func (b *batch) takeWindows(key subjectKey, s *subject, now clock.Timestamp) (taken bool) {
	for i := range s.windows {
		w := &s.windows[i]
		w.roll(rules[i].span, now)
		if w.pending == 0 {
			continue
		}
		b.windows = append(b.windows, delta{key, i, WindowCalls{key.String(), rules[i].name, w.starts, w.pending}})
		w.writing, w.pending = w.pending, 0
		taken = true
	}
	return taken
}

// restore puts back what could not be written.
func (m *Meter) restore(b *batch) {
	for _, h := range b.hours {
		s := m.shardOf(h.OrganizationID)
		s.mu.Lock()
		s.calls[h.CallKey] += h.Calls
		s.waiting += h.Calls
		s.mu.Unlock()
	}
	m.unsure.Add(-b.calls)
	for _, d := range b.windows {
		m.edit(d, func(w *window) { w.pending += w.writing })
	}
	for _, u := range b.uses {
		s := m.shardOf(u.OrganizationID)
		s.mu.Lock()
		if _, newer := s.uses[u.KeyID]; !newer {
			s.uses[u.KeyID] = u
		}
		s.mu.Unlock()
	}
}

// settle takes over the totals of all nodes, which stand in the order of the
// batch's windows.
func (m *Meter) settle(b *batch, totals []int64) {
	m.unsure.Add(-b.calls)
	for i, d := range b.windows {
		m.edit(d, func(w *window) { w.known = totals[i] })
	}
}

// edit ends the writing of a window, unless the window is over by now.
func (m *Meter) edit(d delta, do func(*window)) {
	s := m.shardOf(d.key.organizationID)
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, ok := s.subjects[d.key]
	if !ok || sub.windows[d.rule].starts != d.Starts {
		return
	}
	do(&sub.windows[d.rule])
	sub.windows[d.rule].writing = 0
}

// Sweep removes windows that were over before the last one began, and, once a
// day, the hours that no report reaches. Every node may do it; Run does, every
// ten minutes.
func (m *Meter) Sweep(ctx context.Context) error {
	now := m.clock.Now()
	err := m.db.Append(ctx, func(tx database.Tx) error { return m.store.Sweep(ctx, tx, now) })
	today := int64(now) / day.Milliseconds()
	if err != nil || m.sweptDay.Load() == today {
		return err
	}
	if err := m.store.SweepHours(ctx, m.db, now.Add(-Kept)); err != nil {
		return err
	}
	m.sweptDay.Store(today)
	return nil
}
