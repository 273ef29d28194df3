package delivery

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/test/binary"
)

// sendout is a send-out as the API shows it.
type sendout struct {
	ID        string     `json:"id"`
	WebhookID string     `json:"webhook_id"`
	Status    string     `json:"status"`
	Tries     int        `json:"tries"`
	NextTryAt *time.Time `json:"next_try_at"`
	Attempts  []struct {
		At        time.Time `json:"at"`
		LatencyMS int64     `json:"latency_ms"`
		Status    int       `json:"status"`
		Answer    string    `json:"answer"`
		Error     string    `json:"error"`
	} `json:"attempts"`
}

// receivers are the faults of receivers, and what a try comes to there. Each
// serve returns the receiver's URL.
var receivers = []struct {
	name   string
	serve  func(t *testing.T) string
	status int    // of the answer
	err    string // what people read
	answer string // what is kept of the answer; "" is anything
	takes  time.Duration
	spares time.Duration // until the next try at the least
}{
	{name: "one that is down", serve: down, err: "connection refused"},
	{name: "one that does not answer", serve: bare(hang), err: "timed out after 10s", takes: 10 * time.Second},
	{name: "one that resets connections", serve: bare(reset), err: "the connection was closed before an answer came"},
	{name: "one that hangs up", serve: bare(write("")), err: "the connection was closed before an answer came"},
	{name: "one that answers garbage", serve: bare(write("SSH-2.0-OpenSSH_9.2\r\n")), err: "the answer could not be read"},
	{name: "one that answers without an end", serve: endless("HTTP/1.1 200 OK\r\n\r\n"), status: 200, answer: strings.Repeat("a", 4<<10)},
	{name: "one that refuses without an end", serve: endless("HTTP/1.1 500 No\r\n\r\n"), status: 500, err: "the receiver answered 500", answer: strings.Repeat("a", 4<<10)},
	{name: "one whose answer does not come to its end", serve: bare(func(c net.Conn) { write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")(c); hang(c) }),
		status: 200, answer: "half", takes: 10 * time.Second},
	{name: "one whose headers have no end", serve: endless("HTTP/1.1 200 OK\r\nX-A: "), err: "the answer could not be read"},
	{name: "one that nobody vouches for", serve: secure, err: "TLS: the certificate is signed by an unknown authority"},
	{name: "one that speaks no TLS", serve: func(t *testing.T) string { return strings.Replace(answering(204, "", "")(t), "http:", "https:", 1) }, err: "TLS: the receiver does not speak it"},
	{name: "one that redirects", serve: redirecting, status: 302, err: "the receiver answered 302: redirects are not followed"},
	{name: "one that switches protocols", serve: bare(func(c net.Conn) {
		write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")(c)
		hang(c)
	}), status: 101, err: "the receiver answered 101"},
	{name: "one that answers 204", serve: answering(204, "", ""), status: 204},
	{name: "one that answers 500", serve: answering(500, "", "out of order\n"), status: 500, err: "the receiver answered 500", answer: "out of order\n"},
	{name: "one that asks for a while", serve: answering(429, "100", ""), status: 429, err: "the receiver answered 429", spares: 100 * time.Second},
}

func TestAReceiverThatMisbehavesIsToldFromItsAttemptsAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ database.Engine, w *place) {
		w.start(t)
		p := w.CreateProject(t, "Receivers")
		good := newReceiver(t)
		w.webhook(t, p, good.URL, "redemption.succeeded")
		webhooks := make([]string, len(receivers))
		for i, r := range receivers {
			webhooks[i] = w.webhook(t, p, r.serve(t), "voucher.created")
		}

		const others = 500
		began := time.Now()
		w.publishAll(t, p, "voucher.created", 1)
		good.arrived(t, soon, w.publishAll(t, p, "redemption.succeeded", others))
		slow := w.sendouts(t, p, "webhook_id="+webhooks[1])
		if len(slow) != 1 || slow[0].Tries > 0 {
			t.Errorf("%d other deliveries took %s, and waited for the receiver that does not answer: %+v", others, time.Since(began), slow)
		}
		for i, r := range receivers {
			found := w.sendouts(t, p, "webhook_id="+webhooks[i])
			if len(found) != 1 {
				t.Fatalf("%s: %d send-outs", r.name, len(found))
			}
			var got sendout
			until(t, soon, r.name+" is tried", func() bool { got = w.show(t, p, found[0].ID); return got.Tries > 0 })
			a, status := got.Attempts[0], "retrying"
			if r.err == "" {
				status = "succeeded"
			}
			if got.Status != status || a.Status != r.status || a.Error != r.err || (r.answer != "" && a.Answer != r.answer) {
				t.Errorf("%s: a send-out is %s after an attempt with status %d, error %q and answer %.100q", r.name, got.Status, a.Status, a.Error, a.Answer)
			}
			took := time.Duration(a.LatencyMS) * time.Millisecond
			if took < r.takes || took > r.takes+5*time.Second {
				t.Errorf("%s: an attempt takes %s, want %s", r.name, took, r.takes)
			}
			if r.err != "" && got.NextTryAt.Sub(a.At) < max(r.spares, time.Minute) {
				t.Errorf("%s: it is tried again %s after %s", r.name, got.NextTryAt, a.At)
			}
		}
	})
}

