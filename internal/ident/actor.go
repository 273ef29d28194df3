package ident

import (
	"net/netip"
	"slices"
	"strings"
)

// ActorKind tells what kind of credential stands behind a call.
type ActorKind string

// The kinds of actor. Which one acts decides whether the deed is audited:
// what a key does is not (CONTRACT 4).
const (
	ByManagementKey ActorKind = "management_key"
	ByUser          ActorKind = "user"
	ByProjectKey    ActorKind = "project_key"
	ByOperator      ActorKind = "operator"
	ByNobody        ActorKind = "nobody"
)

// Actor is who makes a call. It is worked out once, at the door, and handed
// down; it is never changed afterwards.
type Actor struct {
	Kind           ActorKind
	ID             string // of the key or user
	Name           string // of the key, or the user's login; for people to read
	OrganizationID string
	Owner          bool // a user who is an owner of the organization
	Unlocked       bool // whether the organization has the Management API
	SessionID      string
	MustEnrol      bool     // a user whose organization requires one-time codes, and who has none yet
	ProjectID      string   // the project a project key belongs to
	Scopes         []string // of a management key; empty means everything
	ProjectIDs     []string // a management key is bound to; empty means all
	Address        netip.Addr
}

// Audited reports whether the actor's deeds go to the audit log: people's and
// operators' do, keys' never (CONTRACT 4).
func (a *Actor) Audited() bool { return a.Kind == ByUser || a.Kind == ByOperator }

// MayReach reports whether a management key is not bound to projects other
// than this one.
func (a *Actor) MayReach(projectID string) bool {
	return len(a.ProjectIDs) == 0 || slices.Contains(a.ProjectIDs, projectID)
}

// ScopeRead is the scope that allows every read and nothing else.
const ScopeRead = "read"

// ReadSuffix makes a resource's scope read-only, as in "webhooks.read".
const ReadSuffix = ".read"

// InScope reports whether a management key's scopes cover an operation on this
// resource. No scopes at all cover everything.
func (a *Actor) InScope(resource string, write bool) bool {
	if len(a.Scopes) == 0 {
		return true
	}
	for _, s := range a.Scopes {
		switch {
		case s == resource:
			return true
		case !write && (s == ScopeRead || strings.TrimSuffix(s, ReadSuffix) == resource):
			return true
		}
	}
	return false
}
