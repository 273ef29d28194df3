package delivery

import "net/netip"

// Classes of addresses as refusals name them.
const (
	metadata      = "a cloud metadata address"
	unspecified   = "an unspecified address"
	loopback      = "a loopback address"
	private       = "a private address"
	shared        = "a shared address of a carrier"
	linkLocal     = "a link-local address"
	benchmarking  = "a benchmarking address"
	documentation = "a documentation address"
	transition    = "a transition address"
	multicast     = "a multicast address"
	broadcast     = "a broadcast address"
	reserved      = "a reserved address"
)

// special lists what is not on the public internet, after the special-purpose
// registries of IANA for IPv4 and IPv6. The first entry that holds an address
// names its class, so narrow ones stand before wide ones.
var special = []struct {
	prefix netip.Prefix
	class  string
}{
	{netip.MustParsePrefix("169.254.169.254/32"), metadata},
	{netip.MustParsePrefix("168.63.129.16/32"), metadata},   // of one large cloud, on an otherwise public address
	{netip.MustParsePrefix("100.100.100.200/32"), metadata}, // of another, in the shared space
	{netip.MustParsePrefix("fd00:ec2::254/128"), metadata},
	{netip.MustParsePrefix("fd20:ce::254/128"), metadata},

	{netip.MustParsePrefix("0.0.0.0/32"), unspecified},
	{netip.MustParsePrefix("0.0.0.0/8"), reserved}, // "this network": some systems connect to themselves
	{netip.MustParsePrefix("10.0.0.0/8"), private},
	{netip.MustParsePrefix("100.64.0.0/10"), shared},
	{netip.MustParsePrefix("127.0.0.0/8"), loopback},
	{netip.MustParsePrefix("169.254.0.0/16"), linkLocal},
	{netip.MustParsePrefix("172.16.0.0/12"), private},
	{netip.MustParsePrefix("192.0.0.0/24"), reserved},
	{netip.MustParsePrefix("192.0.2.0/24"), documentation},
	{netip.MustParsePrefix("192.88.99.0/24"), transition}, // 6to4 relays
	{netip.MustParsePrefix("192.168.0.0/16"), private},
	{netip.MustParsePrefix("198.18.0.0/15"), benchmarking},
	{netip.MustParsePrefix("198.51.100.0/24"), documentation},
	{netip.MustParsePrefix("203.0.113.0/24"), documentation},
	{netip.MustParsePrefix("224.0.0.0/4"), multicast},
	{netip.MustParsePrefix("255.255.255.255/32"), broadcast},
	{netip.MustParsePrefix("240.0.0.0/4"), reserved},

	{netip.MustParsePrefix("::/128"), unspecified},
	{netip.MustParsePrefix("::1/128"), loopback},
	{netip.MustParsePrefix("::/96"), reserved},         // IPv4-compatible
	{netip.MustParsePrefix("64:ff9b:1::/48"), private}, // a network's own NAT64
	{netip.MustParsePrefix("2001:2::/48"), benchmarking},
	{netip.MustParsePrefix("2001:db8::/32"), documentation},
	{netip.MustParsePrefix("2001::/32"), transition}, // Teredo
	{netip.MustParsePrefix("2001::/23"), reserved},
	{netip.MustParsePrefix("2002::/16"), transition}, // 6to4
	{netip.MustParsePrefix("3fff::/20"), documentation},
	{netip.MustParsePrefix("fc00::/7"), private},
	{netip.MustParsePrefix("fe80::/10"), linkLocal},
	{netip.MustParsePrefix("fec0::/10"), private}, // site-local, long deprecated, still routed by some
	{netip.MustParsePrefix("ff00::/8"), multicast},
}

var (
	// globalUnicast is the only part of IPv6 from which public addresses are
	// given out; whatever else there is has not been invented yet.
	globalUnicast = netip.MustParsePrefix("2000::/3")
	// nat64 is how networks that speak IPv6 alone reach IPv4 (RFC 6052). Its
	// addresses are as public as the IPv4 address in their last four bytes.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

// classOf returns the class of an address that is not public, and "" for one
// that is. IPv4-mapped addresses count as the IPv4 address they hold.
func classOf(a netip.Addr) string {
	a = a.Unmap()
	if !a.IsValid() {
		return reserved
	}
	for _, s := range special {
		if s.prefix.Contains(a) {
			return s.class
		}
	}
	switch {
	case a.Is4(), globalUnicast.Contains(a):
		return ""
	case nat64.Contains(a):
		b := a.As16()
		return classOf(netip.AddrFrom4([4]byte(b[12:])))
	}
	return reserved
}
