package conform

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// validDate reports whether s is a real day, written YYYY-MM-DD.
func validDate(s string) bool {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return false
	}
	century, ok1 := twoDigits(s, 0)
	year, ok2 := twoDigits(s, 2)
	month, ok3 := twoDigits(s, 5)
	day, ok4 := twoDigits(s, 8)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return false
	}
	return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, century*100+year)
}

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// twoDigits reads the two digits at i.
func twoDigits(s string, i int) (int, bool) {
	if !digit(s[i]) || !digit(s[i+1]) {
		return 0, false
	}
	return int(s[i]-'0')*10 + int(s[i+1]-'0'), true
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// validDateTime reports whether s is a moment as RFC 3339 writes it, with the
// upper-case T and Z that every reader understands, and no leap second, which
// few do.
func validDateTime(s string) bool {
	const whole = len("2006-01-02T15:04:05")
	if len(s) <= whole || !validDate(s[:10]) || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return false
	}
	hour, ok1 := twoDigits(s, 11)
	minute, ok2 := twoDigits(s, 14)
	second, ok3 := twoDigits(s, 17)
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 59 {
		return false
	}
	s = s[whole:]
	if s[0] == '.' {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	return validOffset(s)
}

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return n
}

func validOffset(s string) bool {
	if s == "Z" {
		return true
	}
	if len(s) != len("+07:00") || (s[0] != '+' && s[0] != '-') || s[3] != ':' {
		return false
	}
	hour, ok1 := twoDigits(s, 1)
	minute, ok2 := twoDigits(s, 4)
	return ok1 && ok2 && hour <= 23 && minute <= 59
}

// validGeopoint reports whether s is latitude,longitude in degrees: decimal
// numbers within ±90 and ±180, without spaces and exponents.
func validGeopoint(s string) bool {
	latitude, longitude, ok := strings.Cut(s, ",")
	return ok && validDegrees(latitude, 90) && validDegrees(longitude, 180)
}

// validDegrees compares digit by digit, so that nothing is rounded into range.
func validDegrees(s string, limit int) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	n := digits(s)
	if n == 0 || n > 3 {
		return false
	}
	whole := 0
	for i := range n {
		whole = whole*10 + int(s[i]-'0')
	}
	s = s[n:]
	if s == "" {
		return whole <= limit
	}
	if s[0] != '.' || len(s) == 1 || digits(s[1:]) != len(s)-1 {
		return false
	}
	return whole < limit || (whole == limit && strings.Trim(s[1:], "0") == "")
}

// validImageURL reports whether s is an absolute http or https URL with a
// host, and holds no space. What it looks like mostly is told by a glance at
// its bytes; the rest is for net/url to judge.
func validImageURL(s string) bool {
	return plainURL(s) || parsedURL(s)
}

// plainURL accepts the URLs whose bytes need no interpretation; it refuses
// many that are valid.
func plainURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return false
		}
	}
	host := 0
	for host < len(rest) && (letterOrDigit(rest[host]) || rest[host] == '.' || rest[host] == '-') {
		host++
	}
	if host == 0 || !letterOrDigit(rest[0]) || strings.Contains(rest[:host], "..") || (host < len(rest) && rest[host] != '/') {
		return false
	}
	for i := host; i < len(rest); i++ {
		switch c := rest[i]; {
		case letterOrDigit(c):
		case c == '/', c == '.', c == '-', c == '_', c == '~', c == '?', c == '=', c == '&', c == '+', c == ',':
		default:
			return false
		}
	}
	return true
}

func letterOrDigit(c byte) bool {
	return digit(c) || ('a' <= c|0x20 && c|0x20 <= 'z')
}

func parsedURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && !strings.ContainsFunc(s, unicode.IsSpace) &&
		validHost(u.Hostname()) && validPort(u.Port())
}

// validHost accepts a host whose labels are not empty, other than the last,
// which stands for the root, and that is more than dots and dashes.
func validHost(host string) bool {
	return strings.Trim(host, ".-") != "" && host[0] != '.' && !strings.Contains(host, "..")
}

// validPort accepts no port, or one from 1 to 65535.
func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
