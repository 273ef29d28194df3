package stacking

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"
)

// holds evaluates an input and holds what every result promises.
func holds(t *testing.T, in Input) {
	t.Helper()
	kept, _ := json.Marshal(in)
	result, err := Evaluate(in)
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := json.Marshal(in); string(now) != string(kept) {
		t.Fatalf("the input %s became %s", kept, now)
	}
	first, _ := json.Marshal(result)
	again, err := Evaluate(in)
	if err != nil || !reflect.DeepEqual(result, again) {
		t.Fatalf("%s came to something else again (%v)", kept, err)
	}
	if second, _ := json.Marshal(again); string(first) != string(second) {
		t.Fatalf("%s and %s", first, second)
	}
	if len(in.Redeemables) == 0 && (!result.Valid || result.Order.TotalAmount != result.Order.Amount) {
		t.Fatalf("nothing changed the order: %s", first)
	}
	holdSums(t, in, result)
	order := holdOrder(t, in, result)
	holdLimits(t, in, result, order)
	holdReasons(t, in, result, order)
}

// holdSums holds that each outcome goes on where the one before it ended, that
// all sums add up, and that nothing is negative.
func holdSums(t *testing.T, in Input, r *Result) {
	t.Helper()
	hasItems := len(in.Order.Items) > 0
	of := func(n *int64) int64 {
		if (n != nil) != hasItems {
			t.Fatalf("a sum of items that is there (%t) though the items are (%t)", n != nil, hasItems)
		}
		if n == nil {
			return 0
		}
		return *n
	}
	var order, items int64
	for _, o := range r.Redeemables {
		if (o.Order != nil) != (o.Status == Applicable) || (o.Result == nil) != (o.Status == Applicable) {
			t.Fatalf("%+v", o)
		}
		now := o.Order
		if now == nil {
			continue
		}
		applied := of(now.ItemsAppliedDiscount)
		order, items = order+now.AppliedDiscount, items+applied
		if now.Amount != r.Order.Amount || now.DiscountAmount != order || of(now.ItemsDiscountAmount) != items || now.TotalDiscountAmount != order+items ||
			now.TotalAppliedDiscount != now.AppliedDiscount+applied || now.TotalAmount != now.Amount-order-items ||
			now.AppliedDiscount < 0 || applied < 0 || now.TotalAmount < 0 || order < 0 || items < 0 || now.AppliedDiscount > 0 && applied > 0 {
			t.Fatalf("%s: %+v does not follow %d and %d", o.ID, *now, order, items)
		}
	}
	if !r.Valid {
		order, items = 0, 0
	}
	p := r.Order
	if p.DiscountAmount != order || of(p.ItemsDiscountAmount) != items || p.TotalDiscountAmount != order+items || p.TotalAmount != p.Amount-order-items || p.TotalAmount < 0 {
		t.Fatalf("%+v is not the sum of %d and %d", p, order, items)
	}
	if len(p.Items) != len(in.Order.Items) {
		t.Fatalf("%d lines of %d", len(p.Items), len(in.Order.Items))
	}
	var amount, off int64
	for i, line := range p.Items {
		amount, off = amount+line.Amount, off+line.DiscountAmount
		if line.ID != in.Order.Items[i].ID || line.Amount != line.Quantity*line.Price || line.TotalAmount != line.Amount-line.DiscountAmount || line.DiscountAmount < 0 || line.TotalAmount < 0 {
			t.Fatalf("line %d: %+v", i, line)
		}
	}
	if hasItems && (amount != p.Amount || off != items) {
		t.Fatalf("lines worth %d with %d off in %+v", amount, off, p)
	}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(id string) bool { return slices.Contains(b, id) })
}

func classOf(r *Rules, of *Redeemable) class {
	switch {
	case overlap(of.Categories, r.JointCategories):
		return jointClass
	case overlap(of.Categories, r.ExclusiveCategories):
		return exclusiveClass
	}
	return commonClass
}

