package configuration

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

type show struct {
	Wait string `query:"wait" maxLength:"16" doc:"How long to wait for a change, as a number of seconds or a duration such as 30s, at most 30 seconds. It takes If-None-Match to say what is known." example:"30s"`
}

// Register adds the operation on the configuration.
func Register[D any](r *api.Router, s *Service[D]) {
	api.Read(r, api.Operation{
		Door: api.Project, Tag: "Configuration", Permission: ident.SettingsRead,
		ID: "get-configuration", Method: http.MethodGet, Path: "/v1/configuration", Timeout: MaxWait + 15*time.Second,
		Summary: "Get the configuration",
		Description: "Shows what engines need of the project's configuration, in one document: its settings, schemas, categories, stacking rules, brand and webhooks. " +
			"Keep its `ETag` and send it as `If-None-Match`: 304 says that nothing has changed. With `wait` that answer comes after the wait, or the new document as soon as there is one.",
	}, func(ctx context.Context, _ database.Querier, c *api.Call, in *show) (api.Encoded[D], error) {
		wait, err := parseWait(in.Wait)
		if err != nil {
			return api.Encoded[D]{}, err
		}
		if wait == 0 {
			return s.Get(ctx, c.ProjectID)
		}
		document, err := s.Await(ctx, c.ProjectID, wait, c.Has)
		if err != nil {
			return document, err
		}
		return document, c.Confirm(ctx) // who waited may have lost the right to know
	})
}

// parseWait reads 30, 30s or 1500ms.
func parseWait(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if _, err := strconv.ParseUint(text, 10, 32); err == nil {
		text += "s"
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 || wait > MaxWait {
		return 0, fault.Invalid(fmt.Sprintf("Property .wait must be a duration from 0s to %s, such as 30s", MaxWait))
	}
	return wait, nil
}
