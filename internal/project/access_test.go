package project

import "testing"

func TestATrustedDomainCoversItsOriginAndNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		domain  string
		covers  []string
		strange []string
	}{
		{
			"https://shop.example/checkout",
			[]string{"https://shop.example", "https://SHOP.example", "https://shop.example:443"},
			[]string{"http://shop.example", "https://shop.example:8443", "https://evil.shop.example", "https://shop.example.evil", "null", "", "https://"},
		},
		{
			"https://shop.example",
			[]string{"https://shop.example"},
			[]string{
				"https://evil@shop.example", "https://@shop.example", "https://shop.example/", "https://shop.example/x", "https://shop.example/x?y",
				"https://shop.example?y", "https://shop.example?", "https://shop.example#top", "https://shop.example#", " https://shop.example", "https:shop.example",
			},
		},
		{
			"shop.example",
			[]string{"https://shop.example", "http://shop.example", "http://shop.example:3000"},
			[]string{"https://evilshop.example", "https://shop.example.evil", "ftp://shop.example", "shop.example", "null"},
		},
		{
			"localhost:3000",
			[]string{"http://localhost:3000", "https://localhost:3000"},
			[]string{"http://localhost", "http://localhost:3001", "http://localhost.evil:3000"},
		},
		{
			"http://localhost:8080",
			[]string{"http://localhost:8080"},
			[]string{"https://localhost:8080", "http://localhost"},
		},
		{"[2001:db8::1]:8443", []string{"https://[2001:db8::1]:8443"}, []string{"https://[2001:db8::1]", "https://[2001:db8::2]:8443"}},
		{"shop.example:443", []string{"https://shop.example"}, []string{"http://shop.example"}},
	} {
		domain, ok := parseTrusted(c.domain)
		if !ok {
			t.Errorf("%s cannot be read", c.domain)
		}
		for _, s := range c.covers {
			if origin, ok := parseOrigin(s); !ok || !domain.covers(origin) {
				t.Errorf("%s does not cover %s", c.domain, s)
			}
		}
		for _, s := range c.strange {
			if origin, ok := parseOrigin(s); ok && domain.covers(origin) {
				t.Errorf("%s covers %s", c.domain, s)
			}
		}
	}
}

func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"shop.example", "https://shop.example/a", "localhost:3000", "[::1]:8443", "http://a:99999", "null", "https://user@host", "a:b:c"} {
		f.Add(seed, "https://shop.example")
	}
	f.Fuzz(func(t *testing.T, domain, from string) {
		d, ok := parseTrusted(domain)
		origin, is := parseOrigin(from)
		if !ok || !is {
			return
		}
		if d.covers(origin) && d.host != origin.host {
			t.Errorf("%q covers %q", domain, from)
		}
		if trustedDomain(domain) && d.host == "" {
			t.Errorf("%q may be set and has no host", domain)
		}
		if again, ok := parseTrusted(from); !ok || !again.covers(origin) {
			t.Errorf("%q does not cover itself", from)
		}
	})
}
