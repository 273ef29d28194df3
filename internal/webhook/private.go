package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
)

// Private returns what deliveries of the project's webhooks take with them, by
// the webhooks' ids.
func (s *Service) Private(ctx context.Context, q database.Querier, projectID string, now clock.Timestamp) (map[string]*Private, error) {
	boxes, err := s.store.AllSealed(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	all := make(map[string]*Private, len(boxes))
	for _, box := range boxes {
		if all[box.ID], err = s.open(box, now); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Secret returns the secret that signs a webhook's deliveries, or
// fault.ResourceNotFound.
func (s *Service) Secret(ctx context.Context, q database.Querier, projectID, id string, now clock.Timestamp) (*WebhookSecret, error) {
	box, err := s.store.Sealed(ctx, q, projectID, id)
	if err != nil {
		return nil, err
	}
	return s.show(box, now)
}

// Rotate gives a webhook a fresh secret and returns it. For so many hours (0 to
// MaxOverlap) deliveries are signed with the one before as well; one from before
// that is forgotten at once. It returns fault.ResourceNotFound.
func (s *Service) Rotate(ctx context.Context, tx database.Tx, projectID, id string, overlap int, now clock.Timestamp) (*WebhookSecret, error) {
	box, err := s.store.Sealed(ctx, tx, projectID, id)
	if err != nil {
		return nil, err
	}
	if box.Previous, box.Until = nil, nil; overlap > 0 {
		until := now.Add(time.Duration(overlap) * time.Hour)
		box.Previous, box.Until = box.Secret, &until
	}
	box.Secret, box.RotatedAt = s.sealSecret(id, newSecret()), &now
	if err := s.store.SetSecrets(ctx, tx, projectID, box); err != nil {
		return nil, err
	}
	if err := changed(ctx, tx, projectID); err != nil {
		return nil, err
	}
	return s.show(box, now)
}

// Erase removes secrets whose overlap is over, and reports whether there were
// any.
func (s *Service) Erase(ctx context.Context, q database.Querier, now clock.Timestamp) (bool, error) {
	n, err := s.store.ErasePrevious(ctx, q, now)
	return n > 0, err
}

func (s *Service) show(box *sealed, now clock.Timestamp) (*WebhookSecret, error) {
	private, err := s.open(box, now)
	if err != nil {
		return nil, err
	}
	shown := &WebhookSecret{Object: "webhook_secret", WebhookID: box.ID, Secret: private.Secret, RotatedAt: box.RotatedAt}
	if private.Previous != "" {
		shown.PreviousValidUntil = box.Until
	}
	return shown, nil
}

func (s *Service) open(box *sealed, now clock.Timestamp) (*Private, error) {
	secret, err := s.openSecret(box.ID, box.Secret)
	if err != nil {
		return nil, err
	}
	private := &Private{Secret: secret}
	if box.Previous != nil && box.Until != nil && *box.Until > now {
		private.Until = *box.Until
		if private.Previous, err = s.openSecret(box.ID, box.Previous); err != nil {
			return nil, err
		}
	}
	private.Headers, err = s.openHeaders(box)
	return private, err
}

func (s *Service) sealSecret(id, secret string) []byte {
	return s.box.Seal(SecretPurpose(id), []byte(secret))
}

func (s *Service) openSecret(id string, sealed []byte) (string, error) {
	plain, err := s.box.Open(SecretPurpose(id), sealed)
	if err != nil {
		return "", fmt.Errorf("secret of webhook %s: %w", id, err)
	}
	return string(plain), nil
}

func (s *Service) sealHeaders(id string, headers Headers) []byte {
	if len(headers) == 0 {
		return nil
	}
	raw, _ := json.Marshal(headers) // texts always encode
	return s.box.Seal(headersPurpose(id), raw)
}

func (s *Service) openHeaders(box *sealed) (headers Headers, err error) {
	if box.Headers == nil {
		return nil, nil
	}
	raw, err := s.box.Open(headersPurpose(box.ID), box.Headers)
	if err == nil {
		err = json.Unmarshal(raw, &headers)
	}
	if err != nil {
		return nil, fmt.Errorf("headers of webhook %s: %w", box.ID, err)
	}
	return headers, nil
}
