package user

import (
	"context"
	"maps"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Invite invites somebody to the actor's organization and enqueues the e-mail
// with the link. A pending invitation to the same address is replaced
// (CONTRACT 3). It returns fault.InvalidPayload, fault.IncorrectRole,
// fault.ResourceNotFound for a project, fault.Forbidden for a project in which
// the actor may not invite, or fault.DuplicateFound if the address is
// somebody's login.
func (s *Service) Invite(ctx context.Context, tx database.Tx, actor *ident.Actor, body UserInvite, now clock.Timestamp) (*Invitation, error) {
	if err := body.check(); err != nil {
		return nil, err
	}
	if err := s.checkInvited(ctx, tx, actor, body.Projects); err != nil {
		return nil, err
	}
	taken, err := s.store.FindByLogin(ctx, tx, normalize(body.Email))
	if err != nil {
		return nil, err
	}
	if taken != nil {
		return nil, errDuplicate(body.Email)
	}
	name, err := s.parts.Organizations.OrganizationName(ctx, tx, actor.OrganizationID)
	if err != nil {
		return nil, err
	}
	i := &Invitation{
		ID: ident.NewID(ident.Invitation), OrganizationID: actor.OrganizationID, Email: body.Email, FirstName: body.FirstName,
		LastName: body.LastName, Projects: body.Projects, CreatedAt: now, ExpiresAt: now.Add(InvitationLifetime),
	}
	token := newToken()
	if err := s.invitations.Insert(ctx, tx, i, hashToken(token)); err != nil {
		return nil, err
	}
	return i, s.parts.Mailer.SendInvitation(ctx, tx, Letter{
		OrganizationID: i.OrganizationID, OrganizationName: name, ProjectID: i.project(), To: i.Email, Token: token, ExpiresAt: i.ExpiresAt,
	})
}

// checkInvited checks the roles, that the projects exist, and that the actor
// may invite into each of them.
func (s *Service) checkInvited(ctx context.Context, tx database.Tx, actor *ident.Actor, projects map[string]string) error {
	projectIDs := slices.Sorted(maps.Keys(projects)) // the first error must not depend on the map's order
	for _, projectID := range projectIDs {
		if err := s.checkRole(ctx, tx, actor.OrganizationID, projects[projectID], true); err != nil {
			return err
		}
	}
	for _, projectID := range projectIDs {
		found, err := s.parts.Projects.Exists(ctx, tx, actor.OrganizationID, projectID)
		if err != nil {
			return err
		}
		if !found {
			return fault.NotFound("project", shown(projectID))
		}
	}
	for _, projectID := range projectIDs {
		if err := s.checkMayInvite(ctx, tx, actor, projectID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkMayInvite(ctx context.Context, tx database.Tx, actor *ident.Actor, projectID string) error {
	switch {
	case actor.Kind == ident.ByManagementKey && !actor.MayReach(projectID):
		return fault.Denied("The key is not allowed in project %s", projectID)
	case actor.Kind != ident.ByUser || actor.Owner:
		return nil
	}
	held, err := s.members.Permissions(ctx, tx, actor.ID, projectID)
	if err != nil {
		return err
	}
	if !slices.Contains(held, ident.MembersWrite) {
		return fault.Denied("Your role in project %s does not include the permission %s", projectID, ident.MembersWrite)
	}
	return nil
}

// ShowInvitation returns what the invited person is shown, or
// fault.ResourceNotFound if the token is not, or no longer, that of an
// invitation.
func (s *Service) ShowInvitation(ctx context.Context, q database.Querier, token string, now clock.Timestamp) (*UserInvitation, error) {
	i, err := s.invitations.Find(ctx, q, hashToken(token), now)
	if err != nil {
		return nil, err
	}
	name, err := s.parts.Organizations.OrganizationName(ctx, q, i.OrganizationID)
	if err != nil {
		return nil, err
	}
	return &UserInvitation{Email: i.Email, FirstName: i.FirstName, LastName: i.LastName, OrganizationName: name, ExpiresAt: i.ExpiresAt}, nil
}

// PrepareAccept hashes the password of somebody who accepts an invitation. It
// returns fault.ResourceNotFound as ShowInvitation does, so that a guessed
// token does not cost a hash, or fault.InvalidPayload. Call it outside any
// transaction.
func (s *Service) PrepareAccept(ctx context.Context, token, password string, now clock.Timestamp) (hash string, err error) {
	if _, err := s.invitations.Find(ctx, s.parts.DB, hashToken(token), now); err != nil {
		return "", err
	}
	return s.parts.Hasher.Hash(ctx, password)
}

// Accept makes the invited person a user with the invitation's roles; the
// invitation is used up. It returns fault.ResourceNotFound as ShowInvitation
// does, or fault.DuplicateFound if somebody has got the login meanwhile.
func (s *Service) Accept(ctx context.Context, tx database.Tx, token, hash string, now clock.Timestamp) (*TeamUser, error) {
	i, err := s.invitations.Take(ctx, tx, hashToken(token), now)
	if err != nil {
		return nil, err
	}
	if len(i.Projects) == 0 { // they were all deleted meanwhile
		return nil, errNoInvitation()
	}
	u, err := s.Create(ctx, tx, NewUser{
		OrganizationID: i.OrganizationID, Email: i.Email, FirstName: i.FirstName, LastName: i.LastName, PasswordHash: hash,
	}, now)
	if err != nil {
		return nil, err
	}
	for projectID, role := range i.Projects {
		if err := s.members.Insert(ctx, tx, projectID, u.ID, role, now); err != nil {
			return nil, err
		}
	}
	return &TeamUser{User: *u, Projects: i.Projects}, nil
}

// ListPending returns a page of the organization's invitations that can still be
// accepted, the newest first, and how many there are.
func (s *Service) ListPending(ctx context.Context, q database.Querier, organizationID string, page Page, now clock.Timestamp) ([]*Invitation, int, error) {
	invitations, err := s.invitations.ListPending(ctx, q, organizationID, now, page.limit(), page.offset())
	if err != nil {
		return nil, 0, err
	}
	total, err := s.invitations.CountPending(ctx, q, organizationID, now)
	return invitations, total, err
}

// Withdraw removes an invitation of the organization that can still be
// accepted, and returns it; or fault.ResourceNotFound.
func (s *Service) Withdraw(ctx context.Context, tx database.Tx, organizationID, id string, now clock.Timestamp) (*Invitation, error) {
	i, err := s.invitations.GetPending(ctx, tx, organizationID, id, now)
	if err != nil {
		return nil, err
	}
	return i, s.invitations.Delete(ctx, tx, id)
}

// SweepInvitations removes invitations that can no longer be accepted.
func (s *Service) SweepInvitations(ctx context.Context, q database.Querier, now clock.Timestamp) error {
	return s.invitations.DeleteExpired(ctx, q, now)
}
