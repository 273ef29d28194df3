package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/mail"
)

func TestAnSMTPURLSaysHowToReachTheServer(t *testing.T) {
	t.Parallel()
	const from = "no-reply@steward.acme.example"
	for raw, want := range map[string]mail.Server{
		"smtp://mail.acme.example":                                   {Host: "mail.acme.example", Port: 587, TLS: mail.TLSOffered, From: from},
		"smtp://mail.acme.example/":                                  {Host: "mail.acme.example", Port: 587, TLS: mail.TLSOffered, From: from},
		"smtp://mail.acme.example?tls=none":                          {Host: "mail.acme.example", Port: 25, TLS: mail.TLSNone, From: from},
		"smtp://mail.acme.example:2525?tls=required":                 {Host: "mail.acme.example", Port: 2525, TLS: mail.TLSRequired, From: from},
		"smtps://u%40acme.example:p%2Fw%23%3A@mail.acme.example":     {Host: "mail.acme.example", Port: 465, TLS: mail.TLSImplicit, User: "u@acme.example", Password: "p/w#:", From: from},
		"smtp://[::1]:1025?tls=starttls&from=steward%40acme.example": {Host: "::1", Port: 1025, TLS: mail.TLSOffered, From: "steward@acme.example"},
	} {
		got, err := mail.ParseServer(raw, "https://steward.acme.example:8443/x")
		if err != nil || *got != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
}

func TestABrokenSMTPURLIsRefusedWithAReasonAndWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                               "must start with smtp://",
		"mail.acme.example:25":           "must start with smtp://",
		"http://mail.acme.example":       "must start with smtp://",
		"smtp://":                        "must name a host",
		"smtp://u:s3cret@:25":            "must name a host",
		"smtp://u:s3cret@h:port":         "cannot be read",
		"smtp://u:s3cret%zz@h":           "cannot be read",
		"smtp://gr%C3%BC%C3%9Fe.example": "must be a name",
		"smtp://[fe80::1%25eth0]":        "must be a name",
		"smtp://h:0":                     "must be 1 to 65535",
		"smtp://h:70000":                 "must be 1 to 65535",
		"smtp://u@h":                     "both a user and a password",
		"smtp://:s3cret@h":               "both a user and a password",
		"smtp://u:s3/cret@h":             "cannot be read",
		"smtp://h/path":                  "percent-encoded",
		"smtp://h#s3cret":                "percent-encoded",
		"smtp://h?tls=maybe":             "must be starttls, required or none",
		"smtp://h?tls=none&tls=none":     "each parameter once",
		"smtps://u:s3cret@h?tls=none":    "takes no tls parameter",
		"smtp://h?from=Ann":              "one bare address",
		"smtp://h?sender=a@b.example":    "tls and from only",
		"smtp://u:s3cret@h?tls=%zz":      "query",
	} {
		_, err := mail.ParseServer(raw, "")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3") {
			t.Errorf("%s: %v, want something with %q", raw, err, want)
		}
	}
}

func TestTheSenderIsAtThePublicURLsHostIfThatIsAName(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]string{
		"https://steward.acme.example": "no-reply@steward.acme.example",
		"http://127.0.0.1:8080":        "no-reply@localhost",
		"http://[::1]:8080":            "no-reply@localhost",
		"http://localhost:8080":        "no-reply@localhost",
		"":                             "no-reply@localhost",
		"://":                          "no-reply@localhost",
	} {
		if s, err := mail.ParseServer("smtp://h", public); err != nil || s.From != want {
			t.Errorf("%s: %v, %v", public, s, err)
		}
	}
}

func FuzzParseServer(f *testing.F) {
	for _, raw := range []string{
		"smtp://u:p@h:25?tls=none", "smtps://u:p@[::1]:465?from=a@b.example", "smtp://h", "smtp://a b", "smtp://u:p%40@h/?tls=required", "smtp://[fe80::1%25eth0]",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := mail.ParseServer(raw, "https://steward.acme.example")
		if err != nil {
			if len(raw) > 20 && strings.Contains(err.Error(), raw) {
				t.Fatalf("%q: the error tells the URL", raw)
			}
			return
		}
		if s.Host == "" || s.Port < 1 || s.Port > 65535 || !strings.Contains(s.From, "@") || (s.User == "") != (s.Password == "") {
			t.Fatalf("%q: %+v", raw, *s)
		}
		// What is shown of it leads to the same server, with the password masked.
		again, err := mail.ParseServer(s.String(), "")
		if err != nil {
			t.Fatalf("%q: %s cannot be read: %v", raw, s, err)
		}
		masked := *s
		if s.Password != "" {
			masked.Password = "xxxxx"
		}
		if *again != masked {
			t.Fatalf("%q: shown as %s, which is %#v", raw, s, *again)
		}
		if len(s.Password) > 8 && !strings.Contains(s.User+s.From+s.Host, s.Password) && strings.Contains(fmt.Sprintf("%v %#v", s, s), s.Password) {
			t.Fatalf("%q: the password is shown", raw)
		}
	})
}
