package mail

import "github.com/steward-platform/steward/internal/clock"

// Invitation tells somebody that an organization has invited them (CONTRACT 3).
type Invitation struct {
	OrganizationID   string
	OrganizationName string
	ProjectID        string // of an invitation into one project alone, which then brings its footer
	To               string
	Token            string // of the link, single use
	ValidUntil       clock.Timestamp
}

func (i Invitation) message(publicURL string) (Message, error) {
	return letter{
		Title:  i.OrganizationName + " invites you",
		Says:   []string{i.OrganizationName + " invites you to work with them in Steward.", "Open this link to choose a password and join:"},
		Action: "Join", Link: publicURL + "/invitations/" + i.Token,
		Notes: []string{
			"The link works once, until " + moment(i.ValidUntil) + ". Do not pass it on.",
			"If you did not expect this invitation, ignore this message.",
		},
	}.message(Message{OrganizationID: i.OrganizationID, ProjectID: i.ProjectID, Kind: "invitation", To: i.To, FromName: i.OrganizationName})
}
