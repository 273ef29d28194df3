package user

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const oneInvitation = "/team/v1/invitations/{token}"

type invite struct{ Body UserInvite }

type invitationPath struct {
	Token string `path:"token" doc:"The token from the link of the invitation."`
}

type accept struct {
	Token string `path:"token" doc:"The token from the link of the invitation."`
	Body  InvitationAccept

	hash string
}

func registerInvitations(r *api.Router, s *Service) {
	// The projects are in the body, so the operation itself checks what the
	// caller may do in each; a Permission here would leave it to owners.
	api.Write(r, api.Operation{
		ID: "invite-user", Method: http.MethodPost, Path: "/management/v1/projects/users/invite", Status: http.StatusNoContent,
		Door: api.Management, Tag: "Users", Resource: "users",
		Summary: "Invite a user",
		Description: "Sends an invitation to an e-mail address that is nobody's login yet. Its link can be used once, within seven days, " +
			"to become a user with the given roles. Inviting the same address again replaces the invitation.",
		Faults: []*fault.Code{fault.IncorrectRole, fault.ResourceNotFound, fault.DuplicateFound},
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *invite) (api.None, error) {
		i, err := s.Invite(ctx, tx, c.Actor, in.Body, c.Now)
		if err != nil {
			return api.None{}, err
		}
		c.Record(invitationKind, i.ID, nil, i)
		return api.None{}, nil
	})

	api.Read(r, api.Operation{
		ID: "get-invitation", Method: http.MethodGet, Path: oneInvitation, Door: api.Open, Tag: "Invitations",
		Summary: "Show an invitation", Description: "Shows who invites whom, to a person who has the link.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *invitationPath) (*UserInvitation, error) {
		return s.ShowInvitation(ctx, q, in.Token, c.Now)
	})

	api.WriteAfter(r, api.Operation{
		ID: "accept-invitation", Method: http.MethodPost, Path: oneInvitation, Door: api.Open, Tag: "Invitations", NoETag: true,
		Summary:     "Accept an invitation",
		Description: "Makes the invited person a user with the invitation's roles and the given password, and shows the user. The link is used up.",
		Faults:      []*fault.Code{fault.DuplicateFound},
	}, func(ctx context.Context, c *api.Call, in *accept) (err error) {
		in.hash, err = s.PrepareAccept(ctx, in.Token, in.Body.Password, c.Now)
		return err
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *accept) (*TeamUser, error) {
		u, err := s.Accept(ctx, tx, in.Token, in.hash, c.Now)
		if err != nil {
			return nil, err
		}
		c.ActAs(u.ID, u.Login, u.OrganizationID)
		c.Record(kind, u.ID, nil, u)
		return u, nil
	})
}
