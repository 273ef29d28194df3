package delivery_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/steward-platform/steward/internal/delivery"
)

// sender returns a sender that may send to this machine.
func sender(t testing.TB, options ...delivery.Options) *delivery.Sender {
	t.Helper()
	return senderTo(t, once(), options...)
}

// senderTo is a sender that looks names up in a zone.
func senderTo(t testing.TB, z *zone, options ...delivery.Options) *delivery.Sender {
	t.Helper()
	var o delivery.Options
	if len(options) > 0 {
		o = options[0]
	}
	s := delivery.NewSender(guard(t, z, "127.0.0.0/8"), o)
	t.Cleanup(s.Close)
	return s
}

func request(url string) delivery.Request {
	return delivery.Request{
		ID: "whs_1", URL: url, Body: []byte(`{"id":"whs_1"}`), At: time.Now(),
		Keys: delivery.Keys{ProjectToken: "token", Secrets: []delivery.Secret{delivery.NewSecret()}},
	}
}

// receiver is a server that counts the connections it accepts.
type receiver struct {
	*httptest.Server
	accepted atomic.Int64
}

func receive(t testing.TB, secure bool, handle http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{Server: httptest.NewUnstartedServer(handle)}
	r.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			r.accepted.Add(1)
		}
	}
	r.Config.ErrorLog = quiet
	if secure {
		r.EnableHTTP2 = true
		r.StartTLS()
	} else {
		r.Start()
	}
	t.Cleanup(r.Close)
	return r
}

// options trust a receiver's certificate, if it has one.
func (r *receiver) options() delivery.Options {
	if r.Certificate() == nil {
		return delivery.Options{}
	}
	pool := x509.NewCertPool()
	pool.AddCert(r.Certificate())
	return delivery.Options{RootCAs: pool}
}

// protocols are how a receiver can be reached.
var protocols = map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true}

func TestAReceiverCanVerifyWhatItGets(t *testing.T) {
	t.Parallel()
	for protocol, secure := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body []byte
			server := receive(t, secure, func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				w.WriteHeader(http.StatusAccepted)
				_, _ = io.WriteString(w, "thank you")
			})
			r := request(server.URL + "/hooks?a=b%20c#top")
			r.Body = []byte("{\"data\":\"ünïcode, \\u0000 and <html>\"}\n")
			now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
			o := server.options()
			o.Clock = func() time.Time { return now }
			a := sender(t, o).Send(t.Context(), r)
			if !a.Succeeded() || a.Status != http.StatusAccepted || string(a.Body) != "thank you" || a.Error != "" || !a.At.Equal(now) || a.Took <= 0 || a.RetryAfter != 0 {
				t.Fatalf("the attempt is %+v", a)
			}
			if got.Proto != protocol || got.Method != http.MethodPost || got.RequestURI != "/hooks?a=b%20c" || string(body) != string(r.Body) {
				t.Errorf("the receiver got %s %s %s with %q", got.Proto, got.Method, got.RequestURI, body)
			}
			for name, want := range map[string]string{
				"Content-Type": "application/json", "User-Agent": "Steward-Webhooks/1.0", "webhook-id": "whs_1",
				"Content-Length": strconv.Itoa(len(r.Body)), "Accept-Encoding": "", "Idempotency-Key": "",
			} {
				if h := got.Header.Get(name); h != want {
					t.Errorf("%s is %q, want %q", name, h, want)
				}
			}
			library, err := standardwebhooks.NewWebhook(r.Keys.Secrets[0].String())
			if err != nil {
				t.Fatal(err)
			}
			if err := library.Verify(body, got.Header); err != nil {
				t.Errorf("the published library does not verify it: %v", err)
			}
			mac := hmac.New(sha256.New, []byte("token"))
			mac.Write(body)
			want := hex.EncodeToString(mac.Sum(nil))
			if x, y := got.Header.Get("X-Steward-Signature"), got.Header.Get("x-voucherify-signature"); x != want || y != want {
				t.Errorf("the plain signatures are %s and %s, want %s", x, y, want)
			}
		})
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	const tries = 20
	for protocol, secure := range protocols {
		for _, c := range []struct {
			name   string
			status int
			answer int // bytes
			again  bool
		}{
			{"after an empty answer", 204, 0, true},
			{"after a short answer", 200, 100, true},
			{"after a failure", 500, 100, true},
			{"after a redirect", 302, 0, true},
			{"after an answer longer than what is kept", 200, 60 << 10, true},
			{"not after one that is longer than is worth reading", 200, 1 << 20, secure},
		} {
			t.Run(protocol+" "+c.name, func(t *testing.T) {
				t.Parallel()
				server := receive(t, secure, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", "/")
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, strings.Repeat("a", c.answer))
				})
				s := sender(t, server.options())
				for range tries {
					a := s.Send(t.Context(), request(server.URL))
					if a.Status != c.status || len(a.Body) != min(c.answer, delivery.MaxAnswer) {
						t.Fatalf("status %d with %d bytes: %s", a.Status, len(a.Body), a.Error)
					}
				}
				want := int64(1)
				if !c.again {
					want = tries
				}
				if got := server.accepted.Load(); got != want {
					t.Errorf("%d tries take %d connections, want %d", tries, got, want)
				}
			})
		}
	}
}

