package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/clock"
)

const (
	// Timeout is how long one try may take in all (CONTRACT 6).
	Timeout = 10 * time.Second
	// MaxAnswer is how many bytes of an answer are kept (CONTRACT 6).
	MaxAnswer = 4 << 10

	// drained is how much more of an answer is read so that its connection can
	// be used again.
	drained = 64 << 10
	// maxRetryAfter bounds what a receiver can ask for.
	maxRetryAfter = 24 * time.Hour

	userAgent = "Steward-Webhooks/1.0"

	// idle connections, in all and to one host, and how long they are kept:
	// less than the minute after which many receivers close theirs.
	maxIdle, maxIdlePerHost = 256, 32
	idleTimeout             = 45 * time.Second
)

// Options are what can be said about a Sender. The zero value is for production.
type Options struct {
	Timeout time.Duration  // of one try in all; 0 means Timeout
	RootCAs *x509.CertPool // who may sign receivers' certificates; nil means the system's
	Clock   clock.Clock    // tells when attempts are made; nil means clock.System
}

// Request is one try to deliver a send-out.
type Request struct {
	ID     string            // of the send-out; the same for all its tries
	URL    string            // where to
	Body   []byte            // JSON, sent and signed as it is
	Header map[string]string // the webhook's own; what CheckHeaders refuses is left out
	Keys   Keys              // sign it
	At     time.Time         // the moment that is signed
}

// Attempt is what became of one try.
type Attempt struct {
	At         time.Time     // when it began
	Took       time.Duration // until the answer was read, or given up
	Status     int           // of the answer; 0 if there was none
	Body       []byte        // the answer's first 4 KiB, as UTF-8 without NUL
	Error      string        // why it failed, for people; empty if and only if it succeeded
	RetryAfter time.Duration // as a 429 or 503 asked, 0 to 24 h
}

// Succeeded reports whether the receiver has the webhook: an answer with a 2xx
// status came. What comes after its headers, or does not, changes nothing.
func (a Attempt) Succeeded() bool { return a.Status >= 200 && a.Status <= 299 }

// Sender delivers webhooks over HTTP/1.1 and HTTP/2, on connections that are
// used again. It is safe for concurrent use.
type Sender struct {
	transport *http.Transport
	timeout   time.Duration
	clock     clock.Clock
}

// NewSender returns a sender that connects where the guard lets it, to the
// address that the guard judged, and never through a proxy.
func NewSender(guard *Guard, o Options) *Sender {
	s := &Sender{timeout: o.Timeout, clock: o.Clock}
	if s.timeout == 0 {
		s.timeout = Timeout
	}
	if s.clock == nil {
		s.clock = clock.System
	}
	s.transport = &http.Transport{
		// A transport goes on connecting when the try that asked for it is over,
		// so these two need limits of their own.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, s.timeout)
			defer cancel()
			return guard.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout:    s.timeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: s.timeout / 2, PingTimeout: s.timeout / 2}, // a dead connection is not used for long
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // what is kept is what was sent
	}
	return s
}

// Close closes the connections that wait to be used again.
func (s *Sender) Close() { s.transport.CloseIdleConnections() }

// Send tries once, for ten seconds in all: the look-up, the connection, the
// answer with its body. A redirect is an answer like any other and is not
// followed. If ctx ends, so does the try, with "stopped before an answer came".
func (s *Sender) Send(ctx context.Context, r Request) Attempt {
	began := time.Now()
	a := Attempt{At: s.clock()}
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	s.try(ctx, r, &a)
	a.Took = time.Since(began)
	return a
}

func (s *Sender) try(ctx context.Context, r Request, a *Attempt) {
	req, err := newRequest(ctx, r)
	if err != nil {
		a.Error = "the URL cannot be used"
		return
	}
	res, err := s.transport.RoundTrip(req)
	if err != nil {
		a.Error = s.describe(ctx, err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	s.read(a, res)
}

func newRequest(ctx context.Context, r Request) (*http.Request, error) {
	if _, err := parseTarget(r.URL); err != nil { // what is saved passed; what was restored may not
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	// Receivers close idle connections just when these are used again. This
	// header, which is not sent where it has no value, lets the transport take
	// another connection then: the id tells receivers what they already have.
	req.Header["Idempotency-Key"] = nil
	addHeaders(req.Header, r.Header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	Sign(req.Header, r.ID, r.At, r.Body, r.Keys)
	return req, nil
}

// read takes from an answer what is kept of it.
func (s *Sender) read(a *Attempt, res *http.Response) {
	a.Status = res.StatusCode
	if res.StatusCode != http.StatusSwitchingProtocols { // else the body is the bare connection, which no time-out ends
		kept, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer))
		a.Body = clean(kept)
		if err == nil {
			_, _ = io.CopyN(io.Discard, res.Body, drained) // if there is still more, the connection is closed
		}
	}
	switch {
	case a.Succeeded():
	case res.StatusCode >= 300 && res.StatusCode <= 399:
		a.Error = "the receiver answered " + strconv.Itoa(res.StatusCode) + ": redirects are not followed"
	default:
		a.Error = "the receiver answered " + strconv.Itoa(res.StatusCode)
		a.RetryAfter = s.retryAfter(res)
	}
}

// clean returns bytes of an answer, of which there may have been more, as text
// that every database keeps: UTF-8 without NUL, at most 4 KiB. What is neither
// becomes U+FFFD.
func clean(b []byte) []byte {
	if len(b) == MaxAnswer {
		b = cut(b)
	}
	b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
	b = bytes.ReplaceAll(b, []byte{0}, []byte("\uFFFD"))
	return cut(b[:min(len(b), MaxAnswer)])
}

// cut drops the beginning of a character whose rest was cut off.
func cut(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// retryAfter reads what a 429 or 503 asks for: seconds, or a date.
func (s *Sender) retryAfter(res *http.Response) time.Duration {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	text := strings.TrimSpace(res.Header.Get("Retry-After"))
	if text != "" && strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil { // more than fits
			return maxRetryAfter
		}
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(s.clock()), 0), maxRetryAfter)
}
