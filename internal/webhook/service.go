package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/seal"
)

// Egress tells where webhooks may be sent (CONTRACT 6).
type Egress interface {
	// Check judges a URL, which takes a look-up in the network. It refuses
	// with a fault.InvalidPayload whose details end a sentence that begins with
	// the name of the property; any other error is no judgement.
	Check(ctx context.Context, rawURL string) error
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
	violations := settings.check()
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

// Secrets returns the signing secrets of the project's webhooks, by their ids:
// the current one first.
func (s *Service) Secrets(ctx context.Context, q database.Querier, projectID string) (map[string][]string, error) {
	sealed, err := s.store.Secrets(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	secrets := make(map[string][]string, len(sealed))
	for id, box := range sealed {
		plain, err := s.box.Open(SecretPurpose(id), box)
		if err != nil {
			return nil, fmt.Errorf("secret of webhook %s: %w", id, err)
		}
		secrets[id] = []string{string(plain)}
	}
	return secrets, nil
}

// SwitchOff makes a webhook inactive because its deliveries fail. One that is
// gone needs nothing.
func (s *Service) SwitchOff(ctx context.Context, tx database.Tx, projectID, id string, now clock.Timestamp) error {
	w, err := s.store.Get(ctx, tx, projectID, id)
	if fault.Is(err, fault.ResourceNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	w.Active = false
	if err := s.store.Update(ctx, tx, projectID, w, now); err != nil {
		return err
	}
	return changed(ctx, tx, projectID)
}

// Create makes a webhook with a fresh signing secret. It returns
// fault.InvalidPayload if the target or the events are missing.
func (s *Service) Create(ctx context.Context, tx database.Tx, projectID string, vetted Vetted, now clock.Timestamp) (*Webhook, error) {
	if vetted.settings.TargetURL == nil || len(vetted.settings.Events) == 0 {
		return nil, fault.Invalid("Payload must have required properties 'target_url' and 'events'")
	}
	w := vetted.settings.apply(Webhook{ID: newID(), Object: object, CreatedAt: now, Active: true})
	if err := s.insert(ctx, tx, projectID, w); err != nil {
		return nil, err
	}
	return w, changed(ctx, tx, projectID)
}

// Update changes what the settings say and returns the webhook before and
// after; the events are replaced as a whole. It returns
// fault.ResourceNotFound.
func (s *Service) Update(ctx context.Context, tx database.Tx, projectID, id string, vetted Vetted, now clock.Timestamp) (before, after *Webhook, err error) {
	if before, err = s.store.Get(ctx, tx, projectID, id); err != nil {
		return nil, nil, err
	}
	after = vetted.settings.apply(*before)
	if err := s.store.Update(ctx, tx, projectID, after, now); err != nil {
		return nil, nil, err
	}
	return before, after, changed(ctx, tx, projectID)
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
// surprise, and with fresh secrets (CONTRACT 3).
func (s *Service) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	webhooks, err := s.store.List(ctx, tx, from)
	if err != nil {
		return err
	}
	ids := make([]string, len(webhooks))
	for i := range ids {
		ids[i] = newID()
	}
	slices.Sort(ids) // made within one millisecond they come in any order
	for i, w := range webhooks {
		w.ID, w.CreatedAt, w.Active = ids[i], now, false
		if err := s.insert(ctx, tx, to, w); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) insert(ctx context.Context, tx database.Tx, projectID string, w *Webhook) error {
	return s.store.Insert(ctx, tx, projectID, w, s.box.Seal(SecretPurpose(w.ID), []byte(newSecret())))
}

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
