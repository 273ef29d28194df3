package delivery

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/steward-platform/steward/internal/fault"
)

// MaxURL is the longest URL of a webhook, in bytes (CONTRACT 3).
const MaxURL = 2048

// destination is where a URL leads: an address, or a name in its ASCII form
// and lower case; never both.
type destination struct {
	addr netip.Addr
	name string
}

// parseTarget reads the URL of a webhook strictly: what two readers could
// understand differently, this one refuses.
func parseTarget(raw string) (destination, error) {
	if len(raw) > MaxURL {
		return destination{}, fault.Invalid(fmt.Sprintf("must NOT have more than %d bytes", MaxURL))
	}
	if !utf8.ValidString(raw) || strings.ContainsFunc(raw, ambiguous) {
		return destination{}, fault.Invalid("must not hold spaces, control characters or backslashes")
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Opaque != "" {
		return destination{}, fault.Invalid("must be an absolute http or https URL, such as https://shop.example/hooks")
	}
	if u.User != nil {
		return destination{}, fault.Invalid("must not hold a user name or password")
	}
	if u.Hostname() == "" {
		return destination{}, fault.Invalid("must name a host, as https://shop.example/hooks does")
	}
	authority := raw[len(u.Scheme)+len("://"):]
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	if strings.Contains(authority, "%") {
		return destination{}, fault.Invalid("must not hold a zone or a percent-encoded character in its host")
	}
	if !validPort(u.Port(), strings.HasSuffix(authority, ":")) {
		return destination{}, fault.Invalid("must have a port from 1 to 65535, or none")
	}
	if !strings.HasPrefix(authority, "[") && strings.Contains(u.Hostname(), ":") {
		return destination{}, fault.Invalid("must write an IPv6 address in brackets, such as [2001:db8::1]")
	}
	return parseHost(u.Hostname())
}

func ambiguous(r rune) bool { return r == '\\' || unicode.IsSpace(r) || unicode.IsControl(r) }

func validPort(port string, emptied bool) bool {
	if port == "" {
		return !emptied
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

// parseHost reads a host without brackets: an address in its one usual
// spelling, or a name.
func parseHost(text string) (destination, error) {
	if strings.Contains(text, ":") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return destination{}, fault.Invalid("must name a host or an IPv6 address without a zone")
		}
		return destination{addr: a.Unmap()}, nil
	}
	name, err := asciiName(text)
	if err != nil {
		return destination{}, err
	}
	if !numeric(name) {
		return destination{name: name}, nil
	}
	// Resolvers read 127.1, 0177.0.0.1, 0x7f.1 and 2130706433 as addresses, not
	// always the same one; netip reads the usual spelling alone. Other digits
	// than ASCII ones are no usual spelling either.
	a, err := netip.ParseAddr(text)
	if err != nil {
		return destination{}, fault.Invalid("must write an IPv4 address as four decimal numbers, such as 192.0.2.1")
	}
	return destination{addr: a}, nil
}

// asciiName returns a host name as it is looked up: punycode for what is not
// ASCII (UTS 46, as browsers do it), lower case.
func asciiName(text string) (string, error) {
	name := text
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		var err error
		if name, err = idna.Lookup.ToASCII(text); err != nil || !utf8.ValidString(text) {
			return "", fault.Invalid("must name a host that is a valid internationalized domain name").Because(err)
		}
	}
	if strings.HasSuffix(name, ".") {
		return "", fault.Invalid("must name a host without a dot at its end")
	}
	name = strings.ToLower(name)
	if len(name) > 253 {
		return "", fault.Invalid("must name a host of at most 253 characters")
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return "", fault.Invalid("must name a host of letters, digits and hyphens, with 1 to 63 characters between its dots")
		}
	}
	return name, nil
}

// validLabel accepts what RFC 1123 does, and the underscores that networks of
// containers use.
func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// numeric reports whether a name's last label is a number. No top-level domain
// is one, so that such a name can only be meant as an IPv4 address.
func numeric(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// parseAllow reads an entry of the allow-list: a prefix, or the name of a
// host.
func parseAllow(entry string) (prefix netip.Prefix, name string, err error) {
	fail := func(why string) (netip.Prefix, string, error) {
		return netip.Prefix{}, "", fmt.Errorf("--webhook-allow %q %s", entry, why)
	}
	const forms = "must be a CIDR such as 10.1.0.0/16, an address, or a host name such as hooks.internal"
	switch {
	case entry == "":
		return fail(forms)
	case strings.Contains(entry, "://"):
		return fail("is a URL; " + forms)
	case strings.Contains(entry, "/"):
		if prefix, err = netip.ParsePrefix(entry); err != nil {
			return fail(forms)
		}
		if prefix.Addr().Is4In6() {
			return fail("is IPv4 in IPv6; write it as an IPv4 CIDR")
		}
		if prefix != prefix.Masked() { // a slip of the pen that would open more than was meant
			return fail("has address bits behind its prefix; write " + prefix.Masked().String() + ", or the address alone")
		}
		return prefix, "", nil
	}
	host, err := parseHost(entry)
	switch {
	case err == nil && host.name == "":
		return netip.PrefixFrom(host.addr, host.addr.BitLen()), "", nil
	case err == nil:
		return netip.Prefix{}, host.name, nil
	case strings.Count(entry, ":") == 1 || strings.HasPrefix(entry, "["):
		return fail("must not have a port or brackets; " + forms)
	case strings.HasPrefix(entry, "*"):
		return fail("must not have a wildcard; list each host")
	}
	return fail(forms)
}
