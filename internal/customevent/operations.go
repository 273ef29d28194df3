package customevent

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/v1/events"
	kind       = "event"
)

type create struct {
	Body CustomEventsCreate
}

// tracked is the answer to events: the one that was sent, or the list of all.
type tracked = api.Either[*CustomEvent, api.List[*CustomEvent]]

// newTracked returns the answer. Of a customer that many events may be of a
// batch does not repeat the metadata; and a key that stands in a page, which
// anybody can read, is told nothing of a customer but what it has sent itself.
func newTracked(door api.Door, drafts []CustomEventDraft, events []*CustomEvent, batch bool) tracked {
	shown := make([]*CustomEvent, len(events))
	for i, e := range events {
		own := *e
		if door == api.ClientSide {
			sent := &drafts[i].Customer.CustomerDocument
			own.Customer.Name, own.Customer.Email, own.Customer.Metadata = sent.Name, sent.Email, sent.Metadata
		}
		if batch {
			own.Customer.Metadata = Metadata{}
		}
		shown[i] = &own
	}
	if batch {
		return api.Other[*CustomEvent](api.All(shown))
	}
	return api.One[*CustomEvent, api.List[*CustomEvent]](shown[0])
}

type one struct {
	EventID string `path:"eventId" doc:"The event."`
}

type list struct {
	Type            string `query:"type" maxLength:"300" doc:"Only events of this name." example:"review"`
	Customer        string `query:"customer" maxLength:"255" doc:"Only events of the customer with this id or source id."`
	From            string `query:"from" format:"date-time" maxLength:"40" doc:"Only what was taken in from then on."`
	To              string `query:"to" format:"date-time" maxLength:"40" doc:"Only what was taken in before then."`
	Order           string `query:"order" enum:"created_at,-created_at" default:"-created_at" doc:"Whether the oldest or the newest come first."`
	Limit           int    `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"How many events; an export has them all."`
	StartingAfterID string `query:"starting_after_id" maxLength:"64" doc:"Only events that come after this one: the last of the page before."`
}

// CustomEventList is a page of events.
type CustomEventList struct {
	Object            string         `json:"object" enum:"list" doc:"Always list."`
	DataRef           string         `json:"data_ref" enum:"data" doc:"Names the member that holds the entries: data."`
	Data              []*CustomEvent `json:"data" nullable:"false" doc:"The events."`
	HasMore           bool           `json:"has_more" doc:"Whether there are more after this page."`
	MoreStartingAfter *string        `json:"more_starting_after,omitempty" doc:"What starting_after_id takes for the next page. Only if there is one."`
}

// Register adds the operations on custom events.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Project, Tag: "Events", Permission: ident.DataRead}

	post := op
	post.ID, post.Method, post.Path, post.Permission, post.Client = "track-custom-event", http.MethodPost, collection, ident.DataWrite, api.ClientLoyaltyEvents
	post.Summary = "Track custom events"
	post.Description = "Takes in an event that a customer has caused, or up to 1,000 of them as `events`: all or none. Each has a custom event schema of its name, which its metadata obeys. " +
		"A customer who is not known by `source_id` is made; what is sent of a known one is merged. One event is answered as it is kept, many as a list of them in their order, without the metadata of their customers. " +
		"A client-side key is told nothing of a customer but the ids and what it has sent itself. The metadata of a customer has at most 64 KiB in all.\n\n" +
		"A call with `events` counts as a bulk call."
	post.NoETag = true
	post.Faults = []*fault.Code{fault.MetadataValidationFailed, fault.ResourceNotFound}
	api.Append(r, post, func(ctx context.Context, c *api.Call, in *create, keep api.Keep[tracked]) (tracked, error) {
		drafts, batch, err := in.Body.drafts()
		if err != nil {
			return tracked{}, err
		}
		if batch {
			if err := c.Bulk(); err != nil {
				return tracked{}, err
			}
		}
		var then func(database.Tx, []*CustomEvent) error
		if keep.Needed {
			then = func(tx database.Tx, events []*CustomEvent) error {
				c.Record(kind, events[0].ID, nil, nil) // the log tells who sent events, not what customers did
				return keep.In(tx, newTracked(c.Door, drafts, events, batch))
			}
		}
		events, err := s.Ingest(ctx, c.ProjectID, drafts, batch, c.Now, then)
		if err != nil {
			return tracked{}, err
		}
		return newTracked(c.Door, drafts, events, batch), nil
	})

	get := op
	get.ID, get.Method, get.Path = "list-custom-events", http.MethodGet, collection
	get.Summary, get.Produces = "List custom events", api.NDJSON
	get.Description = "Lists custom events, the newest first unless `order` says otherwise. Send `Accept: application/x-ndjson` for all events that match, one a line."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *list) (out api.Or[CustomEventList], err error) {
		return s.answerList(ctx, q, c, in)
	})

	rejected := op
	rejected.ID, rejected.Method, rejected.Path = "list-rejected-events", http.MethodGet, collection+"/rejected"
	rejected.Summary = "List rejected events"
	rejected.Description = "Shows why events were refused: how many for which reason, and the last 100 of them, the newest first. Another node's refusals are there within two seconds."
	api.Read(r, rejected, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (RejectedEventList, error) {
		return s.Rejected(ctx, q, c.ProjectID)
	})

	single := op
	single.ID, single.Method, single.Path = "get-custom-event", http.MethodGet, collection+"/{eventId}"
	single.Summary = "Get a custom event"
	single.Description = "Shows one custom event, with its customer as it is now."
	api.Read(r, single, func(ctx context.Context, q database.Querier, c *api.Call, in *one) (*CustomEvent, error) {
		return s.Get(ctx, q, c.ProjectID, in.EventID)
	})
}

func (s *Service) answerList(ctx context.Context, q database.Querier, c *api.Call, in *list) (out api.Or[CustomEventList], err error) {
	r, err := in.events()
	if err != nil {
		return out, err
	}
	if in.Customer != "" {
		var known bool
		if r.CustomerID, known, err = s.CustomerID(ctx, q, c.ProjectID, in.Customer); err != nil {
			return out, err
		}
		if !known {
			r.CustomerID = in.Customer // nobody's
		}
	}
	if c.Prefers(api.NDJSON) {
		each, err := s.Export(ctx, q, c.ProjectID, r)
		out.Raw = api.Lines(each)
		return out, err
	}
	events, more, err := s.List(ctx, q, c.ProjectID, r, in.Limit)
	out.JSON = CustomEventList{Object: "list", DataRef: "data", Data: events, HasMore: more}
	if more {
		out.JSON.MoreStartingAfter = &events[len(events)-1].ID
	}
	return out, err
}

// events returns what the parameters ask for.
func (in *list) events() (Range, error) {
	var violations []string
	from, to := api.ParseTime("from", in.From, &violations), api.ParseTime("to", in.To, &violations)
	if len(violations) > 0 {
		return Range{}, fault.Invalid(violations...)
	}
	r := Range{Type: in.Type, Descending: in.Order != "created_at", Before: afterAll}
	if from != nil {
		r.After = ident.FirstIDAt(ident.Event, from.Time())
	}
	if to != nil {
		r.Before = ident.FirstIDAt(ident.Event, to.Time())
	}
	switch after := in.StartingAfterID; {
	case after == "":
	case r.Descending:
		r.Before = min(r.Before, after)
	default:
		r.After = max(r.After, after)
	}
	return r, nil
}
