package user

import (
	"context"
	"strings"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// ListTeam returns a page of the organization's users with all their projects,
// the oldest first, and how many there are. With a text to search for, only
// users whose name or login has it count, in whatever case.
func (s *Service) ListTeam(ctx context.Context, q database.Querier, organizationID, search string, page Page) ([]*TeamUser, int, error) {
	if search = strings.TrimSpace(search); search != "" {
		return s.searchTeam(ctx, q, organizationID, search, page)
	}
	users, err := s.store.List(ctx, q, organizationID, page.limit(), page.offset())
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.Count(ctx, q, organizationID)
	return users, total, err
}

// searchTeam goes through everybody's names: the engines do not agree on what
// is the same letter in another case.
func (s *Service) searchTeam(ctx context.Context, q database.Querier, organizationID, search string, page Page) ([]*TeamUser, int, error) {
	names, err := s.store.Names(ctx, q, organizationID)
	if err != nil {
		return nil, 0, err
	}
	search = fold(search)
	var found []string
	for _, n := range names {
		if strings.Contains(fold(n.text), search) {
			found = append(found, n.id)
		}
	}
	first := min(page.offset(), int64(len(found)))
	last := min(first+page.limit(), int64(len(found)))
	users, err := s.store.ListByIDs(ctx, q, found[first:last])
	return users, len(found), err
}

// fold writes all forms of a letter as one: through the upper case, because some
// letters have several lower ones (σ, ς).
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// Remove takes a user, named by id or login, out of the organization, ends the
// user's sessions, and returns who that was. It returns
// fault.ResourceNotFound, or fault.InvalidPayload for the actor's self or the
// last owner.
func (s *Service) Remove(ctx context.Context, tx database.Tx, actor *ident.Actor, ref string) (*TeamUser, error) {
	u, err := s.store.Lookup(ctx, tx, actor.OrganizationID, ref)
	if err != nil {
		return nil, err
	}
	if u.ID == actor.ID {
		return nil, fault.Invalid("You cannot remove yourself; another owner can")
	}
	if u.IsOwner { // an owner who is being removed may be removing others
		owners, err := s.store.CountOwners(ctx, tx, actor.OrganizationID)
		if err != nil {
			return nil, err
		}
		if owners == 1 {
			return nil, fault.Invalid("The last owner of an organization cannot be removed")
		}
	}
	if err := s.parts.Sessions.EndAll(ctx, tx, actor.OrganizationID, u.ID); err != nil {
		return nil, err
	}
	return u, s.store.Delete(ctx, tx, u.ID)
}
