package organization

import (
	"context"
	"fmt"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Service does what can be done with an organization.
type Service struct{ store Store }

// NewService returns the service.
func NewService() *Service { return &Service{} }

// Create makes an organization with the Management API locked (CONTRACT 4). It
// returns fault.InvalidPayload for a name that is empty or longer than 255
// characters.
func (s *Service) Create(ctx context.Context, tx database.Tx, name string, now clock.Timestamp) (*Organization, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	o := &Organization{
		ID: ident.NewID(ident.Organization), Name: name, ManagementKeyLimit: DefaultManagementKeyLimit, EventRetentionDays: DefaultEventRetentionDays,
		CreatedAt: now, UpdatedAt: now, Limits: "{}",
	}
	return o, s.store.Insert(ctx, tx, o)
}

// Get returns the organization, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, id string) (*Organization, error) {
	return s.store.Get(ctx, q, id)
}

// List returns all organizations, the oldest first. It is for operators.
func (s *Service) List(ctx context.Context, q database.Querier) ([]*Organization, error) {
	return s.store.List(ctx, q)
}

// SetFeature locks or unlocks a feature and returns the organization before
// and after. It returns fault.ResourceNotFound, or fault.InvalidPayload for a
// feature that there is not.
func (s *Service) SetFeature(ctx context.Context, tx database.Tx, id string, f Feature, unlocked bool, now clock.Timestamp) (before, after *Organization, err error) {
	if f != ManagementAPI {
		return nil, nil, fault.Invalid("There is no feature '" + string(f) + "'; there is " + string(ManagementAPI))
	}
	return s.change(ctx, tx, id, now, func(o *Organization) { o.ManagementAPI = unlocked })
}

// SetLimits changes how many Management API keys the organization may have
// (unless keys is nil), for how many days its custom events are kept (unless
// days is nil; 0 is for ever), and its other limits (unless limits is nil),
// given as JSON. It returns fault.ResourceNotFound or fault.InvalidPayload.
func (s *Service) SetLimits(ctx context.Context, tx database.Tx, id string, keys, days *int, limits *string, now clock.Timestamp) (before, after *Organization, err error) {
	if keys != nil && (*keys < 0 || *keys > 1000) {
		return nil, nil, fault.Invalid("The limit of management keys must be 0 to 1000")
	}
	if days != nil && (*days < 0 || *days > MaxEventRetentionDays) {
		return nil, nil, fault.Invalid(fmt.Sprintf("The days that events are kept must be 0 to %d", MaxEventRetentionDays))
	}
	return s.change(ctx, tx, id, now, func(o *Organization) {
		if keys != nil {
			o.ManagementKeyLimit = *keys
		}
		if days != nil {
			o.EventRetentionDays = *days
		}
		if limits != nil {
			o.Limits = *limits
		}
	})
}

// Update changes what owners may change, and returns the organization before
// and after; they are the same if nothing changes. It returns
// fault.ResourceNotFound.
func (s *Service) Update(ctx context.Context, tx database.Tx, id string, body OrganizationUpdate, now clock.Timestamp) (before, after *Organization, err error) {
	if before, err = s.store.Get(ctx, tx, id); err != nil {
		return nil, nil, err
	}
	if !body.changes(before) {
		return before, before, nil
	}
	return s.change(ctx, tx, id, now, body.apply)
}

// change reads, changes and keeps the organization, and tells every node that
// what it keeps about its credentials is stale.
func (s *Service) change(ctx context.Context, tx database.Tx, id string, now clock.Timestamp, edit func(*Organization)) (before, after *Organization, err error) {
	if before, err = s.store.Get(ctx, tx, id); err != nil {
		return nil, nil, err
	}
	changed := *before
	edit(&changed)
	changed.UpdatedAt = now
	if err := s.store.Update(ctx, tx, &changed); err != nil {
		return nil, nil, err
	}
	return before, &changed, tx.Notify(ctx, database.Change{Topic: database.TopicCredentials, Key: id})
}
