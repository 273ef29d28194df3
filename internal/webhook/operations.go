package webhook

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/management/v1/projects/{projectId}/webhooks"
	single     = collection + "/{webhookId}"
)

type inProject struct {
	ProjectID string `path:"projectId" doc:"The project."`
}

type oneWebhook struct {
	ProjectID string `path:"projectId" doc:"The project."`
	WebhookID string `path:"webhookId" doc:"The webhook."`
}

type create struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      WebhookCreate
	vetted    Vetted
}

type update struct {
	ProjectID string `path:"projectId" doc:"The project."`
	WebhookID string `path:"webhookId" doc:"The webhook."`
	Body      WebhookUpdate
	vetted    Vetted
}

// Register adds the operations on webhooks.
func Register(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Webhooks", Resource: "webhooks", Permission: ident.SettingsRead}
	registerReads(r, s, op)
	op.Permission = ident.SettingsWrite
	registerWrites(r, s, op)
	registerSecret(r, s, op)
}

func registerReads(r *api.Router, s *Service, op api.Operation) {
	list := op
	list.ID, list.Method, list.Path = "list-webhooks", http.MethodGet, collection
	list.Summary = "List webhooks"
	list.Description = "Lists all webhooks of the project, the oldest first."
	api.Read(r, list, func(ctx context.Context, q database.Querier, _ *api.Call, in *inProject) (api.List[*Webhook], error) {
		webhooks, err := s.List(ctx, q, in.ProjectID)
		return api.All(webhooks), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-webhook", http.MethodGet, single
	get.Summary = "Get a webhook"
	get.Description = "Shows one webhook."
	api.Read(r, get, func(ctx context.Context, q database.Querier, _ *api.Call, in *oneWebhook) (*Webhook, error) {
		return s.Get(ctx, q, in.ProjectID, in.WebhookID)
	})
}

func registerWrites(r *api.Router, s *Service, op api.Operation) {
	post := op
	post.ID, post.Method, post.Path = "create-webhook", http.MethodPost, collection
	post.Summary = "Create a webhook"
	post.Description = "Makes a webhook: from now on the chosen events are sent to the target, unless `active` is false. " +
		"The target must lead to the public internet; what is private is allowed by an operator alone.\n\n" +
		"The event names that end in `aded` mean those that end in `added`: either spelling is accepted and shown again as it was sent, " +
		"but not both of the same event, and deliveries carry the right one."
	api.WriteAfter(r, post, func(ctx context.Context, _ *api.Call, in *create) (err error) {
		in.vetted, err = s.Vet(ctx, in.Body.Settings)
		return err
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*Webhook, error) {
		w, err := s.Create(ctx, tx, in.ProjectID, in.vetted, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, w.ID, nil, w)
		return w, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-webhook", http.MethodPut, single
	put.Summary = "Update a webhook"
	put.Description = "Changes what is sent and leaves the rest as it is. The events are replaced as a whole: to add one, send those that are there as well."
	api.WriteAfter(r, put, func(ctx context.Context, _ *api.Call, in *update) (err error) {
		in.vetted, err = s.Vet(ctx, in.Body.Settings)
		return err
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*Webhook, error) {
		before, after, err := s.Update(ctx, tx, in.ProjectID, in.WebhookID, in.vetted, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-webhook", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a webhook"
	del.Description = "Removes the webhook for good; nothing is sent to it any more."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *oneWebhook) (api.None, error) {
		w, err := s.Delete(ctx, tx, in.ProjectID, in.WebhookID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, w.ID, w, nil)
		return api.None{}, nil
	})
}

type rotate struct {
	ProjectID string `path:"projectId" doc:"The project."`
	WebhookID string `path:"webhookId" doc:"The webhook."`
	Body      WebhookSecretRotate
}

// registerSecret adds the operations on signing secrets, which who may change
// webhooks may see.
func registerSecret(r *api.Router, s *Service, op api.Operation) {
	get := op
	get.ID, get.Method, get.Path, get.Audited = "get-webhook-secret", http.MethodGet, single+"/secret", true
	get.Summary = "Get a webhook's signing secret"
	get.Description = "Shows the secret that signs what the webhook sends, in the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks. " +
		"The project's `webhook_token` signs it as well, in `X-Steward-Signature` and `x-voucherify-signature`."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *oneWebhook) (*WebhookSecret, error) {
		c.Record(kind, in.WebhookID, nil, nil)
		return s.Secret(ctx, q, in.ProjectID, in.WebhookID, c.Now)
	})

	turn := op
	turn.ID, turn.Method, turn.Path, turn.NoETag = "rotate-webhook-secret", http.MethodPost, single+"/secret/rotate", true
	turn.Summary = "Rotate a webhook's signing secret"
	turn.Description = "Gives the webhook a fresh secret. For as long as the overlap lasts, deliveries carry one signature of each secret, so that receivers can change over without missing any."
	api.Write(r, turn, func(ctx context.Context, tx database.Tx, c *api.Call, in *rotate) (*WebhookSecret, error) {
		overlap := defaultOverlap
		if in.Body.OverlapHours != nil {
			overlap = *in.Body.OverlapHours
		}
		secret, err := s.Rotate(ctx, tx, in.ProjectID, in.WebhookID, overlap, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, in.WebhookID, nil, secret)
		return secret, nil
	})
}
