package sendout

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

const replaysPath = "/v1/webhook-replays"

type beginReplay struct {
	Body WebhookReplayFilter
}

type oneReplay struct {
	ReplayID string `path:"replayId" doc:"The replay."`
}

// registerReplays adds the operations on many send-outs at once. Who may retry
// one may retry many.
func registerReplays(r *api.Router, s *Service, op api.Operation) {
	begin := op
	begin.ID, begin.Method, begin.Path, begin.Status, begin.NoETag = "retry-webhook-sendouts", http.MethodPost, sendoutsPath+"/retry", http.StatusAccepted, true
	begin.Summary = "Retry webhook send-outs"
	begin.Description = "Tries all send-outs again that a filter chooses, the failed ones if it does not say. The answer tells how many there are; the work goes on behind it, and the replay shows how far it is. " +
		"Send-outs whose webhook is gone or switched off are skipped."
	api.Write(r, begin, func(ctx context.Context, tx database.Tx, c *api.Call, in *beginReplay) (*WebhookReplay, error) {
		replay, err := s.Replay(ctx, tx, c.ProjectID, in.Body, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kindReplay, replay.ID, nil, replay)
		return replay, nil
	})

	stop := op
	stop.ID, stop.Method, stop.Path, stop.NoETag = "cancel-webhook-replay", http.MethodPost, replaysPath+"/{replayId}/cancel", true
	stop.Summary = "Cancel a webhook replay"
	stop.Description = "Stops a replay. The send-outs that it has put on their way already go on."
	api.Write(r, stop, func(ctx context.Context, tx database.Tx, c *api.Call, in *oneReplay) (*WebhookReplay, error) {
		before, after, err := s.StopReplay(ctx, tx, c.ProjectID, in.ReplayID, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kindReplay, after.ID, before, after)
		return after, nil
	})

	op.Permission = ident.DataRead
	get := op
	get.ID, get.Method, get.Path = "get-webhook-replay", http.MethodGet, replaysPath+"/{replayId}"
	get.Summary = "Get a webhook replay"
	get.Description = "Shows how far a replay is."
	api.Read(r, get, func(ctx context.Context, q database.Querier, c *api.Call, in *oneReplay) (*WebhookReplay, error) {
		return s.ShowReplay(ctx, q, c.ProjectID, in.ReplayID)
	})

	all := op
	all.ID, all.Method, all.Path = "list-webhook-replays", http.MethodGet, replaysPath
	all.Summary = "List webhook replays"
	all.Description = "Lists the latest hundred replays, the newest first."
	api.Read(r, all, func(ctx context.Context, q database.Querier, c *api.Call, _ *struct{}) (api.List[*WebhookReplay], error) {
		replays, err := s.Replays(ctx, q, c.ProjectID)
		return api.All(replays), err
	})
}
