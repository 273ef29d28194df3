package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/steward-platform/steward/internal/fault"
)

const (
	// Timeout is how long one try may take in all (CONTRACT 6).
	Timeout = 10 * time.Second
	// keptAnswer is how many bytes of an answer are kept, and drained how many
	// more are read so that the connection can be used again.
	keptAnswer = 4 << 10
	drained    = 64 << 10
	// maxRetryAfter bounds what a receiver can ask for.
	maxRetryAfter = 24 * time.Hour

	userAgent = "Steward-Webhooks/1.0"
)

// Request is one try to deliver a webhook.
type Request struct {
	ID   string // of the send-out
	URL  string
	Body []byte
	Keys Keys
	At   time.Time // signed
}

// Attempt is what became of it.
type Attempt struct {
	Status     int    // of the answer; 0 if there was none
	Answer     []byte // its first 4 KiB
	Error      string // why it failed, for people; empty if it did not
	Took       time.Duration
	RetryAfter time.Duration // as a 429 or 503 asked, up to a day
}

// Sender delivers webhooks over HTTP/1.1 and HTTP/2, with connections that are
// used again. It is safe for concurrent use.
type Sender struct {
	client  http.Client
	timeout time.Duration
}

// NewSender returns a sender that connects where the guard lets it. A try takes
// the timeout at the most: Timeout but in tests.
func NewSender(guard *Guard, timeout time.Duration) *Sender {
	return &Sender{timeout: timeout, client: http.Client{
		// A redirect is an answer like any other: what it leads to was not
		// asked for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            guard.DialContext, // judges, and pins the address
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           256,
			MaxIdleConnsPerHost:    32,
			IdleConnTimeout:        30 * time.Second,
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // what is kept is what was sent
		},
	}}
}

// Send tries once. Any answer with a status of 2xx is a success, as soon as its
// headers are there.
func (s *Sender) Send(ctx context.Context, r Request) Attempt {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	a := s.send(ctx, r)
	a.Took = time.Since(began)
	return a
}

func (s *Sender) send(ctx context.Context, r Request) Attempt {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Attempt{Error: "the URL cannot be used"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	Sign(req.Header, r.ID, r.At, r.Body, r.Keys)
	res, err := s.client.Do(req)
	if err != nil {
		return Attempt{Error: s.describe(ctx, err)}
	}
	defer func() { _ = res.Body.Close() }()
	a := Attempt{Status: res.StatusCode}
	a.Answer, err = io.ReadAll(io.LimitReader(res.Body, keptAnswer))
	if err == nil {
		_, _ = io.CopyN(io.Discard, res.Body, drained) // if there is more, the connection is closed
	}
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		a.Error = "the receiver answered with a redirect, which is not followed"
	case res.StatusCode < 200 || res.StatusCode >= 300:
		a.Error = "the receiver answered " + strconv.Itoa(res.StatusCode)
		a.RetryAfter = retryAfter(res)
	}
	return a
}

// retryAfter reads what a 429 or 503 asks for: seconds, or a date.
func retryAfter(res *http.Response) time.Duration {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	text := strings.TrimSpace(res.Header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(at), 0), maxRetryAfter)
	}
	return 0
}

// describe says in a few words why there was no answer, and nothing of the
// network that the server is in.
func (s *Sender) describe(ctx context.Context, err error) string {
	var refusal *fault.Error
	var unverified *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == fault.InvalidPayload:
		return "the URL " + refusal.Details
	case errors.As(err, &refusal):
		return refusal.Details
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return "timed out after " + s.timeout.String()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "server closed idle connection"):
		return "the receiver closed the connection without an answer"
	case errors.As(err, &unverified):
		return "TLS: the receiver's certificate is not valid"
	case errors.As(err, &record), strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "TLS: no secure connection could be made"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "the receiver's answer is not HTTP"
	}
	return "no connection could be made"
}

// Close closes the connections that wait to be used again.
func (s *Sender) Close() { s.client.CloseIdleConnections() }
