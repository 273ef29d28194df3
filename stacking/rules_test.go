package stacking

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
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
	if violations := one.Violations(); len(violations) > 0 {
		t.Error(violations)
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

func TestEveryWayInWhichRulesDoNotHoldTogetherIsTold(t *testing.T) {
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
			if got := strings.Join(r.Violations(), "; "); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
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

func TestCategoriesAreNamedAndRenamedEverywhere(t *testing.T) {
	t.Parallel()
	r := full()
	if got := r.Categories(); !slices.Equal(got, []string{"cat_a", "cat_b", "cat_c", "cat_d", "cat_e"}) {
		t.Errorf("named %v", got)
	}
	c := r.Clone()
	if !reflect.DeepEqual(c, r) {
		t.Errorf("cloned as %+v", c)
	}
	c.Rename(map[string]string{"cat_a": "cat_1", "cat_e": "cat_5"})
	if !reflect.DeepEqual(r, full()) {
		t.Error("the original changed with its clone")
	}
	want := Defaults()
	want.ExclusiveCategories, want.InitialAmountCategories, want.NoEffectSkipCategories = []string{"cat_1"}, []string{"cat_1"}, []string{"cat_1"}
	want.CategoryLimits = CategoryLimits{"cat_1": 2, "cat_5": 3}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("renamed: %+v", c)
	}
	lists := map[string][]string{}
	for name, ids := range r.Lists() {
		lists[name] = ids
	}
	if len(lists) != 6 || !slices.Equal(lists["joint_categories"], []string{"cat_c"}) || !slices.Equal(lists["no_effect_skip_categories"], []string{"cat_a"}) {
		t.Errorf("lists %v", lists)
	}
}

// FuzzRules reads any JSON over the defaults and holds that rules without
// violations are within the bounds of the contract, survive JSON as they are,
// and still hold together after any of their categories is taken out.
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
		if err := json.Unmarshal(body, &r); err != nil {
			return
		}
		r = r.Clone()
		first, second := r.Violations(), r.Violations()
		if !slices.Equal(first, second) || !slices.IsSorted(first) {
			t.Fatalf("judged twice: %v and %v", first, second)
		}
		if len(first) > 0 {
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
		kinds := r.Categories()
		for _, id := range kinds {
			became := map[string]string{}
			for _, other := range kinds {
				if other != id {
					became[other] = other
				}
			}
			fewer := r.Clone()
			fewer.Rename(became)
			if violations := fewer.Violations(); len(violations) > 0 || slices.Contains(fewer.Categories(), id) {
				t.Fatalf("without %q: %v", id, violations)
			}
		}
	})
}
