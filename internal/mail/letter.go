package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strconv"
	"strings"
	texttemplate "text/template"

	"github.com/steward-platform/steward/internal/clock"
)

//go:embed templates
var templates embed.FS

var (
	textLayout = texttemplate.Must(texttemplate.ParseFS(templates, "templates/letter.txt"))
	htmlLayout = htmltemplate.Must(htmltemplate.ParseFS(templates, "templates/letter.html"))
)

// letter is what a message says, for the two layouts that all of them share:
// HTML, where everything is escaped, and plain text, where every part keeps to
// its own line.
type letter struct {
	Title  string
	Says   []string // paragraphs
	Facts  []fact
	Action string // what the link is for, as in "Choose a password"
	Link   string
	Notes  []string // paragraphs below the link
}

// fact is a name with what it stands for.
type fact struct{ Name, Value string }

// message lays the letter out under the given envelope, whose subject is the
// letter's title.
func (l letter) message(envelope Message) (Message, error) {
	l.tidy()
	var text, html strings.Builder
	if err := textLayout.Execute(&text, l); err != nil {
		return Message{}, fmt.Errorf("cannot write the %s: %w", envelope.Kind, err)
	}
	if err := htmlLayout.Execute(&html, l); err != nil {
		return Message{}, fmt.Errorf("cannot write the %s: %w", envelope.Kind, err)
	}
	envelope.Subject, envelope.Text, envelope.HTML = l.Title, text.String(), html.String()
	return envelope, nil
}

// tidy keeps what people have entered from breaking out of its line.
func (l *letter) tidy() {
	l.Title = oneLine(l.Title)
	for _, paragraphs := range [][]string{l.Says, l.Notes} {
		for i, p := range paragraphs {
			paragraphs[i] = oneLine(p)
		}
	}
	for i, f := range l.Facts {
		l.Facts[i].Value = oneLine(f.Value)
	}
}

// maxQuote is how much of what another program has answered is repeated in a
// letter, in bytes.
const maxQuote = 300

// beginning cuts what another program has answered.
func beginning(s string) string {
	if len(s) <= maxQuote {
		return s
	}
	return strings.ToValidUTF8(s[:maxQuote], "") + "…"
}

// moment writes a time out for people.
func moment(t clock.Timestamp) string { return t.Time().Format("2 January 2006, 15:04 UTC") }

// count writes a number with its thousands set apart.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
