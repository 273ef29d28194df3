package api

import (
	"net/netip"
	"testing"
)

func TestRangesCurrenciesAndForwardedAddressesAreReadAsPeopleMeanThem(t *testing.T) {
	t.Parallel()
	for text, address := range map[string]string{
		"::ffff:127.0.0.0/104": "127.0.0.9", "127.0.0.1": "127.0.0.1", "::ffff:127.0.0.1": "127.0.0.1", "2001:db8::/32": "2001:db8::9",
	} {
		p, err := ParseIPRange(text)
		if err != nil || !p.Contains(netip.MustParseAddr(address)) {
			t.Errorf("%s does not hold %s: %v", text, address, err)
		}
	}
	for code, known := range map[string]bool{"EUR": true, "VES": true, "SLE": true, "ZWG": true, "DEM": false, "eur": false, "XXX": false, "": false} {
		if (validCurrency(code) == nil) != known {
			t.Errorf("%s: known is %v", code, !known)
		}
	}
	for hop, want := range map[string]string{
		"203.0.113.5": "203.0.113.5", "203.0.113.5:1234": "203.0.113.5", "[2001:db8::1]:80": "2001:db8::1", "[2001:db8::1]": "2001:db8::1",
		"::ffff:203.0.113.5": "203.0.113.5", "unknown": "invalid IP",
	} {
		if got := forwarded(hop).String(); got != want {
			t.Errorf("%s is %s", hop, got)
		}
	}
}
