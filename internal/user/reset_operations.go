package user

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	passwordResets = "/team/v1/password-resets"
	oneReset       = passwordResets + "/{token}"
)

type wantReset struct{ Body PasswordResetRequest }

type resetPath struct {
	Token string `path:"token" doc:"The token from the link."`
}

type acceptReset struct {
	Token string `path:"token" doc:"The token from the link."`
	Body  PasswordResetAccept

	hash string
}

func registerResets(r *api.Router, s *Service) {
	api.Write(r, api.Operation{
		ID: "request-password-reset", Method: http.MethodPost, Path: passwordResets, Status: http.StatusNoContent,
		Door: api.Open, Tag: "Password resets", ByAddress: true, Faults: []*fault.Code{fault.TooManyRequests},
		Summary: "Ask for a new password",
		Description: "Sends a link to choose a new password with, if the address is a user's. Whether it is, the answer does not tell. " +
			"The link can be used once, within an hour; a newer one replaces it. A user is sent three an hour at the most, and an address may ask five times in five seconds.",
	}, func(ctx context.Context, tx database.Tx, _ *api.Call, in *wantReset) (api.None, error) {
		return api.None{}, s.RequestReset(ctx, tx, in.Body.Email)
	})

	api.Read(r, api.Operation{
		ID: "get-password-reset", Method: http.MethodGet, Path: oneReset, Door: api.Open, Tag: "Password resets",
		Summary: "Show a password reset", Description: "Shows whose password can be chosen, to a person who has the link.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *resetPath) (*PasswordReset, error) {
		return s.ShowReset(ctx, q, in.Token, c.Now)
	})

	api.WriteAfter(r, api.Operation{
		ID: "accept-password-reset", Method: http.MethodPost, Path: oneReset + "/accept", Status: http.StatusNoContent,
		Door: api.Open, Tag: "Password resets",
		Summary:     "Choose a new password",
		Description: "Gives the user the password and ends all of the user's sessions. The link is used up.",
	}, func(ctx context.Context, c *api.Call, in *acceptReset) (err error) {
		in.hash, err = s.PrepareReset(ctx, in.Token, in.Body.Password, c.Now)
		return err
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *acceptReset) (api.None, error) {
		u, err := s.AcceptReset(ctx, tx, in.Token, in.hash, c.Now)
		if err != nil {
			return api.None{}, err
		}
		c.ActAs(u.ID, u.Login, u.OrganizationID)
		c.Record(kind, u.ID, nil, nil)
		return api.None{}, nil
	})
}
