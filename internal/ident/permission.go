package ident

import "slices"

// Permission is a right within one project (CONTRACT 5).
type Permission string

// The permissions. An owner of the organization holds all of them in every
// project; what belongs to the organization itself (Team settings) asks for
// the owner, not for a permission.
const (
	SettingsRead       Permission = "settings.read"
	SettingsWrite      Permission = "settings.write"
	DataRead           Permission = "data.read"
	DataWrite          Permission = "data.write"
	MembersRead        Permission = "members.read"
	MembersWrite       Permission = "members.write"
	KeysManage         Permission = "keys.manage"
	WebhooksRetry      Permission = "webhooks.retry"
	IncentivesRead     Permission = "incentives.read"
	IncentivesEvaluate Permission = "incentives.evaluate"
)

// Permissions lists every permission, in the order in which they are shown.
var Permissions = []Permission{
	SettingsRead, SettingsWrite, DataRead, DataWrite, MembersRead, MembersWrite,
	KeysManage, WebhooksRetry, IncentivesRead, IncentivesEvaluate,
}

// BuiltInRole is one of the five roles that every project knows.
type BuiltInRole string

// The built-in roles (CONTRACT 5).
const (
	Admin          BuiltInRole = "ADMIN"
	Member         BuiltInRole = "USER"
	Viewer         BuiltInRole = "VIEWER"
	Merchant       BuiltInRole = "MERCHANT"
	UserRestricted BuiltInRole = "USER_RESTRICTED"
)

// BuiltInRoles lists the built-in roles, the most powerful first.
var BuiltInRoles = []BuiltInRole{Admin, Member, Viewer, Merchant, UserRestricted}

// Permissions returns what the built-in role may do; for a name that is no
// built-in role it returns false.
func (r BuiltInRole) Permissions() ([]Permission, bool) {
	switch r {
	case Admin:
		return Permissions, true
	case Member:
		return []Permission{SettingsRead, DataRead, DataWrite, MembersRead, IncentivesRead, IncentivesEvaluate}, true
	case Viewer:
		return []Permission{SettingsRead, DataRead, MembersRead, IncentivesRead}, true
	case Merchant:
		return []Permission{IncentivesRead, IncentivesEvaluate}, true
	case UserRestricted:
		return []Permission{DataRead}, true
	}
	return nil, false
}

// KnownPermission reports whether p is a permission.
func KnownPermission(p Permission) bool { return slices.Contains(Permissions, p) }