func TestManyDeliveriesShareOneHTTP2Connection(t *testing.T) {
	t.Parallel()
	server := receive(t, true, func(http.ResponseWriter, *http.Request) {})
	s := sender(t, server.options())
	if a := s.Send(t.Context(), request(server.URL)); !a.Succeeded() {
		t.Fatal(a.Error)
	}
	var done sync.WaitGroup
	for range 50 {
		done.Go(func() {
			if a := s.Send(t.Context(), request(server.URL)); !a.Succeeded() {
				t.Error(a.Error)
			}
		})
	}
	done.Wait()
	if got := server.accepted.Load(); got != 1 {
		t.Errorf("they take %d connections", got)
	}
}

func TestAConnectionThatWasClosedWhileIdleCostsNoTry(t *testing.T) {
	t.Parallel()
	var accepted atomic.Int64
	url := "http://" + raw(t, func(c net.Conn) {
		first := accepted.Add(1) == 1
		if readRequest(c) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
		if first {
			readRequest(c) // and hang up
			return
		}
		_, _ = io.Copy(io.Discard, c)
	})
	s := sender(t)
	for range 2 {
		if a := s.Send(t.Context(), request(url)); !a.Succeeded() {
			t.Errorf("the attempt fails: %s", a.Error)
		}
	}
	if got := accepted.Load(); got != 2 {
		t.Errorf("there were %d connections, want 2", got)
	}
}

func TestOnlyA2xxSucceeds(t *testing.T) {
	t.Parallel()
	const failed = "the receiver answered "
	for protocol, secure := range protocols {
		for status, want := range map[int]string{
			200: "", 201: "", 202: "", 204: "", 226: "", 299: "",
			300: failed + "300: redirects are not followed", 301: failed + "301: redirects are not followed",
			302: failed + "302: redirects are not followed", 303: failed + "303: redirects are not followed",
			304: failed + "304: redirects are not followed", 307: failed + "307: redirects are not followed",
			308: failed + "308: redirects are not followed",
			400: failed + "400", 401: failed + "401", 404: failed + "404", 410: failed + "410", 429: failed + "429",
			500: failed + "500", 502: failed + "502", 503: failed + "503", 599: failed + "599", 999: failed + "999",
		} {
			t.Run(fmt.Sprint(protocol, " ", status), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				server := receive(t, secure, func(w http.ResponseWriter, _ *http.Request) {
					asked.Add(1)
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(http.StatusEarlyHints)
					w.WriteHeader(status)
				})
				a := sender(t, server.options()).Send(t.Context(), request(server.URL))
				if a.Status != status || a.Error != want || a.Succeeded() != (want == "") {
					t.Errorf("the attempt is %+v, want the error %q", a, want)
				}
				if n := asked.Load(); n != 1 {
					t.Errorf("the receiver was asked %d times", n)
				}
			})
		}
	}
}

