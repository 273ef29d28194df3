package delivery

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// Bounds of a webhook's own headers: how many, and their bytes.
const (
	MaxHeaders     = 20
	MaxHeaderName  = 100
	MaxHeaderValue = 1024
)

// withheld are the headers that a webhook cannot set, and why not.
var withheld = func() map[string]string {
	out := map[string]string{}
	for why, names := range map[string][]string{
		"a header that signs the request":         {headerSignature, headerReference, headerID, headerTimestamp, headerSymmetric},
		"a header that is set for every delivery": {"Content-Type", "Content-Length", "Host", "User-Agent"},
		"a header of the connection": {
			"Connection", "Expect", "Http2-Settings", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
			"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
		},
	} {
		for _, name := range names {
			out[name] = why
		}
	}
	return out
}()

// CheckHeaders judges the headers that a webhook is to send beside those of
// every delivery: at most 20, with names that are HTTP tokens of at most 100
// bytes and values of at most 1024 bytes without control characters; none of
// them a signature, Content-Type, Content-Length, Host, User-Agent or a header
// of the connection. It returns all violations, sorted by name, and none if
// the headers are good.
func CheckHeaders(h map[string]string) []string {
	var violations []string
	if len(h) > MaxHeaders {
		violations = append(violations, fmt.Sprintf("Property .headers must NOT have more than %d properties", MaxHeaders))
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		property := "Property .headers." + shown(name)
		for _, problem := range append(checkName(name, seen), checkValue(h[name])...) {
			violations = append(violations, property+" "+problem)
		}
	}
	return violations
}

// checkName judges the name of a header and remembers it in seen.
func checkName(name string, seen map[string]bool) (problems []string) {
	if len(name) > MaxHeaderName {
		return []string{fmt.Sprintf("must not be named with more than %d bytes", MaxHeaderName)}
	}
	if !httpguts.ValidHeaderFieldName(name) {
		return []string{"must not be named with other characters than those of an HTTP header"}
	}
	key := headerKey(name)
	if why, ok := withheld[key]; ok {
		problems = append(problems, "must not be "+why)
	}
	if seen[key] {
		problems = append(problems, "must not be a header that is there already in another spelling")
	}
	seen[key] = true
	return problems
}

func checkValue(value string) (problems []string) {
	if len(value) > MaxHeaderValue {
		problems = append(problems, fmt.Sprintf("must not be longer than %d bytes", MaxHeaderValue))
	}
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		problems = append(problems, "must not be a text with control characters")
	}
	if strings.Trim(value, " ") != value { // HTTP/2 forbids it
		problems = append(problems, "must not be a text that begins or ends with a space")
	}
	return problems
}

// headerKey returns a name as it is compared. Many receivers hand headers on
// as variables, where a hyphen and an underscore are the same.
func headerKey(name string) string {
	return http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
}

// shown returns a name as a message may hold it.
func shown(name string) string {
	if httpguts.ValidHeaderFieldName(name) && len(name) <= MaxHeaderName {
		return name
	}
	return strconv.QuoteToASCII(name[:min(len(name), MaxHeaderName)])
}

// addHeaders sets those of a webhook's own headers that CheckHeaders finds
// nothing wrong with.
func addHeaders(to http.Header, own map[string]string) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if len(seen) < MaxHeaders && len(checkName(name, seen)) == 0 && len(checkValue(own[name])) == 0 {
			to.Set(name, own[name])
		}
	}
}