// holdOrder holds that the outcomes are the redeemables in the order that the
// rules say, and returns their places in the input.
func holdOrder(t *testing.T, in Input, r *Result) (order []int) {
	t.Helper()
	for _, o := range r.Redeemables {
		order = append(order, slices.IndexFunc(in.Redeemables, func(r Redeemable) bool { return r.Object == o.Object && r.ID == o.ID }))
	}
	if sorted := slices.Sorted(slices.Values(order)); len(sorted) != len(in.Redeemables) || len(slices.Compact(sorted)) != len(sorted) || len(sorted) > 0 && sorted[0] < 0 {
		t.Fatalf("%v is no order of %d", order, len(in.Redeemables))
	}
	var classes [3]bool
	for i := range in.Redeemables {
		classes[classOf(&in.Rules, &in.Redeemables[i])] = true
	}
	inGroups := in.Rules.GroupedSortingRule == JointAlwaysLast && classes[jointClass] && classes[exclusiveClass]
	for i := 1; i < len(order); i++ {
		a, b := &in.Redeemables[order[i-1]], &in.Redeemables[order[i]]
		jointA, jointB := classOf(&in.Rules, a) == jointClass, classOf(&in.Rules, b) == jointClass
		if inGroups && jointA != jointB {
			if jointA {
				t.Fatalf("the joint %s comes before %s", a.ID, b.ID)
			}
			continue
		}
		ha, hb := int64(0), int64(0)
		if in.Rules.SortingRule == CategoryHierarchy {
			ha, hb = place(in, a), place(in, b)
		}
		if ha > hb || ha == hb && order[i-1] > order[i] {
			t.Fatalf("%s (place %d, request %d) comes before %s (place %d, request %d)", a.ID, ha, order[i-1], b.ID, hb, order[i])
		}
	}
	return order
}

func place(in Input, r *Redeemable) int64 {
	lowest := int64(math.MaxInt64)
	for _, id := range r.Categories {
		if h, ok := in.Hierarchies[id]; ok {
			lowest = min(lowest, h)
		}
	}
	return lowest
}

// holdLimits holds that no more apply than each limit lets.
func holdLimits(t *testing.T, in Input, r *Result, order []int) {
	t.Helper()
	applied, exclusive := 0, 0
	of, exclusiveOf := map[string]int{}, map[string]int{}
	for i, o := range r.Redeemables {
		if o.Status != Applicable {
			continue
		}
		applied++
		k := &in.Redeemables[order[i]]
		is := classOf(&in.Rules, k) == exclusiveClass
		if is {
			exclusive++
		}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(k.Categories))) {
			of[id]++
			if is && slices.Contains(in.Rules.ExclusiveCategories, id) {
				exclusiveOf[id]++
			}
		}
	}
	if applied > in.Rules.ApplicableLimit || exclusive > in.Rules.ExclusiveLimit {
		t.Fatalf("%d apply, %d of them exclusive", applied, exclusive)
	}
	for id, n := range of {
		most, own := in.Rules.CategoryLimits[id]
		if !own && in.Rules.PerCategoryLimit == nil {
			continue
		}
		if !own {
			most = *in.Rules.PerCategoryLimit
		}
		if n > most {
			t.Fatalf("%d of %s apply, %d may", n, id, most)
		}
	}
	for id, n := range exclusiveOf {
		if most := in.Rules.ExclusivePerCategory; most != nil && n > *most {
			t.Fatalf("%d exclusive ones of %s apply, %d may", n, id, *most)
		}
	}
}

// holdReasons holds that each status is the one that validity, exclusion and
// the application mode ask for.
func holdReasons(t *testing.T, in Input, r *Result, order []int) {
	t.Helper()
	excluded := slices.ContainsFunc(in.Redeemables, func(k Redeemable) bool { return classOf(&in.Rules, &k) == exclusiveClass && k.isValid() })
	failed := false
	for i, o := range r.Redeemables {
		k := &in.Redeemables[order[i]]
		var reason SkipReason
		if o.Status == Skipped {
			reason = o.Result.Details.Key
			if o.Result.Details.Message != reason.Message() {
				t.Fatalf("%s: %+v", o.ID, o.Result.Details)
			}
		}
		switch {
		case excluded && classOf(&in.Rules, k) == commonClass:
			if reason != ExclusionRulesNotMet {
				t.Fatalf("%s is %s %s beside a valid exclusive one", o.ID, o.Status, reason)
			}
		case failed:
			if reason != PrecedingValidationFailed {
				t.Fatalf("%s is %s %s behind a failure", o.ID, o.Status, reason)
			}
		case !k.isValid():
			if o.Status != Inapplicable || o.Result.Error == nil {
				t.Fatalf("%s is %s though it is not valid", o.ID, o.Status)
			}
			failed = in.Rules.ApplicationMode == ApplyAll
		case o.Status == Inapplicable, reason == ExclusionRulesNotMet, reason == PrecedingValidationFailed:
			t.Fatalf("%s is %s %s", o.ID, o.Status, reason)
		}
		if o.Order != nil && o.Order.TotalAppliedDiscount == 0 && in.Rules.NoEffectRule == SkipNoEffect && !overlap(k.Categories, in.Rules.NoEffectRedeemCategories) {
			t.Fatalf("%s applies without an effect", o.ID)
		}
	}
	if r.Valid == failed {
		t.Fatalf("valid is %t, a failure was seen: %t", r.Valid, failed)
	}
}
