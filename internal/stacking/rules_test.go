package stacking

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/fault"
)

func number(n int) *int { return &n }

func many(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("cat_%03d", i)
	}
	return ids
}

func TestTheDefaultsHoldTogetherAndShareNothing(t *testing.T) {
	t.Parallel()
	one, other := Defaults(), Defaults()
	if err := one.Check(); err != nil {
		t.Error(err)
	}
	*one.PerCategoryLimit = 4
	one.CategoryLimits["cat_a"] = 1
	one.JointCategories = append(one.JointCategories, "cat_a")
	if !reflect.DeepEqual(other, Defaults()) {
		t.Error("changing some changes others")
	}
	text, err := json.Marshal(other)
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%s (%v)", text, err)
	}
}

func TestRulesThatDoNotHoldTogetherAreRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(r *Rules)
		want   string
	}{
		{"nothing is wrong at the bounds", func(r *Rules) {
			r.ApplicableLimit, r.PerCategoryLimit, r.ExclusiveLimit, r.ExclusivePerCategory = 30, number(30), 5, number(5)
			r.CategoryLimits = CategoryLimits{"cat_a": 1, "cat_b": 10}
			r.ExclusiveCategories, r.InitialAmountCategories, r.NoEffectSkipCategories = many(100), many(100), many(100)
		}, ""},
		{"nor without limits by category", func(r *Rules) { r.PerCategoryLimit, r.ExclusivePerCategory = nil, nil }, ""},
		{
			"above the bounds", func(r *Rules) {
				r.RedeemablesLimit, r.ApplicableLimit, r.PerCategoryLimit = 31, 31, number(31)
				r.CategoryLimits = CategoryLimits{"cat_a": 11}
				r.ExclusiveLimit = 6
			},
			"Property .applicable_exclusive_redeemables_limit must be <= 5; Property .applicable_redeemables_category_limits.cat_a must be <= 10; " +
				"Property .applicable_redeemables_limit must be <= 30; Property .applicable_redeemables_per_category_limit must be <= 30; Property .redeemables_limit must be <= 30",
		},
		{
			"below the bounds", func(r *Rules) {
				r.RedeemablesLimit, r.ApplicableLimit, r.PerCategoryLimit, r.ExclusiveLimit, r.ExclusivePerCategory = 0, 0, number(0), 0, number(-1)
				r.CategoryLimits = CategoryLimits{"cat_a": 0}
			},
			"Property .applicable_exclusive_redeemables_limit must be >= 1; Property .applicable_exclusive_redeemables_per_category_limit must be >= 1; " +
				"Property .applicable_redeemables_category_limits.cat_a must be >= 1; Property .applicable_redeemables_limit must be >= 1; " +
				"Property .applicable_redeemables_per_category_limit must be >= 1; Property .redeemables_limit must be >= 1",
		},
		{
			"more may apply than may be sent", func(r *Rules) { r.RedeemablesLimit = 4 },
			"Property .applicable_redeemables_limit must be <= .redeemables_limit (5 is more than 4)",
		},
		{
			"more of a category than of all", func(r *Rules) { r.PerCategoryLimit, r.ExclusivePerCategory = number(6), number(2) },
			"Property .applicable_exclusive_redeemables_per_category_limit must be <= .applicable_exclusive_redeemables_limit (2 is more than 1); " +
				"Property .applicable_redeemables_per_category_limit must be <= .applicable_redeemables_limit (6 is more than 5)",
		},
		{
			"a category on both sides", func(r *Rules) {
				r.ExclusiveCategories, r.JointCategories = []string{"cat_a", "cat_b"}, []string{"cat_b"}
				r.InitialAmountCategories, r.DiscountedCategories = []string{"cat_a"}, []string{"cat_c", "cat_a"}
				r.NoEffectSkipCategories, r.NoEffectRedeemCategories = []string{"cat_b"}, []string{"cat_b"}
			},
			"Property .discounted_amount_mode_categories.1 must NOT be in .initial_amount_mode_categories as well (cat_a is item 0 there); " +
				"Property .joint_categories.0 must NOT be in .exclusive_categories as well (cat_b is item 1 there); " +
				"Property .no_effect_redeem_anyway_categories.0 must NOT be in .no_effect_skip_categories as well (cat_b is item 0 there)",
		},
		{
			"but in lists of different pairs it may be", func(r *Rules) {
				r.JointCategories, r.InitialAmountCategories, r.NoEffectSkipCategories = []string{"cat_a"}, []string{"cat_a"}, []string{"cat_a"}
			}, "",
		},
		{
			"repeats", func(r *Rules) { r.JointCategories = []string{"cat_a", "cat_b", "cat_a"} },
			"Property .joint_categories must NOT have duplicate items (items 0 and 2 are identical)",
		},
		{
			"too many", func(r *Rules) {
				r.JointCategories, r.CategoryLimits = many(101), CategoryLimits{}
				for _, id := range many(101) {
					r.CategoryLimits[id] = 1
				}
			},
			"Property .applicable_redeemables_category_limits must NOT have more than 100 properties; Property .joint_categories must NOT have more than 100 items",
		},
		{
			"modes that are none", func(r *Rules) { *r = Rules{RedeemablesLimit: 1, ApplicableLimit: 1, ExclusiveLimit: 1} },
			"Property .discount_calculation_mode must be equal to one of the allowed values: INITIAL_AMOUNT, DISCOUNTED_AMOUNT; " +
				"Property .grouped_redeemables_sorting_rule must be equal to one of the allowed values: JOINT_ALWAYS_LAST, COMBINED; " +
				"Property .redeemables_application_mode must be equal to one of the allowed values: ALL, PARTIAL; " +
				"Property .redeemables_no_effect_rule must be equal to one of the allowed values: REDEEM_ANYWAY, SKIP; " +
				"Property .redeemables_products_application_mode must be equal to one of the allowed values: STACK, ONCE; " +
				"Property .redeemables_rollback_order_mode must be equal to one of the allowed values: WITH_ORDER, WITHOUT_ORDER; " +
				"Property .redeemables_sorting_rule must be equal to one of the allowed values: CATEGORY_HIERARCHY, REQUESTED_ORDER",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := Defaults()
			c.change(&r)
			err := r.Check()
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !fault.Is(err, fault.InvalidPayload) || err.Error() != "invalid_payload: "+c.want {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

func TestLimitsByCategoryAreReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]CategoryLimits{
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
	r.CategoryLimits = CategoryLimits{"cat_a": 2, "cat_e": 3}
	return r
}

func TestCategoriesAreNamedRenamedAndTakenOutEverywhere(t *testing.T) {
	t.Parallel()
	r := full()
	if got := r.Categories(); !slices.Equal(got, []string{"cat_a", "cat_b", "cat_c", "cat_d", "cat_e"}) {
		t.Errorf("named %v", got)
	}
	c := r.clone()
	if !reflect.DeepEqual(c, r) {
		t.Errorf("cloned as %+v", c)
	}
	c.without("cat_a")
	if !reflect.DeepEqual(r, full()) {
		t.Error("the original changed with its clone")
	}
	want := full()
	want.ExclusiveCategories, want.InitialAmountCategories, want.NoEffectSkipCategories = []string{"cat_b"}, []string{"cat_c"}, []string{}
	want.CategoryLimits = CategoryLimits{"cat_e": 3}
	if !reflect.DeepEqual(c, want) || c.names("cat_a") || !c.names("cat_e") {
		t.Errorf("without one: %+v", c)
	}
	r.Rename(map[string]string{"cat_a": "cat_1", "cat_e": "cat_5"})
	want = Defaults()
	want.ExclusiveCategories, want.InitialAmountCategories, want.NoEffectSkipCategories = []string{"cat_1"}, []string{"cat_1"}, []string{"cat_1"}
	want.CategoryLimits = CategoryLimits{"cat_1": 2, "cat_5": 3}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("renamed: %+v", r)
	}
}

// FuzzRules merges any body into the defaults and holds that what passes Check
// is within the bounds of the contract, survives storage as it is, and still
// holds together after any of its categories is taken out.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"redeemables_limit":4}`, `{"applicable_redeemables_per_category_limit":null,"applicable_redeemables_category_limits":{"cat_a":10}}`,
		`{"exclusive_categories":["a","b"],"joint_categories":["b"]}`, `{"no_effect_skip_categories":["a","a"]}`,
		`{"applicable_exclusive_redeemables_limit":5,"applicable_exclusive_redeemables_per_category_limit":5,"grouped_redeemables_sorting_rule":"COMBINED"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := Defaults()
		if err := api.Merge(body, &r); err != nil {
			return
		}
		r = r.clone()
		first, second := r.Check(), r.Check()
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatalf("judged twice: %v and %v", first, second)
		}
		if first != nil {
			if !fault.Is(first, fault.InvalidPayload) {
				t.Fatal(first)
			}
			return
		}
		if r.RedeemablesLimit > MaxRedeemables || r.ApplicableLimit > r.RedeemablesLimit || r.ApplicableLimit < 1 || r.ExclusiveLimit < 1 || r.ExclusiveLimit > MaxExclusive {
			t.Fatalf("out of bounds: %+v", r)
		}
		if n := r.PerCategoryLimit; n != nil && (*n < 1 || *n > r.ApplicableLimit) {
			t.Fatalf("per category %d", *n)
		}
		if n := r.ExclusivePerCategory; n != nil && (*n < 1 || *n > r.ExclusiveLimit) {
			t.Fatalf("exclusive per category %d", *n)
		}
		for _, id := range r.JointCategories {
			if slices.Contains(r.ExclusiveCategories, id) {
				t.Fatalf("%q is exclusive and joint", id)
			}
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		kept := Defaults()
		if err := json.Unmarshal(text, &kept); err != nil || !reflect.DeepEqual(kept, r) {
			t.Fatalf("kept as %+v (%v), want %+v", kept, err, r)
		}
		for _, id := range r.Categories() {
			fewer := r.clone()
			fewer.without(id)
			if err := fewer.Check(); err != nil || fewer.names(id) {
				t.Fatalf("without %q: %v", id, err)
			}
		}
	})
}
