package sendout

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

const webhookPath = "/v1/webhooks/{webhookId}"

type sendTest struct {
	WebhookID string `path:"webhookId" doc:"The webhook."`
	Body      WebhookTest
}

type statistics struct {
	WebhookID string `path:"webhookId" doc:"The webhook."`
	From      string `query:"from" format:"date-time" maxLength:"40" doc:"From when on: a day before to if it is not said."`
	To        string `query:"to" format:"date-time" maxLength:"40" doc:"Until when: now if it is not said."`
	Interval  string `query:"interval" enum:"hour,day" default:"hour" doc:"What tries are summed up by: at most 31 days by the hour, and 90 by the day."`
}

// registerWebhook adds what can be asked of the deliveries of one webhook.
func registerWebhook(r *api.Router, s *Service, op api.Operation) {
	test := op
	test.ID, test.Method, test.Path, test.NoETag = "test-webhook", http.MethodPost, webhookPath+"/test", true
	test.Summary = "Test a webhook"
	test.Description = "Sends the webhook one event, of any name and also if it is switched off, and answers with what the receiver answered. " +
		"The payload and its signatures are those of every delivery. It is sent once, is listed among the send-outs with `test` set, and a failure has no consequence."
	api.Append(r, test, s.test)

	show := op
	show.ID, show.Method, show.Path, show.Permission = "get-webhook-statistics", http.MethodGet, webhookPath+"/statistics", ident.DataRead
	show.Summary = "Get a webhook's statistics"
	show.Description = "Shows how many tries to deliver arrived and how many failed, how long they took, and the last failure. It is up to date but for the last second or two."
	api.Read(r, show, func(ctx context.Context, q database.Querier, c *api.Call, in *statistics) (*WebhookStatistics, error) {
		span, err := in.span(c.Now)
		if err != nil {
			return nil, err
		}
		return s.Statistics(ctx, q, c.ProjectID, in.WebhookID, span)
	})
}

func (s *Service) test(ctx context.Context, c *api.Call, in *sendTest, keep api.Keep[*WebhookSendoutShown]) (*WebhookSendoutShown, error) {
	var then func(database.Tx, *WebhookSendoutShown) error
	if keep.Needed {
		then = func(tx database.Tx, shown *WebhookSendoutShown) error {
			c.Record(kind, shown.ID, nil, shown)
			return keep.In(tx, shown)
		}
	}
	return s.Test(ctx, c.ProjectID, in.WebhookID, in.Body, publisher(c), c.Now, then)
}
