package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Notified is what a project's settings say of notifications.
type Notified struct {
	ID             string
	OrganizationID string
	Name           string
	Usage          ProjectUsageNotifications
	Webhooks       ProjectWebhookNotifications
}

const (
	notifiedColumns = `id, organization_id, name, settings`
	// warned finds the projects of the index projects_warned, which has the
	// same condition.
	warned = ` FROM projects WHERE organization_id = $1 AND settings LIKE '%"enabled":true%' ORDER BY id`
)

// Notified returns what a project of whatever organization says of
// notifications, or fault.ResourceNotFound.
func (Store) Notified(ctx context.Context, q database.Querier, id string) (*Notified, error) {
	n, err := scanNotified(q.QueryRow(ctx, `SELECT `+notifiedColumns+` FROM projects WHERE id = $1`, id))
	if errors.Is(err, database.ErrNoRows) {
		return nil, fault.NotFound(kind, id)
	}
	return n, err
}

// Warned returns those projects of an organization that have any usage
// notification enabled, by their ids. Others are not read.
func (Store) Warned(ctx context.Context, q database.Querier, organizationID string) ([]*Notified, error) {
	rows, err := q.Query(ctx, `SELECT `+notifiedColumns+warned, organizationID)
	return database.Collect(rows, err, scanNotified)
}

func scanNotified(row database.Row) (*Notified, error) {
	var n Notified
	var settings string
	if err := row.Scan(&n.ID, &n.OrganizationID, &n.Name, &settings); err != nil {
		return nil, err
	}
	k := defaultSettings()
	if err := json.Unmarshal([]byte(settings), &k); err != nil {
		return nil, fmt.Errorf("project %s holds broken settings: %w", n.ID, err)
	}
	n.Usage, n.Webhooks = k.APIUsageNotifications, k.WebhooksCalloutNotifications
	return &n, nil
}