func TestARedirectLeadsNowhereWhateverItSays(t *testing.T) {
	t.Parallel()
	elsewhere := receive(t, false, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	for _, location := range []string{elsewhere.URL, "http://169.254.169.254/latest/meta-data/", "http://[::1/", "%zz", ""} {
		server := receive(t, false, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		if a := sender(t).Send(t.Context(), request(server.URL)); a.Status != http.StatusTemporaryRedirect || a.Succeeded() {
			t.Errorf("to %q: %+v", location, a)
		}
	}
}

func TestRetryAfterIsReadFrom429And503(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status int
		value  string
		want   time.Duration
	}{
		{429, "0", 0},
		{429, "120", 2 * time.Minute},
		{503, " 120 ", 2 * time.Minute},
		{503, "86400", 24 * time.Hour},
		{503, "86401", 24 * time.Hour},
		{503, "99999999999999999999999", 24 * time.Hour},
		{429, "Mon, 23 Nov 2026 10:05:00 GMT", 5 * time.Minute},
		{429, "Monday, 23-Nov-26 10:05:00 GMT", 5 * time.Minute},
		{429, "Mon, 23 Nov 2026 09:00:00 GMT", 0},
		{429, "Thu, 23 Nov 2028 10:00:00 GMT", 24 * time.Hour},
		{429, "", 0},
		{429, "-5", 0},
		{429, "+5", 0},
		{429, "1.5", 0},
		{429, "soon", 0},
		{500, "120", 0},
		{302, "120", 0},
		{200, "120", 0},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.value), func(t *testing.T) {
			t.Parallel()
			server := receive(t, false, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", c.value)
				w.WriteHeader(c.status)
			})
			a := sender(t, delivery.Options{Clock: func() time.Time { return now }}).Send(t.Context(), request(server.URL))
			if a.Status != c.status || a.RetryAfter != c.want {
				t.Errorf("status %d, retry after %s; want %s", a.Status, a.RetryAfter, c.want)
			}
		})
	}
}

func TestWhatIsKeptOfAnAnswerIsTextOfAtMost4KiB(t *testing.T) {
	t.Parallel()
	const kept = delivery.MaxAnswer
	a := strings.Repeat("a", kept-1)
	for _, c := range []struct{ name, answer, want string }{
		{"nothing", "", ""},
		{"text", "thänk you", "thänk you"},
		{"as much as is kept", a + "b", a + "b"},
		{"one byte more", a + "bc", a + "b"},
		{"a character across the end", a + "é", a},
		{"a wide one across the end", a[:kept-3] + "😀😀", a[:kept-3]},
		{"a whole character at the end", a[:kept-2] + "éa", a[:kept-2] + "é"},
		{"a short answer that ends within a character", "a\xc3", "a\uFFFD"},
		{"other bytes than UTF-8", "a\xff\xfeb\x80", "a\uFFFDb\uFFFD"},
		{"NUL, which not every database keeps", "a\x00b", "a\uFFFDb"},
		{"bytes that grow", strings.Repeat("\xffa", kept), strings.Repeat("\uFFFDa", kept/4)},
		{"NULs that grow across the end", "a" + strings.Repeat("\x00", kept), "a" + strings.Repeat("\uFFFD", (kept-1)/3)},
		{"bytes that look like a cut character", strings.Repeat("\xf0", kept), "\uFFFD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := receive(t, false, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.answer) })
			got := sender(t).Send(t.Context(), request(server.URL))
			if string(got.Body) != c.want || !utf8.Valid(got.Body) || len(got.Body) > kept {
				t.Errorf("kept %d bytes ending in %q, want %d ending in %q", len(got.Body), tail(string(got.Body)), len(c.want), tail(c.want))
			}
		})
	}
}

func tail(s string) string { return s[max(0, len(s)-12):] }
