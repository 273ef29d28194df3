package stacking

import (
	"reflect"
	"testing"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/fault"
	engine "github.com/steward-platform/steward/stacking"
)

func TestLimitsByCategoryAreReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]engine.CategoryLimits{
		`{}`: {"cat_a": 1}, `{"applicable_redeemables_category_limits":{}}`: {},
		`{"applicable_redeemables_category_limits":{"cat_b":2}}`: {"cat_b": 2}, `{"applicable_redeemables_category_limits":null}`: {},
	} {
		r := Defaults()
		r.CategoryLimits["cat_a"] = 1
		if err := api.Merge([]byte(body), &r); err != nil || !reflect.DeepEqual(r.CategoryLimits, want) {
			t.Errorf("%s: %v (%v), want %v", body, r.CategoryLimits, err, want)
		}
	}
	r := Defaults()
	err := api.Merge([]byte(`{"applicable_redeemables_category_limits":{"cat_a":1,"cat_a":2}}`), &r)
	if !fault.Is(err, fault.InvalidPayload) {
		t.Errorf("the same category twice: %v", err)
	}
}

// full are rules that name categories in every place.
func full() Rules {
	r := Defaults()
	r.ExclusiveCategories, r.JointCategories = []string{"cat_a", "cat_b"}, []string{"cat_c"}
	r.InitialAmountCategories, r.DiscountedCategories = []string{"cat_c", "cat_a"}, []string{"cat_d"}
	r.NoEffectSkipCategories, r.NoEffectRedeemCategories = []string{"cat_a"}, []string{"cat_b"}
	r.CategoryLimits = engine.CategoryLimits{"cat_a": 2, "cat_e": 3}
	return r
}

func TestACategoryIsTakenOutEverywhere(t *testing.T) {
	t.Parallel()
	r := full()
	without(&r, "cat_a")
	want := full()
	want.ExclusiveCategories, want.InitialAmountCategories, want.NoEffectSkipCategories = []string{"cat_b"}, []string{"cat_c"}, []string{}
	want.CategoryLimits = engine.CategoryLimits{"cat_e": 3}
	if !reflect.DeepEqual(r, want) || names(&r, "cat_a") || !names(&r, "cat_e") {
		t.Errorf("without one: %+v", r)
	}
}
