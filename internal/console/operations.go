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
	Code     string `json:"code,omitempty" maxLength:"64" doc:"A one-time code or a recovery code, of a user who has them." example:"287082"`
}

// SessionUpdate is the body that changes the project a user works in.
type SessionUpdate struct {
	ProjectID string `json:"project_id" minLength:"1" maxLength:"64" doc:"The project to work in."`
}

// Session tells who is signed in.
type Session struct {
	UserID           string `json:"user_id" doc:"The user."`
	Login            string `json:"login" doc:"The login."`
	FirstName        string `json:"first_name" doc:"First name."`
	LastName         string `json:"last_name" doc:"Last name."`
	OrganizationID   string `json:"organization_id" doc:"The organization."`
	OrganizationName string `json:"organization_name" doc:"Its name."`
	IsOwner          bool   `json:"is_owner" doc:"Whether the user is an owner of it."`
	ProjectID        string `json:"project_id" doc:"The project the user works in; empty for none."`
	ManagementAPI    bool   `json:"management_api" doc:"Whether the Management API is unlocked."`
	MustEnrol        bool   `json:"must_enrol" doc:"Whether the organization requires one-time codes and the user has none yet: until they are set up, the session is good for that alone."`
}

const sessionPath = "/team/v1/session"

// Register adds the operations on sessions, on one's own account, and on
// one-time codes.
func Register(r *api.Router, s *Sessions) {
	registerSessions(r, s)
	registerAccount(r, s)
	registerCodes(r, s)
}

func registerSessions(r *api.Router, s *Sessions) {
	api.Read(r, api.Operation{
		ID: "get-session", Method: http.MethodGet, Path: sessionPath, Door: api.Team, Tag: "Session",
		Summary: "Who is signed in", Description: "Tells whose session the cookie is.", WhileEnrolling: true,
	}, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (*Session, error) {
		p, err := s.people.Person(ctx, q, c.Actor.ID)
		if err != nil {
			return nil, err
		}
		return &Session{
			UserID: p.ID, Login: p.Login, FirstName: p.FirstName, LastName: p.LastName, OrganizationID: p.OrganizationID, OrganizationName: p.OrganizationName,
			IsOwner: p.Owner, ProjectID: c.Actor.ProjectID, ManagementAPI: p.Unlocked, MustEnrol: p.MustEnrol,
		}, nil
	})

	type signIn struct {
		Body SessionCreate

		person *Person
	}
	api.WriteAfter(r, api.Operation{
		ID: "create-session", Method: http.MethodPost, Path: sessionPath, Door: api.Open, Tag: "Session", Status: http.StatusNoContent,
		Summary: "Sign in",
		Description: "Begins a session and sets its cookie. A user who has one-time codes sends one, too; without it, the right password is answered by `one_time_code_required`. " +
			"After five tries in a row that fail for a login, whoever has it, the next ones have to wait: " +
			"a second, then twice as long each time, up to 15 minutes. Many failures from one address have to wait as well.",
		Faults: []*fault.Code{fault.Unauthorized, fault.OneTimeCodeRequired, fault.TooManyRequests},
	}, func(ctx context.Context, c *api.Call, in *signIn) (err error) {
		in.person, err = s.knock(ctx, c, in.Body)
		return err
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *signIn) (api.None, error) {
		if err := s.takeCode(ctx, tx, in.person.ID, in.Body.Code, c.Now, errWrongSignInCode); err != nil {
			return api.None{}, err
		}
		if err := s.throttle.forget(ctx, tx, c, in.Body.Email); err != nil {
			return api.None{}, err
		}
		c.ActAs(in.person.ID, in.person.Login, in.person.OrganizationID)
		return api.None{}, s.Begin(ctx, tx, c, in.person.ID)
	})

	api.Write(r, api.Operation{
		ID: "update-session", Method: http.MethodPut, Path: sessionPath, Door: api.Team, Tag: "Session", Status: http.StatusNoContent,
		Summary: "Switch the project", Description: "Says which project the user works in. The session ends if the user is unassigned from it, or it is deleted.",
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct{ Body SessionUpdate }) (api.None, error) {
		return api.None{}, s.WorkIn(ctx, tx, c.Actor, in.Body.ProjectID)
	})

	api.Write(r, api.Operation{
		ID: "delete-session", Method: http.MethodDelete, Path: sessionPath, Door: api.Team, Tag: "Session", Status: http.StatusNoContent,
		Summary: "Sign out", Description: "Ends the session.", WhileEnrolling: true,
	}, func(ctx context.Context, tx database.Tx, c *api.Call, _ *struct{}) (api.None, error) {
		c.Header.Set("Set-Cookie", s.newCookie("", -1).String())
		return api.None{}, s.End(ctx, tx, c.Actor.SessionID, c.Actor.OrganizationID)
	})
}
