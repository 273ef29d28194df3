package delivery_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/delivery"
	"github.com/steward-platform/steward/internal/fault"
)

// zone is a resolver that answers from memory. A name with several answers
// gives them one after the other, and the last one from then on.
type zone struct {
	mu      sync.Mutex
	answers map[string][]string // each one a list of addresses, with commas
	asked   []string
	err     error
	look    func(ctx context.Context)
}

func (z *zone) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, host)
	if z.look != nil {
		z.look(ctx)
	}
	if z.err != nil {
		return nil, z.err
	}
	answers, ok := z.answers[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, Server: "10.9.8.7:53", IsNotFound: true}
	}
	if len(answers) > 1 {
		z.answers[host] = answers[1:]
	}
	var out []netip.Addr
	for text := range strings.SplitSeq(answers[0], ",") {
		if text != "" {
			out = append(out, netip.MustParseAddr(text))
		}
	}
	return out, nil
}

// once is a zone whose names each have one answer.
func once(pairs ...string) *zone {
	z := &zone{answers: map[string][]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		z.answers[pairs[i]] = []string{pairs[i+1]}
	}
	return z
}

func guard(t testing.TB, z *zone, allow ...string) *delivery.Guard {
	t.Helper()
	g, err := delivery.NewGuard(allow, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// refusal returns the public text of a refusal; it fails on any other error.
func refusal(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.InvalidPayload {
		t.Fatalf("the error is no refusal: %v", err)
	}
	return f.Details
}

const (
	form     = "must be an absolute http or https URL"
	hostless = "must name a host, as"
	userinfo = "must not hold a user name or password"
	port     = "must have a port from 1 to 65535, or none"
	numbers  = "must write an IPv4 address as four decimal numbers"
	labels   = "must name a host of letters, digits and hyphens"
	encoded  = "must not hold a zone or a percent-encoded character in its host"
	spaces   = "must not hold spaces, control characters or backslashes"
	trailing = "must name a host without a dot at its end"
	idn      = "must name a host that is a valid internationalized domain name"
	to       = "must lead to a public address, not to "
)

// TestAURLIsJudgedByWhereItLeads is the table of everything that can be said
// of a URL alone. want is how the refusal begins, empty where there is none.
func TestAURLIsJudgedByWhereItLeads(t *testing.T) {
	t.Parallel()
	long := "https://8.8.8.8/" + strings.Repeat("a", delivery.MaxURL-len("https://8.8.8.8/"))
	for _, c := range []struct{ url, want string }{
		// good ones
		{"https://shop.example/hooks?a=b%20c#top", ""},
		{"http://shop.example:8080", ""},
		{"HTTPS://SHOP.Example/", ""},
		{"https://my_service.shop.example/", ""},
		{"https://8.8.8.8/", ""},
		{"https://8.8.8.8:65535/", ""},
		{"https://[2606:4700:4700::1111]:443/hooks", ""},
		{"https://[::ffff:8.8.8.8]/", ""},
		{"https://[64:ff9b::8.8.8.8]/", ""},
		{"https://bücher.example/ü", ""},
		{"https://shop。example/", ""},
		{"https://xn--bcher-kva.example/", ""},
		{"https://localhost.example/", ""},
		{"https://notlocalhost/", ""},
		{"https://1.shop.example/", ""},
		{"https://172.32.0.1/", ""},
		{"https://172.15.255.255/", ""},
		{"https://100.63.255.255/", ""},
		{"https://100.128.0.1/", ""},
		{"https://198.17.255.255/", ""},
		{"https://223.255.255.255/", ""},
		{long, ""},

		// the URL itself
		{"", form},
		{"shop.example", form},
		{"/hooks", form},
		{"//shop.example/hooks", form},
		{"ftp://shop.example/", form},
		{"file:///etc/passwd", form},
		{"gopher://8.8.8.8/", form},
		{"javascript:alert(1)", form},
		{"https:shop.example", form},
		{"https://", hostless},
		{"https:///hooks", hostless},
		{"https://:443/", hostless},
		{"https:/shop.example/", hostless},
		{"https://user@shop.example/", userinfo},
		{"https://user:secret@shop.example/", userinfo},
		{"https://@shop.example/", userinfo},
		{"https://shop.example@127.0.0.1/", userinfo},
		{"https://shop.example:0/", port},
		{"https://shop.example:65536/", port},
		{"https://shop.example:00443/", port},
		{"https://shop.example:/", port},
		{"https://shop.example:x/", form},
		{"https://shop.example:-1/", form},
		{"https://shop.example:80:80/", form},
		{"https://2606:4700::1111/", form},
		{"https://shop.example/a b", spaces},
		{" https://shop.example/", spaces},
		{"https://shop.example/\n", spaces},
		{"https://shop.example/\x00", spaces},
		{"https://shop.example\\@127.0.0.1/", spaces},
		{"https://shop.example/\xff", spaces},
		{long + "a", "must NOT have more than 2048 bytes"},

		// names
		{"https://shop.example./", trailing},
		{"https://127.0.0.1./", trailing},
		{"https://localhost./", trailing},
		{"https://./", trailing},
		{"https://shop..example/", labels},
		{"https://.shop.example/", labels},
		{"https://-shop.example/", labels},
		{"https://shop-.example/", labels},
		{"https://shop!.example/", labels},
		{"https://*.example/", labels},
		{"https://" + strings.Repeat("a", 64) + ".example/", labels},
		{"https://" + strings.Repeat("a.", 127) + "example/", "must name a host of at most 253 characters"},
		{"https://127.0.0.1%2f.example/", form},
		{"https://shop%2eexample/", form},
		{"https://sh%C3%B6p.example/", encoded},
		{"https://\u200bshop.example\u2028/", spaces},
		{"https://☃️\u202e.example/", idn},
		{"https://localhost/", to + "a loopback address"},
		{"https://LocalHost:8080/", to + "a loopback address"},
		{"https://shop.localhost/", to + "a loopback address"},
		{"https://ⓛocalhost/", to + "a loopback address"},
		{"https://local\u00adhost/", to + "a loopback address"},
		{"https://ｌｏｃａｌｈｏｓｔ/", to + "a loopback address"},
		{"https://shop。localhost/", to + "a loopback address"},

		// odd spellings of IPv4
		{"https://2130706433/", numbers},
		{"https://017700000001/", numbers},
		{"https://0x7f000001/", numbers},
		{"https://0X7F000001/", numbers},
		{"https://0x/", numbers},
		{"https://127.1/", numbers},
		{"https://127.0.1/", numbers},
		{"https://0177.0.0.1/", numbers},
		{"https://0x7f.1/", numbers},
		{"https://0x7f.0.0.0x1/", numbers},
		{"https://127.0.0.01/", numbers},
		{"https://127.0.0.256/", numbers},
		{"https://127.0.0.0.1/", numbers},
		{"https://8/", numbers},
		{"https://0/", numbers},
		{"https://shop.1/", numbers},
		{"https://１２７.０.０.１/", numbers},
		{"https://127。0。0。1/", numbers},
		{"https://８.８.８.８/", numbers},
		{"https://①②⑦.0.0.1/", numbers},

		// IPv4
		{"http://0.0.0.0/", to + "an unspecified address"},
		{"http://0.1.2.3/", to + "a reserved address"},
		{"http://10.0.0.1/", to + "a private address"},
		{"http://10.255.255.255/", to + "a private address"},
		{"http://100.64.0.1/", to + "a shared address"},
		{"http://100.127.255.255/", to + "a shared address"},
		{"http://100.100.100.200/", to + "a cloud metadata address"},
		{"http://127.0.0.1:8080/", to + "a loopback address"},
		{"http://127.255.255.254/", to + "a loopback address"},
		{"http://168.63.129.16/", to + "a cloud metadata address"},
		{"http://169.254.169.254/latest/meta-data/", to + "a cloud metadata address"},
		{"http://169.254.170.2/", to + "a link-local address"},
		{"http://172.16.0.1/", to + "a private address"},
		{"http://172.31.255.255/", to + "a private address"},
		{"http://192.0.0.192/", to + "a reserved address"},
		{"http://192.0.2.1/", to + "a documentation address"},
		{"http://192.88.99.1/", to + "a transition address"},
		{"http://192.168.1.1/", to + "a private address"},
		{"http://198.18.0.1/", to + "a benchmarking address"},
		{"http://198.19.255.255/", to + "a benchmarking address"},
		{"http://198.51.100.1/", to + "a documentation address"},
		{"http://203.0.113.1/", to + "a documentation address"},
		{"http://224.0.0.1/", to + "a multicast address"},
		{"http://239.255.255.255/", to + "a multicast address"},
		{"http://240.0.0.1/", to + "a reserved address"},
		{"http://255.255.255.255/", to + "a broadcast address"},

		// IPv6
		{"http://[::]/", to + "an unspecified address"},
		{"http://[::1]/", to + "a loopback address"},
		{"http://[0:0:0:0:0:0:0:1]/", to + "a loopback address"},
		{"http://[::127.0.0.1]/", to + "a reserved address"},
		{"http://[::8.8.8.8]/", to + "a reserved address"},
		{"http://[::ffff:127.0.0.1]/", to + "a loopback address"},
		{"http://[::ffff:7f00:1]/", to + "a loopback address"},
		{"http://[::FFFF:A00:1]/", to + "a private address"},
		{"http://[::ffff:169.254.169.254]/", to + "a cloud metadata address"},
		{"http://[::ffff:0.0.0.0]/", to + "an unspecified address"},
		{"http://[::ffff:0:127.0.0.1]/", to + "a reserved address"},
		{"http://[64:ff9b::127.0.0.1]/", to + "a loopback address"},
		{"http://[64:ff9b::a9fe:a9fe]/", to + "a cloud metadata address"},
		{"http://[64:ff9b:1::a00:1]/", to + "a private address"},
		{"http://[100::1]/", to + "a reserved address"},
		{"http://[2001::1]/", to + "a transition address"},
		{"http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", to + "a transition address"},
		{"http://[2001:2::1]/", to + "a benchmarking address"},
		{"http://[2001:10::1]/", to + "a reserved address"},
		{"http://[2001:db8::1]/", to + "a documentation address"},
		{"http://[2002:7f00:1::]/", to + "a transition address"},
		{"http://[2002:808:808::]/", to + "a transition address"},
		{"http://[3fff::1]/", to + "a documentation address"},
		{"http://[4000::1]/", to + "a reserved address"},
		{"http://[5f00::1]/", to + "a reserved address"},
		{"http://[fc00::1]/", to + "a private address"},
		{"http://[fd12:3456::1]/", to + "a private address"},
		{"http://[fd00:ec2::254]/", to + "a cloud metadata address"},
		{"http://[fe80::1]/", to + "a link-local address"},
		{"http://[fe80::1%25eth0]/", encoded},
		{"http://[fe80::1%eth0]/", form},
		{"http://[2606:4700::1111%25eth0]/", encoded},
		{"http://[febf::1]/", to + "a link-local address"},
		{"http://[fec0::1]/", to + "a private address"},
		{"http://[ff02::1]/", to + "a multicast address"},
		{"http://[127.0.0.1]/", form},
		{"http://[::1/", form},
		{"http://[shop.example]/", form},
	} {
		t.Run(c.url, func(t *testing.T) {
			t.Parallel()
			got := refusal(t, guard(t, once()).Check(t.Context(), c.url))
			if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("%q\nis answered %q\nwant        %q", c.url, got, c.want)
			}
		})
	}
}

func TestANameIsJudgedByEveryAddressItHas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, answer, want string }{
		{"one public address", "8.8.8.8", ""},
		{"public addresses of both kinds", "2606:4700:4700::1111,8.8.8.8", ""},
		{"a public address in mapped form", "::ffff:8.8.8.8", ""},
		{"no address at all", "", ""},
		{"one private address", "10.0.0.1", to + "a private address"},
		{"a loopback address in mapped form", "::ffff:127.0.0.1", to + "a loopback address"},
		{"a private address behind public ones", "8.8.8.8,2606:4700:4700::1111,192.168.0.1", to + "a private address"},
		{"a link-local address with a zone", "fe80::1%eth0", to + "a link-local address"},
		{"the metadata service", "169.254.169.254", to + "a cloud metadata address"},
		{"a private address behind NAT64", "64:ff9b::10.0.0.1", to + "a private address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := refusal(t, guard(t, once("shop.example", c.answer)).Check(t.Context(), "https://shop.example/"))
			if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("answered %q, want %q", got, c.want)
			}
			if strings.ContainsAny(got, "0123456789") {
				t.Errorf("%q tells what the name resolves to", got)
			}
		})
	}
}

