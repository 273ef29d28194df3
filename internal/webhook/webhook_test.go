package webhook

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

// misspelled are the four names of the reference contract that have a right
// spelling beside them.
var misspelled = map[Event]Event{
	"campaign.vouchers.aded":                   "campaign.vouchers.added",
	"voucher.gift.balance_aded":                "voucher.gift.balance_added",
	"voucher.loyalty_card.points_aded":         "voucher.loyalty_card.points_added",
	"voucher.loyalty_card.pending_points.aded": "voucher.loyalty_card.pending_points.added",
}

func TestTheListOfEventsHoldsBothSpellingsAndNoEventTwice(t *testing.T) {
	t.Parallel()
	const published, missing = 60, 1
	if len(Events) != published+len(misspelled)+missing {
		t.Errorf("%d events", len(Events))
	}
	if !slices.IsSorted(Events) || len(slices.Compact(slices.Clone(Events))) != len(Events) {
		t.Error("the events are not in order, or one stands twice")
	}
	for wrong, right := range misspelled {
		if !slices.Contains(Events, wrong) || !slices.Contains(Events, right) {
			t.Errorf("%s or %s is missing", wrong, right)
		}
	}
	if !slices.Contains(Events, "customer.updated") {
		t.Error("customer.updated is missing")
	}
}

func TestEveryEventHasOneCanonicalNameWhichIsInTheList(t *testing.T) {
	t.Parallel()
	for _, e := range Events {
		want := e
		if right, ok := misspelled[e]; ok {
			want = right
		}
		if got := Canonical(string(e)); got != string(want) {
			t.Errorf("%s is canonically %s, want %s", e, got, want)
		}
	}
}

func TestAnEventIsNamedOnceUnderEitherSpelling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		events []Event
		want   []string
	}{
		{"nothing said", nil, nil},
		{"one", []Event{"campaign.vouchers.aded"}, nil},
		{"all under one spelling", slices.DeleteFunc(slices.Clone(Events), func(e Event) bool { return misspelled[e] != "" }), nil},
		{"both spellings", []Event{"campaign.vouchers.aded", "customer.created", "campaign.vouchers.added"}, []string{
			"Property .events must NOT name an event twice (items 0 and 2 are both campaign.vouchers.added)",
		}},
		{"twice the same and another pair", []Event{"customer.created", "voucher.gift.balance_added", "customer.created", "voucher.gift.balance_aded"}, []string{
			"Property .events must NOT name an event twice (items 0 and 2 are both customer.created)",
			"Property .events must NOT name an event twice (items 1 and 3 are both voucher.gift.balance_added)",
		}},
	} {
		if got := (&Settings{Events: c.events}).check(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSettingsChangeWhatTheySayAndNothingElse(t *testing.T) {
	t.Parallel()
	url, off := "https://new.example/", false
	before := Webhook{ID: "wh_1", Object: object, TargetURL: "https://old.example/", Events: []Event{"customer.created"}, Active: true}
	if w := (&Settings{}).apply(before); w.TargetURL != before.TargetURL || !w.Active || !slices.Equal(w.Events, before.Events) {
		t.Errorf("saying nothing makes it %+v", w)
	}
	w := (&Settings{TargetURL: &url, Events: []Event{"voucher.created"}, Active: &off}).apply(before)
	if w.ID != "wh_1" || w.TargetURL != url || w.Active || !slices.Equal(w.Events, []Event{"voucher.created"}) {
		t.Errorf("saying everything makes it %+v", w)
	}
	if before.TargetURL == url || !before.Active || before.Events[0] != "customer.created" {
		t.Errorf("what it was before became %+v", before)
	}
}

func TestASecretIsRandomAndInTheFormOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	a, b := newSecret(), newSecret()
	if a == b {
		t.Error("two secrets are the same")
	}
	encoded, ok := strings.CutPrefix(a, "whsec_")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != 32 {
		t.Errorf("%q is not whsec_ and 32 bytes in base64", a)
	}
}

// FuzzEvents holds that settings pass exactly if no two of their events mean
// the same, that every violation names a real pair, and that a canonical name
// is its own.
func FuzzEvents(f *testing.F) {
	f.Add([]byte{0, 1, 2})
	f.Add([]byte{31, 32})
	f.Add([]byte{51, 7, 52, 7})
	f.Fuzz(func(t *testing.T, picks []byte) {
		var s Settings
		meanings := map[string]bool{}
		for _, p := range picks {
			e := Events[int(p)%len(Events)]
			s.Events = append(s.Events, e)
			name := Canonical(string(e))
			if Canonical(name) != name {
				t.Fatalf("%s is canonical for %s and not for itself", name, e)
			}
			meanings[name] = true
		}
		violations := s.check()
		if len(violations) != len(s.Events)-len(meanings) {
			t.Errorf("%d events with %d meanings have the violations %q", len(s.Events), len(meanings), violations)
		}
		if !slices.Equal(violations, s.check()) {
			t.Error("the violations change from one time to the next")
		}
	})
}
