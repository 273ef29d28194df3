package webhook

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/seal"
)

// Egress tells where webhooks may be sent (CONTRACT 6).
type Egress interface {
	// Check judges a URL, which takes a look-up in the network. It refuses
	// with a fault.InvalidPayload whose details end a sentence that begins with
	// the name of the property; any other error is no judgement.
	Check(ctx context.Context, rawURL string) error
	// CheckHeaders returns as violations what keeps headers from being sent.
	CheckHeaders(headers map[string]string) []string
}

// Service does what can be done with webhooks. Its callers have checked that
// the project is within the actor's reach.
type Service struct {
	store  Store
	box    *seal.Box
	egress Egress
}

// NewService returns the service. The box seals the signing secrets.
func NewService(box *seal.Box, egress Egress) *Service { return &Service{box: box, egress: egress} }

// Vetted are settings that Vet found nothing wrong with. Only these can be
// saved.
type Vetted struct{ settings Settings }

// Vet checks all that is said in the settings, including where the target
// leads. That takes a look-up in the network, so call it before a transaction
// begins. It returns fault.InvalidPayload with every violation.
func (s *Service) Vet(ctx context.Context, settings Settings) (Vetted, error) {
	violations := append(settings.check(), s.egress.CheckHeaders(settings.Headers)...)
	if settings.TargetURL != nil {
		err := s.egress.Check(ctx, *settings.TargetURL)
		var refusal *fault.Error
		switch {
		case err == nil:
		case errors.As(err, &refusal) && refusal.Code == fault.InvalidPayload:
			violations = append(violations, "Property .target_url "+refusal.Details)
		default:
			return Vetted{}, err
		}
	}
	if len(violations) > 0 {
		return Vetted{}, fault.Invalid(violations...)
	}
	return Vetted{settings}, nil
}

// List returns the project's webhooks, the oldest first.
func (s *Service) List(ctx context.Context, q database.Querier, projectID string) ([]*Webhook, error) {
	return s.store.List(ctx, q, projectID)
}

// Get returns a webhook, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, projectID, id string) (*Webhook, error) {
	return s.store.Get(ctx, q, projectID, id)
}

// SwitchOff makes a webhook inactive because its deliveries fail, and returns
// it; nil if it is gone or inactive already.
func (s *Service) SwitchOff(ctx context.Context, tx database.Tx, projectID, id string, now clock.Timestamp) (*Webhook, error) {
	if off, err := s.store.SwitchOff(ctx, tx, projectID, id, now); err != nil || !off {
		return nil, err
	}
	w, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	return w, changed(ctx, tx, projectID)
}

// Create makes a webhook with a fresh signing secret. It returns
// fault.InvalidPayload if the target or the events are missing, or the value of
// a header is only its mask.
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, vetted Vetted, now clock.Timestamp) (*Webhook, error) {
	settings := vetted.settings
	if settings.TargetURL == nil || len(settings.Events) == 0 {
		return nil, fault.Invalid("Payload must have required properties 'target_url' and 'events'")
	}
	headers, err := settings.Headers.over(nil)
	if err != nil {
		return nil, err
	}
	w := settings.apply(Webhook{ID: newID(), Object: object, CreatedAt: now, Active: true, Headers: Headers{}})
	if err := s.insert(ctx, tx, projectID, w, headers); err != nil {
		return nil, err
	}
	return w, changed(ctx, tx, projectID)
}

// Update changes what the settings say and returns the webhook before and
// after; events and headers are replaced as a whole. It returns
// fault.ResourceNotFound, and fault.InvalidPayload for a header that is to stay
// as it is and is not there.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, vetted Vetted, now clock.Timestamp) (before, after *Webhook, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	if err := s.updateHeaders(ctx, tx, projectID, id, vetted.settings.Headers); err != nil {
		return nil, nil, err
	}
	after = vetted.settings.apply(*before)
	if err := s.store.Update(ctx, tx, projectID, after, now); err != nil {
		return nil, nil, err
	}
	return before, after, changed(ctx, tx, projectID)
}

// updateHeaders replaces the headers of a webhook, unless they are nil.
func (s *Service) updateHeaders(ctx context.Context, tx database.Tx, projectID, id string, headers Headers) error {
	if headers == nil {
		return nil
	}
	box, err := s.store.Sealed(ctx, tx, projectID, id)
	if err != nil {
		return err
	}
	before, err := s.openHeaders(box)
	if err != nil {
		return err
	}
	if headers, err = headers.over(before); err != nil {
		return err
	}
	return s.store.SetHeaders(ctx, tx, projectID, id, s.sealHeaders(id, headers))
}

// Delete removes a webhook with its secret and returns what it was, or
// fault.ResourceNotFound.
func (s *Service) Delete(ctx context.Context, tx database.Tx, projectID, id string) (*Webhook, error) {
	w, err := s.store.Get(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, tx, projectID, id); err != nil {
		return nil, err
	}
	return w, changed(ctx, tx, projectID)
}

// CopyProject copies the webhooks of one project to a new one, for a clone, in
// their order: switched off, so that a copy sends nothing to anybody by
// surprise, with their headers, and with fresh secrets (CONTRACT 3).
func (s *Service) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	webhooks, err := s.store.List(ctx, tx, from)
	if err != nil {
		return err
	}
	private, err := s.Private(ctx, tx, from, now)
	if err != nil {
		return err
	}
	for i, id := range ident.NewIDsAt(ident.Webhook, now.Time(), len(webhooks)) {
		w := webhooks[i]
		headers := private[w.ID].Headers
		w.ID, w.CreatedAt, w.Active = id, now, false
		if err := s.insert(ctx, tx, to, w, headers); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) insert(ctx context.Context, tx database.Tx, projectID string, w *Webhook, headers Headers) error {
	return s.store.Insert(ctx, tx, projectID, w, s.sealSecret(w.ID, newSecret()), s.sealHeaders(w.ID, headers))
}

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