func TestANameIsLookedUpAsItWillBeDialled(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://SHOP.Example/":       "shop.example",
		"https://bücher.example/":     "xn--bcher-kva.example",
		"https://BÜCHER.example:444/": "xn--bcher-kva.example",
		"https://shop。example/":       "shop.example",
	} {
		z := once()
		if err := guard(t, z).Check(t.Context(), url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		if len(z.asked) != 1 || z.asked[0] != want {
			t.Errorf("%s asks for %q, want %q once", url, z.asked, want)
		}
	}
}

func TestANameWithoutAnAnswerIsAcceptedAtSave(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"no such host": &net.DNSError{Err: "no such host", IsNotFound: true},
		"a time-out":   &net.DNSError{Err: "i/o timeout", IsTimeout: true},
		"a broken one": errors.New("server misbehaving"),
	} {
		z := &zone{err: err, look: func(ctx context.Context) {
			if at, ok := ctx.Deadline(); !ok || time.Until(at) > 5*time.Second {
				t.Errorf("%s: the look-up is not bounded", name)
			}
		}}
		if err := guard(t, z).Check(t.Context(), "https://shop.example/"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACallThatIsOverGetsNoJudgement(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	z := &zone{err: context.Canceled, look: func(context.Context) { cancel() }}
	if err := guard(t, z).Check(ctx, "https://shop.example/"); !errors.Is(err, context.Canceled) {
		t.Errorf("the answer is %v, want that the context is cancelled", err)
	}
}

func TestTheAllowListMakesExceptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, allow, url string
		allowed          bool
	}{
		{"a CIDR allows an address in it", "10.1.0.0/16", "http://10.1.2.3:9000/", true},
		{"and not one beside it", "10.1.0.0/16", "http://10.2.0.1/", false},
		{"it allows the mapped form as well", "10.1.0.0/16", "http://[::ffff:10.1.2.3]/", true},
		{"and names that lead into it", "10.1.0.0/16", "http://inside.example/", true},
		{"but not if they lead elsewhere, too", "10.1.0.0/16", "http://both.example/", false},
		{"it does not allow what NAT64 would reach", "127.0.0.0/8", "http://[64:ff9b::127.0.0.1]/", false},
		{"a v6 CIDR allows addresses in it", "fd12::/16", "http://[fd12::1]/", true},
		{"an address allows itself", "127.0.0.1", "http://127.0.0.1:80/", true},
		{"and not its neighbour", "127.0.0.1", "http://127.0.0.2/", false},
		{"a v6 address allows itself", "::1", "http://[::1]/", true},
		{"a mapped address means the v4 one", "::ffff:127.0.0.1", "http://127.0.0.1/", true},
		{"a host allows its name", "inside.example", "http://Inside.Example/", true},
		{"whatever it leads to", "both.example", "http://both.example/", true},
		{"and not its address", "inside.example", "http://10.1.2.3/", false},
		{"nor names below it", "example", "http://inside.example/", false},
		{"a host in any case", "INSIDE.example", "http://inside.example/", true},
		{"a host in Unicode", "bücher.example", "http://xn--bcher-kva.example/", true},
		{"localhost can be allowed by name", "localhost", "http://localhost:8080/", true},
		{"one name below it as well", "a.localhost", "http://a.localhost/", true},
		{"each on its own", "localhost", "http://a.localhost/", false},
		{"an address does not allow the name localhost", "127.0.0.0/8", "http://localhost/", false},
		{"an exception does not excuse odd spellings", "127.0.0.0/8", "http://127.1/", false},
		{"everything may be allowed", "0.0.0.0/0", "http://169.254.169.254/", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			z := once("inside.example", "10.1.2.3", "both.example", "10.1.2.3,10.2.0.1", "xn--bcher-kva.example", "10.0.0.1")
			got := refusal(t, guard(t, z, c.allow).Check(t.Context(), c.url))
			if (got == "") != c.allowed {
				t.Errorf("%s with %s allowed is answered %q", c.url, c.allow, got)
			}
		})
	}
}