func TestAReceiverThatIsUpAgainGetsWhatIsRetriedByHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ database.Engine, w *place) {
		w.start(t)
		p := w.CreateProject(t, "Down and up")
		port := reserve(t)
		hook := w.webhook(t, p, "http://"+port.address, "voucher.created")
		events := w.publishAll(t, p, "voucher.created", 1)
		var failed []sendout
		until(t, soon, "the receiver is found to be down", func() bool {
			failed = w.sendouts(t, p, "status=retrying&webhook_id="+hook)
			return len(failed) == 1
		})

		r := newReceiver(t)
		go func() { _ = http.Serve(port.listen(t), r) }()
		if status, answer := w.Call(p, "POST", "/v1/webhook-sendouts/"+failed[0].ID+"/retry", ""); status != http.StatusOK {
			t.Fatalf("retry: %d %s", status, answer)
		}
		r.arrived(t, soon, events)
		var got sendout
		until(t, soon, "the send-out succeeds", func() bool { got = w.show(t, p, failed[0].ID); return got.Status == "succeeded" })
		if len(got.Attempts) != 2 || got.Attempts[0].Error != "connection refused" || got.Attempts[1].Status != 204 || r.count() != 1 {
			t.Errorf("after %d requests the send-out is %+v", r.count(), got)
		}
	})
}

func (w *place) sendouts(t *testing.T, p binary.Project, query string) []sendout {
	t.Helper()
	var list struct {
		Data []sendout `json:"data"`
	}
	w.get(t, p, "/v1/webhook-sendouts?"+query, &list)
	return list.Data
}

func (w *place) show(t *testing.T, p binary.Project, id string) (s sendout) {
	t.Helper()
	w.get(t, p, "/v1/webhook-sendouts/"+id, &s)
	return s
}

func (w *place) get(t *testing.T, p binary.Project, path string, into any) {
	t.Helper()
	status, answer := w.Call(p, "GET", path, "")
	if err := json.Unmarshal(answer, into); err != nil || status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, status, answer)
	}
}

// bare is a receiver that handles connections after their first request, and
// hangs up when the handler returns.
func bare(handle func(net.Conn)) func(t *testing.T) string {
	return func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer func() { _ = c.Close() }()
					req, err := http.ReadRequest(bufio.NewReader(c))
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, req.Body); err == nil {
						handle(c)
					}
				}()
			}
		}()
		return "http://" + l.Addr().String()
	}
}

// hang waits until the sender hangs up.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

func write(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// endless goes on for ever behind the beginning of an answer. The sender must
// not take more of it than the buffers of two sockets hold.
func endless(beginning string) func(t *testing.T) string {
	const most = 32 << 20
	return func(t *testing.T) string {
		return bare(func(c net.Conn) {
			write(beginning)(c)
			piece := []byte(strings.Repeat("a", 64<<10))
			for taken := 0; ; {
				n, err := c.Write(piece)
				if taken += n; err != nil {
					return
				}
				if taken > most {
					t.Errorf("the sender takes %d bytes behind %q", taken, beginning)
					return
				}
			}
		})(t)
	}
}

func answering(status int, retryAfter, body string) func(t *testing.T) string {
	return func(t *testing.T) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
}

func secure(t *testing.T) string {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that it is not trusted
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// redirecting leads to another private address. That one is allowed, so that
// nothing but not following keeps requests from it.
func redirecting(t *testing.T) string {
	var followed atomic.Int64
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	s := httptest.NewServer(http.RedirectHandler(inner.URL, http.StatusFound))
	t.Cleanup(func() {
		s.Close()
		inner.Close()
		if n := followed.Load(); n != 0 {
			t.Errorf("the redirect was followed %d times", n)
		}
	})
	return s.URL
}

func down(t *testing.T) string { return "http://" + reserve(t).address }

// reserved is a port at which connections are refused, and that nobody else can
// take meanwhile.
type reserved struct {
	file    *os.File
	address string
}

func reserve(t *testing.T) *reserved {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	file := os.NewFile(uintptr(fd), "reserved")
	t.Cleanup(func() { _ = file.Close() })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: bound.(*syscall.SockaddrInet4).Port}
	return &reserved{file, address.String()}
}

// listen opens the port.
func (r *reserved) listen(t *testing.T) net.Listener {
	t.Helper()
	if err := syscall.Listen(int(r.file.Fd()), syscall.SOMAXCONN); err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(r.file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
