package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// send hands a mail to the SMTP server. The mail keeps its Message-ID over all
// tries, so that receivers can tell a repetition.
func (s *Server) send(ctx context.Context, m *Mail) error {
	message, err := s.compose(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	// Closing the connection here covers a handshake that fails half-way, and a
	// server that takes longer than the try may.
	hangUp := func() {}
	defer func() { hangUp() }()
	client, err := s.client(func(dialling context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(dialling, network, address)
		if err == nil {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			hangUp = func() { stop(); _ = conn.Close() }
		}
		return conn, err
	})
	if err != nil {
		return fmt.Errorf("the SMTP client cannot be set up: %w", err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("cannot reach the SMTP server: %w", err)
	}
	if err := client.SendWithSMTPClient(session, message); err != nil {
		return err
	}
	_ = client.CloseWithSMTPClient(session) // the server has taken the mail: a failing farewell must not send it again
	return nil
}

func (s *Server) compose(m *Mail) (*gomail.Msg, error) {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	name := m.FromName
	if name == "" {
		name = defaultSender
	}
	message.FromMailAddress(&netmail.Address{Name: name, Address: s.From})
	if err := message.To(m.To); err != nil {
		return nil, fmt.Errorf("the receiver's address is not valid: %w", err)
	}
	message.Subject(m.Subject)
	message.SetDateWithValue(m.CreatedAt.Time())
	message.SetMessageIDWithValue(m.ID + s.From[strings.LastIndexByte(s.From, '@'):])
	message.SetGenHeader("Auto-Submitted", "auto-generated") // no holiday replies, please
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return message, nil
}

func (s *Server) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(networkTimeout), gomail.WithTLSConfig(s.tlsConfig()), gomail.WithDialContextFunc(dial),
	}
	switch s.TLS {
	case TLSImplicit:
		options = append(options, gomail.WithSSL())
	case TLSRequired:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.User != "" {
		options = append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.Password), gomail.WithOpportunisticSMTPAuth(s.mechanisms()...))
	}
	return gomail.NewClient(s.Host, options...)
}

// mechanisms are the ways to sign in, the best first. Those that send the
// password itself are refused on an unencrypted connection to another machine,
// unless the operator has asked for no encryption.
func (s *Server) mechanisms() []gomail.SMTPAuthType {
	hashed := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5}
	if s.TLS == TLSNone {
		return append(hashed, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc)
	}
	return append(hashed, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin)
}

func (s *Server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.TLS == TLSImplicit {
		return (&tls.Dialer{Config: s.tlsConfig()}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// refused reports whether the server will never take this mail: it answered
// with a permanent error (RFC 5321, 4.2.1) to the mail itself, not to the
// sign-in, which an operator may put right.
func refused(err error) bool {
	var e *gomail.SendError
	return errors.As(err, &e) && e.ErrorCode() >= 500 && !e.IsTemp()
}
