package usage

import (
	"context"
	"time"
)

// RunOn is Run with ticks of the test's own.
func (m *Meter) RunOn(ctx context.Context, ticks <-chan time.Time) { m.run(ctx, ticks) }

// Allow changes how many entries a report may have.
func (s *Service) Allow(points int) { s.maxPoints = points }
