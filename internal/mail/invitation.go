package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"github.com/steward-platform/steward/internal/clock"
)

//go:embed templates
var templates embed.FS

var (
	invitationText = texttemplate.Must(texttemplate.ParseFS(templates, "templates/invitation.txt"))
	invitationHTML = htmltemplate.Must(htmltemplate.ParseFS(templates, "templates/invitation.html"))
)

// Invitation tells somebody that an organization has invited them (CONTRACT 3).
type Invitation struct {
	OrganizationID   string
	OrganizationName string
	To               string
	Token            string // of the link, single use
	ValidUntil       clock.Timestamp
}

// message writes the invitation out. What people have entered is escaped in
// the HTML form, and cannot break out of a line in the other.
func (i Invitation) message(publicURL string) (Message, error) {
	organization := oneLine(i.OrganizationName)
	fields := map[string]string{
		"Organization": organization,
		"Link":         publicURL + "/invitations/" + i.Token,
		"ValidUntil":   i.ValidUntil.Time().Format("2 January 2006, 15:04 UTC"),
	}
	var text, html strings.Builder
	if err := invitationText.Execute(&text, fields); err != nil {
		return Message{}, fmt.Errorf("cannot write the invitation: %w", err)
	}
	if err := invitationHTML.Execute(&html, fields); err != nil {
		return Message{}, fmt.Errorf("cannot write the invitation: %w", err)
	}
	return Message{
		OrganizationID: i.OrganizationID, Kind: "invitation", To: i.To, FromName: organization,
		Subject: organization + " invites you", Text: text.String(), HTML: html.String(),
	}, nil
}
