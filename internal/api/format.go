package api

import (
	"errors"
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // time zones must not depend on what the machine has installed
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/steward-platform/steward/internal/clock"
)

// The formats that payload schemas may name, beyond JSON Schema's own.
var formats = []*jsonschema.Format{
	{Name: "email", Validate: onStrings(ValidEmail)},
	{Name: "timezone", Validate: onStrings(validTimezone)},
	{Name: "currency", Validate: onStrings(validCurrency)},
	{Name: "ip-range", Validate: onStrings(validIPRange)},
	{Name: "name", Validate: onStrings(validUnlessEmpty)},
}

// formatHint says in a few words what a format wants.
func formatHint(name string) string {
	switch name {
	case "email":
		return " (an address such as name@example.com)"
	case "timezone":
		return " (an IANA name such as Europe/Warsaw, or GMT±h[:mm])"
	case "currency":
		return " (an ISO 4217 code such as EUR)"
	case "ip-range":
		return " (an address or CIDR such as 203.0.113.0/24)"
	case "name":
		return " (not blank, and without control characters)"
	case "date-time":
		return " (RFC 3339, such as 2026-11-23T10:00:00.000Z)"
	}
	return ""
}

func onStrings(check func(string) error) func(any) error {
	return func(v any) error {
		if s, ok := v.(string); ok {
			return check(s)
		}
		return nil // the type is another keyword's business
	}
}

// ValidName checks that people can read s as a name: it is not blank, and holds
// no control character. How long it may be is not its business.
func ValidName(s string) error {
	if strings.TrimSpace(s) == "" || strings.ContainsFunc(s, unicode.IsControl) {
		return errors.New("blank, or with a control character")
	}
	return nil
}

// validUnlessEmpty is ValidName where minLength tells of an empty name.
func validUnlessEmpty(s string) error {
	if s == "" {
		return nil
	}
	return ValidName(s)
}

// ValidEmail checks that s is one bare e-mail address of at most 254 bytes.
func ValidEmail(s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || len(s) > 254 {
		return errors.New("not an e-mail address")
	}
	at := strings.LastIndexByte(s, '@')
	if domain := s[at+1:]; strings.ContainsAny(s, "\"\r\n") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return errors.New("not an e-mail address")
	}
	return nil
}

var (
	gmtOffset = regexp.MustCompile(`^GMT([+-](\d|0\d|1[0-4])(:[0-5]\d)?)?$`)
	zoneName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}$`)
)

func validTimezone(s string) error {
	if gmtOffset.MatchString(s) {
		return nil
	}
	if !zoneName.MatchString(s) || s == "Local" {
		return errors.New("not a time zone")
	}
	if _, err := time.LoadLocation(s); err != nil {
		return errors.New("not a time zone")
	}
	return nil
}

// ParseTime reads a query parameter that the schema's format date-time has let
// through; nil if it was not given. The format knows leap seconds, which Go
// does not.
func ParseTime(name, text string, violations *[]string) *clock.Timestamp {
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		*violations = append(*violations, "Property ."+name+" must be an RFC 3339 time such as 2026-11-23T10:00:00.000Z")
		return nil
	}
	at := clock.At(t)
	return &at
}

func validIPRange(s string) error {
	_, err := ParseIPRange(s)
	return err
}

// ParseIPRange reads an address, or a range in CIDR notation, v4 or v6.
func ParseIPRange(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, errors.New("not an address or CIDR")
	}
	if p.Addr().Is4In6() { // callers' addresses are compared in their v4 form
		if p.Bits() < 96 {
			return netip.Prefix{}, errors.New("a v4-mapped range must have at least 96 bits")
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
