package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/steward-platform/steward/internal/app"
)

// orgLimits changes what is given and prints what holds. 0 lifts a limit.
type orgLimits struct {
	operating
	Org                 string `arg:"" help:"The organization."`
	ManagementKeys      *int   `help:"How many Management API keys it may have." placeholder:"N"`
	EventRetentionDays  *int   `help:"For how many days custom events are kept. 0 keeps them for ever." placeholder:"DAYS"`
	APICallsPerMinute   *int64 `help:"API calls a minute, on the Management API and the Project API together. 0 restores the default of 1,000,000." name:"api-calls-per-minute" placeholder:"N"`
	APICallsPerHour     *int64 `help:"API calls an hour." name:"api-calls-per-hour" placeholder:"N"`
	APICallsPerCycle    *int64 `help:"API calls a cycle (a calendar month in UTC)." name:"api-calls-per-cycle" placeholder:"N"`
	BulkAPICallsPerHour *int64 `help:"Bulk API calls an hour." name:"bulk-api-calls-per-hour" placeholder:"N"`
	WebhookCallsPerDay  *int64 `help:"Webhook calls a day." placeholder:"N"`
	MessagesPerDay      *int64 `help:"Messages a day." placeholder:"N"`
}

func (c *orgLimits) Run(ctx context.Context, s streams) error {
	limits := map[string]int64{}
	for name, value := range map[string]*int64{
		"api_calls_per_minute": c.APICallsPerMinute, "api_calls_per_hour": c.APICallsPerHour, "api_calls_per_cycle": c.APICallsPerCycle,
		"bulk_api_calls_per_hour": c.BulkAPICallsPerHour, "webhook_calls_per_day": c.WebhookCallsPerDay, "messages_per_day": c.MessagesPerDay,
	} {
		if value != nil {
			limits[name] = *value
		}
	}
	return c.do(ctx, s, func(op *app.Operator) (any, error) {
		return op.SetLimits(ctx, c.Org, app.LimitsChange{ManagementKeys: c.ManagementKeys, EventRetentionDays: c.EventRetentionDays, Calls: limits})
	}, func(w io.Writer, result any) {
		l := result.(*app.LimitsSummary)
		_, _ = fmt.Fprintf(w, "management_keys\t%d\nevent_retention_days\t%d\n", l.ManagementKeys, l.EventRetentionDays)
		for _, name := range slices.Sorted(maps.Keys(l.Limits)) {
			_, _ = fmt.Fprintf(w, "%s\t%d\n", name, l.Limits[name])
		}
	})
}
