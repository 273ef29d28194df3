package branding

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// FooterFormat is the form of a footer.
type FooterFormat string

// The forms of a footer.
const (
	FooterHTML FooterFormat = "html"
	FooterText FooterFormat = "text"
)

// footerWidth is how many characters a line of the text form has at most,
// unless a single word is longer.
const footerWidth = 72

// footerTemplate is one block without tables, which every e-mail client shows.
// It takes its colours from the e-mail around it, so that it can be read on a
// dark ground as well.
var footerTemplate = template.Must(template.New("footer").Parse(
	`<div style="margin-top:24px;font-size:12px;line-height:1.5;color:inherit">
{{- with .Name}}<strong>{{.}}</strong><br>{{end}}
{{- with .Reminder}}{{.}}<br>{{end}}
{{- with .Address}}{{.}}<br>{{end}}
{{- with .Contact}}{{.}}<br>{{end}}
{{- range $i, $link := .Links}}{{if $i}} | {{end -}}
<a href="{{$link.URL}}" target="_blank" rel="noopener noreferrer" style="color:inherit">{{$link.Title}}</a>
{{- end}}</div>
`))

// footer is what a footer says, each part tidied to one line.
type footer struct {
	Name, Reminder, Address, Contact string
	Links                            []footerLink
}

type footerLink struct{ Title, URL string }

// Footer returns the footer for the e-mails of the brand: its name, why people
// get e-mail, where it is, how to reach it, and its pages. In HTML every text
// is escaped, and links lead to http and https addresses only; in plain text
// no value can begin a line of its own. It ends with a line feed. Any other
// format is plain text.
func (b *Branding) Footer(format FooterFormat) string {
	f := b.footer()
	var out strings.Builder
	if format == FooterHTML {
		_ = footerTemplate.Execute(&out, f) // texts alone always execute, and a Builder takes everything
		return out.String()
	}
	for _, paragraph := range [][]string{{f.Name, f.Reminder}, {f.Address, f.Contact}, f.lines()} {
		begun := false
		for _, line := range paragraph {
			if line == "" {
				continue
			}
			if !begun && out.Len() > 0 {
				out.WriteByte('\n')
			}
			begun = true
			wrap(&out, line)
		}
	}
	return out.String()
}

func (b *Branding) footer() footer {
	a := b.Address
	f := footer{
		Name: tidy(b.Brand.Name), Reminder: tidy(valueOf(b.Brand.PermissionReminder)),
		Address: join(", ", tidy(a.Street), join(" ", tidy(valueOf(a.Postal)), tidy(a.City)), tidy(valueOf(a.State)), tidy(a.Country)),
		Contact: join(", ", tidy(b.Contact.Email), tidy(valueOf(b.Contact.Phone))),
	}
	for _, l := range []struct {
		title string
		url   *string
	}{{"Website", b.Brand.WebsiteURL}, {"Privacy policy", b.Brand.PrivacyPolicyURL}, {"Terms of use", b.Brand.TermsOfUseURL}} {
		if address := link(valueOf(l.url)); address != "" {
			f.Links = append(f.Links, footerLink{l.title, address})
		}
	}
	return f
}

func (f footer) lines() []string {
	lines := make([]string, len(f.Links))
	for i, l := range f.Links {
		lines[i] = l.Title + ": " + l.URL
	}
	return lines
}

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// join is strings.Join of those parts that say something.
func join(separator string, parts ...string) string {
	var out string
	for _, p := range parts {
		if out != "" && p != "" {
			out += separator
		}
		out += p
	}
	return out
}

// tidy makes one line of a text. Control characters become blanks, and so do
// those that turn the direction of what follows, which could show an address
// as another one.
func tidy(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
			return ' '
		}
		return r
	}, s)), " ")
}

// link returns the absolute http or https URL that a brand's page has, in
// ASCII, or nothing if it is none. What names no scheme is taken for https.
func link(page string) string {
	if page != "" && !strings.Contains(page, "://") {
		page = "https://" + page
	}
	if !absoluteURL(page) {
		return ""
	}
	u, err := url.Parse(page)
	if err != nil { // absoluteURL has parsed it
		return ""
	}
	host, err := idna.ToASCII(u.Hostname())
	if err != nil || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>%`, r) }) {
		return ""
	}
	if strings.Contains(host, ":") { // an IPv6 address
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	u.Host, u.RawQuery = host, escapeQuery(u.RawQuery)
	return u.String()
}

// escapeQuery encodes what may not stand in a URL and yet is taken for a part
// of the query by those who read one: blanks, quotes, everything beyond ASCII.
func escapeQuery(q string) string {
	var out strings.Builder
	for _, c := range []byte(q) {
		if c <= ' ' || c > '~' || strings.IndexByte("\"'<>\\^`{|}", c) >= 0 {
			out.WriteByte('%')
			out.WriteString(strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

// wrap writes a tidy text in lines of at most footerWidth characters. Words
// are never broken.
func wrap(out *strings.Builder, text string) {
	width := 0
	for word := range strings.SplitSeq(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case width == 0:
		case width+1+n > footerWidth:
			out.WriteByte('\n')
			width = 0
		default:
			out.WriteByte(' ')
			width++
		}
		out.WriteString(word)
		width += n
	}
	out.WriteByte('\n')
}
