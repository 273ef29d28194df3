package mail

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// TLS says how the connection to an SMTP server is encrypted.
type TLS string

// The ways of encryption. The first three are the values of the URL's tls.
const (
	TLSOffered  TLS = "starttls" // if the server offers it; the default
	TLSRequired TLS = "required" // or nothing is sent
	TLSNone     TLS = "none"     // never
	TLSImplicit TLS = "implicit" // from the first byte, as smtps:// asks for
)

// defaultSender is the name of a sender that has none.
const defaultSender = "Steward"

// Server says how to reach an SMTP server, and which address mails come from.
type Server struct {
	Host     string
	Port     int
	User     string // empty: no sign-in
	Password string
	TLS      TLS
	From     string

	roots *x509.CertPool // nil: the system's
}

// ParseServer reads an SMTP URL:
//
//	smtp://user:password@host:port?tls=starttls|required|none&from=address
//	smtps://user:password@host:port?from=address
//
// The port is 587 if none is given, 25 with tls=none and 465 for smtps; the
// sender is no-reply at the host of publicURL. Its errors say what would be
// right and never hold the URL, which can contain a password.
func ParseServer(raw, publicURL string) (*Server, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the SMTP URL cannot be read; it must look like smtp://user:password@host:587, with what is special in the password percent-encoded")
	}
	s := &Server{Host: u.Hostname(), User: u.User.Username(), From: "no-reply@" + senderHost(publicURL)}
	s.Password, _ = u.User.Password()
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return nil, errors.New("the SMTP URL must start with smtp:// or smtps://")
	case s.Host == "":
		return nil, errors.New("the SMTP URL must name a host, as in smtp://mail.acme.example:587")
	case !validHost(s.Host):
		return nil, errors.New("the SMTP URL's host must be a name (an international one in its xn-- form) or an address")
	case (u.Path != "" && u.Path != "/") || u.Fragment != "" || u.Opaque != "":
		return nil, errors.New("the SMTP URL must have nothing but a query behind the host; a / or # in the password must be percent-encoded")
	case (s.User == "") != (s.Password == ""):
		return nil, errors.New("the SMTP URL must have both a user and a password, or neither")
	}
	if err := s.readQuery(u); err != nil {
		return nil, err
	}
	return s, s.readPort(u.Port())
}

// validHost accepts addresses, and names of letters, digits, dots, dashes and
// underscores.
func validHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() == ""
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	})
}

func (s *Server) readQuery(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("the query of the SMTP URL cannot be read")
	}
	s.TLS = TLSOffered
	if u.Scheme == "smtps" {
		s.TLS = TLSImplicit
	}
	for name, values := range query {
		if len(values) != 1 {
			return errors.New("the SMTP URL must give each parameter once")
		}
		switch name {
		case "tls":
			if s.TLS == TLSImplicit {
				return errors.New("an smtps:// URL is encrypted from the start and takes no tls parameter")
			}
			switch t := TLS(values[0]); t {
			case TLSOffered, TLSRequired, TLSNone:
				s.TLS = t
			default:
				return errors.New("the SMTP URL's tls must be starttls, required or none")
			}
		case "from":
			a, err := netmail.ParseAddress(values[0])
			if err != nil || a.Address != values[0] {
				return errors.New("the SMTP URL's from must be one bare address, such as no-reply@acme.example")
			}
			s.From = a.Address
		default:
			return errors.New("the SMTP URL takes the parameters tls and from only")
		}
	}
	return nil
}

func (s *Server) readPort(port string) error {
	if port == "" {
		s.Port = map[TLS]int{TLSImplicit: 465, TLSNone: 25}[s.TLS]
		if s.Port == 0 {
			s.Port = 587
		}
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return errors.New("the SMTP URL's port must be 1 to 65535")
	}
	s.Port = int(n)
	return nil
}

// senderHost is the domain that mails come from: the public URL's host, if it
// is a name.
func senderHost(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return "localhost"
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return "localhost"
	}
	if _, err := netmail.ParseAddress("no-reply@" + host); err != nil {
		return "localhost"
	}
	return host
}

// String returns the URL with the password masked, for logs.
func (s *Server) String() string {
	u := url.URL{Scheme: "smtp", Host: net.JoinHostPort(s.Host, strconv.Itoa(s.Port))}
	query := url.Values{"from": {s.From}}
	if s.TLS == TLSImplicit {
		u.Scheme = "smtps"
	} else {
		query.Set("tls", string(s.TLS))
	}
	if s.User != "" {
		u.User = url.UserPassword(s.User, "xxxxx")
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// GoString masks the password too, so that no %#v can tell it.
func (s *Server) GoString() string { return fmt.Sprintf("mail.Server(%s)", s) }
