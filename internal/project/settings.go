package project

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-platform/steward/internal/fault"
)

// Settings is what a project lets its people configure, beside its name.
type Settings struct {
	Description                       string                      `json:"description" maxLength:"1024" doc:"What the project is for." example:"Summer campaigns in Europe"`
	Timezone                          string                      `json:"timezone" format:"timezone" maxLength:"64" doc:"Its time zone: an IANA name or GMT±h[:mm]." example:"Europe/Warsaw"`
	Currency                          string                      `json:"currency" format:"currency" maxLength:"3" doc:"Its currency, by its ISO 4217 code." example:"EUR"`
	DialCode                          *string                     `json:"dial_code" nullable:"true" maxLength:"16" doc:"The country dial code of its phone numbers." example:"+48"`
	WebhookVersion                    string                      `json:"webhook_version" enum:"v2024-01-01" default:"v2024-01-01" doc:"The version of the webhooks."`
	ClientTrustedDomains              []string                    `json:"client_trusted_domains" nullable:"false" maxItems:"100" minLength:"1" maxLength:"255" doc:"Where client-side calls may come from: hosts, or URLs of which the origin counts." example:"[\"https://shop.example\"]"`
	ClientRedeemEnabled               bool                        `json:"client_redeem_enabled" doc:"Allows client-side redemption."`
	ClientPublishEnabled              bool                        `json:"client_publish_enabled" doc:"Allows client-side publication."`
	ClientListVouchersEnabled         bool                        `json:"client_list_vouchers_enabled" doc:"Allows client-side listing of vouchers."`
	ClientCreateCustomerEnabled       bool                        `json:"client_create_customer_enabled" doc:"Allows client-side creation of customers."`
	ClientLoyaltyEventsEnabled        bool                        `json:"client_loyalty_events_enabled" doc:"Allows client-side events for loyalty and referral programs."`
	ClientSetVoucherExpirationEnabled bool                        `json:"client_set_voucher_expiration_date_enabled" doc:"Allows client-side setting of a voucher's expiration date."`
	APIUsageNotifications             ProjectUsageNotifications   `json:"api_usage_notifications" doc:"Whom to tell when a limit is near: one of the organization's, or of the project itself if it is a sandbox. Each project is warned by itself; nobody is warned where no limit is set."`
	WebhooksCalloutNotifications      ProjectWebhookNotifications `json:"webhooks_callout_notifications" doc:"Whom to tell when webhooks are switched off because they fail."`
	DefaultCodeConfig                 ProjectCodeConfig           `json:"default_code_config" doc:"How codes are made unless a campaign says otherwise."`
}

// ProjectUsageNotifications holds one notification for each metric.
type ProjectUsageNotifications struct {
	Redemptions  ProjectUsageNotification `json:"redemptions" doc:"For redemptions. It is kept, and nothing is sent: redemptions are not counted here."`
	Messages     ProjectUsageNotification `json:"messages" doc:"For distributed messages in a day; sent at most once a day (UTC)."`
	APICalls     ProjectUsageNotification `json:"api_calls" doc:"For API calls in an hour; sent at most once an hour."`
	BulkAPICalls ProjectUsageNotification `json:"bulk_api_calls" doc:"For bulk API calls in an hour; sent at most once an hour."`
	WebhookCalls ProjectUsageNotification `json:"webhook_calls" doc:"For webhook calls in a day (UTC); sent at most four times a day, once in each quarter of it in which the threshold is reached."`
	CycleCalls   ProjectUsageNotification `json:"cycle_calls" doc:"For API calls in a billing cycle, which is a calendar month (UTC); sent at most once a cycle."`
}

// ProjectUsageNotification says from which part of a limit on to warn.
type ProjectUsageNotification struct {
	Enabled bool     `json:"enabled" doc:"Whether to notify."`
	Value   int      `json:"value" minimum:"10" maximum:"90" doc:"From how many percent of the limit on." example:"80"`
	Emails  []string `json:"emails" nullable:"false" maxItems:"50" maxLength:"254" format:"email" doc:"E-mail addresses to notify."`
	InApp   bool     `json:"in_app" doc:"Whether to notify in the console."`
}

// ProjectWebhookNotifications holds one notification for each source of
// webhooks.
type ProjectWebhookNotifications struct {
	Distributions ProjectWebhookNotification `json:"distributions" doc:"For webhooks sent by distributions. It is kept, and nothing is sent: there are none here."`
	Webhooks      ProjectWebhookNotification `json:"webhooks" doc:"For webhooks set in the project, when one was switched off because its receiver accepted no delivery for a day. If neither email nor in_app is set, which is the default, both ways are used."`
}

// ProjectWebhookNotification says how to tell that a webhook was switched off
// because its deliveries failed for a day (CONTRACT 6). The project's members
// are told in any case: both ways, if neither is chosen.
type ProjectWebhookNotification struct {
	Email  bool     `json:"email" doc:"Whether to notify by e-mail: the addresses, and the project's members."`
	InApp  bool     `json:"in_app" doc:"Whether to notify the project's members in the console."`
	Emails []string `json:"emails" nullable:"false" maxItems:"50" maxLength:"254" format:"email" doc:"E-mail addresses to notify beside those of the members."`
}