func TestAnAllowListThatCannotBeReadIsRefusedEntryByEntry(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"":                     "must be a CIDR such as",
		"10.0.0.1/8":           "has address bits behind its prefix; write 10.0.0.0/8, or the address alone",
		"10.0.0.0/33":          "must be a CIDR such as",
		"10.0.0/8":             "must be a CIDR such as",
		"shop.example/hooks":   "must be a CIDR such as",
		"https://shop.example": "is a URL",
		"shop.example:8080":    "must not have a port or brackets",
		"[::1]":                "must not have a port or brackets",
		"*.example":            "must not have a wildcard",
		"fe80::1%eth0":         "must be a CIDR such as",
		"fe80::%eth0/64":       "must be a CIDR such as",
		"127.1":                "must be a CIDR such as",
		"2130706433":           "must be a CIDR such as",
		"shop.example.":        "must be a CIDR such as",
		"shop example":         "must be a CIDR such as",
		"::ffff:10.0.0.0/104":  "is IPv4 in IPv6",
	} {
		_, err := delivery.NewGuard([]string{"10.0.0.0/8", entry}, once())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), `"10.0.0.0/8"`) {
			t.Errorf("%q is answered %v, want that it %s", entry, err, want)
		}
	}
	_, err := delivery.NewGuard([]string{"127.1", "10.0.0.0/8", "10.0.0.1/8"}, once())
	if err == nil || !strings.Contains(err.Error(), `"127.1"`) || !strings.Contains(err.Error(), `"10.0.0.1/8"`) {
		t.Errorf("two broken entries are answered %v", err)
	}
}

