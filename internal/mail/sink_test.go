package mail_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// received is a mail that an SMTP server has taken.
type received struct {
	from string
	to   []string
	raw  string
	user string
	tls  bool
}

// sink is a real SMTP server that keeps what it is sent.
type sink struct {
	address string
	roots   *x509.CertPool

	mu     sync.Mutex
	mails  []received
	answer error             // to every mail
	hold   func()            // is called before a mail is taken
	users  map[string]string // who may sign in; nil: no sign-in is offered
	taken  chan struct{}     // gets a value for each mail taken
	server *smtp.Server
	close  func() // makes the server unreachable
}

// encryption of a sink.
type encryption int

const (
	plain encryption = iota
	startTLS
	implicitTLS
)

func listen(t *testing.T, e encryption) *sink {
	t.Helper()
	s := &sink{taken: make(chan struct{}, 1000)}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{sink: s, conn: c}, nil }))
	s.server.Domain, s.server.AllowInsecureAuth = "sink.example", true
	s.server.ErrorLog = silent{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	if e != plain {
		https := httptest.NewTLSServer(nil) // brings a certificate for 127.0.0.1
		defer https.Close()
		s.roots = x509.NewCertPool()
		s.roots.AddCert(https.Certificate())
		config := &tls.Config{Certificates: https.TLS.Certificates}
		if e == implicitTLS {
			listener = tls.NewListener(listener, config)
		} else {
			s.server.TLSConfig = config
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.server.Serve(listener) // ends with the test
	}()
	s.close = sync.OnceFunc(func() {
		_ = listener.Close() // by hand: the server may not have begun to serve it
		_ = s.server.Close()
		<-done
	})
	t.Cleanup(s.close)
	return s
}

func (s *sink) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = err
}

func (s *sink) got() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.mails...)
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

type session struct {
	sink *sink
	conn *smtp.Conn
	mail received
}

func (s *session) AuthMechanisms() []string {
	if s.sink.users == nil {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if want, ok := s.sink.users[user]; !ok || want != password {
			return errors.New("who are you?")
		}
		s.mail.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.mail.to = append(s.mail.to, to)
	return s.sink.answer
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.sink.hold != nil {
		s.sink.hold()
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.mail.raw, s.mail.tls = string(raw), encrypted
	s.sink.mu.Lock()
	s.sink.mails = append(s.sink.mails, s.mail)
	s.sink.mu.Unlock()
	s.sink.taken <- struct{}{}
	return nil
}

func (s *session) Reset()        { s.mail = received{user: s.mail.user} }
func (s *session) Logout() error { return nil }
