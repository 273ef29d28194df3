package app

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/delivery"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/notification"
	"github.com/steward-platform/steward/internal/project"
	"github.com/steward-platform/steward/internal/projectcache"
	"github.com/steward-platform/steward/internal/sendout"
	"github.com/steward-platform/steward/internal/usage"
	"github.com/steward-platform/steward/internal/webhook"
)

// targets are webhooks as deliveries see them, from a cache that any change of
// a project's configuration empties.
type targets struct {
	webhooks      *webhook.Service
	projects      *project.Service
	notifications *notification.Service
	clock         clock.Clock
	cache         *projectcache.Cache[map[string]*sendout.Target]
}

// cachedTargets bounds how many projects' webhooks are remembered.
const cachedTargets = 10_000

func newTargets(p parts, s *services) *targets {
	t := &targets{webhooks: s.webhooks, projects: s.projects, notifications: s.notifications, clock: p.clock}
	t.cache = projectcache.New(p.db, cachedTargets, t.load)
	return t
}

func (t *targets) load(ctx context.Context, q database.Querier, projectID string) (map[string]*sendout.Target, error) {
	organizationID, token, err := t.projects.WebhookToken(ctx, q, projectID)
	if fault.Is(err, fault.ResourceNotFound) {
		return nil, nil // what is left of a project that is gone goes nowhere
	}
	if err != nil {
		return nil, err
	}
	all, err := t.webhooks.List(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	private, err := t.webhooks.Private(ctx, q, projectID, t.clock.Now())
	if err != nil {
		return nil, err
	}
	found := make(map[string]*sendout.Target, len(all))
	for _, w := range all {
		u, err := url.Parse(w.TargetURL)
		if err != nil {
			return nil, err
		}
		target := &sendout.Target{
			ID: w.ID, OrganizationID: organizationID, URL: w.TargetURL, Host: u.Host, Active: w.Active, Ordered: w.Ordered, Events: map[string]bool{},
			ProjectToken: token, Secret: private[w.ID].Secret,
			Previous: private[w.ID].Previous, PreviousUntil: private[w.ID].Until, Header: private[w.ID].Headers,
		}
		for _, e := range w.Events {
			target.Events[webhook.Canonical(string(e))] = true
		}
		found[w.ID] = target
	}
	return found, nil
}

// Targets returns the project's webhooks by their ids.
func (t *targets) Targets(ctx context.Context, projectID string) (map[string]*sendout.Target, error) {
	return t.cache.Get(ctx, projectID)
}

// Canonical returns the one name of an event, and whether webhooks can ask for
// it.
func (t *targets) Canonical(event string) (string, bool) {
	name := webhook.Canonical(event)
	return name, slices.Contains(webhook.Events, webhook.Event(name))
}

// SwitchOff makes a webhook inactive because its deliveries fail, and tells the
// project's people.
func (t *targets) SwitchOff(ctx context.Context, tx database.Tx, projectID, webhookID, reason string, now clock.Timestamp) error {
	w, err := t.webhooks.SwitchOff(ctx, tx, projectID, webhookID, now)
	if err != nil || w == nil {
		return err
	}
	return t.notifications.WebhookSwitchedOff(ctx, tx, notification.WebhookFailure{
		ProjectID: projectID, WebhookID: webhookID, TargetURL: w.TargetURL, LastError: reason, At: now,
	})
}

// deliveryMeter holds tries of deliveries against limits, and counts them.
type deliveryMeter struct{ *usage.Meter }

// Admit takes one try from the limits of webhook calls, or returns how long
// there is none.
func (m deliveryMeter) Admit(organizationID, projectID string) (wait time.Duration) {
	if rate := m.AdmitWebhookCall(organizationID, projectID); rate.Exceeded != "" {
		return max(rate.Retry, time.Second)
	}
	return 0
}

// Count notes a try.
func (m deliveryMeter) Count(organizationID, projectID string, status int, at clock.Timestamp) {
	m.CountWebhookCall(organizationID, projectID, status, at)
}

// egress tells where webhooks may be sent, and with which headers.
type egress struct{ *delivery.Guard }

// CheckHeaders returns as violations what keeps headers from being sent.
func (egress) CheckHeaders(headers map[string]string) []string { return delivery.CheckHeaders(headers) }

// courier brings messages to receivers.
type courier struct {
	*delivery.Gate
	sender *delivery.Sender
}

// How many deliveries a node has on their way at once: in all, and to one host.
const (
	deliveriesAtOnce  = 256
	deliveriesPerHost = 32
)

// How many jobs a node has at once that hold send-outs, up to fifty each: in
// all, and for one host. A few keep a host busy.
const (
	turnsAtOnce  = 64
	turnsPerHost = 4
)

func newTurns() *delivery.Gate { return delivery.NewGate(turnsAtOnce, turnsPerHost) }

func newCourier(guard *delivery.Guard) courier {
	return courier{delivery.NewGate(deliveriesAtOnce, deliveriesPerHost), delivery.NewSender(guard, delivery.Options{})}
}

// Send tries once.
func (c courier) Send(ctx context.Context, m sendout.Message) sendout.Result {
	keys := delivery.Keys{ProjectToken: m.ProjectToken}
	for _, text := range m.Secrets {
		secret, err := delivery.ParseSecret(text)
		if err != nil {
			return sendout.Result{Error: "the webhook's secret cannot be read"}
		}
		keys.Secrets = append(keys.Secrets, secret)
	}
	a := c.sender.Send(ctx, delivery.Request{ID: m.ID, URL: m.URL, Body: m.Body, Header: m.Header, At: m.At, Keys: keys})
	return sendout.Result{Status: a.Status, Answer: a.Body, Error: a.Error, Took: a.Took, RetryAfter: a.RetryAfter}
}

// Next returns when to try again.
func (c courier) Next(first time.Time, tries int, retryAfter time.Duration, now time.Time) (time.Time, bool) {
	return delivery.Next(first, tries, retryAfter, now)
}
