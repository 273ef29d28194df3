package organization

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

const path = "/team/v1/organization"

// Register adds the operations on the caller's own organization.
func Register(r *api.Router, s *Service) {
	api.Read(r, api.Operation{
		ID: "get-organization", Method: http.MethodGet, Path: path, Door: api.Team, Tag: "Organization",
		Summary:     "Show the organization",
		Description: "Shows the caller's organization: whether the Management API is unlocked, and how many keys it may have.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (*Organization, error) {
		return s.Get(ctx, q, c.Actor.OrganizationID)
	})

	api.Write(r, api.Operation{
		ID: "update-organization", Method: http.MethodPut, Path: path, Door: api.Team, Tag: "Organization", Permission: ident.MembersWrite,
		Summary:     "Change the organization",
		Description: "Changes its name, and whether everybody must sign in with one-time codes. What is left out stays. For owners.",
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct{ Body OrganizationUpdate }) (*Organization, error) {
		before, after, err := s.Update(ctx, tx, c.Actor.OrganizationID, in.Body, c.Now)
		if err == nil {
			c.Record(kind, after.ID, before, after)
		}
		return after, err
	})
}
