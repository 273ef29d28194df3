package delivery_test

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"github.com/steward-platform/steward/internal/delivery"
)

// public is a second opinion on addresses, written without the guard's table.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.Zone() != "" {
		return false
	}
	if a.Is6() {
		b := a.As16()
		if b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b && [8]byte(b[4:12]) == [8]byte{} {
			return public(netip.AddrFrom4([4]byte(b[12:])))
		}
		return b[0]>>5 == 1 && // 2000::/3
			!(b[0] == 0x20 && b[1] == 0x02) && // 6to4
			!(b[0] == 0x20 && b[1] == 0x01 && b[2] < 2) && // Teredo and other protocols
			!(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) &&
			!(b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10)
	}
	b := a.As4()
	switch {
	case b[0] == 0, b[0] >= 240, b[0] == 100 && b[1]&0xc0 == 64, b[0] == 198 && b[1]&0xfe == 18,
		b[0] == 192 && b[1] == 0 && (b[2] == 0 || b[2] == 2), b[0] == 192 && b[1] == 88 && b[2] == 99,
		b[0] == 198 && b[1] == 51 && b[2] == 100, b[0] == 203 && b[1] == 0 && b[2] == 113, b == [4]byte{168, 63, 129, 16}:
		return false
	}
	return true
}

// number matches what inet_aton may read as an address: a last part that is
// decimal, octal or hexadecimal.
var number = regexp.MustCompile(`(?i)(^|\.)([0-9]+|0x[0-9a-f]*)\.?$`)

// strict is a resolver that fails the test if it is asked for what some other
// resolver would read as an address.
type strict struct{ t *testing.T }

func (s strict) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if number.MatchString(host) {
		s.t.Errorf("a resolver is asked for %q, which some read as an address", host)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.ContainsAny(host, ":%@/\\ ") || host != strings.ToLower(host) {
		s.t.Errorf("a resolver is asked for %q", host)
	}
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

// FuzzCheck holds: where a URL passes with no exceptions and its host is an
// address, the address that http.Client would dial is a public one, and the
// dial agrees; where its host is a name, no resolver can take it for an
// address.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example/hooks", "https://8.8.8.8/", "http://127.0.0.1:8080/", "http://2130706433/", "http://0x7f.1/", "http://127.1",
		"http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a00:1]:80/", "http://[2002:a00:1::]/", "http://[2001:0:1::2]/",
		"http://[fe80::1%25eth0]/", "http://１２７.０.０.１/", "http://bücher.example/", "http://localhost/", "http://a@b/", "http://[2606:4700::1]/",
		"http://0x7x7/", "http://0\x80/", "http://shop。example:80/", "http://[::ffff:8.8.8.8]", "http://shop.example\\@10.0.0.1/", "http://%31%32%37.0.0.1/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		g, err := delivery.NewGuard(nil, strict{t})
		if err != nil {
			t.Fatal(err)
		}
		if g.Check(t.Context(), raw) != nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.Hostname() == "" || len(raw) > delivery.MaxURL {
			t.Fatalf("%q passes: %v %v", raw, u, err)
		}
		host := u.Hostname()
		if strings.ContainsFunc(host, func(r rune) bool { return r > 0x7f }) { // as http.Client does
			if host, err = idna.Lookup.ToASCII(host); err != nil {
				t.Fatalf("%q passes and cannot be dialled: %v", raw, err)
			}
		}
		a, err := netip.ParseAddr(host)
		if err != nil {
			return
		}
		if !public(a) {
			t.Fatalf("%q passes and leads to %s", raw, a)
		}
		if pinned, err := g.Resolve(t.Context(), host); err != nil || pinned != a.Unmap() {
			t.Fatalf("%q passes and the dial is pinned to %s: %v", raw, pinned, err)
		}
	})
}

// FuzzAddress holds that every address, in every form, is judged as the second
// opinion judges it, by its literal and as the answer of a look-up.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"8.8.8.8", "10.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "3fff::", "100.64.0.1",
		"198.18.0.1", "fd00:ec2::254", "2606:4700::1111", "2001:200::1", "255.255.255.255", "168.63.129.16", "4000::",
	} {
		a := netip.MustParseAddr(seed)
		f.Add(a.AsSlice())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		g := guard(t, once("shop.example", a.String()))
		host := a.String()
		if a.Is6() {
			host = "[" + host + "]"
		}
		want := public(a)
		if err := g.Check(t.Context(), "http://"+host+"/"); (err == nil) != want {
			t.Errorf("%s: as a literal it is answered %v, want public %t", a, err, want)
		}
		if err := g.Check(t.Context(), "http://shop.example/"); (err == nil) != want {
			t.Errorf("%s: behind a name it is answered %v, want public %t", a, err, want)
		}
		if pinned, err := g.Resolve(t.Context(), "shop.example"); (err == nil) != want || (want && pinned != a.Unmap()) {
			t.Errorf("%s: the dial is pinned to %s, %v, want public %t", a, pinned, err, want)
		}
	})
}

// FuzzNewGuard holds that an entry which is accepted allows exactly what it
// names: a host its own name, a prefix its own addresses.
func FuzzNewGuard(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8", "hooks.internal", "localhost", "10.0.0.1/8", "*.x", "127.1", "::ffff:1.2.3.4", "0.0.0.0/0", "0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		z := once()
		g, err := delivery.NewGuard([]string{entry}, z)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "--webhook-allow ") {
				t.Errorf("%q is answered %v", entry, err)
			}
			return
		}
		host := entry
		if p, err := netip.ParsePrefix(entry); err == nil {
			host = p.Addr().String()
		}
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if err := g.Check(t.Context(), "http://"+host+"/"); err != nil {
			t.Errorf("%q does not allow itself: %v", entry, err)
		}
		if len(z.asked) > 0 {
			t.Errorf("%q is looked up", entry)
		}
	})
}
