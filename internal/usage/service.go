package usage

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// maxPoints is how many entries a report may have.
	maxPoints = 100_000
	day       = 24 * time.Hour
	// Kept is for how long it is known what was used: as far back as a report
	// can reach today, and a day more.
	Kept = 401 * day
)

// Interval is what a report sums up by.
type Interval string

// The intervals. Days are in UTC.
const (
	Hourly Interval = "hour"
	Daily  Interval = "day"
)

// GroupBy is what a report breaks the calls down by.
type GroupBy string

// The ways to group.
const (
	Ungrouped   GroupBy = ""
	ByKey       GroupBy = "key"
	ByProject   GroupBy = "project"
	ByOperation GroupBy = "operation"
	ByStatus    GroupBy = "status"
)

// Query says what to report: calls from From to before To.
type Query struct {
	ProjectID string // empty for all of an organization
	Metric    string
	From, To  clock.Timestamp
	Interval  Interval
	GroupBy   GroupBy
}

// UsagePoint is the calls of a group in an hour or a day.
type UsagePoint struct {
	At    clock.Timestamp `json:"at" doc:"When the hour or day begins." example:"2026-11-23T10:00:00.000Z"`
	Group string          `json:"group" doc:"The key, project, operation or class of status, as group_by asks; empty where the calls belong to none." example:"2xx"`
	Calls int64           `json:"calls" doc:"How many calls there were." example:"42"`
}

// UsageLimit is a limit that applies to the metric, and where the organization
// stands.
type UsageLimit struct {
	Name      string          `json:"name" doc:"The limit's name." example:"api_calls_per_hour"`
	Limit     int64           `json:"limit" doc:"How many calls a window may have." example:"10000"`
	Used      int64           `json:"used" doc:"How many the current window has, up to a second ago." example:"120"`
	Remaining int64           `json:"remaining" doc:"How many are left." example:"9880"`
	StartsAt  clock.Timestamp `json:"starts_at" doc:"When the current window began."`
	ResetsAt  clock.Timestamp `json:"resets_at" doc:"When the next one begins."`
}

// UsageReport is what an organization has used.
type UsageReport struct {
	api.List[UsagePoint]
	Metric   string          `json:"metric" doc:"What was counted." example:"management_api_calls"`
	From     clock.Timestamp `json:"from" doc:"The beginning of the first hour or day."`
	To       clock.Timestamp `json:"to" doc:"The end of the last one."`
	Interval Interval        `json:"interval" enum:"hour,day" doc:"What the calls are summed up by."`
	GroupBy  GroupBy         `json:"group_by" doc:"What they are broken down by; empty if they are not." example:"status"`
	Calls    int64           `json:"calls" doc:"The sum of all entries." example:"42"`
	Limits   []UsageLimit    `json:"limits" nullable:"false" doc:"The limits that apply to the metric."`
}

// WriteCSV writes the entries as CSV with a header line.
func (r *UsageReport) WriteCSV(_ context.Context, w io.Writer) error {
	c := csv.NewWriter(w)
	err := c.Write([]string{"at", "group", "calls"})
	for _, p := range r.Data {
		err = errors.Join(err, c.Write([]string{p.At.String(), p.Group, strconv.FormatInt(p.Calls, 10)}))
	}
	c.Flush()
	return errors.Join(err, c.Error())
}

// Service reports usage.
type Service struct {
	limits    LimitFinder
	store     Store
	maxPoints int
}

// NewService returns the service.
func NewService(limits LimitFinder) *Service {
	return &Service{limits: limits, maxPoints: maxPoints}
}

// Report returns what an organization, or one project of it, has used, with the
// limits that apply: those of a project are its own.
// Hours or days are whole: the times are moved apart to their edges. It
// returns fault.InvalidPayload for times in the wrong order, for more than 31
// days by the hour or 400 by the day, and for more than 100,000 entries.
func (s *Service) Report(ctx context.Context, q database.Querier, organizationID string, of Query, now clock.Timestamp) (*UsageReport, error) {
	if err := of.align(); err != nil {
		return nil, err
	}
	points, err := s.store.Points(ctx, q, organizationID, of, s.maxPoints+1)
	if err != nil {
		return nil, err
	}
	if len(points) > s.maxPoints {
		return nil, fault.Invalid(fmt.Sprintf("The report must NOT have more than %d entries; ask for a shorter time, for days or for no groups", s.maxPoints))
	}
	r := &UsageReport{
		List: api.All(points), Metric: of.Metric, From: of.From, To: of.To, Interval: of.Interval, GroupBy: of.GroupBy, Limits: []UsageLimit{},
	}
	for _, p := range points {
		r.Calls += p.Calls
	}
	r.Limits, err = s.standing(ctx, q, organizationID, of.ProjectID, of.Metric, now)
	return r, err
}

// standing returns the limits that apply to a metric: the organization's, or
// the own ones of a project.
func (s *Service) standing(ctx context.Context, q database.Querier, organizationID, projectID, metric string, now clock.Timestamp) ([]UsageLimit, error) {
	out := []UsageLimit{}
	var limits [ruleCount]int64
	switch {
	case projectID == "":
		limits = s.limits.LimitsOf(organizationID).WithDefaults().values()
	case metric == api.MetricManagementCalls: // which no project has limits of
		return out, nil
	default:
		limits = s.limits.ProjectLimits(projectID).values()
	}
	totals, err := s.store.Totals(ctx, q, subjectKey{organizationID, projectID}.String(), now)
	if err != nil {
		return nil, err
	}
	for i, end := rulesOf(metric); i < end; i++ {
		if limits[i] == 0 {
			continue
		}
		l := UsageLimit{Name: rules[i].name, Limit: limits[i], Used: totals[i], Remaining: max(0, limits[i]-totals[i])}
		l.StartsAt, l.ResetsAt = rules[i].span.Bounds(now)
		out = append(out, l)
	}
	return out, nil
}

// align moves the times apart to whole hours or days, and checks how far apart
// they are.
func (of *Query) align() error {
	longest := 31 * day
	if of.Interval == Daily {
		longest = 400 * day
	}
	length := of.Interval.length()
	if of.From >= of.To {
		return fault.Invalid("Property .from must be before .to")
	}
	of.From = floor(of.From, length)
	if end := floor(of.To, length); end < of.To {
		of.To = end.Add(length)
	}
	if between(of.From, of.To) > longest {
		return fault.Invalid(fmt.Sprintf("Property .from must be at most %d days before .to with the interval %s", longest/day, of.Interval))
	}
	return nil
}
