package user

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// The invitations that wait have a path of their own: under the one beside it,
// what follows is a token.
const pending = "/team/v1/pending-invitations"

type listPending struct{ Paging }

type pendingPath struct {
	InvitationID string `path:"invitationId" doc:"The invitation."`
}

func registerPending(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "list-pending-invitations", Method: http.MethodGet, Path: pending, Door: api.Team, Tag: "Invitations", Permission: ident.MembersRead,
		Summary:     "List pending invitations",
		Description: "Lists the invitations that can still be accepted, the newest first. For owners.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *listPending) (api.List[*Invitation], error) {
		invitations, total, err := s.ListPending(ctx, q, c.Actor.OrganizationID, in.of(), c.Now)
		return api.Page(invitations, total), err
	})

	api.Write(r, api.Operation{
		ID: "withdraw-invitation", Method: http.MethodDelete, Path: pending + "/{invitationId}", Door: api.Team, Tag: "Invitations",
		Permission: ident.MembersWrite, Status: http.StatusNoContent,
		Summary:     "Withdraw an invitation",
		Description: "Makes the link of an invitation dead. For owners.",
		Faults:      []*fault.Code{fault.ResourceNotFound},
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *pendingPath) (api.None, error) {
		i, err := s.Withdraw(ctx, tx, c.Actor.OrganizationID, in.InvitationID, c.Now)
		if err != nil {
			return api.None{}, err
		}
		c.Record(invitationKind, i.ID, i, nil)
		return api.None{}, nil
	})
}
