package stacking

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzEvaluateJSON reads any JSON over the default rules and holds that it is
// either refused with sorted sentences or priced as every result promises.
func FuzzEvaluateJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"order":{"amount":100}}`, `{"order":{"amount":1e308}}`, `{"order":{"amount":-1}}`,
		`{"order":{"amount":9007199254740991},"redeemables":[{"object":"voucher","id":"a","effect":{"type":"PERCENT","percent_off":99.99}}]}`,
		`{"order":{"amount":9007199254740992},"redeemables":[{"object":"voucher","id":"a","effect":{"type":"PERCENT","percent_off":1e308}}]}`,
		`{"order":{"amount":100},"redeemables":[{"object":"voucher","id":"a","effect":{"type":"PERCENT","percent_off":-0.0}}]}`,
		`{"order":{"items":[{"id":"a","quantity":9007199254740991,"price":9007199254740991}]}}`,
		`{"order":{"items":[{"id":"a","quantity":4294967296,"price":4294967296},{"id":"b","quantity":1,"price":9007199254740991}]}}`,
		`{"order":{"amount":2000,"items":[{"id":"a","quantity":2,"price":500},{"id":"b","quantity":1,"price":1000}]},"redeemables":[
			{"object":"promotion_tier","id":"p1","categories":["c"],"effect":{"type":"PERCENT","percent_off":10,"target":"ITEMS","item_ids":["a"]}},
			{"object":"voucher","id":"V1","effect":{"type":"AMOUNT","amount_off":300}},{"object":"voucher","id":"V2","valid":false,"error":{"key":"voucher_expired"}}]}`,
		`{"order":{"amount":100},"redeemables":[{"object":"v","id":"a","effect":{"type":"GIFT","credits":5}},{"object":"v","id":"a","effect":{"type":"FIXED","fixed_amount":5}}]}`,
		`{"order":{"amount":100},"rules":{"exclusive_categories":["e"],"joint_categories":["j"],"redeemables_sorting_rule":"CATEGORY_HIERARCHY"},"hierarchies":{"e":2,"j":1},
			"redeemables":[{"object":"v","id":"1","categories":["j"],"effect":{"type":"GIFT","credits":5}},{"object":"v","id":"2","categories":["e"],"effect":{"type":"FIXED","fixed_amount":5}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in := Input{Rules: Defaults()}
		if err := json.Unmarshal(body, &in); err != nil {
			return
		}
		_, err := Evaluate(in)
		if err == nil {
			holds(t, in)
			return
		}
		if twice, ok := errors.AsType[*DuplicateError](err); ok {
			a, b := in.Redeemables[twice.First], in.Redeemables[twice.Second]
			if twice.First >= twice.Second || a.ID != b.ID || a.Object != b.Object || a.ID != twice.ID {
				t.Fatal(err)
			}
			return
		}
		invalid, ok := errors.AsType[*InputError](err)
		if !ok || len(invalid.Violations) == 0 || !slices.IsSorted(invalid.Violations) {
			t.Fatalf("%T %v", err, err)
		}
		for _, violation := range invalid.Violations {
			if !strings.HasPrefix(violation, "Property .") {
				t.Fatal(violation)
			}
		}
	})
}

// FuzzEvaluate makes an input of two numbers, which every rule can meet, and
// holds what every result promises.
func FuzzEvaluate(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, seed*seed)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		holds(t, made(rand.New(rand.NewPCG(a, b))))
	})
}

// made is an input that can be evaluated.
func made(r *rand.Rand) Input {
	in := Input{Rules: madeRules(r), Hierarchies: map[string]int64{}}
	for _, id := range kinds {
		if r.IntN(2) == 0 {
			in.Hierarchies[id] = r.Int64N(3)
		}
	}
	scale := []int64{10, 1000, MaxAmount / 100}[r.IntN(3)]
	if r.IntN(3) == 0 {
		in.Order.Amount = new(r.Int64N(scale))
	} else {
		for range 1 + r.IntN(5) {
			in.Order.Items = append(in.Order.Items, OrderItem{ID: goods[r.IntN(len(goods))], Quantity: 1 + r.Int64N(5), Price: r.Int64N(scale)})
		}
	}
	for i := range r.IntN(in.Rules.RedeemablesLimit + 1) {
		in.Redeemables = append(in.Redeemables, madeRedeemable(r, strconv.Itoa(i), scale))
	}
	return in
}

var (
	kinds = []string{"a", "b", "c", "d", "e", "f"}
	goods = []string{"p", "q", "r"}
)

func either[T any](r *rand.Rand, one, other T) T {
	if r.IntN(2) == 0 {
		return one
	}
	return other
}

