package sendout

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const sendoutsPath = "/v1/webhook-sendouts"

type publish struct {
	Body WebhookEventsPublish
}

type one struct {
	SendoutID string `path:"sendoutId" doc:"The send-out."`
}

type list struct {
	Status          string `query:"status" enum:"queued,retrying,succeeded,failed,cancelled" doc:"Only send-outs that are so far." example:"failed"`
	WebhookID       string `query:"webhook_id" maxLength:"64" doc:"Only send-outs to this webhook."`
	Type            string `query:"type" maxLength:"100" doc:"Only send-outs of events of this name."`
	From            string `query:"from" format:"date-time" maxLength:"40" doc:"Only what was published from then on."`
	To              string `query:"to" format:"date-time" maxLength:"40" doc:"Only what was published before then."`
	Limit           int    `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"How many send-outs."`
	StartingAfterID string `query:"starting_after_id" maxLength:"64" doc:"Only send-outs that come after this one: the last of the page before."`
}

// WebhookSendoutList is a page of send-outs.
type WebhookSendoutList struct {
	Object            string            `json:"object" enum:"list" doc:"Always list."`
	DataRef           string            `json:"data_ref" enum:"data" doc:"Names the member that holds the entries: data."`
	Data              []*WebhookSendout `json:"data" nullable:"false" doc:"The send-outs, the newest first."`
	HasMore           bool              `json:"has_more" doc:"Whether there are more after this page."`
	MoreStartingAfter *string           `json:"more_starting_after,omitempty" doc:"What starting_after_id takes for the next page. Only if there is one."`
}

// published is the answer to events: the one that was sent, or the list of all.
type published = api.Either[*WebhookEvent, api.List[*WebhookEvent]]

func newPublished(events []*WebhookEvent, batch bool) published {
	if batch {
		return api.Other[*WebhookEvent](api.All(events))
	}
	return api.One[*WebhookEvent, api.List[*WebhookEvent]](events[0])
}

// Register adds the operations on webhook events and send-outs.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Project, Tag: "Webhook events", Permission: ident.DataRead}

	post := op
	post.ID, post.Method, post.Path, post.Permission = "publish-webhook-event", http.MethodPost, "/v1/webhook-events", ident.DataWrite
	post.Status, post.NoETag = http.StatusAccepted, true
	post.Summary = "Publish webhook events"
	post.Description = "Publishes an event, or up to 1,000 of them as `events`: all or none. Each active webhook that asks for an event's type is sent it, at least once. " +
		"A call with `events` counts as a bulk call."
	api.Append(r, post, s.publish)

	get := op
	get.ID, get.Method, get.Path = "list-webhook-sendouts", http.MethodGet, sendoutsPath
	get.Summary = "List webhook send-outs"
	get.Description = "Lists send-outs, the newest first."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *list) (WebhookSendoutList, error) {
		f, err := in.filter()
		if err != nil {
			return WebhookSendoutList{}, err
		}
		sendouts, more, err := s.List(ctx, q, c.ProjectID, f, in.Limit)
		out := WebhookSendoutList{Object: "list", DataRef: "data", Data: sendouts, HasMore: more}
		if more {
			out.MoreStartingAfter = &sendouts[len(sendouts)-1].ID
		}
		return out, err
	})

	show := op
	show.ID, show.Method, show.Path = "get-webhook-sendout", http.MethodGet, sendoutsPath+"/{sendoutId}"
	show.Summary = "Get a webhook send-out"
	show.Description = "Shows a send-out with every try: when it was, how long it took, and what the receiver answered."
	api.Read(r, show, func(ctx context.Context, q database.Querier, c *api.Call, in *one) (*WebhookSendoutShown, error) {
		return s.Show(ctx, q, c.ProjectID, in.SendoutID)
	})

	op.Permission = ident.WebhooksRetry
	retry := op
	retry.ID, retry.Method, retry.Path, retry.NoETag = "retry-webhook-sendout", http.MethodPost, sendoutsPath+"/{sendoutId}/retry", true
	retry.Summary = "Retry a webhook send-out"
	retry.Description = "Tries a send-out again at once, whatever became of it. If that fails, it is tried for another day."
	api.Write(r, retry, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (*WebhookSendout, error) {
		before, after, err := s.Retry(ctx, tx, c.ProjectID, in.SendoutID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	cancel := op
	cancel.ID, cancel.Method, cancel.Path, cancel.NoETag = "cancel-webhook-sendout", http.MethodPost, sendoutsPath+"/{sendoutId}/cancel", true
	cancel.Summary = "Cancel a webhook send-out"
	cancel.Description = "Stops a send-out that has not arrived yet. What is on its way at this moment may arrive all the same."
	api.Write(r, cancel, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (*WebhookSendout, error) {
		before, after, err := s.Stop(ctx, tx, c.ProjectID, in.SendoutID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})
	registerReplays(r, s, op)
	registerWebhook(r, s, op)
}

func (s *Service) publish(ctx context.Context, c *api.Call, in *publish, keep api.Keep[published]) (published, error) {
	drafts, batch, err := in.Body.drafts(s.webhooks.Canonical)
	if err != nil {
		return published{}, err
	}
	if batch {
		if err := c.Bulk(); err != nil {
			return published{}, err
		}
	}
	var then func(database.Tx, []*WebhookEvent) error
	if keep.Needed {
		then = func(tx database.Tx, events []*WebhookEvent) error {
			c.Record(kindEvent, events[0].ID, nil, nil)
			return keep.In(tx, newPublished(events, batch))
		}
	}
	events, err := s.Publish(ctx, c.ProjectID, drafts, publisher(c), c.Now, then)
	if err != nil {
		return published{}, err
	}
	return newPublished(events, batch), nil
}

// publisher is who calls, as payloads tell it.
func publisher(c *api.Call) Publisher {
	if c.Actor.Kind == ident.ByUser {
		return Publisher{Channel: "WEBSITE", User: &c.Actor.Name}
	}
	return Publisher{Channel: "API", KeyID: c.Actor.ID, KeyName: c.Actor.Name}
}

// filter returns what the parameters ask for.
func (in *list) filter() (Filter, error) {
	var violations []string
	from, to := api.ParseTime("from", in.From, &violations), api.ParseTime("to", in.To, &violations)
	if len(violations) > 0 {
		return Filter{}, fault.Invalid(violations...)
	}
	f := Filter{Status: in.Status, WebhookID: in.WebhookID, Type: in.Type, Before: string(ident.Sendout) + "_8"} // after every id
	if from != nil {
		f.After = ident.FirstIDAt(ident.Sendout, from.Time())
	}
	if to != nil {
		f.Before = ident.FirstIDAt(ident.Sendout, to.Time())
	}
	if in.StartingAfterID != "" {
		f.Before = min(f.Before, in.StartingAfterID)
	}
	return f, nil
}
