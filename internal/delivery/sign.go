package delivery

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers that sign a webhook (CONTRACT 6).
const (
	headerSignature = "X-Steward-Signature"
	headerReference = "X-Voucherify-Signature"
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSymmetric = "Webhook-Signature"

	secretPrefix = "whsec_"
)

// Keys sign a webhook.
type Keys struct {
	// ProjectToken is the project's webhook_token.
	ProjectToken string
	// Secrets are the webhook's own, as whsec_…: the current one first, then,
	// while an overlap lasts, the one before.
	Secrets []string
}

// Sign adds both families of signatures over the exact bytes of a body: the
// lower-case hexadecimal HMAC-SHA256 with the project's token, under its own
// name and the reference contract's, and the Standard Webhooks headers with the
// webhook's own secrets.
func Sign(h http.Header, id string, at time.Time, body []byte, k Keys) {
	plain := hex.EncodeToString(sum([]byte(k.ProjectToken), body))
	h.Set(headerSignature, plain)
	h.Set(headerReference, plain)
	seconds := strconv.FormatInt(at.Unix(), 10)
	h.Set(headerID, id)
	h.Set(headerTimestamp, seconds)
	var signatures []string
	for _, secret := range k.Secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
		if err != nil {
			continue // no secret that this program made
		}
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(sum(key, []byte(id), []byte("."), []byte(seconds), []byte("."), body)))
	}
	h.Set(headerSymmetric, strings.Join(signatures, " "))
}

func sum(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		_, _ = mac.Write(p) // a hash never fails to write
	}
	return mac.Sum(nil)
}
