package audit

import (
	"context"
	"net/netip"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

// pageSize is how many entries an export reads at a time. Between two pages it
// holds no connection, however slow its reader is.
const pageSize = 500

// Filter says which entries are meant; what is empty or nil holds for all.
type Filter struct {
	From, To                 *clock.Timestamp // from a moment on, and before another
	ActorID                  string
	Action                   string
	ResourceType, ResourceID string
	ProjectID                string
	StartingAfterID          string // only entries older than this one
}

// Service writes and shows the audit log.
type Service struct{ store Store }

// NewService returns the service.
func NewService() *Service { return &Service{} }

var _ api.Auditor = (*Service)(nil)

// Record writes a deed into the log, in the transaction that does it. The deeds
// of anybody but people and operators are passed over: nothing that is done
// with a key gets into the log, whoever asks for it (CONTRACT 4).
func (s *Service) Record(ctx context.Context, tx database.Tx, e api.Entry) error {
	if e.Actor == nil || !e.Actor.Audited() {
		return nil
	}
	before, err := snapshot(e.Before)
	if err != nil {
		return err
	}
	after, err := snapshot(e.After)
	if err != nil {
		return err
	}
	address := e.Address
	if _, err := netip.ParseAddr(address); err != nil {
		address = "" // an operator's command comes from no address
	}
	return s.store.Insert(ctx, tx, &AuditEntry{
		ID: ident.NewID(ident.AuditEntry), At: e.At, Actor: AuditActor{Kind: e.Actor.Kind, ID: e.Actor.ID, Name: e.Actor.Name},
		Address: address, RequestID: e.RequestID, Action: e.Action, ProjectID: e.ProjectID,
		ResourceType: e.ResourceType, ResourceID: e.ResourceID, Before: before, After: after, organizationID: e.Actor.OrganizationID,
	})
}

// List returns the newest of an organization's entries, and how many there are
// in all, whatever the filter's StartingAfterID.
func (s *Service) List(ctx context.Context, q database.Querier, organizationID string, f Filter, limit int) (entries []*AuditEntry, total int, err error) {
	if entries, err = s.store.List(ctx, q, organizationID, f, limit); err != nil {
		return nil, 0, err
	}
	total, err = s.store.Count(ctx, q, organizationID, f)
	return entries, total, err
}

// Export returns a walk over all entries of an organization, the newest first.
// The first entries are read at once, so that what goes wrong from the start
// is an error before anything is written. Entries made during the walk are not
// in it.
func (s *Service) Export(ctx context.Context, q database.Querier, organizationID string, f Filter) (each func(ctx context.Context, yield func(*AuditEntry) error) error, err error) {
	first, err := s.store.List(ctx, q, organizationID, f, pageSize)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, yield func(*AuditEntry) error) error {
		page, f := first, f
		for {
			for _, e := range page {
				if err := yield(e); err != nil {
					return err
				}
			}
			if len(page) < pageSize {
				return nil
			}
			f.StartingAfterID = page[len(page)-1].ID
			var err error
			if page, err = s.store.List(ctx, q, organizationID, f, pageSize); err != nil {
				return err
			}
		}
	}, nil
}
