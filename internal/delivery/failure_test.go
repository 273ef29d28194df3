package delivery_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/delivery"
)

// quiet takes what test servers say about the clients that leave them.
var quiet = log.New(io.Discard, "", 0)

// short is the time-out of tries that are meant to run into it.
const short = 200 * time.Millisecond

// raw returns the address of a receiver that handles bare connections, each in
// a goroutine of its own, and hangs up when the handler returns.
func raw(t testing.TB, handle func(net.Conn)) (address string) {
	t.Helper()
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
				handle(c)
			}()
		}
	}()
	return l.Addr().String()
}

// readRequest reads one request with its body from a connection on which
// nothing follows before an answer.
func readRequest(c net.Conn) bool {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil
}

// answering is a receiver that reads a request and writes some bytes.
func answering(text string) func(net.Conn) {
	return func(c net.Conn) {
		if readRequest(c) {
			_, _ = io.WriteString(c, text)
		}
	}
}

// drip writes a byte every now and then for as long as anybody listens.
func drip(c net.Conn) {
	for range time.Tick(short / 20) {
		if _, err := c.Write([]byte("a")); err != nil {
			return
		}
	}
}

func TestAReceiverThatTakesTooLongIsLeft(t *testing.T) {
	t.Parallel()
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for _, c := range []struct {
		name, scheme string
		handle       func(net.Conn)
		status       int // of an answer whose body takes too long
	}{
		{"it never answers", "http", hang, 0},
		{"it never shakes hands", "https", hang, 0},
		{"it drips its status", "http", func(c net.Conn) { drip(c) }, 0},
		{"it drips its headers", "http", func(c net.Conn) { answering("HTTP/1.1 200 OK\r\nX-A: ")(c); drip(c) }, 0},
		{"it says for ever that it is about to answer", "http", func(c net.Conn) { answering("HTTP/1.1 100 Continue\r\n\r\n")(c); hang(c) }, 0},
		{"it never sends its body", "http", func(c net.Conn) { answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")(c); hang(c) }, 200},
		{"it drips its body", "http", func(c net.Conn) { answering("HTTP/1.1 200 OK\r\n\r\n")(c); drip(c) }, 200},
		{"it drips the rest of its body", "http", func(c net.Conn) {
			answering("HTTP/1.1 503 No\r\n\r\n" + strings.Repeat("a", 5000))(c)
			drip(c)
		}, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			left := make(chan struct{}, 8)
			address := raw(t, func(conn net.Conn) {
				c.handle(conn) // returns when the sender hangs up
				left <- struct{}{}
			})
			a := sender(t, delivery.Options{Timeout: short}).Send(t.Context(), request(c.scheme+"://"+address))
			if a.Status != c.status || a.Succeeded() != (c.status == 200) || (c.status == 0 && a.Error != "timed out after 200ms") {
				t.Errorf("the attempt is %+v", a)
			}
			if a.Took < short || a.Took > 10*short {
				t.Errorf("it takes %s, want %s", a.Took, short)
			}
			select {
			case <-left:
			case <-t.Context().Done():
			case <-time.After(10 * time.Second):
				t.Error("the connection is still open")
			}
		})
	}
}

func TestALookUpThatTakesTooLongIsLeft(t *testing.T) {
	t.Parallel()
	z := once()
	z.look = func(ctx context.Context) { <-ctx.Done() }
	a := senderTo(t, z, delivery.Options{Timeout: short}).Send(t.Context(), request("http://slow.example/"))
	if a.Error != "timed out after 200ms" || a.Took > 10*short {
		t.Errorf("the attempt is %+v", a)
	}
}

func TestAnEndlessAnswerIsCutOffAtOnce(t *testing.T) {
	t.Parallel()
	for protocol, secure := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			server := receive(t, secure, func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					_, _ = io.WriteString(w, strings.Repeat("a", 1<<10))
				}
			})
			a := sender(t, server.options()).Send(t.Context(), request(server.URL))
			if !a.Succeeded() || len(a.Body) != delivery.MaxAnswer || a.Took > delivery.Timeout/2 {
				t.Errorf("status %d with %d bytes after %s: %s", a.Status, len(a.Body), a.Took, a.Error)
			}
		})
	}
}

func TestATryIsStoppedWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := raw(t, func(c net.Conn) {
		readRequest(c)
		cancel()
		_, _ = io.Copy(io.Discard, c)
	})
	a := sender(t).Send(ctx, request("http://"+address))
	if a.Succeeded() || a.Error != "stopped before an answer came" {
		t.Errorf("the attempt is %+v", a)
	}
}

func TestAReceiverThatSpeaksNoHTTPFails(t *testing.T) {
	t.Parallel()
	const closed = "the connection was closed before an answer came"
	const unreadable = "the answer could not be read"
	for _, c := range []struct {
		name   string
		handle func(net.Conn)
		status int
		want   string
	}{
		{"it hangs up", func(net.Conn) {}, 0, closed},
		{"it hangs up on the request", answering(""), 0, closed},
		{"it resets the connection", func(c net.Conn) {
			readRequest(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		}, 0, closed},
		{"it hangs up within its headers", answering("HTTP/1.1 200 OK\r\nX-A: b"), 0, closed},
		{"it answers garbage", answering("SSH-2.0-OpenSSH_9.2\r\n"), 0, unreadable},
		{"it answers bytes", answering("\x00\x01\x02\xff\r\n\r\n"), 0, unreadable},
		{"it answers a status that is none", answering("HTTP/1.1 abc OK\r\n\r\n"), 0, unreadable},
		{"it answers headers that are none", answering("HTTP/1.1 200 OK\r\n: b\r\n\r\n"), 0, unreadable},
		{"it answers two lengths", answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na"), 0, unreadable},
		{"it answers with endless headers", answering("HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 1<<20)), 0, unreadable},
		{"its body is shorter than it says", answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), 200, ""},
		{"its chunks are none", answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz"), 200, ""},
		{"it switches protocols", func(c net.Conn) {
			answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")(c)
			_, _ = io.Copy(io.Discard, c) // for ever, if nobody hangs up
		}, 101, "the receiver answered 101"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := sender(t).Send(t.Context(), request("http://"+raw(t, c.handle)))
			if a.Status != c.status || a.Error != c.want || a.Succeeded() != (c.want == "") {
				t.Errorf("the attempt is %+v, want %d and %q", a, c.status, c.want)
			}
			if a.Took > delivery.Timeout/2 {
				t.Errorf("it takes %s", a.Took)
			}
		})
	}
}

// certificate returns a self-signed certificate for a host.
func certificate(t testing.TB, host string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, DNSNames: []string{host},
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestAReceiverWhoseTLSIsNotGoodFails(t *testing.T) {
	t.Parallel()
	good, expired := certificate(t, "hooks.example", time.Now().Add(time.Hour)), certificate(t, "hooks.example", time.Now().Add(-time.Hour))
	other := certificate(t, "other.example", time.Now().Add(time.Hour))
	for _, c := range []struct {
		name   string
		config *tls.Config // nil: no TLS at all
		trust  *x509.Certificate
		want   string
	}{
		{"a good one", &tls.Config{Certificates: []tls.Certificate{good}}, good.Leaf, ""},
		{"nothing newer than TLS 1.2", &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, good.Leaf, ""},
		{"nothing newer than TLS 1.1", &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, good.Leaf, "TLS: no secure connection could be made"},
		{"an unknown authority", &tls.Config{Certificates: []tls.Certificate{good}}, other.Leaf, "TLS: the certificate is signed by an unknown authority"},
		{"another host", &tls.Config{Certificates: []tls.Certificate{other}}, other.Leaf, "TLS: the certificate is for another host"},
		{"an expired certificate", &tls.Config{Certificates: []tls.Certificate{expired}}, expired.Leaf, "TLS: the certificate has expired or is not yet valid"},
		{"a client certificate is asked for", &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, good.Leaf, "TLS: no secure connection could be made"},
		{"no TLS", nil, good.Leaf, "TLS: the receiver does not speak it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			handle := func(conn net.Conn) {
				_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
				_, _ = io.Copy(io.Discard, conn)
			}
			if c.config != nil {
				handle = func(conn net.Conn) { answering("HTTP/1.1 200 OK\r\n\r\n")(tls.Server(conn, c.config)) }
			}
			_, port, err := net.SplitHostPort(raw(t, handle))
			if err != nil {
				t.Fatal(err)
			}
			pool := x509.NewCertPool()
			pool.AddCert(c.trust)
			s := senderTo(t, once("hooks.example", "127.0.0.1"), delivery.Options{RootCAs: pool})
			if a := s.Send(t.Context(), request("https://hooks.example:"+port)); a.Error != c.want || a.Succeeded() != (c.want == "") {
				t.Errorf("the attempt is %+v, want %q", a, c.want)
			}
		})
	}
}

// digits of an address, as no public text may hold them.
var addresses = regexp.MustCompile(`[0-9]+\.[0-9]+\.|::|[0-9a-f]+:[0-9a-f]+:`)

func TestWhatCannotBeReachedFailsAndTellsNothingOfTheNetwork(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	_, port, err := net.SplitHostPort(nobody)
	if err != nil {
		t.Fatal(err)
	}
	const refused, unknown, unusable = "the address is not allowed", "the host name could not be looked up", "the URL cannot be used"
	for url, want := range map[string]string{
		"http://" + nobody:                        "connection refused",
		"http://inside.example:" + port:           "connection refused",
		"http://10.0.0.1/":                        refused,
		"http://[::1]/":                           refused,
		"http://localhost/":                       refused,
		"http://private.example/":                 refused,
		"https://metadata.example/":               refused,
		"http://unknown.example/":                 unknown,
		"http://empty.example/":                   unknown,
		"http://user:secret@127.0.0.1/":           unusable,
		"http://127.1/":                           unusable,
		"ftp://127.0.0.1/":                        unusable,
		"http://127.0.0.1/\nX-Smuggled: a":        unusable,
		"":                                        unusable,
		"unix:///var/run/docker.sock":             unusable,
		"http://inside.example:" + port + "0000/": unusable,
	} {
		z := once("localhost", "127.0.0.1", "inside.example", "127.0.0.1", "private.example", "8.8.8.8,10.0.0.1", "metadata.example", "169.254.169.254", "empty.example", "")
		a := senderTo(t, z).Send(t.Context(), request(url))
		if a.Error != want || a.Status != 0 || a.Succeeded() {
			t.Errorf("%q: the attempt is %+v, want %q", url, a, want)
		}
		if addresses.MatchString(a.Error) {
			t.Errorf("%q: the error tells of the network: %s", url, a.Error)
		}
	}
}

func TestAnAnswerThatChangesBetweenSaveAndDeliveryIsRefused(t *testing.T) {
	t.Parallel()
	server := receive(t, false, func(http.ResponseWriter, *http.Request) { t.Error("the receiver was reached") })
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	url := "http://rebind.example:" + port + "/"
	g := guard(t, &zone{answers: map[string][]string{"rebind.example": {"8.8.8.8", "127.0.0.1"}}})
	if err := g.Check(t.Context(), url); err != nil {
		t.Fatalf("at save: %v", err)
	}
	s := delivery.NewSender(g, delivery.Options{})
	t.Cleanup(s.Close)
	if a := s.Send(t.Context(), request(url)); a.Succeeded() || a.Error != "the address is not allowed" {
		t.Errorf("at delivery: %+v", a)
	}
	if server.accepted.Load() != 0 {
		t.Error("a connection was made")
	}
}

func TestADeliveryGoesToTheAddressThatWasJudged(t *testing.T) {
	t.Parallel()
	var host string
	server := receive(t, false, func(_ http.ResponseWriter, r *http.Request) { host = r.Host })
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{answers: map[string][]string{"xn--bcher-kva.example": {"127.0.0.1", "10.0.0.1"}}} // a second look-up would be refused
	s := senderTo(t, z)
	for range 5 {
		if a := s.Send(t.Context(), request("http://bücher.example:"+port)); !a.Succeeded() {
			t.Fatal(a.Error)
		}
	}
	if host != "xn--bcher-kva.example:"+port || len(z.asked) != 1 || server.accepted.Load() != 1 {
		t.Errorf("the receiver is called %s, after %d look-ups and %d connections", host, len(z.asked), server.accepted.Load())
	}
}
