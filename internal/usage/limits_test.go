package usage_test

import (
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/usage"
)

func TestLimitsChangeByNameAndAreStoredAsJSON(t *testing.T) {
	t.Parallel()
	set, err := usage.Limits{}.With(map[string]int64{"api_calls_per_hour": 100, "messages_per_day": 5, "api_calls_per_minute": 7})
	if err != nil {
		t.Fatal(err)
	}
	changed, err := set.With(map[string]int64{"messages_per_day": 0, "api_calls_per_cycle": usage.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	want := usage.Limits{APICallsPerMinute: 7, APICallsPerHour: 100, APICallsPerCycle: usage.MaxLimit}
	if changed != want {
		t.Errorf("the limits are %s, want %s", changed, want)
	}
	if text := changed.String(); text != `{"api_calls_per_minute":7,"api_calls_per_hour":100,"api_calls_per_cycle":1000000000000}` {
		t.Errorf("they are stored as %s", text)
	}
	if again, err := usage.ParseLimits(changed.String()); err != nil || again != changed {
		t.Errorf("they are read as %s, %v", again, err)
	}
	for i, name := range usage.Names() {
		one, err := usage.Limits{}.With(map[string]int64{name: int64(i + 1)})
		if got := one.Map(); err != nil || len(got) != 1 || got[name] != int64(i+1) {
			t.Errorf("setting %s alone comes to %v, %v", name, got, err)
		}
	}
}

func TestEveryOrganizationHasAProtectiveLimitAMinute(t *testing.T) {
	t.Parallel()
	if l := (usage.Limits{}).WithDefaults(); l != (usage.Limits{APICallsPerMinute: 1_000_000}) {
		t.Errorf("the defaults are %s", l)
	}
	if l := (usage.Limits{APICallsPerMinute: 3}).WithDefaults(); l.APICallsPerMinute != 3 {
		t.Errorf("a limit that was set became %s", l)
	}
}

func TestLimitsThatAreNoneAreRefusedAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := usage.Limits{}.With(map[string]int64{"webhook_calls_per_day": usage.MaxLimit + 1, "calls": 1, "api_calls_per_hour": -1})
	want := "Property .api_calls_per_hour must be >= 0; Property .calls is not a limit; there are " + strings.Join(usage.Names(), ", ") +
		"; Property .webhook_calls_per_day must be <= 1000000000000"
	if !fault.Is(err, fault.InvalidPayload) || err.Error() != "invalid_payload: "+want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}

// FuzzParseLimits holds that whatever was stored comes to limits that can be
// set, and to the same when stored again.
func FuzzParseLimits(f *testing.F) {
	for _, text := range []string{`{}`, `null`, `{"api_calls_per_hour":100}`, `{"api_calls_per_hour":-1}`, `{"api_calls_per_hour":1e3}`, `{"new":{}}`, `[]`, ``} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := usage.ParseLimits(text)
		if err != nil {
			if l != (usage.Limits{}) {
				t.Fatalf("an error and limits: %s", l)
			}
			return
		}
		for name, calls := range l.Map() {
			if calls <= 0 || calls > usage.MaxLimit {
				t.Fatalf("%s is %d", name, calls)
			}
		}
		if again, err := usage.ParseLimits(l.String()); err != nil || again != l {
			t.Fatalf("%s is read again as %s, %v", l, again, err)
		}
	})
}
