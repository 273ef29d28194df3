package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	currentSecret  = "whsec_Y3VycmVudCBzZWNyZXQgb2YgdGhlIHRlc3Q="
	previousSecret = "whsec_cHJldmlvdXMgc2VjcmV0IG9mIHRoZSB0ZXN0"
)

func TestBothFamiliesOfSignaturesVerify(t *testing.T) {
	t.Parallel()
	body, at := []byte(`{"id":"whs_1","data":"żółć"}`), time.Now()
	h := http.Header{}
	Sign(h, "whs_1", at, body, Keys{ProjectToken: "project token", Secrets: []string{currentSecret, previousSecret}})
	for _, secret := range []string{currentSecret, previousSecret} { // with an overlap both receivers are content
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := wh.Verify(body, h); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
		if err := wh.Verify(append(body, ' '), h); err == nil {
			t.Error("another body verifies")
		}
	}
	mac := hmac.New(sha256.New, []byte("project token"))
	_, _ = mac.Write(body)
	want := hex.EncodeToString(mac.Sum(nil))
	if h.Get("X-Steward-Signature") != want || h.Get("x-voucherify-signature") != want {
		t.Errorf("signed %v, want %s", h, want)
	}
}

func TestTheScheduleHasThirteenTriesInADay(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	now := first
	for i, minutes := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440} {
		at, ok := Next(first, i+1, 0, now)
		if want := first.Add(time.Duration(minutes) * time.Minute); !ok || !at.Equal(want) {
			t.Errorf("after %d tries: %s, %t, want %s", i+1, at, ok, want)
		}
		now = at
	}
	if at, ok := Next(first, 13, time.Hour, now); ok {
		t.Errorf("after the last try there is one at %s", at)
	}
	if at, ok := Next(first, 0, 0, now); ok {
		t.Errorf("without a try there is a next one at %s", at)
	}
	for name, c := range map[string]struct {
		tries      int
		retryAfter time.Duration
		now, want  time.Time
	}{
		"asked for more than the schedule":     {1, time.Hour, first, first.Add(time.Hour)},
		"asked for less":                       {7, time.Second, first, first.Add(64 * time.Minute)},
		"asked for more than a day":            {1, 48 * time.Hour, first, first.Add(24 * time.Hour)},
		"a time that has gone by is now":       {1, 0, first.Add(time.Hour), first.Add(time.Hour)},
		"asked for an hour after a day is now": {12, time.Hour, first.Add(25 * time.Hour), first.Add(25 * time.Hour)},
	} {
		if at, ok := Next(first, c.tries, c.retryAfter, c.now); !ok || !at.Equal(c.want) {
			t.Errorf("%s: %s, %t, want %s", name, at, ok, c.want)
		}
	}
}

func TestAHostTakesNoMoreThanItsPlaces(t *testing.T) {
	t.Parallel()
	g := NewGate(5, 2)
	var leaves []func()
	for i, want := range []bool{true, true, false} {
		leave, ok := g.Enter("slow")
		if ok != want {
			t.Fatalf("place %d: %t", i+1, ok)
		}
		if ok {
			leaves = append(leaves, leave)
		}
	}
	for i, want := range []bool{true, true, true, false} { // five in all
		if _, ok := g.Enter(fmt.Sprint("host", i)); ok != want {
			t.Errorf("host %d: %t", i, ok)
		}
	}
	leaves[0]()
	if _, ok := g.Enter("slow"); !ok {
		t.Error("a place that was given back is not free")
	}
}

// send tries once against a receiver on this machine.
func send(t *testing.T, url string, timeout time.Duration, allow ...string) Attempt {
	t.Helper()
	guard, err := NewGuard(allow, net.DefaultResolver)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSender(guard, timeout)
	t.Cleanup(s.Close)
	return s.Send(t.Context(), Request{ID: "whs_1", URL: url, Body: []byte(`{}`), At: time.Now(), Keys: Keys{ProjectToken: "t", Secrets: []string{currentSecret}}})
}