func TestADialIsPinnedToWhatWasJudged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, host, answer, pinned, want string }{
		{"the resolver's first choice", "shop.example", "2606:4700:4700::1111,8.8.8.8", "2606:4700:4700::1111", ""},
		{"mapped addresses as what they are", "shop.example", "::ffff:8.8.8.8", "8.8.8.8", ""},
		{"an address itself", "8.8.8.8", "", "8.8.8.8", ""},
		{"a v6 address itself", "2606:4700:4700::1111", "", "2606:4700:4700::1111", ""},
		{"any refused address refuses all", "shop.example", "8.8.8.8,127.0.0.1", "", to + "a loopback address"},
		{"a private address itself", "10.0.0.1", "", "", to + "a private address"},
		{"an address in an odd spelling", "0x7f.1", "", "", numbers},
		{"localhost, whatever it resolves to", "localhost", "8.8.8.8", "", to + "a loopback address"},
		{"a name below localhost", "a.localhost", "8.8.8.8", "", to + "a loopback address"},
		{"a zone", "fe80::1%eth0", "", "", "must name a host or an IPv6 address without a zone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := guard(t, once(c.host, c.answer)).Resolve(t.Context(), c.host)
			if got := refusal(t, err); (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("answered %q, want %q", got, c.want)
			}
			if c.pinned == "" {
				if a.IsValid() {
					t.Errorf("a refused host is pinned to %s", a)
				}
			} else if a.String() != c.pinned {
				t.Errorf("pinned to %s, want %s", a, c.pinned)
			}
		})
	}
}

