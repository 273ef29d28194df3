// Package organization holds the tenants: who they are, whether the
// Management API is unlocked for them, and how much they may use.
package organization

import (
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
)

// DefaultManagementKeyLimit is how many Management API keys an organization
// may have until an operator allows more (CONTRACT 4).
const DefaultManagementKeyLimit = 5

const (
	// DefaultEventRetentionDays is for how many days custom events are kept
	// until an operator says otherwise.
	DefaultEventRetentionDays = 365
	// MaxEventRetentionDays is the most that can be said; 0 is for ever.
	MaxEventRetentionDays = 36_500
)

// Feature is something an operator unlocks for an organization.
type Feature string

// ManagementAPI is the feature without which every Management API call answers
// 402 (CONTRACT 4).
const ManagementAPI Feature = "management-api"

// Organization is a tenant.
type Organization struct {
	ID                 string `json:"id" doc:"Identifies the organization." example:"org_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Name               string `json:"name" doc:"Its name." example:"Acme"`
	ManagementAPI      bool   `json:"management_api" doc:"Whether the Management API is unlocked."`
	ManagementKeyLimit int    `json:"management_key_limit" doc:"How many Management API keys it may have." example:"5"`
	EventRetentionDays int    `json:"event_retention_days" doc:"For how many days custom events are kept; 0 is for ever." example:"365"`
	// RequireOneTimeCodes asks for a second thing from everybody who signs in.
	RequireOneTimeCodes bool            `json:"require_one_time_codes" doc:"Whether everybody must sign in with one-time codes."`
	CreatedAt           clock.Timestamp `json:"created_at" doc:"When it was made."`
	UpdatedAt           clock.Timestamp `json:"updated_at" doc:"When it was last changed."`
	Limits              string          `json:"-"` // JSON, in the words of the usage room
}

// OrganizationUpdate is the body that changes an organization. What is left
// out stays.
type OrganizationUpdate struct {
	Name                *string `json:"name,omitempty" minLength:"1" maxLength:"255" format:"name" doc:"Its name." example:"Acme"`
	RequireOneTimeCodes *bool   `json:"require_one_time_codes,omitempty" doc:"Whether everybody must sign in with one-time codes. Who has none yet can do nothing but set them up, from now on."`
}

func (u OrganizationUpdate) apply(o *Organization) {
	if u.Name != nil {
		o.Name = *u.Name
	}
	if u.RequireOneTimeCodes != nil {
		o.RequireOneTimeCodes = *u.RequireOneTimeCodes
	}
}

func (u OrganizationUpdate) changes(o *Organization) bool {
	changed := *o
	u.apply(&changed)
	return changed != *o
}

func checkName(name string) error {
	if n := len([]rune(name)); n < 1 || n > 255 {
		return fault.Invalid("Property .name must have 1 to 255 characters")
	}
	return nil
}
