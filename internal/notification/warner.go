package notification

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// checkTimeout bounds one Check.
	checkTimeout = 30 * time.Second
	// retryAfter is how long to wait after warnings could not be written.
	retryAfter = 5 * time.Second
)

type standingKey struct{ organizationID, projectID, limit string }

// Observe takes over where somebody stands, to be looked at by Run. It does
// not wait for anything.
func (s *Service) Observe(standings []Standing) {
	s.mu.Lock()
	for _, st := range standings {
		s.observed[standingKey{st.OrganizationID, st.ProjectID, st.Limit}] = st
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // Run has yet to heed the last call
	}
}

// Run writes the warnings that Observe gives rise to, until ctx is done. What
// goes wrong is logged, and tried again.
func (s *Service) Run(ctx context.Context) {
	var again <-chan time.Time
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-again:
		}
		err := s.Check(ctx)
		again = nil
		if err != nil {
			again = time.After(retryAfter)
			if !failing && ctx.Err() == nil {
				s.log.Error("usage warnings cannot be written; they are tried again", "error", err)
			}
		}
		failing = err != nil
	}
}

// Check writes the warnings that are due by what was observed since the last
// Check: for each project and metric whose threshold is reached, one in a
// window of time (webhook calls: in a quarter of a day), whatever other nodes
// do and however often it is observed. What could not be written within 30
// seconds is kept for the next Check.
func (s *Service) Check(ctx context.Context) error {
	s.checking.Lock()
	defer s.checking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var errs error
	for organizationID, limits := range s.take() {
		if err := s.checkOrganization(ctx, organizationID, limits); err != nil {
			s.putBack(limits)
			errs = errors.Join(errs, err)
		}
	}
	return errs
}

// take returns what was observed, by organization.
func (s *Service) take() map[string]map[standingKey]*Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]map[standingKey]*Standing{}
	for key, st := range s.observed {
		if out[key.organizationID] == nil {
			out[key.organizationID] = map[standingKey]*Standing{}
		}
		out[key.organizationID][key] = &st
	}
	clear(s.observed)
	return out
}

// putBack keeps standings for the next Check, but for those that were observed
// again meanwhile.
func (s *Service) putBack(limits map[standingKey]*Standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, st := range limits {
		if _, newer := s.observed[key]; !newer {
			s.observed[key] = *st
		}
	}
}

func (s *Service) checkOrganization(ctx context.Context, organizationID string, limits map[standingKey]*Standing) error {
	projects, err := s.parts.Projects.Asking(ctx, organizationID)
	if err != nil {
		return err
	}
	var errs error
	for _, p := range projects {
		for i := range metrics {
			m := &metrics[i]
			st := nearer(limits[standingKey{organizationID, "", m.limit}], limits[standingKey{organizationID, p.ID, m.limit}])
			if st == nil || !m.due(p, st) {
				continue
			}
			c := m.claim(p.ID, st)
			if _, done := s.warned[c]; done {
				continue
			}
			if err := s.warn(ctx, m, st, c); err != nil {
				errs = errors.Join(errs, err)
			}
		}
	}
	return errs
}

// due reports whether a project asks to be warned by now.
func (m *metric) due(p *Project, st *Standing) bool {
	wish, asks := p.Usage[m.name]
	return asks && st.reached(wish.Percent)
}

// warn writes a warning, unless another node has written it or the project's
// settings have changed since they were looked at.
func (s *Service) warn(ctx context.Context, m *metric, st *Standing, c claim) error {
	settled := false
	err := s.db.Append(ctx, func(tx database.Tx) error {
		settled = false
		p, err := s.parts.Projects.Find(ctx, tx, c.projectID)
		if fault.Is(err, fault.ResourceNotFound) {
			return nil
		}
		if err != nil || !m.due(p, st) {
			return err
		}
		settled = true
		first, err := s.store.Claim(ctx, tx, c)
		if err != nil || !first {
			return err
		}
		return s.writeWarning(ctx, tx, m, p, st)
	})
	if errors.Is(err, database.ErrForeignKey) {
		return nil // the project was deleted meanwhile
	}
	if err == nil && settled {
		s.warned[c] = st.EndsAt
	}
	return err
}

func (s *Service) writeWarning(ctx context.Context, tx database.Tx, m *metric, p *Project, st *Standing) error {
	wish := p.Usage[m.name]
	if wish.InApp {
		if err := s.store.Insert(ctx, tx, m.notification(p, st, s.clock.Now())); err != nil {
			return err
		}
	}
	for _, to := range once(wish.Addresses...) {
		if err := s.parts.Mailer.SendUsageWarning(ctx, tx, UsageLetter{
			Project: p, To: to, Metric: m.name, Percent: st.percent(), Used: st.Used, Max: st.Max, ResetsAt: st.EndsAt,
		}); err != nil {
			return err
		}
	}
	return nil
}

// forget drops what is known of windows that are over.
func (s *Service) forget(now clock.Timestamp) {
	s.checking.Lock()
	defer s.checking.Unlock()
	maps.DeleteFunc(s.warned, func(_ claim, until clock.Timestamp) bool { return until <= now })
}
