package mail

import (
	"context"
	"fmt"
	"strings"

	"github.com/steward-platform/steward/internal/database"
)

// Footers tells what a project's brand puts below the messages that are about
// the project (CONTRACT 6).
type Footers interface {
	// Footer returns the footer as plain text and as HTML, both empty for a
	// project without a brand. The HTML goes out as it is: whoever makes it
	// escapes what people have entered.
	Footer(ctx context.Context, q database.Querier, projectID string) (text, html string, err error)
}

// dashes is the line by which mail clients know where a text's footer begins
// (RFC 3676, 4.3).
const dashes = "-- "

// sign puts the footer of the message's project below both of its forms.
func (s *Service) sign(ctx context.Context, q database.Querier, m *Message) error {
	if m.ProjectID == "" {
		return nil
	}
	text, html, err := s.footers.Footer(ctx, q, m.ProjectID)
	if err != nil {
		return fmt.Errorf("cannot write the footer of project %s: %w", m.ProjectID, err)
	}
	if text != "" {
		m.Text = strings.TrimRight(m.Text, "\n") + "\n\n" + dashes + "\n" + text
	}
	if html != "" && m.HTML != "" {
		end := strings.LastIndex(m.HTML, "</body>")
		if end < 0 {
			end = len(m.HTML)
		}
		m.HTML = m.HTML[:end] + html + m.HTML[end:]
	}
	return nil
}
