package delivery_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/steward-platform/steward/internal/delivery"
)

func secret(t testing.TB, text string) delivery.Secret {
	t.Helper()
	s, err := delivery.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// published is the example of the Standard Webhooks specification.
var published = struct {
	secret, id, body, signature string
	at                          time.Time
}{
	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`,
	"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", time.Unix(1614265330, 0),
}

func TestSignaturesAreThoseOfKnownVectors(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Steward-Signature": {"forged", "twice"}, "Webhook-Id": {"forged"}}
	delivery.Sign(h, published.id, published.at, []byte(published.body), delivery.Keys{
		ProjectToken: "Jefe", Secrets: []delivery.Secret{secret(t, published.secret)},
	})
	for name, want := range map[string]string{
		"webhook-id": published.id, "webhook-timestamp": "1614265330", "webhook-signature": published.signature,
	} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	// RFC 4231, test case 2.
	delivery.Sign(h, "whs_1", published.at, []byte("what do ya want for nothing?"), delivery.Keys{ProjectToken: "Jefe"})
	const want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	for _, name := range []string{"X-Steward-Signature", "x-voucherify-signature"} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got, there := h["Webhook-Signature"]; there {
		t.Errorf("without a secret, webhook-signature is %q", got)
	}
}

func TestNothingIsSignedWithAnEmptyKey(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	delivery.Sign(h, "whs_1", time.Unix(1, 0), []byte("{}"), delivery.Keys{Secrets: []delivery.Secret{{}}})
	if len(h) != 2 || h.Get("webhook-id") != "whs_1" || h.Get("webhook-timestamp") != "1" {
		t.Errorf("the headers are %v, want the id and the time alone", h)
	}
}

func TestThePublishedLibraryVerifiesSignaturesThroughARotation(t *testing.T) {
	t.Parallel()
	older, old, current := delivery.NewSecret(), delivery.NewSecret(), delivery.NewSecret()
	body := []byte(`{"id":"whs_1","data":"ünïcode \u0000"}`)
	for _, c := range []struct {
		name     string
		signed   []delivery.Secret
		receiver delivery.Secret
		verified bool
	}{
		{"before a rotation", []delivery.Secret{old}, old, true},
		{"during the overlap, a receiver with the old secret", []delivery.Secret{current, old}, old, true},
		{"during the overlap, a receiver with the new one", []delivery.Secret{current, old}, current, true},
		{"during the overlap, a receiver with neither", []delivery.Secret{current, old}, older, false},
		{"after the overlap, a receiver with the old one", []delivery.Secret{current}, old, false},
		{"after the overlap, a receiver with the new one", []delivery.Secret{current}, current, true},
	} {
		h := http.Header{}
		delivery.Sign(h, "whs_1", time.Now(), body, delivery.Keys{ProjectToken: "token", Secrets: c.signed})
		if got := len(strings.Fields(h.Get("webhook-signature"))); got != len(c.signed) {
			t.Errorf("%s there are %d signatures", c.name, got)
		}
		receiver, err := standardwebhooks.NewWebhook(c.receiver.String())
		if err != nil {
			t.Fatal(err)
		}
		if err := receiver.Verify(body, h); (err == nil) != c.verified {
			t.Errorf("%s is answered %v, want verified %t", c.name, err, c.verified)
		}
		if err := receiver.Verify(append([]byte{' '}, body...), h); err == nil {
			t.Errorf("%s verifies a body with one byte more", c.name)
		}
	}
}

func TestASecretIsReadInItsOneSpelling(t *testing.T) {
	t.Parallel()
	form := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for text, good := range map[string]bool{
		published.secret:                  true,
		form(24):                          true,
		form(25):                          true,
		form(32):                          true,
		form(64):                          true,
		form(23):                          false,
		form(65):                          false,
		"":                                false,
		"whsec_":                          false,
		published.secret[len("whsec_"):]:  false,
		strings.ToUpper(published.secret): false,
		published.secret + "=":            false,
		published.secret + "\n":           false,
		published.secret[:20] + "\n" + published.secret[20:]: false,
		strings.TrimRight(form(25), "="):                     false,
		form(25)[:len(form(25))-3] + "B==":                   false, // stray bits behind the last byte
		"whsec_" + strings.Repeat("-_", 16):                  false,
	} {
		s, err := delivery.ParseSecret(text)
		if (err == nil) != good {
			t.Errorf("%q is answered %v, want good %t", text, err, good)
		}
		if err == nil && s.String() != text {
			t.Errorf("%q is written %q", text, s)
		}
		if err != nil && len(text) > 8 && strings.Contains(err.Error(), text[6:]) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func TestNewSecretsHave32BytesAndDiffer(t *testing.T) {
	t.Parallel()
	a, b := delivery.NewSecret(), delivery.NewSecret()
	if a == b {
		t.Error("two new secrets are the same")
	}
	if key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(a.String(), "whsec_")); err != nil || len(key) != 32 {
		t.Errorf("a new secret has %d bytes: %v", len(key), err)
	}
	if secret(t, a.String()) != a {
		t.Error("a new secret is not read back")
	}
}

// FuzzParseSecret holds that a secret which is read is written as it was, and
// that the published library takes it and verifies with it.
func FuzzParseSecret(f *testing.F) {
	for _, seed := range []string{published.secret, "whsec_", "whsec_AAAA", delivery.NewSecret().String(), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := delivery.ParseSecret(text)
		if err != nil {
			return
		}
		if s.String() != text {
			t.Fatalf("%q is written %q", text, s)
		}
		receiver, err := standardwebhooks.NewWebhook(text)
		if err != nil {
			t.Fatalf("the published library refuses %q: %v", text, err)
		}
		h := http.Header{}
		delivery.Sign(h, "whs_1", time.Now(), []byte(text), delivery.Keys{Secrets: []delivery.Secret{s}})
		if err := receiver.Verify([]byte(text), h); err != nil {
			t.Fatalf("the published library does not verify with %q: %v", text, err)
		}
	})
}
