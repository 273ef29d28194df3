// Package delivery sends webhooks. The egress guard decides where they may go
// (CONTRACT 6): one judgement, asked when a webhook is saved, when it is tried
// out and whenever a connection is made.
package delivery

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/fault"
)

// lookupTimeout bounds the look-up when a URL is saved: somebody waits for it,
// and the dial asks again anyway.
const lookupTimeout = 3 * time.Second

// Resolver looks host names up. A *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Guard keeps webhooks away from everything that is not on the public
// internet, unless the operator allows it. It is safe for concurrent use.
type Guard struct {
	resolver Resolver
	dialer   net.Dialer
	prefixes []netip.Prefix
	names    map[string]bool
}

// NewGuard returns a guard that makes exceptions for what allow lists: CIDRs
// and addresses, v4 or v6, which allow destinations with these addresses
// under any name, and host names, which allow this one name (not those below
// it) whatever it resolves to. Its error names every entry that is neither.
func NewGuard(allow []string, resolver Resolver) (*Guard, error) {
	g := &Guard{resolver: resolver, names: map[string]bool{}}
	var problems []error
	for _, entry := range allow {
		prefix, name, err := parseAllow(entry)
		switch {
		case err != nil:
			problems = append(problems, err)
		case name != "":
			g.names[name] = true
		default:
			g.prefixes = append(g.prefixes, prefix)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return g, nil
}

// Check judges the URL of a webhook that is being saved. The host is looked up
// for at most a few seconds; a name that gives no answer is accepted, since it
// may be set up later and every dial judges again.
//
// A refusal is a fault.InvalidPayload whose details end a sentence that begins
// with the name of the property: "Property .target_url" + " " + details. Any
// other error means that ctx ended before there was a judgement.
func (g *Guard) Check(ctx context.Context, rawURL string) error {
	host, err := parseTarget(rawURL)
	if err != nil {
		return err
	}
	if host.name == "" {
		return g.judge(host, []netip.Addr{host.addr})
	}
	if g.names[host.name] || local(host.name) { // no answer would change the judgement
		return g.judge(host, nil)
	}
	lookup, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	addresses, err := g.resolver.LookupNetIP(lookup, "ip", host.name)
	if err != nil {
		return ctx.Err()
	}
	return g.judge(host, addresses)
}

// Resolve returns the one address that a connection to the host, a name or an
// address without brackets, has to be made to: the resolver's first choice.
// If any of a name's addresses is refused all are, so that nobody can slip a
// private address in among public ones.
//
// A refusal is a fault.InvalidPayload as from Check. A name without an answer
// is a fault.Unavailable, whose details may be shown; its cause may not, for
// it tells about the network that the server is in.
func (g *Guard) Resolve(ctx context.Context, host string) (netip.Addr, error) {
	h, err := parseHost(host)
	if err != nil {
		return netip.Addr{}, err
	}
	if h.name == "" {
		if err := g.judge(h, []netip.Addr{h.addr}); err != nil {
			return netip.Addr{}, err
		}
		return h.addr, nil
	}
	addresses, err := g.resolver.LookupNetIP(ctx, "ip", h.name)
	if err != nil {
		if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
			err = errors.Join(context.DeadlineExceeded, err) // the resolver's connection notices before the context does
		}
		return netip.Addr{}, fault.New(fault.Unavailable, "The host name could not be looked up").Because(err)
	}
	if len(addresses) == 0 {
		return netip.Addr{}, fault.New(fault.Unavailable, "The host name has no address")
	}
	if err := g.judge(h, addresses); err != nil {
		return netip.Addr{}, err
	}
	return addresses[0].Unmap(), nil
}

// DialContext connects to "host:port" for an http.Transport. It looks the host
// up once, judges what it got, and connects to exactly that address. The
// transport must have no proxy, since a proxy would look the host up again.
// Errors are those of Resolve and of connecting.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	pinned, err := g.Resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	return g.dialer.DialContext(ctx, network, net.JoinHostPort(pinned.String(), port))
}

// judge refuses a host if one of its addresses is refused. It is the only
// place where a destination is allowed.
func (g *Guard) judge(h destination, addresses []netip.Addr) error {
	if h.name != "" {
		if g.names[h.name] {
			return nil
		}
		if local(h.name) {
			return refuse(loopback)
		}
	}
	for _, a := range addresses {
		a = a.Unmap().WithZone("")
		if class := classOf(a); class != "" && !g.allows(a) {
			return refuse(class)
		}
	}
	return nil
}

func (g *Guard) allows(a netip.Addr) bool {
	return slices.ContainsFunc(g.prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// local reports whether a name always means the machine itself (RFC 6761),
// whatever a resolver may say.
func local(name string) bool { return name == "localhost" || strings.HasSuffix(name, ".localhost") }

// refuse tells the class of an address and never the address: what a name
// resolves to inside the server's network is none of the caller's business.
func refuse(class string) error {
	return fault.Invalid("must lead to a public address, not to " + class + ", unless an operator allows it with --webhook-allow")
}
