package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/steward-platform/steward/internal/fault"
)

// errTimeout is the cause of a try's end when its own time is over.
var errTimeout = errors.New("the try took too long")

// describe says in a few words why there was no answer. It names no address:
// what a name resolves to inside the server's network is nobody's business.
func (s *Sender) describe(ctx context.Context, err error) string {
	var refusal *fault.Error
	var waiting net.Error
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return "timed out after " + s.timeout.String()
	case ctx.Err() != nil:
		return "stopped before an answer came"
	case errors.Is(err, context.DeadlineExceeded): // of the dial, which may notice first
		return "timed out after " + s.timeout.String()
	case errors.As(err, &refusal) && refusal.Code == fault.InvalidPayload:
		return "the address is not allowed"
	case errors.As(err, &refusal):
		return "the host name could not be looked up"
	case errors.As(err, &waiting) && waiting.Timeout(): // of the system, or of a dial that began for another try
		return "timed out after " + s.timeout.String()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	}
	if text := describeTLS(err); text != "" {
		return text
	}
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "server closed idle connection"): // net/http has no name for it
		return "the connection was closed before an answer came"
	case errors.As(err, &op) && op.Op == "dial":
		return "the host cannot be reached"
	}
	return "the answer could not be read"
}

// describeTLS says what is wrong with the receiver's TLS, if it is that.
func describeTLS(err error) string {
	var (
		record  tls.RecordHeaderError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		issuer  x509.UnknownAuthorityError
		broken  *tls.CertificateVerificationError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &record):
		return "TLS: the receiver does not speak it"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "TLS: the certificate has expired or is not yet valid"
	case errors.As(err, &name):
		return "TLS: the certificate is for another host"
	case errors.As(err, &issuer):
		return "TLS: the certificate is signed by an unknown authority"
	case errors.As(err, &broken):
		return "TLS: the certificate is not valid"
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"), strings.Contains(err.Error(), "tls: "):
		return "TLS: no secure connection could be made" // the package has no type for the rest
	}
	return ""
}