func madeRules(r *rand.Rand) Rules {
	out := Defaults()
	out.RedeemablesLimit = 1 + r.IntN(MaxRedeemables)
	out.ApplicableLimit = 1 + r.IntN(out.RedeemablesLimit)
	out.PerCategoryLimit = either(r, nil, new(1+r.IntN(out.ApplicableLimit)))
	out.ExclusiveLimit = 1 + r.IntN(MaxExclusive)
	out.ExclusivePerCategory = either(r, nil, new(1+r.IntN(out.ExclusiveLimit)))
	out.DiscountMode = either(r, InitialAmount, DiscountedAmount)
	out.ApplicationMode = either(r, ApplyAll, ApplyPartial)
	out.SortingRule = either(r, CategoryHierarchy, RequestedOrder)
	out.ProductsMode = either(r, StackOnProduct, OnceOnProduct)
	out.NoEffectRule = either(r, RedeemAnyway, SkipNoEffect)
	out.GroupedSortingRule = either(r, JointAlwaysLast, Combined)
	for _, id := range kinds {
		pairs := [][2]*[]string{
			{&out.ExclusiveCategories, &out.JointCategories}, {&out.InitialAmountCategories, &out.DiscountedCategories}, {&out.NoEffectSkipCategories, &out.NoEffectRedeemCategories},
		}
		for _, pair := range pairs {
			if n := r.IntN(6); n < 2 {
				*pair[n] = append(*pair[n], id)
			}
		}
		if r.IntN(4) == 0 {
			out.CategoryLimits[id] = 1 + r.IntN(MaxOfCategory)
		}
	}
	return out
}

func madeRedeemable(r *rand.Rand, id string, scale int64) Redeemable {
	var categories []string
	for range r.IntN(4) {
		categories = append(categories, kinds[r.IntN(len(kinds))])
	}
	if r.IntN(12) == 0 {
		return bad(id, categories...)
	}
	e := []*Effect{gift(r.Int64N(scale)), amount(r.Int64N(scale)), percent(float64(r.IntN(10001)) / 100), fixed(r.Int64N(scale))}[r.IntN(4)]
	if r.IntN(4) == 0 {
		e.upTo(r.Int64N(scale))
	}
	if e.Type != Gift && r.IntN(2) == 0 {
		e.onItems(either(r, nil, goods[:1+r.IntN(2)])...)
	}
	return one(id, e, categories...)
}

// FuzzShare holds that a percentage of an amount is the one that exact
// fractions give, rounded half up, and never more than the amount.
func FuzzShare(f *testing.F) {
	f.Add(int64(1005), 1000)
	f.Add(int64(MaxAmount), 10000)
	f.Add(int64(MaxAmount), 9999)
	f.Add(int64(1), 5000)
	f.Fuzz(func(t *testing.T, amount int64, hundredths int) {
		if amount < 0 || amount > MaxAmount || hundredths < 0 || hundredths > 10000 {
			return
		}
		exact := new(big.Int).Mul(big.NewInt(amount), big.NewInt(int64(hundredths)))
		exact.Add(exact, big.NewInt(5000)).Quo(exact, big.NewInt(10000))
		if got := share(amount, int64(hundredths)); got != exact.Int64() || got > amount {
			t.Fatalf("%d hundredths of a percent of %d are %d, not %d", hundredths, amount, got, exact)
		}
	})
}

func TestEveryPercentageOfTwoDecimalsIsReadExactly(t *testing.T) {
	t.Parallel()
	for n := range int64(10001) {
		var p float64
		if err := json.Unmarshal(fmt.Appendf(nil, "%d.%02d", n/100, n%100), &p); err != nil {
			t.Fatal(err)
		}
		if got := basisPoints(p); got != n || float64(got)/100 != p {
			t.Fatalf("%v is %d hundredths, not %d", p, got, n)
		}
	}
}

// BenchmarkEvaluate prices 20 items under 30 redeemables of 10 categories, as
// many as the rules can allow, a half of them on single items.
func BenchmarkEvaluate(b *testing.B) {
	in := Input{Rules: open(), Hierarchies: map[string]int64{}}
	in.Rules.SortingRule = CategoryHierarchy
	category := func(i int) string { return fmt.Sprintf("cat_01kaqm5f3ve0rabpx1v0p2xw%02d", i%10) }
	for i := range 10 {
		in.Hierarchies[category(i)] = int64(10 - i)
		in.Rules.CategoryLimits[category(i)] = 10
	}
	in.Rules.JointCategories, in.Rules.InitialAmountCategories = []string{category(1), category(2)}, []string{category(3), category(4)}
	in.Rules.NoEffectSkipCategories = []string{category(5)}
	for i := range 20 {
		in.Order.Items = append(in.Order.Items, OrderItem{ID: fmt.Sprintf("prod_01kaqm5f3ve0rabpx1v0p2xw%02d", i), Quantity: int64(1 + i%3), Price: int64(1000 + 37*i)})
	}
	for i := range 30 {
		e := []*Effect{percent(2.5), amount(50), percent(1).upTo(500), gift(100)}[i%4]
		if i%4 < 2 {
			e.onItems(in.Order.Items[i%20].ID, in.Order.Items[(i+7)%20].ID)
		}
		in.Redeemables = append(in.Redeemables, one(fmt.Sprintf("VOUCHER-%03d", i), e, category(i), category(i/3)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if result, err := Evaluate(in); err != nil || result.Order.TotalDiscountAmount == 0 {
			b.Fatal(err)
		}
	}
}
