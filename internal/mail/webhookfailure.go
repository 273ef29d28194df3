package mail

import "github.com/steward-platform/steward/internal/clock"

// WebhookFailure tells somebody that a webhook was switched off because its
// receiver could not be reached for a day (CONTRACT 6).
type WebhookFailure struct {
	OrganizationID string
	ProjectID      string
	ProjectName    string
	To             string
	WebhookID      string
	TargetURL      string
	LastError      string // how the last try ended; may be empty, and is cut if it is long
	SwitchedOffAt  clock.Timestamp
}

func (w WebhookFailure) message(publicURL string) (Message, error) {
	facts := []fact{{"Target", w.TargetURL}, {"Switched off", moment(w.SwitchedOffAt)}}
	if w.LastError != "" {
		facts = append(facts, fact{"Last error", beginning(w.LastError)})
	}
	return letter{
		Title: w.ProjectName + ": a webhook was switched off",
		Says: []string{
			"A webhook of the project " + w.ProjectName + " was switched off: its target did not accept a delivery in a day of tries. Until it is switched on again, nothing is sent to it.",
		},
		Facts:  facts,
		Action: "Open the webhook", Link: publicURL + "/projects/" + w.ProjectID + "/webhooks/" + w.WebhookID,
		Notes: []string{
			"When the target works again, open the webhook, switch it on, and retry its failed send-outs from there.",
			"This message goes to the project's members and to the addresses that its settings name for webhook notifications.",
		},
	}.message(Message{OrganizationID: w.OrganizationID, ProjectID: w.ProjectID, Kind: "webhook_failure", To: w.To})
}
