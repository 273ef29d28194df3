package branding

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

func text(s string) *string { return &s }

func acme() *Branding {
	return &Branding{Document: Document{
		Brand: Brand{
			Name: "Acme & Sons", WebsiteURL: text("acme.example"), PrivacyPolicyURL: text("https://acme.example/privacy?a=1&b=2"),
			TermsOfUseURL: text("http://acme.example/terms"), PermissionReminder: text(DefaultPermissionReminder),
		},
		Address: Address{Street: "1 Main Street", City: "Katowice", Postal: text("40-246"), State: text("Śląsk"), Country: "Poland"},
		Contact: Contact{Email: "hello@acme.example", Phone: text("48 123 456")},
	}}
}

func bare() *Branding {
	return &Branding{Document: Document{
		Brand:   Brand{Name: "Acme"},
		Address: Address{Street: "1 Main Street", City: "Katowice", Country: "Poland"},
		Contact: Contact{Email: "hello@acme.example"},
	}}
}

func TestAFooterSaysWhoSendsFromWhereWhyAndHowToReachThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		brand  *Branding
		format FooterFormat
		want   string
	}{
		{"the whole brand as HTML", acme(), FooterHTML, `<div style="margin-top:24px;font-size:12px;line-height:1.5;color:inherit">` +
			`<strong>Acme &amp; Sons</strong><br>You are receiving this email because you opted in at our website.<br>` +
			`1 Main Street, 40-246 Katowice, Śląsk, Poland<br>hello@acme.example, 48 123 456<br>` +
			`<a href="https://acme.example" target="_blank" rel="noopener noreferrer" style="color:inherit">Website</a> | ` +
			`<a href="https://acme.example/privacy?a=1&amp;b=2" target="_blank" rel="noopener noreferrer" style="color:inherit">Privacy policy</a> | ` +
			`<a href="http://acme.example/terms" target="_blank" rel="noopener noreferrer" style="color:inherit">Terms of use</a></div>` + "\n"},
		{"the whole brand as text", acme(), FooterText, `Acme & Sons
You are receiving this email because you opted in at our website.

1 Main Street, 40-246 Katowice, Śląsk, Poland
hello@acme.example, 48 123 456

Website: https://acme.example
Privacy policy: https://acme.example/privacy?a=1&b=2
Terms of use: http://acme.example/terms
`},
		{"the least brand as HTML", bare(), FooterHTML, `<div style="margin-top:24px;font-size:12px;line-height:1.5;color:inherit">` +
			`<strong>Acme</strong><br>1 Main Street, Katowice, Poland<br>hello@acme.example<br></div>` + "\n"},
		{"the least brand as text", bare(), FooterText, "Acme\n\n1 Main Street, Katowice, Poland\nhello@acme.example\n"},
		{"nothing as text", &Branding{}, FooterText, ""},
	} {
		if got := c.brand.Footer(c.format); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestNoValueOfABrandBecomesMarkup(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert('1')</script>&lt;`
	b := &Branding{Document: Document{
		Brand: Brand{
			Name: evil, PermissionReminder: text(evil), WebsiteURL: text(`https://acme.example/?q="onmouseover="alert(1)` + evil),
			PrivacyPolicyURL: text("javascript:alert(1)"), TermsOfUseURL: text("data:text/html," + evil),
		},
		Address: Address{Street: evil, City: evil, Postal: text(evil), State: text(evil), Country: evil},
		Contact: Contact{Email: evil, Phone: text(evil)},
	}}
	got := b.Footer(FooterHTML)
	for _, part := range []string{"<script", "alert('1')</", `"onmouse`, "javascript:", "data:", "&lt;&lt;"} {
		if strings.Contains(got, part) {
			t.Errorf("it holds %s:\n%s", part, got)
		}
	}
	if n := strings.Count(got, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;lt;"); n != 9 {
		t.Errorf("the values are told %d times as they were sent, want 9:\n%s", n, got)
	}
	if strings.Count(got, "<a ") != 1 {
		t.Errorf("it has other links than the one to the website:\n%s", got)
	}
}

func TestNoValueOfABrandBreaksALineOfTheText(t *testing.T) {
	t.Parallel()
	b := bare()
	b.Brand.Name = " Acme\r\n\r\nFrom: nobody@example.com\t\x00\u0085\u2028\u2029\u202egnp "
	b.Brand.PermissionReminder = text(strings.Repeat("word ", 20) + strings.Repeat("x", 80) + " end")
	b.Address.Street = "\n"
	want := `Acme From: nobody@example.com gnp
word word word word word word word word word word word word word word
word word word word word word
` + strings.Repeat("x", 80) + `
end

Katowice, Poland
hello@acme.example
`
	if got := b.Footer(FooterText); got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}

