package user

import "github.com/steward-platform/steward/internal/api"

// Register adds the operations on users, members, roles, invitations and
// password resets.
func Register(r *api.Router, s *Service) {
	registerMembers(r, s)
	registerInvitations(r, s)
	registerPending(r, s)
	registerResets(r, s)
	registerRoles(r, s)
	registerTeam(r, s)
	registerAccess(r, s)
}
