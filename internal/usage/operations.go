package usage

import (
	"context"
	"net/http"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const csvType = "text/csv"

type report struct {
	Metric   string `query:"metric" enum:"management_api_calls,api_calls,bulk_api_calls,webhook_calls,messages" default:"management_api_calls" doc:"What to report."`
	From     string `query:"from" format:"date-time" maxLength:"40" doc:"From when on; by default 24 hours before to, or 30 days where the interval is day. Moved back to a whole hour or day in UTC."`
	To       string `query:"to" format:"date-time" maxLength:"40" doc:"Until before when; by default now. Moved forward to a whole hour or day in UTC."`
	Interval string `query:"interval" enum:"hour,day" default:"hour" doc:"What to sum up by: at most 31 days by the hour, 400 by the day."`
	GroupBy  string `query:"group_by" enum:"key,project,operation,status" doc:"What to break the calls down by."`
	Format   string `query:"format" enum:"json,csv" doc:"The form of the answer, where an Accept header is not at hand."`
}

// Register adds the report on usage; owners only.
func Register(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "get-usage", Method: http.MethodGet, Path: "/team/v1/usage", Door: api.Team, Tag: "Usage",
		Permission: ident.SettingsRead, Produces: csvType,
		Summary: "Report usage",
		Description: "Tells how many calls the organization has made, by hour or day, with the limits that apply. " +
			"Hours and days without calls are left out. Send `Accept: text/csv` or `format=csv` for the entries alone, as CSV.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *report) (out api.Or[*UsageReport], err error) {
		of, err := in.query(c.Now)
		if err != nil {
			return out, err
		}
		if out.JSON, err = s.Report(ctx, q, c.Actor.OrganizationID, of, c.Now); err != nil {
			return out, err
		}
		if in.Format == "csv" || (in.Format == "" && c.Prefers(csvType)) {
			out.Raw = &api.Raw{ContentType: csvType + "; charset=utf-8; header=present", Write: out.JSON.WriteCSV}
		}
		return out, nil
	})
}

// query fills in what was left out.
func (in *report) query(now clock.Timestamp) (Query, error) {
	of := Query{Metric: in.Metric, To: now, Interval: Interval(in.Interval), GroupBy: GroupBy(in.GroupBy)}
	var violations []string
	if in.To != "" {
		parseTime("to", in.To, &of.To, &violations)
	}
	of.From = of.To.Add(-day)
	if of.Interval == Daily {
		of.From = of.To.Add(-30 * day)
	}
	if in.From != "" {
		parseTime("from", in.From, &of.From, &violations)
	}
	if len(violations) > 0 {
		return Query{}, fault.Invalid(violations...)
	}
	return of, nil
}

// parseTime reads a time that the schema's format has let through. The format
// knows leap seconds, which Go does not.
func parseTime(name, text string, into *clock.Timestamp, violations *[]string) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		*violations = append(*violations, "Property ."+name+" must be an RFC 3339 time from 1970 on, such as 2026-11-23T10:00:00.000Z")
		return
	}
	*into = clock.At(t)
}