func TestWhatAReceiverAnswersIsTold(t *testing.T) {
	t.Parallel()
	var landed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { landed.Store(true) }))
	t.Cleanup(elsewhere.Close)
	for name, c := range map[string]struct {
		answer     http.HandlerFunc
		status     int
		error      string
		retryAfter time.Duration
	}{
		"success":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, "", 0},
		"an error": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) }, 500, "the receiver answered 500", 0},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, 307, "the receiver answered with a redirect, which is not followed", 0},
		"later": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "120"); w.WriteHeader(429) }, 429, "the receiver answered 429", 2 * time.Minute},
		"much later": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "999999")
			w.WriteHeader(503)
		}, 503, "the receiver answered 503", 24 * time.Hour},
		"nonsense":              {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "-5"); w.WriteHeader(503) }, 503, "the receiver answered 503", 0},
		"later without a cause": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "5"); w.WriteHeader(500) }, 500, "the receiver answered 500", 0},
		"an endless body": {func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}, 200, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			t.Cleanup(server.Close)
			a := send(t, server.URL, 5*time.Second, "127.0.0.0/8")
			if a.Status != c.status || a.Error != c.error || a.RetryAfter != c.retryAfter || len(a.Answer) > 4096 || a.Took <= 0 {
				t.Errorf("%d %q %s, %d bytes", a.Status, a.Error, a.RetryAfter, len(a.Answer))
			}
		})
	}
	if landed.Load() {
		t.Error("a redirect was followed")
	}
}

func TestAReceiverThatDoesNotAnswerIsToldInAFewWords(t *testing.T) {
	t.Parallel()
	raw := func(t *testing.T, behave func(net.Conn)) string {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go behave(conn)
			}
		}()
		return "http://" + l.Addr().String()
	}
	plain := httptest.NewTLSServer(http.NotFoundHandler()) // whose certificate nobody knows
	t.Cleanup(plain.Close)
	closed := raw(t, func(c net.Conn) { _ = c.Close() })
	for name, c := range map[string]struct {
		url, want string
		allow     []string
	}{
		"it hangs":             {raw(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), "timed out after 300ms", []string{"127.0.0.0/8"}},
		"it drips":             {raw(t, drip), "timed out after 300ms", []string{"127.0.0.0/8"}},
		"it resets":            {closed, "the receiver closed the connection without an answer", []string{"127.0.0.0/8"}},
		"it answers garbage":   {raw(t, func(c net.Conn) { _, _ = io.WriteString(c, "hello\r\n\r\n"); _ = c.Close() }), "the receiver's answer is not HTTP", []string{"127.0.0.0/8"}},
		"its port is closed":   {"http://127.0.0.1:1", "the connection was refused", []string{"127.0.0.0/8"}},
		"its certificate":      {plain.URL, "TLS: the receiver's certificate is not valid", []string{"127.0.0.0/8"}},
		"it is no TLS at all":  {strings.Replace(raw(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); _ = c.Close() }), "http:", "https:", 1), "TLS: no secure connection could be made", []string{"127.0.0.0/8"}},
		"it is not allowed":    {"http://127.0.0.1:1", "the URL must lead to a public address, not to a loopback address, unless an operator allows it with --webhook-allow", nil},
		"its name is unknown":  {"http://no-such-host.invalid/", "The host name could not be looked up", nil},
		"its name is the host": {"http://localhost:1/", "the URL must lead to a public address, not to a loopback address, unless an operator allows it with --webhook-allow", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := send(t, c.url, 300*time.Millisecond, c.allow...); a.Status != 0 || a.Error != c.want {
				t.Errorf("%d %q, want %q", a.Status, a.Error, c.want)
			}
		})
	}
}

// drip answers a byte at a time, and never ends the headers.
func drip(c net.Conn) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for range ticker.C {
		if _, err := io.WriteString(c, "H"); err != nil {
			return
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	guard, err := NewGuard([]string{"127.0.0.0/8"}, net.DefaultResolver)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSender(guard, time.Second)
	t.Cleanup(s.Close)
	for range 20 {
		if a := s.Send(t.Context(), Request{URL: server.URL, At: time.Now()}); a.Error != "" {
			t.Fatal(a.Error)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("20 webhooks took %d connections", n)
	}
}

// turncoat answers a public address the first time and a private one after.
type turncoat struct{ asked atomic.Int64 }

func (r *turncoat) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	if r.asked.Add(1) == 1 {
		return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func TestANameThatChangesItsAnswerIsJudgedAnewAtTheDial(t *testing.T) {
	t.Parallel()
	guard, err := NewGuard(nil, &turncoat{})
	if err != nil {
		t.Fatal(err)
	}
	if err := guard.Check(t.Context(), "http://hooks.example/"); err != nil {
		t.Fatal(err)
	}
	s := NewSender(guard, time.Second)
	t.Cleanup(s.Close)
	if a := s.Send(t.Context(), Request{URL: "http://hooks.example/", At: time.Now()}); !strings.Contains(a.Error, "must lead to a public address") {
		t.Errorf("%d %q", a.Status, a.Error)
	}
}
