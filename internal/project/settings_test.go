package project

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/fault"
)

func TestACharsetMustSuitCaseSensitivity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		charset   string
		sensitive bool
		want      string
	}{
		{DefaultCharset(true), true, ""},
		{DefaultCharset(false), false, ""},
		{"0", true, ""},
		{"aA", true, ""},
		{"!~#-_", false, ""},
		{"", true, "must have 1 to 128 characters"},
		{strings.Repeat("a", 129), true, "must have 1 to 128 characters"},
		{"ab c", true, "must consist of printable ASCII characters without spaces, not ' '"},
		{"zażółć", true, "must consist of printable ASCII characters without spaces, not 'ż'"},
		{"a\n", true, `must consist of printable ASCII characters without spaces, not '\n'`},
		{"aba", true, "must NOT hold the character a twice"},
		{"aA", false, "must NOT hold both a and A, for the project's codes are not case sensitive"},
		{"Xyzx", false, "must NOT hold both X and x, for the project's codes are not case sensitive"},
	} {
		if got := charsetProblem(c.charset, c.sensitive); got != c.want {
			t.Errorf("%q (case sensitive: %t): %q, want %q", c.charset, c.sensitive, got, c.want)
		}
	}
}

func TestTrustedDomainsAreHostsOrTheirURLs(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"shop.example", "https://shop.example", "http://shop.example:8080", "shop.example:443", "localhost:3000", "localhost",
		"https://shop.example/", "https://shop.example/checkout", "SHOP.example", "192.0.2.1", "https://[2001:db8::1]:8443", "xn--bcher-kva.example",
	} {
		if !trustedDomain(good) {
			t.Errorf("%q was refused", good)
		}
	}
	for _, bad := range []string{
		"", " ", "null", "https://null", "ftp://shop.example", "javascript:alert(1)", "https://", "https:///path", "//shop.example", "https://user@shop.example",
		"user:pw@shop.example", "shop.example?x=1", "shop.example?", "shop.example#", "https://shop.example#top", "shop example", "*.shop.example", "shop..example", "-shop.example",
		"shop.example:", "shop.example:0", "shop.example:65536", "[::1%25eth0]", "[shop.example]", `shop.example\evil.example`, "bücher.example", "https://shop.example/a b",
		strings.Repeat("a", 64) + ".example",
	} {
		if trustedDomain(bad) {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestSettingsAreRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	d := Document{Name: " ", Settings: defaultSettings()}
	d.DialCode, d.ClientTrustedDomains, d.DefaultCodeConfig.Charset = text("Poland"), []string{"shop.example", "?"}, text("aA")
	err := d.check(false, "Property .zzz is last")
	want := "Property .client_trusted_domains.1 must be a host such as shop.example, or an http or https URL of one; " +
		"Property .default_code_config.charset must NOT hold both a and A, for the project's codes are not case sensitive; " +
		"Property .dial_code must be a country dial code such as 48 or +48; Property .name must NOT be blank; Property .zzz is last"
	if !fault.Is(err, fault.InvalidPayload) || err.Error() != "invalid_payload: "+want {
		t.Errorf("%v\nwant %s", err, want)
	}
	for _, code := range []string{"48", "+48", "1-684", "+1 684", "+44 1481"} {
		ok := Document{Name: "Shop", Settings: defaultSettings()}
		ok.DialCode = text(code)
		if err := ok.check(true); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func FuzzCharset(f *testing.F) {
	f.Add("0123456789", true)
	f.Add("aA", false)
	f.Add("żółw", true)
	f.Add("\xff", false)
	f.Fuzz(func(t *testing.T, charset string, sensitive bool) {
		if charsetProblem(charset, sensitive) != "" {
			return
		}
		if charset == "" || len(charset) > 94 {
			t.Fatalf("%q has %d characters", charset, len(charset))
		}
		folded := charset
		if !sensitive {
			folded = strings.ToLower(charset)
			if charsetProblem(charset, true) != "" {
				t.Errorf("%q suits codes that are not case sensitive, but not ones that are", charset)
			}
		}
		for i, c := range []byte(folded) {
			if c <= ' ' || c > '~' || strings.IndexByte(folded, c) != i {
				t.Errorf("%q holds %q", charset, c)
			}
		}
	})
}

func FuzzTrustedDomain(f *testing.F) {
	for _, s := range []string{"shop.example", "https://shop.example:8443/x", "[::1]", "null", "a@b", "http://a?b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !trustedDomain(s) {
			return
		}
		if strings.ContainsAny(s, " \t\r\n\x00\\?#") {
			t.Errorf("%q was accepted", s)
		}
		if !strings.Contains(s, "://") && !trustedDomain("https://"+s) {
			t.Errorf("%q is trusted without a scheme alone", s)
		}
	})
}

func FuzzSettingsMerge(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"name":"Other","dial_code":null}`, `{"default_code_config":{"charset":null}}`, `{"default_code_config":{"charset":"abc"}}`,
		`{"client_trusted_domains":["a.example"]}`, `{"api_usage_notifications":{"messages":{"enabled":true,"value":10,"emails":["a@b.example"],"in_app":true}}}`,
		`{"case_sensitive_codes":false}`, `{"description":"\u0000"}`, `{"name":1}`, `[]`, `{"name":"a","name":"b"}`,
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, sensitive bool) {
		merge := func() (Document, error) {
			d := Document{Name: "Shop", Settings: defaultSettings()}
			d.Timezone, d.Currency, d.ClientTrustedDomains = "UTC", "EUR", []string{"shop.example", "www.shop.example"}
			d.settle(sensitive)
			sent := ProjectUpdate{Document: d}
			if err := api.Merge(body, &sent); err != nil {
				return d, err
			}
			if err := sent.check(sensitive); err != nil {
				return d, err
			}
			sent.settle(sensitive)
			return sent.Document, nil
		}
		d, err := merge()
		if err != nil {
			if !fault.Is(err, fault.InvalidPayload) {
				t.Fatalf("%s: %v is no fault of the caller", body, err)
			}
			return
		}
		if d.DefaultCodeConfig.Charset == nil || d.check(sensitive) != nil {
			t.Errorf("%s: what was accepted is not good: %+v", body, d)
		}
		if again, err := merge(); err != nil || !reflect.DeepEqual(again, d) {
			t.Errorf("%s: merged to %+v, then to %+v (%v)", body, d, again, err)
		}
		raw, err := json.Marshal(kept{Settings: d.Settings})
		if err != nil {
			t.Fatal(err)
		}
		k := kept{Settings: defaultSettings()}
		if err := json.Unmarshal(raw, &k); err != nil || !reflect.DeepEqual(k.Settings, d.Settings) {
			t.Errorf("%s: kept as %s, read as %+v (%v)", body, raw, k.Settings, err)
		}
		var sent map[string]any
		if json.Unmarshal(body, &sent) != nil {
			return
		}
		if _, ok := sent["name"]; !ok && d.Name != "Shop" {
			t.Errorf("%s: the name became %q", body, d.Name)
		}
		if _, ok := sent["client_trusted_domains"]; !ok && len(d.ClientTrustedDomains) != 2 {
			t.Errorf("%s: the domains became %q", body, d.ClientTrustedDomains)
		}
	})
}
