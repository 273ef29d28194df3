package usage

import "github.com/steward-platform/steward/internal/clock"

// Standing is how much of a limit is used up in its current window, by all
// nodes together as far as this one knows.
type Standing struct {
	OrganizationID string
	ProjectID      string // of a project's own limit; empty for the organization's
	Limit          string // the limit's name, as in Names
	Used, Max      int64  // calls, and how many the window may have
	StartsAt       clock.Timestamp
	EndsAt         clock.Timestamp // when the next window begins
	At             clock.Timestamp // when it was so
}

// told is the part of a limit, one in told, from which on a standing is told.
// It is the least that a project can ask to be warned of (CONTRACT 3).
const told = 10

// Watch has tell told, after each flush, where those stand who have called
// since the one before, also if their calls were refused: every limit of which
// a tenth is used up, except those by the minute. tell is called by one
// goroutine at a time and must not wait. Call Watch before the Meter is used.
func (m *Meter) Watch(tell func([]Standing)) { m.watch = tell }

// tell tells who watches.
func (m *Meter) tell(now clock.Timestamp) {
	if m.watch == nil {
		return
	}
	var out []Standing
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for key, sub := range s.subjects {
			if sub.asked && sub.loading == nil {
				sub.asked = false
				out = sub.standings(out, key, now)
			}
		}
		s.mu.Unlock()
	}
	if len(out) > 0 {
		m.watch(out)
	}
}

// standings adds what is to be told of a subject.
func (s *subject) standings(to []Standing, key subjectKey, now clock.Timestamp) []Standing {
	for i, r := range rules {
		w, limit := &s.windows[i], s.limits[i]
		if limit == 0 || r.span == Minute || now >= w.ends || w.used() < (limit+told-1)/told {
			continue
		}
		to = append(to, Standing{
			OrganizationID: key.organizationID, ProjectID: key.projectID, Limit: r.name, Used: w.used(), Max: limit, StartsAt: w.starts, EndsAt: w.ends, At: now,
		})
	}
	return to
}
