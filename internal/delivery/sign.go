package delivery

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers that sign a webhook (CONTRACT 6), in the form that http.Header
// keeps them.
const (
	headerSignature = "X-Steward-Signature"
	headerReference = "X-Voucherify-Signature"
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSymmetric = "Webhook-Signature"
)

const (
	// secretPrefix begins the text of every secret.
	secretPrefix = "whsec_"
	// secretSize is how many bytes a new secret has.
	secretSize = 32
	// Standard Webhooks allows secrets of so many bytes.
	minSecret, maxSecret = 24, 64
)

// errSecret says nothing of what it is about: that may be most of a secret.
var errSecret = errors.New("a webhook secret must be whsec_ and the base64 form of 24 to 64 bytes")

// Secret is a signing secret of one webhook, as Standard Webhooks has it. The
// zero Secret signs nothing.
type Secret struct{ key string }

// NewSecret returns a secret of 32 random bytes.
func NewSecret() Secret {
	var b [secretSize]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return Secret{string(b[:])}
}

// ParseSecret reads "whsec_" and the padded base64 form of 24 to 64 bytes, in
// the one spelling that String gives. Its error never holds the text.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return Secret{}, errSecret
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(key) < minSecret || len(key) > maxSecret {
		return Secret{}, errSecret
	}
	s := Secret{string(key)}
	if s.String() != text { // the decoder passes over line breaks
		return Secret{}, errSecret
	}
	return s, nil
}

// String returns the secret as text, for the one who owns the webhook and for
// nobody else.
func (s Secret) String() string {
	return secretPrefix + base64.StdEncoding.EncodeToString([]byte(s.key))
}

// Keys sign a webhook.
type Keys struct {
	// ProjectToken is the project's webhook_token.
	ProjectToken string
	// Secrets are the webhook's own: the current one first, then, while the
	// overlap of a rotation lasts, the one before.
	Secrets []Secret
}

// Sign sets both families of signatures over the exact bytes of a body (CONTRACT
// 6) and replaces what stands in their headers: X-Steward-Signature and
// x-voucherify-signature, the lower-case hexadecimal HMAC-SHA256 whose key is
// the text of the project's token; and webhook-id, webhook-timestamp (at, in
// whole seconds) and webhook-signature of Standard Webhooks, with one signature
// for each of the webhook's secrets. Where there is no key there is no
// signature, since anybody could make one with an empty key.
func Sign(h http.Header, id string, at time.Time, body []byte, k Keys) {
	for _, name := range []string{headerSignature, headerReference, headerSymmetric} {
		h.Del(name)
	}
	if k.ProjectToken != "" {
		signature := hex.EncodeToString(sum(k.ProjectToken, body))
		h.Set(headerSignature, signature)
		h.Set(headerReference, signature)
	}
	seconds := strconv.FormatInt(at.Unix(), 10)
	h.Set(headerID, id)
	h.Set(headerTimestamp, seconds)
	signatures := make([]string, 0, len(k.Secrets))
	for _, s := range k.Secrets {
		if s.key != "" {
			signature := sum(s.key, []byte(id+"."+seconds+"."), body)
			signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(signature))
		}
	}
	if len(signatures) > 0 {
		h.Set(headerSymmetric, strings.Join(signatures, " "))
	}
}

func sum(key string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	for _, p := range parts {
		_, _ = mac.Write(p) // a hash never fails to write
	}
	return mac.Sum(nil)
}
