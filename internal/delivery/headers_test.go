package delivery_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"

	"github.com/steward-platform/steward/internal/delivery"
)

const (
	signs    = "must not be a header that signs the request"
	always   = "must not be a header that is set for every delivery"
	hop      = "must not be a header of the connection"
	charset  = "must not be named with other characters than those of an HTTP header"
	control  = "must not be a text with control characters"
	padded   = "must not be a text that begins or ends with a space"
	repeated = "must not be a header that is there already in another spelling"
)

func TestAHeaderOfOnesOwnReplacesNothingAndSmugglesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer abc", ""},
		{"x-api-key", "abc", ""},
		{"X-Empty", "", ""},
		{"X-Text", "ünïcode, commas; and \"quotes\"", ""},
		{"Idempotency-Key", "abc", ""},
		{strings.Repeat("a", 100), strings.Repeat("b", 1024), ""},

		{"X-Steward-Signature", "abc", signs},
		{"x-voucherify-signature", "abc", signs},
		{"X_Steward_Signature", "abc", signs},
		{"webhook-id", "abc", signs},
		{"WEBHOOK-TIMESTAMP", "1", signs},
		{"Webhook-Signature", "v1,abc", signs},
		{"content-type", "text/plain", always},
		{"Content_Type", "text/plain", always},
		{"Content-Length", "0", always},
		{"HOST", "other.example", always},
		{"User-Agent", "curl", always},
		{"Connection", "X-Steward-Signature", hop},
		{"Keep-Alive", "timeout=1", hop},
		{"Proxy-Authorization", "Basic abc", hop},
		{"Proxy-Connection", "close", hop},
		{"TE", "trailers", hop},
		{"Trailer", "X-A", hop},
		{"Transfer-Encoding", "chunked", hop},
		{"Upgrade", "h2c", hop},
		{"HTTP2-Settings", "abc", hop},
		{"Expect", "100-continue", hop},

		{"", "abc", charset},
		{"X A", "abc", charset},
		{"X:A", "abc", charset},
		{":path", "/", charset},
		{"X-Ü", "abc", charset},
		{"X-A\r\nX-B", "abc", charset},
		{strings.Repeat("a", 101), "abc", "must not be named with more than 100 bytes"},
		{"X-A", "a\r\nX-Steward-Signature: b", control},
		{"X-A", "a\nb", control},
		{"X-A", "a\tb", control},
		{"X-A", "a\x00b", control},
		{"X-A", "a\x7fb", control},
		{"X-A", "a\u0085b", control},
		{"X-A", "a\xffb", control},
		{"X-A", " a", padded},
		{"X-A", "a ", padded},
		{"X-A", strings.Repeat("b", 1025), "must not be longer than 1024 bytes"},
	} {
		t.Run(c.name+": "+c.value[:min(len(c.value), 30)], func(t *testing.T) {
			t.Parallel()
			got := delivery.CheckHeaders(map[string]string{c.name: c.value})
			if c.want == "" {
				if len(got) > 0 {
					t.Errorf("refused: %q", got)
				}
				return
			}
			property := c.name
			if c.want == charset || len(c.name) > 100 {
				property = fmt.Sprintf("%+q", c.name[:min(len(c.name), 100)])
			}
			if want := "Property .headers." + property + " " + c.want; len(got) != 1 || got[0] != want {
				t.Errorf("answered %q\nwant     %q", got, want)
			}
		})
	}
}

func TestAllViolationsOfHeadersAreToldAtOnceInAStableOrder(t *testing.T) {
	t.Parallel()
	h := map[string]string{"b b": "\n", "X-A": "1", "x-a": "2", "x_a": "3", "Host": " a\n "}
	for i := range 17 {
		h[fmt.Sprintf("X-More-%d", i)] = "abc"
	}
	want := []string{
		"Property .headers must NOT have more than 20 properties",
		"Property .headers.Host " + always, "Property .headers.Host " + control, "Property .headers.Host " + padded,
		`Property .headers."b b" ` + charset, `Property .headers."b b" ` + control,
		"Property .headers.x-a " + repeated, "Property .headers.x_a " + repeated,
	}
	for range 20 {
		if got := delivery.CheckHeaders(h); !slices.Equal(got, want) {
			t.Fatalf("answered\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if got := delivery.CheckHeaders(nil); len(got) != 0 {
		t.Errorf("no headers are answered %q", got)
	}
}

func TestHeadersThatWereNeverCheckedAreLeftOutOfADelivery(t *testing.T) {
	t.Parallel()
	var got http.Header
	var host string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, host = r.Header.Clone(), r.Host }))
	t.Cleanup(server.Close)
	r := request(server.URL)
	r.Header = map[string]string{
		"X-Good": "yes", "authorization": "Bearer abc", "Host": "evil.example", "Content-Type": "text/plain", "user-agent": "curl",
		"X-Steward-Signature": "forged", "X_Voucherify_Signature": "forged", "webhook-id": "forged", "webhook-signature": "forged",
		"Connection": "close", "Transfer-Encoding": "identity", "Content-Length": "1", "Expect": "100-continue", "Upgrade": "h2c",
		"X-Bad": "a\r\nX-Smuggled: b", "X A": "b", "Trailer": "X-A",
	}
	if a := sender(t).Send(t.Context(), r); !a.Succeeded() {
		t.Fatal(a.Error)
	}
	signed := http.Header{}
	delivery.Sign(signed, r.ID, r.At, r.Body, r.Keys)
	signed.Set("X-Good", "yes")
	signed.Set("Authorization", "Bearer abc")
	signed.Set("Content-Type", "application/json")
	signed.Set("User-Agent", "Steward-Webhooks/1.0")
	signed.Set("Content-Length", strconv.Itoa(len(r.Body)))
	if fmt.Sprint(got) != fmt.Sprint(signed) {
		t.Errorf("the receiver got %v\nwant             %v", got, signed)
	}
	if "http://"+host != server.URL {
		t.Errorf("the receiver is called %s", host)
	}
}

// FuzzCheckHeaders holds that what passes can be sent as it is, is none of the
// headers that are the server's own, and that messages hold no control
// characters and no long names.
func FuzzCheckHeaders(f *testing.F) {
	for _, seed := range [][2]string{{"X-A", "b"}, {"host", "b"}, {"X_Steward_Signature", "c"}, {"X-A\r\n", "\x00"}, {"te", " "}, {strings.Repeat("é", 80), "a"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		violations := delivery.CheckHeaders(map[string]string{name: value})
		for _, v := range violations {
			if !strings.HasPrefix(v, "Property .headers.") || len(v) > 1200 || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q is answered %q", name, v)
			}
		}
		if len(violations) > 0 {
			return
		}
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) || len(name) > 100 || len(value) > 1024 {
			t.Errorf("%q: %q passes and cannot be sent", name, value)
		}
		h := http.Header{}
		delivery.Sign(h, "whs_1", first, nil, delivery.Keys{ProjectToken: "a", Secrets: []delivery.Secret{delivery.NewSecret()}})
		for own := range h {
			if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), own) {
				t.Errorf("%q passes and is a signature", name)
			}
		}
	})
}
