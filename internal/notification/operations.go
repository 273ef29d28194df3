package notification

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const path = "/team/v1/notifications"

type one struct {
	NotificationID string `path:"notificationId" doc:"The notification."`
}

type list struct {
	UnreadOnly      bool   `query:"unread_only" doc:"Only notifications that were not marked as read."`
	Limit           int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many notifications."`
	StartingAfterID string `query:"starting_after_id" maxLength:"64" doc:"Only notifications that come after this one: the last of the page before."`
}

// NotificationList is a page of notifications.
type NotificationList struct {
	api.List[*Notification]
	Unread            int     `json:"unread" minimum:"0" doc:"How many there are in all that were not marked as read." example:"2"`
	HasMore           bool    `json:"has_more" doc:"Whether there are more after this page."`
	MoreStartingAfter *string `json:"more_starting_after,omitempty" doc:"What starting_after_id takes for the next page. Only if there is one."`
}

// NotificationsRead tells what was marked as read.
type NotificationsRead struct {
	Object string `json:"object" enum:"notifications_read" doc:"Always notifications_read."`
	Read   int    `json:"read" minimum:"0" doc:"How many notifications were marked as read by this call." example:"2"`
}

// Register adds the operations on notifications.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Team, Tag: "Notifications"}

	get := op
	get.ID, get.Method, get.Path = "list-notifications", http.MethodGet, path
	get.Summary = "List notifications"
	get.Description = "Lists what the caller is told of the projects that she is a member of (owners: of all of the organization's), the newest first: limits that are nearly used up, as a project's " +
		"`api_usage_notifications` ask for it, and webhooks that were switched off because their receivers failed. `total` counts all that match, on every page. " +
		"Each person has her own read marks. Notifications are kept for 90 days, and not longer than their project."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *list) (*NotificationList, error) {
		reader := readerOf(c)
		entries, more, err := s.List(ctx, q, reader, in.UnreadOnly, in.StartingAfterID, in.Limit)
		if err != nil {
			return nil, err
		}
		total, unread, err := s.Count(ctx, q, reader)
		if in.UnreadOnly {
			total = unread
		}
		out := &NotificationList{List: api.Page(entries, total), Unread: unread, HasMore: more}
		if more {
			out.MoreStartingAfter = &entries[len(entries)-1].ID
		}
		return out, err
	})

	read := op
	read.ID, read.Method, read.Path, read.NoETag = "read-notification", http.MethodPost, path+"/{notificationId}/read", true
	read.Faults = []*fault.Code{fault.ResourceNotFound}
	read.Summary = "Mark a notification as read"
	read.Description = "Marks a notification as read by the caller. One that is already keeps its time."
	api.Write(r, read, func(ctx context.Context, tx database.Tx, c *api.Call, in *one) (*Notification, error) {
		before, after, err := s.MarkRead(ctx, tx, readerOf(c), in.NotificationID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	all := op
	all.ID, all.Method, all.Path, all.NoETag = "read-all-notifications", http.MethodPost, path+"/read-all", true
	all.Summary = "Mark all notifications as read"
	all.Description = "Marks everything that the caller has not read as read."
	api.Write(r, all, func(ctx context.Context, tx database.Tx, c *api.Call, _ *struct{}) (*NotificationsRead, error) {
		n, err := s.MarkAllRead(ctx, tx, readerOf(c), c.Now)
		if err != nil {
			return nil, err
		}
		out := &NotificationsRead{Object: "notifications_read", Read: n}
		c.Record(kind, "", nil, out)
		return out, nil
	})
}

func readerOf(c *api.Call) Reader {
	return Reader{UserID: c.Actor.ID, OrganizationID: c.Actor.OrganizationID, Owner: c.Actor.Owner}
}