func TestALinkLeadsToAWebPageOrIsNone(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"acme.example":                           "https://acme.example",
		"acme.example:8080/a b?c d#e f":          "https://acme.example:8080/a%20b?c%20d#e%20f",
		"HTTP://Acme.Example/":                   "http://Acme.Example/",
		"https://żółw.example/ż?ż=\"":            "https://xn--w-uga1v8h.example/%C5%BC?%C5%BC=%22",
		"https://[2001:db8::1]:8080/":            "https://[2001:db8::1]:8080/",
		"https://acme.example/%2e%2E/?%zz\u2028": "https://acme.example/%2e%2E/?%zz%E2%80%A8",
		"":                                       "",
		"https://":                               "",
		"javascript:alert(1)":                    "",
		"javascript://acme.example/%0aalert(1)":  "",
		"ftp://acme.example":                     "",
		"//acme.example":                         "",
		"https://user:secret@acme.example":       "",
		"https://acme.example\\@evil.example":    "",
		"https://acme.example\n/":                "",
		"https://%22.example/":                   "",
		"mailto:hello@acme.example":              "",
	} {
		if got := link(page); got != want {
			t.Errorf("%q leads to %q, want %q", page, got, want)
		}
	}
}

// Whatever a brand holds, its footer as HTML is the one block with nothing in
// it but names, breaks and links to web pages, and says what the values say;
// as text it has no control characters, no trailing blanks and no long lines.
func FuzzFooter(f *testing.F) {
	f.Add("Acme", "because", "1 Main Street", "+48 123", "acme.example", "https://acme.example/?a=\"b\"")
	f.Add("<script>", "&amp;", "\"'`", "\x00\r\n", "javascript:alert(1)", "https://x.example/\">")
	f.Add("\xff\u202e", " ", "{{.}}", "<!--", "https://żółw.example", "http://[::1]")
	f.Fuzz(func(t *testing.T, name, reminder, street, phone, website, terms string) {
		b := bare()
		b.Brand.Name, b.Brand.PermissionReminder, b.Address.Street, b.Contact.Phone = name, &reminder, street, &phone
		b.Brand.WebsiteURL, b.Brand.TermsOfUseURL = &website, &terms
		checkHTML(t, b, b.Footer(FooterHTML))
		checkText(t, b.Footer(FooterText))
	})
}

func checkHTML(t *testing.T, b *Branding, footer string) {
	t.Helper()
	said, depth := "", 0
	for z := html.NewTokenizer(strings.NewReader(footer)); ; {
		switch z.Next() {
		case html.ErrorToken:
			f := b.footer()
			titles := make([]string, len(f.Links))
			for i, l := range f.Links {
				titles[i] = l.Title
			}
			want := f.Name + f.Reminder + f.Address + f.Contact + strings.Join(titles, " | ")
			if strings.TrimSuffix(said, "\n") != want || depth != 0 {
				t.Errorf("it says %q, want %q\n%s", said, want, footer)
			}
			return
		case html.TextToken:
			said += html.UnescapeString(string(z.Raw()))
		case html.StartTagToken:
			token := z.Token()
			if !strings.Contains(" div strong br a ", " "+token.Data+" ") {
				t.Errorf("it has a <%s>\n%s", token.Data, footer)
			}
			if token.Data != "br" {
				depth++
			}
			for _, a := range token.Attr {
				switch a.Key {
				case "style", "target", "rel":
				case "href":
					if !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") {
						t.Errorf("a link leads to %q", a.Val)
					}
				default:
					t.Errorf("it has an attribute %s\n%s", a.Key, footer)
				}
			}
		case html.EndTagToken:
			depth--
		default:
			t.Errorf("it has a %s\n%s", z.Token().Type, footer)
		}
	}
}

func checkText(t *testing.T, footer string) {
	t.Helper()
	if !utf8.ValidString(footer) || !strings.HasSuffix(footer, "\n") {
		t.Errorf("it is no text of whole lines: %q", footer)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(footer, "\n"), "\n") {
		if strings.TrimSpace(line) != line || strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("a line is not tidy: %q", line)
		}
		if utf8.RuneCountInString(line) > footerWidth && strings.Contains(line, " ") {
			t.Errorf("a line is too long: %q", line)
		}
	}
}