func TestADialThatFindsNoAddressTellsNothingOfTheNetwork(t *testing.T) {
	t.Parallel()
	for name, z := range map[string]*zone{"unknown": once(), "empty": once("shop.example", "")} {
		_, err := guard(t, z).Resolve(t.Context(), "shop.example")
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Unavailable || strings.Contains(f.Details, "10.9.8.7") || f.Details == "" {
			t.Errorf("%s: answered %v", name, err)
		}
	}
}

func TestANameThatChangesItsAnswerAfterTheSaveIsRefusedAtTheDial(t *testing.T) {
	t.Parallel()
	z := &zone{answers: map[string][]string{"rebind.example": {"8.8.8.8", "127.0.0.1"}}}
	g := guard(t, z)
	if err := g.Check(t.Context(), "http://rebind.example/"); err != nil {
		t.Fatalf("at save: %v", err)
	}
	conn, err := g.DialContext(t.Context(), "tcp", "rebind.example:80")
	if conn != nil || refusal(t, err) == "" {
		t.Errorf("at the dial: %v, %v", conn, err)
	}
}

func TestADialLooksUpOnceAndReachesWhatItJudged(t *testing.T) {
	t.Parallel()
	var host string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { host = r.Host }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	// A second look-up would lead to an address where nobody listens.
	z := &zone{answers: map[string][]string{"hooks.example": {"127.0.0.1", "127.255.0.1"}}}
	client := &http.Client{Transport: &http.Transport{DialContext: guard(t, z, "127.0.0.0/8").DialContext}}
	t.Cleanup(client.CloseIdleConnections)
	res, err := client.Get("http://hooks.example:" + port + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if host != "hooks.example:"+port {
		t.Errorf("the receiver is called %s", host)
	}
	if len(z.asked) != 1 {
		t.Errorf("the name was looked up %d times, want once", len(z.asked))
	}
}

func TestARefusedDialReachesNobody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the receiver was reached") }))
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{DialContext: guard(t, once()).DialContext}}
	res, err := client.Get(server.URL)
	if err == nil {
		_ = res.Body.Close()
	}
	if got := refusal(t, err); !strings.HasPrefix(got, to+"a loopback address") {
		t.Errorf("answered %q", got)
	}
	if _, err := guard(t, once()).DialContext(t.Context(), "tcp", "no-port"); err == nil {
		t.Error("an address without a port is dialled")
	}
}

var _ delivery.Resolver = (*net.Resolver)(nil)
