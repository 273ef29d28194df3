package organization

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
)

// Register adds the operations on the caller's own organization.
func Register(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "get-organization", Method: http.MethodGet, Path: "/team/v1/organization", Door: api.Team, Tag: "Organization",
		Summary:     "Show the organization",
		Description: "Shows the caller's organization: whether the Management API is unlocked, and how many keys it may have.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (*Organization, error) {
		return s.Get(ctx, q, c.Actor.OrganizationID)
	})
}
