package console

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Account is the caller's own.
type Account struct {
	ID           string      `json:"id" doc:"Identifies the user." example:"user_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object       string      `json:"object" enum:"account" doc:"Always account."`
	Login        string      `json:"login" doc:"What the user signs in with." example:"sam@acme.example"`
	FirstName    string      `json:"first_name" doc:"First name." example:"Sam"`
	LastName     string      `json:"last_name" doc:"Last name." example:"Jones"`
	OneTimeCodes CodesStatus `json:"one_time_codes" doc:"The user's one-time codes."`
}

// CodesStatus tells about a user's one-time codes.
type CodesStatus struct {
	EnabledAt         *clock.Timestamp `json:"enabled_at" nullable:"true" doc:"Since when the user signs in with them; null if not."`
	RecoveryCodesLeft int              `json:"recovery_codes_left" minimum:"0" doc:"How many recovery codes are left."`
}

// AccountUpdate is the body that changes the caller's account. What is left out
// stays.
type AccountUpdate struct {
	FirstName *string `json:"first_name,omitempty" minLength:"1" maxLength:"255" format:"name" doc:"First name." example:"Sam"`
	LastName  *string `json:"last_name,omitempty" minLength:"1" maxLength:"255" format:"name" doc:"Last name." example:"Jones"`
}

// PasswordUpdate is the body that changes the caller's password.
type PasswordUpdate struct {
	CurrentPassword string `json:"current_password" minLength:"1" maxLength:"256" doc:"The password until now."`
	Password        string `json:"password" minLength:"1" maxLength:"256" doc:"The password from now on."`
}

// AccountSession is one of the caller's sessions.
type AccountSession struct {
	ID        string          `json:"id" doc:"Identifies the session." example:"sess_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Object    string          `json:"object" enum:"session" doc:"Always session."`
	Current   bool            `json:"current" doc:"Whether it is the one that asks."`
	Address   string          `json:"address" doc:"From which address it was begun; empty if that is not known." example:"198.51.100.7"`
	UserAgent string          `json:"user_agent" doc:"What the browser called itself then."`
	CreatedAt clock.Timestamp `json:"created_at" doc:"When it was begun."`
	ExpiresAt clock.Timestamp `json:"expires_at" doc:"When it ends."`
}

const (
	accountPath  = "/team/v1/account"
	sessionsPath = accountPath + "/sessions"
)

func registerAccount(r *api.Router, s *Sessions) {
	op := api.Operation{Door: api.Team, Tag: "Account", WhileEnrolling: true}

	show := op
	show.ID, show.Method, show.Path = "get-account", http.MethodGet, accountPath
	show.Summary, show.Description = "Show your account", "Shows who the caller is, and whether the caller signs in with one-time codes."
	api.Read(r, show, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (*Account, error) {
		return s.account(ctx, q, c.Actor.ID)
	})

	edit := op
	edit.ID, edit.Method, edit.Path, edit.WhileEnrolling = "update-account", http.MethodPut, accountPath, false
	edit.Summary, edit.Description = "Change your account", "Changes the caller's names. What is left out stays."
	api.Write(r, edit, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct{ Body AccountUpdate }) (*Account, error) {
		before, err := s.account(ctx, tx, c.Actor.ID)
		if err != nil {
			return nil, err
		}
		if err := s.people.Rename(ctx, tx, c.Actor.ID, in.Body.FirstName, in.Body.LastName, c.Now); err != nil {
			return nil, err
		}
		after, err := s.account(ctx, tx, c.Actor.ID)
		if err != nil {
			return nil, err
		}
		c.Record("user", c.Actor.ID, before, after)
		return after, s.changed(ctx, tx, c.Actor.OrganizationID)
	})

	type change struct {
		Body PasswordUpdate

		hash string
	}
	password := op
	password.ID, password.Method, password.Path, password.Status = "update-password", http.MethodPut, accountPath+"/password", http.StatusNoContent
	password.Summary = "Change your password"
	password.Description = "Gives the caller another password, and ends all of the caller's sessions; the answer sets the cookie of a new one. " +
		"Wrong guesses of the current password count, and wait, as those of signing in do."
	password.Faults = []*fault.Code{fault.TooManyRequests}
	api.WriteAfter(r, password, func(ctx context.Context, c *api.Call, in *change) (err error) {
		if err := s.checkPassword(ctx, c, "current_password", in.Body.CurrentPassword); err != nil {
			return err
		}
		in.hash, err = s.people.HashPassword(ctx, in.Body.Password)
		return err
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *change) (api.None, error) {
		if err := s.throttle.forget(ctx, tx, c, c.Actor.Name); err != nil {
			return api.None{}, err
		}
		if err := s.people.SetPassword(ctx, tx, c.Actor.ID, in.hash, c.Now); err != nil {
			return api.None{}, err
		}
		c.Record("user", c.Actor.ID, nil, nil)
		return api.None{}, s.Begin(ctx, tx, c, c.Actor.ID)
	})

	registerOwnSessions(r, op, s)
}

func registerOwnSessions(r *api.Router, op api.Operation, s *Sessions) {
	list := op
	list.ID, list.Method, list.Path = "list-sessions", http.MethodGet, sessionsPath
	list.Summary, list.Description = "List your sessions", "Lists the caller's sessions that have not ended, the newest first."
	api.Read(r, list, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (api.List[*AccountSession], error) {
		sessions, err := s.list(ctx, q, c.Actor, c.Now)
		return api.All(sessions), err
	})

	others := op
	others.ID, others.Method, others.Path, others.Status = "delete-sessions", http.MethodDelete, sessionsPath, http.StatusNoContent
	others.Summary, others.Description = "End your other sessions", "Ends all of the caller's sessions but the one that asks."
	api.Write(r, others, func(ctx context.Context, tx database.Tx, c *api.Call, _ *struct{}) (api.None, error) {
		return api.None{}, s.endOthers(ctx, tx, c.Actor)
	})

	one := op
	one.ID, one.Method, one.Path, one.Status = "delete-own-session", http.MethodDelete, sessionsPath+"/{sessionId}", http.StatusNoContent
	one.Summary, one.Description = "End one of your sessions", "Ends a session of the caller."
	one.Faults = []*fault.Code{fault.ResourceNotFound}
	api.Write(r, one, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct {
		ID string `path:"sessionId" doc:"The session."`
	},
	) (api.None, error) {
		return api.None{}, s.endOwn(ctx, tx, c.Actor, in.ID)
	})
}

func (s *Sessions) account(ctx context.Context, q database.Querier, userID string) (*Account, error) {
	p, err := s.people.Person(ctx, q, userID)
	if err != nil {
		return nil, err
	}
	has, err := s.codes.Status(ctx, q, userID)
	if err != nil {
		return nil, err
	}
	return &Account{
		ID: p.ID, Object: "account", Login: p.Login, FirstName: p.FirstName, LastName: p.LastName,
		OneTimeCodes: CodesStatus{EnabledAt: has.EnabledAt, RecoveryCodesLeft: has.RecoveryCodes},
	}, nil
}
