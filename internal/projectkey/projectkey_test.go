package projectkey

import (
	"bytes"
	"encoding/base32"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/fault"
)

func TestATokenHas256RandomBitsAndTellsItsKind(t *testing.T) {
	t.Parallel()
	prefixes := map[string]Kind{}
	for _, k := range Kinds {
		prefix := k.prefix()
		if other, taken := prefixes[prefix]; taken || prefix == "" {
			t.Errorf("%s has the prefix %q, as has %q", k, prefix, other)
		}
		prefixes[prefix] = k
		a, b := newToken(k), newToken(k)
		if a == b {
			t.Errorf("%s: the same token twice", k)
		}
		random, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimPrefix(a, prefix)))
		if err != nil || len(random) != 32 {
			t.Errorf("%s: %s holds %d random bytes (%v)", k, a, len(random), err)
		}
		if lastFour(a) != a[len(a)-4:] {
			t.Errorf("%s: the last four are %s", a, lastFour(a))
		}
		if bytes.Equal(hashToken(a), hashToken(b)) || len(hashToken(a)) != 32 {
			t.Errorf("%s: not its own hash", k)
		}
	}
}

func TestADraftIsRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		draft ProjectKeyDraft
		want  string
	}{
		{"a name and no addresses", ProjectKeyDraft{Name: "Checkout"}, ""},
		{"addresses and ranges of both families", ProjectKeyDraft{Name: "n", AllowedIP: []string{"203.0.113.7", "203.0.113.0/24", "2001:db8::/32", "::1"}}, ""},
		{"a name of 255 characters", ProjectKeyDraft{Name: strings.Repeat("ż", 255)}, ""},
		{"an expiry to come", ProjectKeyDraft{Name: "n", ExpiresAt: new(start + 1)}, ""},
		{"an expiry that is now", ProjectKeyDraft{Name: "n", ExpiresAt: new(start)}, "Property .expires_at must be in the future"},
		{"no name", ProjectKeyDraft{}, "Property .name must have 1 to 255 characters"},
		{"a longer name", ProjectKeyDraft{Name: strings.Repeat("ż", 256)}, "Property .name must have 1 to 255 characters"},
		{
			"a blank name and two that are no addresses", ProjectKeyDraft{Name: "  ", AllowedIP: []string{"example.com", "::1", "1.2.3.4/33"}},
			"Property .name must have 1 to 255 characters; Property .allowed_ips.0 must be an address or CIDR such as 203.0.113.0/24; " +
				"Property .allowed_ips.2 must be an address or CIDR such as 203.0.113.0/24",
		},
	} {
		err := c.draft.check(start)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if !fault.Is(err, fault.InvalidPayload) || !strings.HasSuffix(err.Error(), ": "+c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func FuzzDraft(f *testing.F) {
	f.Add("Checkout", "203.0.113.0/24")
	f.Add("", "::ffff:1.2.3.4")
	f.Add("a", "fe80::1%eth0")
	f.Add("\xff", "10.0.0.0/8/8")
	f.Fuzz(func(t *testing.T, name, address string) {
		d := ProjectKeyDraft{Name: name, AllowedIP: []string{address}}
		err := d.check(start)
		if err != nil {
			if !fault.Is(err, fault.InvalidPayload) {
				t.Fatalf("%q %q: %v is no fault of the caller", name, address, err)
			}
			return
		}
		if strings.TrimSpace(name) == "" || len([]rune(name)) > 255 {
			t.Errorf("the name %q was accepted", name)
		}
		if strings.Contains(address, "%") || strings.TrimSpace(address) != address || address == "" {
			t.Errorf("the address %q was accepted", address)
		}
		var k ProjectKey
		k.apply(d)
		if k.Name != name || len(k.AllowedIP) != 1 || k.AllowedIP[0] != address {
			t.Errorf("%q %q became %q %q", name, address, k.Name, k.AllowedIP)
		}
	})
}
