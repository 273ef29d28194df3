package console

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// SessionCreate is the body that signs a user in.
type SessionCreate struct {
	Email    string `json:"email" minLength:"1" maxLength:"254" doc:"The login." example:"owner@acme.example"`
	Password string `json:"password" minLength:"1" maxLength:"256" doc:"The password."`
}

// SessionUpdate is the body that changes the project a user works in.
type SessionUpdate struct {
	ProjectID string `json:"project_id" minLength:"1" maxLength:"64" doc:"The project to work in."`
}

// Session tells who is signed in.
type Session struct {
	UserID         string `json:"user_id" doc:"The user."`
	Login          string `json:"login" doc:"The login."`
	OrganizationID string `json:"organization_id" doc:"The organization."`
	IsOwner        bool   `json:"is_owner" doc:"Whether the user is an owner of it."`
	ProjectID      string `json:"project_id" doc:"The project the user works in; empty for none."`
	ManagementAPI  bool   `json:"management_api" doc:"Whether the Management API is unlocked."`
}

const sessionPath = "/team/v1/session"

// Register adds the operations on sessions.
func Register(r *api.Router, s *Sessions) {
	api.Read(r, api.Operation{
		ID: "get-session", Method: http.MethodGet, Path: sessionPath, Door: api.Team, Tag: "Session",
		Summary: "Who is signed in", Description: "Tells whose session the cookie is.",
	}, func(_ context.Context, _ database.Querier, c *api.Call, _ *struct{}) (*Session, error) {
		return &Session{
			UserID: c.Actor.ID, Login: c.Actor.Name, OrganizationID: c.Actor.OrganizationID, IsOwner: c.Actor.Owner,
			ProjectID: c.Actor.ProjectID, ManagementAPI: c.Actor.Unlocked,
		}, nil
	})

	type signIn struct {
		Body SessionCreate

		person *Person
	}
	api.WriteAfter(r, api.Operation{
		ID: "create-session", Method: http.MethodPost, Path: sessionPath, Door: api.Open, Tag: "Session", Status: http.StatusNoContent,
		Summary: "Sign in",
		Description: "Begins a session and sets its cookie. After five tries in a row that fail for a login, whoever has it, the next ones have to wait: " +
			"a second, then twice as long each time, up to 15 minutes. Many failures from one address have to wait as well.",
		Faults: []*fault.Code{fault.Unauthorized, fault.TooManyRequests},
	}, func(ctx context.Context, c *api.Call, in *signIn) error {
		if err := s.throttle.enter(ctx, c, in.Body.Email); err != nil {
			return err
		}
		var err error
		in.person, err = s.people.Verify(ctx, in.Body.Email, in.Body.Password)
		return err
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *signIn) (api.None, error) {
		if err := s.throttle.forget(ctx, tx, c, in.Body.Email); err != nil {
			return api.None{}, err
		}
		cookie, err := s.Begin(ctx, tx, in.person.ID, c.Now)
		if err == nil {
			c.ActAs(in.person.ID, in.person.Login, in.person.OrganizationID)
			c.Header.Set("Set-Cookie", cookie.String())
		}
		return api.None{}, err
	})

	api.Write(r, api.Operation{
		ID: "update-session", Method: http.MethodPut, Path: sessionPath, Door: api.Team, Tag: "Session", Status: http.StatusNoContent,
		Summary: "Switch the project", Description: "Says which project the user works in. The session ends if the user is unassigned from it, or it is deleted.",
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct{ Body SessionUpdate }) (api.None, error) {
		return api.None{}, s.WorkIn(ctx, tx, c.Actor, in.Body.ProjectID)
	})

	api.Write(r, api.Operation{
		ID: "delete-session", Method: http.MethodDelete, Path: sessionPath, Door: api.Team, Tag: "Session", Status: http.StatusNoContent,
		Summary: "Sign out", Description: "Ends the session.",
	}, func(ctx context.Context, tx database.Tx, c *api.Call, _ *struct{}) (api.None, error) {
		c.Header.Set("Set-Cookie", s.newCookie("", -1).String())
		return api.None{}, s.End(ctx, tx, c.Actor.SessionID, c.Actor.OrganizationID)
	})
}
