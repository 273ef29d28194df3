package mail

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// OutboxMail is a mail of an organization, as its owners see it.
type OutboxMail struct {
	ID        string           `json:"id" doc:"Identifies the mail; later ones sort later." example:"mail_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string           `json:"object" enum:"mail" doc:"Always mail."`
	Kind      string           `json:"kind" doc:"What it is." example:"invitation"`
	ProjectID *string          `json:"project_id" nullable:"true" doc:"The project it is about; null if it is about none."`
	To        string           `json:"to" doc:"Whom it is for."`
	Subject   string           `json:"subject" doc:"Its subject."`
	Text      *string          `json:"text" nullable:"true" doc:"Its plain text; null once it is sent, and for password resets, whose link is for one person alone."`
	Status    Status           `json:"status" enum:"queued,sent,failed,kept" doc:"Where it stands: kept was written while no mail server was named."`
	Attempts  int              `json:"attempts" minimum:"0" doc:"How often it was tried."`
	LastError string           `json:"last_error" doc:"Why the last try failed; empty if none did."`
	CreatedAt clock.Timestamp  `json:"created_at" doc:"When it was written."`
	SentAt    *clock.Timestamp `json:"sent_at" nullable:"true" doc:"When it was sent; null if it was not."`
}

// MailList is a page of mails.
type MailList struct {
	api.List[*OutboxMail]
	HasMore           bool    `json:"has_more" doc:"Whether there are more after this page."`
	MoreStartingAfter *string `json:"more_starting_after,omitempty" doc:"What starting_after_id takes for the next page. Only if there is one."`
}

type list struct {
	Status          Status `query:"status" enum:"queued,sent,failed,kept" doc:"Only mails that stand so."`
	Limit           int    `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"How many mails."`
	StartingAfterID string `query:"starting_after_id" maxLength:"64" doc:"Only mails that come after this one: the last of the page before."`
}

// Register adds the operation on the outbox.
func Register(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "list-mails", Method: http.MethodGet, Path: "/team/v1/mails", Door: api.Team, Tag: "E-mail", Permission: ident.SettingsRead,
		Summary:     "List e-mails",
		Description: "Lists the e-mails that were written for the organization, the newest first, with what became of them. `total` counts all that match, on every page. For owners.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *list) (*MailList, error) {
		mails, err := s.store.ListOf(ctx, q, c.Actor.OrganizationID, in.Status, in.StartingAfterID, in.Limit+1)
		if err != nil {
			return nil, err
		}
		total, err := s.store.CountOf(ctx, q, c.Actor.OrganizationID, in.Status)
		if err != nil {
			return nil, err
		}
		shown := make([]*OutboxMail, min(len(mails), in.Limit))
		for i := range shown {
			shown[i] = mails[i].shown()
		}
		out := &MailList{List: api.Page(shown, total), HasMore: len(mails) > in.Limit}
		if out.HasMore {
			out.MoreStartingAfter = &shown[len(shown)-1].ID
		}
		return out, nil
	})
}

// shown returns the mail as owners see it. A password reset lets whoever has
// its link into somebody else's account, and is hidden from them too.
func (m *Mail) shown() *OutboxMail {
	o := &OutboxMail{
		ID: m.ID, Object: "mail", Kind: m.Kind, ProjectID: m.ProjectID, To: m.To, Subject: m.Subject, Status: m.Status,
		Attempts: m.Attempts, LastError: m.LastError, CreatedAt: m.CreatedAt, SentAt: m.SentAt,
	}
	if m.Text != "" && m.Kind != kindReset {
		o.Text = &m.Text
	}
	return o
}