// ProjectCodeConfig says how codes are made.
type ProjectCodeConfig struct {
	Charset *string `json:"charset" nullable:"true" minLength:"1" maxLength:"128" doc:"The characters of codes: printable ASCII, each once; in a project whose codes are not case sensitive, each letter in one case only. Null sets the default: digits and letters." example:"0123456789"`
}

// wholeNotifications are the members without which a notification in a body is
// not complete. The notifications themselves may be left out: published
// clients do not know all of them.
var wholeNotifications = func() []string {
	var names []string
	for _, metric := range []string{"redemptions", "messages", "api_calls", "bulk_api_calls", "webhook_calls", "cycle_calls"} {
		for _, member := range []string{"enabled", "value", "emails", "in_app"} {
			names = append(names, "api_usage_notifications."+metric+"."+member)
		}
	}
	for _, source := range []string{"distributions", "webhooks"} {
		for _, member := range []string{"email", "in_app", "emails"} {
			names = append(names, "webhooks_callout_notifications."+source+"."+member)
		}
	}
	return names
}()

// defaultSettings are those of a project that says nothing of its own.
func defaultSettings() Settings {
	usage := func() ProjectUsageNotification { return ProjectUsageNotification{Value: 80, Emails: []string{}} }
	webhook := func() ProjectWebhookNotification { return ProjectWebhookNotification{Emails: []string{}} }
	return Settings{
		WebhookVersion:       "v2024-01-01",
		ClientTrustedDomains: []string{},
		APIUsageNotifications: ProjectUsageNotifications{
			Redemptions: usage(), Messages: usage(), APICalls: usage(), BulkAPICalls: usage(), WebhookCalls: usage(), CycleCalls: usage(),
		},
		WebhooksCalloutNotifications: ProjectWebhookNotifications{Distributions: webhook(), Webhooks: webhook()},
	}
}

const (
	digits = "0123456789"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
)

// DefaultCharset is the charset of codes in a project that names none.
func DefaultCharset(caseSensitive bool) string {
	if caseSensitive {
		return digits + upper + lower
	}
	return digits + lower
}

// settle gives what was left out its default.
func (d *Document) settle(caseSensitive bool) {
	if d.DefaultCodeConfig.Charset == nil {
		charset := DefaultCharset(caseSensitive)
		d.DefaultCodeConfig.Charset = &charset
	}
}

// check returns the rules that a schema cannot express as violations, sorted,
// after those already found.
func (d *Document) check(caseSensitive bool, violations ...string) error {
	if strings.TrimSpace(d.Name) == "" {
		violations = append(violations, "Property .name must NOT be blank")
	}
	if d.DialCode != nil && !dialCode.MatchString(*d.DialCode) {
		violations = append(violations, "Property .dial_code must be a country dial code such as 48 or +48")
	}
	for i, domain := range d.ClientTrustedDomains {
		if !trustedDomain(domain) {
			violations = append(violations, property("client_trusted_domains", i)+" must be a host such as shop.example, or an http or https URL of one")
		}
	}
	if c := d.DefaultCodeConfig.Charset; c != nil {
		if problem := charsetProblem(*c, caseSensitive); problem != "" {
			violations = append(violations, "Property .default_code_config.charset "+problem)
		}
	}
	if len(violations) > 0 {
		slices.Sort(violations)
		return fault.Invalid(violations...)
	}
	return nil
}

// property names an item of an array in the words of the contract.
func property(array string, i int) string { return fmt.Sprintf("Property .%s.%d", array, i) }

var dialCode = regexp.MustCompile(`^\+?[0-9]{1,4}([ -]?[0-9]{1,4}){0,2}$`)

// hostName is a host as browsers put it into Origin: ASCII labels.
var hostName = regexp.MustCompile(`^(?i:[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.(?i:[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?))*$`)

// trustedDomain accepts a host with or without a port, and an http or https
// URL of one, whose path does not matter. It refuses null, which is what
// browsers send as the Origin of pages without one.
func trustedDomain(s string) bool {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return false
	}
	return validPort(u) && validHost(u)
}

// validPort accepts no port, or one from 1 to 65535.
func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && 1 <= n && n <= 65535
}

func validHost(u *url.URL) bool {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		a, err := netip.ParseAddr(host)
		return err == nil && a.Is6() && a.Zone() == ""
	}
	return len(host) <= 253 && hostName.MatchString(host) && !strings.EqualFold(host, "null")
}

// charsetProblem says why a charset does not suit the project, or nothing.
func charsetProblem(charset string, caseSensitive bool) string {
	if charset == "" || len(charset) > 128 {
		return "must have 1 to 128 characters"
	}
	var seen [128]bool
	for _, c := range charset {
		if c <= ' ' || c > '~' {
			return fmt.Sprintf("must consist of printable ASCII characters without spaces, not %q", c)
		}
		if seen[c] {
			return fmt.Sprintf("must NOT hold the character %c twice", c)
		}
		if other := swapCase(c); !caseSensitive && seen[other] {
			return fmt.Sprintf("must NOT hold both %c and %c, for the project's codes are not case sensitive", other, c)
		}
		seen[c] = true
	}
	return ""
}

func swapCase(c rune) rune {
	switch {
	case 'a' <= c && c <= 'z':
		return c - 'a' + 'A'
	case 'A' <= c && c <= 'Z':
		return c - 'A' + 'a'
	}
	return c
}
