package mail

import (
	"fmt"
	"strings"

	"github.com/steward-platform/steward/internal/clock"
)

// UsageWarning tells somebody that a project has used up the part of a limit
// at which its settings ask for a warning (CONTRACT 3 and 4).
type UsageWarning struct {
	OrganizationID string
	ProjectID      string
	ProjectName    string
	To             string
	// Metric is what is counted, by its name in the project's
	// api_usage_notifications: api_calls, bulk_api_calls, webhook_calls,
	// cycle_calls, messages.
	Metric   string
	Percent  int // how much of the limit is used up
	Used     int64
	Limit    int64
	ResetsAt clock.Timestamp // when counting begins anew
}

// metrics are what people call that which is counted, with the time that its
// limit is for.
var metrics = map[string]string{
	"api_calls":      "API calls this hour",
	"bulk_api_calls": "bulk API calls this hour",
	"webhook_calls":  "webhook calls today",
	"cycle_calls":    "calls this billing cycle",
	"messages":       "messages today",
}

func (u UsageWarning) message(publicURL string) (Message, error) {
	metric, known := metrics[u.Metric]
	if !known {
		metric = strings.ReplaceAll(u.Metric, "_", " ")
	}
	return letter{
		Title: fmt.Sprintf("%s has used %d%% of its %s", u.ProjectName, u.Percent, metric),
		Says: []string{
			fmt.Sprintf("The project %s has used %d%% of its %s.", u.ProjectName, u.Percent, metric),
			"Counting begins anew at the time below. If the limit is too low, ask those who run Steward to raise it.",
		},
		Facts:  []fact{{"Used", count(u.Used)}, {"Limit", count(u.Limit)}, {"Begins anew", moment(u.ResetsAt)}},
		Action: "See the project's usage", Link: publicURL + "/projects/" + u.ProjectID + "/usage",
		Notes: []string{"This message goes to the addresses that the project's settings name for usage notifications."},
	}.message(Message{OrganizationID: u.OrganizationID, ProjectID: u.ProjectID, Kind: "usage_warning", To: u.To})
}
