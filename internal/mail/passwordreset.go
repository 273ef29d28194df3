package mail

import "github.com/steward-platform/steward/internal/clock"

// kindReset is the kind of mails that let somebody choose a new password.
const kindReset = "password_reset"

// PasswordReset brings somebody the link to choose a new password with.
type PasswordReset struct {
	OrganizationID string
	To             string
	Token          string // of the link, single use
	ValidUntil     clock.Timestamp
}

func (p PasswordReset) message(publicURL string) (Message, error) {
	return letter{
		Title:  "Choose a new password",
		Says:   []string{"Somebody, most likely you, asked for a new password for " + p.To + " in Steward.", "Open this link to choose one:"},
		Action: "Choose a new password", Link: publicURL + "/password-resets/" + p.Token,
		Notes: []string{
			"The link works once, until " + moment(p.ValidUntil) + ". Do not pass it on. A new password signs you out everywhere.",
			"If you did not ask for it, ignore this message: nothing changes, and your password stays as it is.",
		},
	}.message(Message{OrganizationID: p.OrganizationID, Kind: kindReset, To: p.To})
}
