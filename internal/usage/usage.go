// Package usage counts every call and holds calls against limits (CONTRACT 4).
//
// The Meter works in memory and writes what it has counted at least once a
// second; the Service reports what was written.
package usage

import (
	"context"
	"net/netip"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// LimitFinder tells what limits are set. It is asked on every call, so it must
// answer from a cache; what it cannot find has no limits.
type LimitFinder interface {
	// LimitsOf returns the limits that were set for an organization.
	LimitsOf(organizationID string) Limits
	// ProjectLimits returns a project's own limits, which hold beside its
	// organization's. A project's api_calls_per_* count its Project API calls
	// alone: the sandbox has 100 an hour (CONTRACT 4). Management API calls
	// have no limits by project.
	ProjectLimits(projectID string) Limits
}

// Use is the last use of a key that the Meter has seen since the last flush.
type Use struct {
	OrganizationID string
	Kind           ident.ActorKind // ByManagementKey or ByProjectKey
	KeyID          string
	At             clock.Timestamp
	Address        netip.Addr
}

// KeyUse keeps the last uses of keys.
type KeyUse interface {
	// Touch keeps the uses, in the transaction of a flush, which may run more
	// than once. A key that is gone, or a use that is older than the one
	// known, is passed over without an error: an error fails the flush.
	Touch(ctx context.Context, tx database.Tx, uses []Use) error
}

// Span is the length of a window in which calls are limited. Windows are fixed
// and in UTC, where no day is longer than another.
type Span int

// The spans. A cycle is a calendar month.
const (
	Minute Span = iota
	Hour
	Day
	Cycle
)

// Bounds returns the window around a moment: when it starts, and when the next
// one does.
func (s Span) Bounds(at clock.Timestamp) (starts, ends clock.Timestamp) {
	if s == Cycle {
		t := at.Time()
		first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		return clock.At(first), clock.At(first.AddDate(0, 1, 0))
	}
	length := time.Minute
	switch s {
	case Hour:
		length = time.Hour
	case Day:
		length = 24 * time.Hour
	}
	starts = floor(at, length)
	return starts, starts.Add(length)
}

// floor returns the last whole multiple of a length since 1970 that is not
// after the moment.
func floor(at clock.Timestamp, length time.Duration) clock.Timestamp {
	n := clock.Timestamp(length.Milliseconds())
	rest := at % n
	if rest < 0 {
		rest += n
	}
	return at - rest
}

// Metrics lists the metrics that calls are counted under.
var Metrics = []string{api.MetricManagementCalls, api.MetricAPICalls, api.MetricBulkAPICalls, api.MetricWebhookCalls, api.MetricMessages}

// between returns the time from one moment to a later one.
func between(from, to clock.Timestamp) time.Duration {
	return time.Duration(to-from) * time.Millisecond
}
