package user

import (
	"context"
	"fmt"
	"strings"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// PermissionsIn returns the user's permissions in the project, nil if the user
// is no member of it.
func (s *Service) PermissionsIn(ctx context.Context, q database.Querier, userID, projectID string) ([]ident.Permission, error) {
	return s.members.Permissions(ctx, q, userID, projectID)
}

// IsMember reports whether the user is a member of the project.
func (s *Service) IsMember(ctx context.Context, q database.Querier, userID, projectID string) (bool, error) {
	held, err := s.members.Permissions(ctx, q, userID, projectID)
	return held != nil, err
}

// AddOwners makes every owner of the organization a member of the project, as
// ADMIN (CONTRACT 3).
func (s *Service) AddOwners(ctx context.Context, tx database.Tx, organizationID, projectID string, now clock.Timestamp) error {
	return s.members.AddOwners(ctx, tx, organizationID, projectID, now)
}

// ListMembers returns a page of the project's members and how many there are.
func (s *Service) ListMembers(ctx context.Context, q database.Querier, projectID string, page Page) ([]*Member, int, error) {
	users, err := s.members.List(ctx, q, projectID, page.limit(), page.offset())
	if err != nil {
		return nil, 0, err
	}
	members := make([]*Member, len(users))
	for i, u := range users {
		members[i] = u.in(projectID)
	}
	if page.Limit == 0 {
		return members, len(members), nil
	}
	total, err := s.members.Count(ctx, q, projectID)
	return members, total, err
}

// GetMember returns a member of the project by id or login, or
// fault.ResourceNotFound.
func (s *Service) GetMember(ctx context.Context, q database.Querier, organizationID, projectID, ref string) (*Member, error) {
	u, err := s.store.Lookup(ctx, q, organizationID, ref)
	if err != nil && !fault.Is(err, fault.ResourceNotFound) {
		return nil, err
	}
	if u != nil {
		if m := u.in(projectID); m != nil {
			return m, nil
		}
	}
	return nil, fault.New(fault.ResourceNotFound, "Cannot find user '%s' assigned to the project '%s'", ref, projectID).About(kind, ref)
}

// Assign makes a user of the organization, named by either id or login, a
// member of a project that has just been made. Its owners are members already,
// so naming one as ADMIN changes nothing. It returns fault.InvalidPayload,
// fault.IncorrectRole, fault.ResourceNotFound, or fault.DuplicateFound for a
// user named twice.
func (s *Service) Assign(ctx context.Context, tx database.Tx, organizationID, projectID, id, login, role string, now clock.Timestamp) error {
	ref, err := oneOf(id, login)
	if err != nil {
		return err
	}
	u, err := s.assignable(ctx, tx, organizationID, ref, role)
	if err != nil {
		return err
	}
	if u.IsOwner && u.in(projectID) != nil {
		return nil
	}
	return s.members.Insert(ctx, tx, projectID, u.ID, role, now)
}

// AssignMember makes a user of the organization a member of the project. It
// returns fault.InvalidPayload, fault.IncorrectRole, fault.ResourceNotFound, or
// fault.DuplicateFound for one who is a member already.
func (s *Service) AssignMember(ctx context.Context, tx database.Tx, organizationID, projectID string, body MemberCreate, now clock.Timestamp) (*Member, error) {
	ref, err := body.user()
	if err != nil {
		return nil, err
	}
	u, err := s.assignable(ctx, tx, organizationID, ref, body.Role)
	if err != nil {
		return nil, err
	}
	if err := s.members.Insert(ctx, tx, projectID, u.ID, body.Role, now); err != nil {
		return nil, err
	}
	u.Projects[projectID] = body.Role
	return u.in(projectID), nil
}

// assignable returns the user, if the user can be given the role.
func (s *Service) assignable(ctx context.Context, tx database.Tx, organizationID, ref, role string) (*TeamUser, error) {
	if err := s.checkRole(ctx, tx, organizationID, role, false); err != nil {
		return nil, err
	}
	u, err := s.store.Lookup(ctx, tx, organizationID, ref)
	if err != nil {
		return nil, err
	}
	if u.IsOwner && role != string(ident.Admin) {
		return nil, errOwnerRole()
	}
	return u, nil
}

// UpdateMember gives a member another role and returns the member before and
// after. It returns fault.IncorrectRole, fault.ResourceNotFound, or
// fault.InvalidPayload for an owner, whose role stays ADMIN.
func (s *Service) UpdateMember(ctx context.Context, tx database.Tx, organizationID, projectID, ref, role string) (before, after *Member, err error) {
	u, err := s.assignable(ctx, tx, organizationID, ref, role)
	if err != nil {
		return nil, nil, err
	}
	if before = u.in(projectID); before == nil {
		return nil, nil, fault.NotFound(kind, ref)
	}
	if err := s.members.SetRole(ctx, tx, projectID, u.ID, role); err != nil {
		return nil, nil, err
	}
	changed, err := s.store.Lookup(ctx, tx, organizationID, u.ID)
	if err != nil {
		return nil, nil, err
	}
	return before, changed.in(projectID), nil
}

// Unassign takes a user out of the project, ends the user's sessions in it, and
// returns the member that was. It returns fault.ResourceNotFound,
// fault.UserNotAssigned, fault.UserSingleProject, or fault.InvalidPayload for
// an owner or the last member (CONTRACT 3).
func (s *Service) Unassign(ctx context.Context, tx database.Tx, organizationID, projectID, ref string) (*Member, error) {
	u, err := s.store.Lookup(ctx, tx, organizationID, ref)
	if err != nil {
		return nil, err
	}
	m := u.in(projectID)
	switch {
	case m == nil:
		return nil, errNotAssigned()
	case m.IsOwner:
		return nil, errOwnerStays()
	case len(m.Projects) == 1:
		return nil, errSingleProject()
	}
	n, err := s.members.Count(ctx, tx, projectID)
	if err != nil {
		return nil, err
	}
	if n == 1 {
		return nil, errLastMember()
	}
	if err := s.members.Delete(ctx, tx, projectID, m.ID); err != nil {
		return nil, err
	}
	return m, s.parts.Sessions.EndUserIn(ctx, tx, organizationID, m.ID, projectID)
}

// checkRole returns fault.IncorrectRole unless the role is a built-in one or a
// custom one of the organization. USER_RESTRICTED can be given by invitation
// only (CONTRACT 3).
func (s *Service) checkRole(ctx context.Context, q database.Querier, organizationID, role string, byInvitation bool) error {
	if _, ok := ident.BuiltInRole(role).Permissions(); ok && (byInvitation || role != string(ident.UserRestricted)) {
		return nil
	}
	if strings.HasPrefix(role, string(ident.Role)+"_") {
		found, err := s.roles.Exists(ctx, q, organizationID, role)
		if found || err != nil {
			return err
		}
	}
	return fault.New(fault.IncorrectRole, "The role '%s' is incorrect", fmt.Sprintf("%.255s", role))
}
