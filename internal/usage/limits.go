package usage

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// DefaultAPICallsPerMinute protects a server from one organization that
	// has no other limit, and lets every answer tell a rate.
	DefaultAPICallsPerMinute = 1_000_000
	// MaxLimit is the highest limit that can be set.
	MaxLimit = 1_000_000_000_000
)

// Limits are how many calls an organization or a project may make in a window
// of time; 0 means as many as it likes. An organization's api_calls_per_* count
// the calls of its Management API and Project API together.
type Limits struct {
	APICallsPerMinute   int64 `json:"api_calls_per_minute,omitempty"`
	APICallsPerHour     int64 `json:"api_calls_per_hour,omitempty"`
	APICallsPerCycle    int64 `json:"api_calls_per_cycle,omitempty"`
	BulkAPICallsPerHour int64 `json:"bulk_api_calls_per_hour,omitempty"`
	WebhookCallsPerDay  int64 `json:"webhook_calls_per_day,omitempty"`
	MessagesPerDay      int64 `json:"messages_per_day,omitempty"`
}

// rule is one limit: its name, which also names its windows in the store, and
// its span.
type rule struct {
	name string
	span Span
}

// ruleCount is how many rules there are.
const ruleCount = 6

// rules are in the order of Limits.values; those of one metric stand together.
var rules = [ruleCount]rule{
	{"api_calls_per_minute", Minute},
	{"api_calls_per_hour", Hour},
	{"api_calls_per_cycle", Cycle},
	{"bulk_api_calls_per_hour", Hour},
	{"webhook_calls_per_day", Day},
	{"messages_per_day", Day},
}

// rulesOf returns the range of the rules that count a metric's calls.
func rulesOf(metric string) (first, end int) {
	switch metric {
	case api.MetricManagementCalls, api.MetricAPICalls:
		return 0, 3
	case api.MetricBulkAPICalls:
		return 3, 4
	case api.MetricWebhookCalls:
		return 4, 5
	case api.MetricMessages:
		return 5, 6
	}
	return 0, 0
}

func (l Limits) values() [ruleCount]int64 {
	return [ruleCount]int64{
		l.APICallsPerMinute, l.APICallsPerHour, l.APICallsPerCycle, l.BulkAPICallsPerHour, l.WebhookCallsPerDay, l.MessagesPerDay,
	}
}

func (l *Limits) set(i int, calls int64) {
	*[ruleCount]*int64{
		&l.APICallsPerMinute, &l.APICallsPerHour, &l.APICallsPerCycle, &l.BulkAPICallsPerHour, &l.WebhookCallsPerDay, &l.MessagesPerDay,
	}[i] = calls
}

// WithDefaults returns the limits that hold for an organization for which
// these were set.
func (l Limits) WithDefaults() Limits {
	if l.APICallsPerMinute == 0 {
		l.APICallsPerMinute = DefaultAPICallsPerMinute
	}
	return l
}

// With returns the limits with some of them changed, by name; 0 lifts one. It
// returns fault.InvalidPayload, with every violation, for names that are no
// limits and for numbers that are not 0 to MaxLimit.
func (l Limits) With(changes map[string]int64) (Limits, error) {
	var violations []string
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		calls := changes[name]
		i := slices.IndexFunc(rules[:], func(r rule) bool { return r.name == name })
		switch {
		case i < 0:
			violations = append(violations, fmt.Sprintf("Property .%.64s is not a limit; there are %s", name, strings.Join(Names(), ", ")))
		case calls < 0:
			violations = append(violations, "Property ."+name+" must be >= 0")
		case calls > MaxLimit:
			violations = append(violations, fmt.Sprintf("Property .%s must be <= %d", name, int64(MaxLimit)))
		default:
			l.set(i, calls)
		}
	}
	if len(violations) > 0 {
		return Limits{}, fault.Invalid(violations...)
	}
	return l, nil
}

// Map returns the limits that are set, by name.
func (l Limits) Map() map[string]int64 {
	set := map[string]int64{}
	for i, calls := range l.values() {
		if calls != 0 {
			set[rules[i].name] = calls
		}
	}
	return set
}

// String returns the limits as JSON, as ParseLimits reads them.
func (l Limits) String() string {
	raw, _ := json.Marshal(l) // integers always encode
	return string(raw)
}

// ParseLimits reads limits that were stored as JSON. Members that it does not
// know, which a newer version may have written, are passed over; a number that
// With would refuse is an error.
func ParseLimits(text string) (Limits, error) {
	var l Limits
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return Limits{}, fmt.Errorf("the stored limits cannot be read: %w", err)
	}
	return Limits{}.With(l.Map())
}

// Names returns the names of all limits.
func Names() []string {
	names := make([]string, 0, ruleCount)
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}
