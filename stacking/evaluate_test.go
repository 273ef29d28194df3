package stacking

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// open are rules under which nothing is left out.
func open() Rules {
	r := Defaults()
	r.ApplicableLimit, r.PerCategoryLimit, r.ExclusiveLimit, r.ExclusivePerCategory = 30, nil, 5, nil
	r.ApplicationMode = ApplyPartial
	return r
}

func gift(n int64) *Effect      { return &Effect{Type: Gift, Credits: &n} }
func amount(n int64) *Effect    { return &Effect{Type: Amount, AmountOff: &n} }
func percent(p float64) *Effect { return &Effect{Type: Percent, PercentOff: &p} }
func fixed(n int64) *Effect     { return &Effect{Type: Fixed, FixedAmount: &n} }

func (e *Effect) upTo(n int64) *Effect { e.AmountLimit = &n; return e }
func (e *Effect) onItems(ids ...string) *Effect {
	e.Target, e.ItemIDs = TargetItems, ids
	return e
}

// one is a voucher in categories: "a b".
func one(id string, e *Effect, categories ...string) Redeemable {
	return Redeemable{Object: "voucher", ID: id, Effect: e, Categories: categories}
}

// bad is a voucher that is not valid.
func bad(id string, categories ...string) Redeemable {
	return Redeemable{Object: "voucher", ID: id, Categories: categories, Valid: new(false), Error: &RedeemableError{Code: 400, Key: "voucher_expired", Message: "voucher expired"}}
}

func ofAmount(n int64) Order           { return Order{Amount: &n} }
func ofItems(items ...OrderItem) Order { return Order{Items: items} }

// ab has two lines, 2 × 500 and 1 × 1000: 2000 in all.
func ab() Order { return ofItems(OrderItem{"a", 2, 500}, OrderItem{"b", 1, 1000}) }

// told writes a result down: "id order+items=left" for what applies, "id key"
// for what does not, then "amount-order-items=left" with what is left of each
// line.
func told(r *Result) string {
	var parts []string
	for _, o := range r.Redeemables {
		switch {
		case o.Order != nil && o.Order.ItemsAppliedDiscount != nil:
			parts = append(parts, fmt.Sprintf("%s %d+%d=%d", o.ID, o.Order.AppliedDiscount, *o.Order.ItemsAppliedDiscount, o.Order.TotalAmount))
		case o.Order != nil:
			parts = append(parts, fmt.Sprintf("%s %d=%d", o.ID, o.Order.AppliedDiscount, o.Order.TotalAmount))
		case o.Result.Error != nil:
			parts = append(parts, o.ID+" "+o.Result.Error.Key)
		default:
			parts = append(parts, o.ID+" "+string(o.Result.Details.Key))
		}
	}
	total := fmt.Sprintf("%d-%d=%d", r.Order.Amount, r.Order.DiscountAmount, r.Order.TotalAmount)
	if r.Order.ItemsDiscountAmount != nil {
		total = fmt.Sprintf("%d-%d-%d=%d", r.Order.Amount, r.Order.DiscountAmount, *r.Order.ItemsDiscountAmount, r.Order.TotalAmount)
	}
	var lines []string
	for _, item := range r.Order.Items {
		lines = append(lines, strconv.FormatInt(item.TotalAmount, 10))
	}
	if len(lines) > 0 {
		total += " " + strings.Join(lines, ",")
	}
	if !r.Valid {
		total = "invalid " + total
	}
	return strings.Join(append(parts, total), "; ")
}

type testCase struct {
	name        string
	order       Order
	rules       func(r *Rules)
	redeemables []Redeemable
	want        string
}

func run(t *testing.T, hierarchies map[string]int64, cases []testCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := Input{Order: c.order, Redeemables: c.redeemables, Rules: open(), Hierarchies: hierarchies}
			if c.rules != nil {
				c.rules(&in.Rules)
			}
			result, err := Evaluate(in)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(result); got != c.want {
				t.Errorf("\n%s\nwant\n%s", got, c.want)
			}
			holds(t, in)
		})
	}
}

func TestEffectsOnTheOrder(t *testing.T) {
	t.Parallel()
	run(t, nil, []testCase{
		{"no redeemables change nothing", ofAmount(2000), nil, nil, "2000-0=2000"},
		{"a gift pays what it has", ofAmount(2000), nil, []Redeemable{one("g", gift(1500))}, "g 1500=500; 2000-1500=500"},
		// 2000 − 1500 = 500 is left, of the second 1500 only 500 are used
		{"a gift pays no more than is left", ofAmount(2000), nil, []Redeemable{one("g", gift(1500)), one("h", gift(1500))}, "g 1500=500; h 500=0; 2000-2000=0"},
		{"an amount is taken off", ofAmount(2000), nil, []Redeemable{one("v", amount(300))}, "v 300=1700; 2000-300=1700"},
		{"an amount takes no more than there is", ofAmount(2000), nil, []Redeemable{one("v", amount(2001))}, "v 2000=0; 2000-2000=0"},
		// 12.5 % of 999 = 124.875 → 125
		{"a percentage is rounded up from the half on", ofAmount(999), nil, []Redeemable{one("v", percent(12.5))}, "v 125=874; 999-125=874"},
		// 10 % of 1005 = 100.5 → 101
		{"a half is rounded up", ofAmount(1005), nil, []Redeemable{one("v", percent(10))}, "v 101=904; 1005-101=904"},
		// 10 % of 1004 = 100.4 → 100
		{"less than a half is rounded down", ofAmount(1004), nil, []Redeemable{one("v", percent(10))}, "v 100=904; 1004-100=904"},
		// 33.33 % of 10000 = 3333; 0.01 % of 6667 = 0.6667 → 1
		{"two decimals count", ofAmount(10000), nil, []Redeemable{one("v", percent(33.33)), one("w", percent(0.01))}, "v 3333=6667; w 1=6666; 10000-3334=6666"},
		// 0.29 × 100 is 28.999… in floating point, but is 29 hundredths: 0.29 % of 10000 = 29
		{"a percentage means what is written", ofAmount(10000), nil, []Redeemable{one("v", percent(0.29))}, "v 29=9971; 10000-29=9971"},
		{"all of it", ofAmount(777), nil, []Redeemable{one("v", percent(100))}, "v 777=0; 777-777=0"},
		// 20 % of 2000 = 400, at most 150
		{"a percentage stops at its limit", ofAmount(2000), nil, []Redeemable{one("v", percent(20).upTo(150))}, "v 150=1850; 2000-150=1850"},
		{"a limit above it does nothing", ofAmount(2000), nil, []Redeemable{one("v", percent(20).upTo(401))}, "v 400=1600; 2000-400=1600"},
		{"a limit means nothing to other types", ofAmount(2000), nil, []Redeemable{one("v", amount(300).upTo(1))}, "v 300=1700; 2000-300=1700"},
		// 2000 − 300 = 1700, down to 990: 710 off
		{"a fixed amount is what is left", ofAmount(2000), nil, []Redeemable{one("v", amount(300)), one("f", fixed(990))}, "v 300=1700; f 710=990; 2000-1010=990"},
		{"a fixed amount above the total adds nothing", ofAmount(2000), nil, []Redeemable{one("f", fixed(2500))}, "f 0=2000; 2000-0=2000"},
		{"an order of nothing", ofAmount(0), nil, []Redeemable{one("v", percent(50)), one("w", amount(5)), one("f", fixed(0)), one("g", gift(5))}, "v 0=0; w 0=0; f 0=0; g 0=0; 0-0=0"},
		// 99.99 % of 2^53−1 = 9007199254740991 × 9999 / 10000 = 9006298534815516.9009 → …517
		{"a percentage of the largest amount", ofAmount(MaxAmount), nil, []Redeemable{one("v", percent(99.99))}, "v 9006298534815517=900719925474; 9007199254740991-9006298534815517=900719925474"},
		{"the largest amounts off", ofAmount(MaxAmount), nil, []Redeemable{one("v", amount(MaxAmount)), one("g", gift(MaxAmount))}, "v 9007199254740991=0; g 0=0; 9007199254740991-9007199254740991=0"},
	})
}

func TestEffectsOnItems(t *testing.T) {
	t.Parallel()
	run(t, nil, []testCase{
		// 10 % of a's 2 × 500 = 100
		{"a percentage of one item", ab(), nil, []Redeemable{one("v", percent(10).onItems("a"))}, "v 0+100=1900; 2000-0-100=1900 900,1000"},
		{"of all items, if none is named", ab(), nil, []Redeemable{one("v", percent(10).onItems())}, "v 0+200=1800; 2000-0-200=1800 900,900"},
		{"of none, if the order has no such item", ab(), nil, []Redeemable{one("v", percent(10).onItems("z"))}, "v 0+0=2000; 2000-0-0=2000 1000,1000"},
		{"an order without items gives it nothing", ofAmount(2000), nil, []Redeemable{one("v", percent(10).onItems("a")), one("w", amount(10).onItems())}, "v 0=2000; w 0=2000; 2000-0=2000"},
		// 10 % of 5 = 0.5 → 1, line by line: 1 + 1 + 1, not 10 % of 15 = 1.5 → 2
		{
			"rounding is line by line",
			ofItems(OrderItem{"a", 1, 5}, OrderItem{"b", 1, 5}, OrderItem{"c", 5, 1}), nil,
			[]Redeemable{one("v", percent(10).onItems())}, "v 0+3=12; 15-0-3=12 4,4,4",
		},
		// 50 % of 1000 = 500 on a, then 120 of b's 500 are left of the limit
		{"a limit is used up line by line", ab(), nil, []Redeemable{one("v", percent(50).upTo(620).onItems())}, "v 0+620=1380; 2000-0-620=1380 500,880"},
		// 300 off each line, not off each piece
		{"an amount is taken off each line", ab(), nil, []Redeemable{one("v", amount(300).onItems())}, "v 0+600=1400; 2000-0-600=1400 700,700"},
		{"no line goes below zero", ab(), nil, []Redeemable{one("v", amount(1200).onItems("b"))}, "v 0+1000=1000; 2000-0-1000=1000 1000,0"},
		// a: 1000 → 700, b: 1000 → 700
		{"a fixed amount for each line", ab(), nil, []Redeemable{one("v", fixed(700).onItems())}, "v 0+600=1400; 2000-0-600=1400 700,700"},
		// a is at 1000 − 100 = 900, down to 700: 200; b is at 1000: 300
		{
			"a fixed amount is of the running line", ab(), nil,
			[]Redeemable{one("v", amount(100).onItems("a")), one("f", fixed(700).onItems())}, "v 0+100=1900; f 0+500=1400; 2000-0-600=1400 700,700",
		},
		// two lines of a: 10 % of 1000 and of 500
		{
			"lines with one id are all meant",
			ofItems(OrderItem{"a", 2, 500}, OrderItem{"b", 1, 1000}, OrderItem{"a", 1, 500}), nil,
			[]Redeemable{one("v", percent(10).onItems("a", "a", "z"))}, "v 0+150=2350; 2500-0-150=2350 900,1000,450",
		},
		// order: −1500 → 500 left; b's whole line is 1000, but only 500 can go
		{"items take no more than is left of the order", ab(), nil, []Redeemable{one("g", gift(1500)), one("v", amount(1000).onItems("b"))}, "g 1500+0=500; v 0+500=0; 2000-1500-500=0 1000,500"},
		// 400 left: a gives 300, b the last 100
		{"line by line too", ab(), nil, []Redeemable{one("g", gift(1600)), one("v", amount(300).onItems())}, "g 1600+0=400; v 0+400=0; 2000-1600-400=0 700,900"},
		// items: 10 % of 2000 = 200 → 1800; order: 10 % of 1800 = 180
		{"the order's discounts see those on items", ab(), nil, []Redeemable{one("v", percent(10).onItems()), one("w", percent(10))}, "v 0+200=1800; w 180+0=1620; 2000-180-200=1620 900,900"},
		// order: 50 % of 2000 = 1000; the lines are not touched: 10 % of 1000 each
		{"the order's discounts are not spread over lines", ab(), nil, []Redeemable{one("w", percent(50)), one("v", percent(10).onItems())}, "w 1000+0=1000; v 0+200=800; 2000-1000-200=800 900,900"},
		{"an amount beside the items is their sum", Order{Amount: new(int64(2000)), Items: ab().Items}, nil, nil, "2000-0-0=2000 1000,1000"},
		{
			"an item may cost nothing", ofItems(OrderItem{"free", 3, 0}, OrderItem{"b", 1, 10}), nil,
			[]Redeemable{one("v", amount(4).onItems())}, "v 0+4=6; 10-0-4=6 0,6",
		},
	})
}

func TestAPercentageIsOfTheInitialOrTheRunningAmount(t *testing.T) {
	t.Parallel()
	initial := func(r *Rules) { r.DiscountMode = InitialAmount }
	two := []Redeemable{one("v", percent(10)), one("w", percent(10))}
	run(t, nil, []testCase{
		// 10 % of 2000 = 200; 10 % of 1800 = 180
		{"the running one by default", ofAmount(2000), nil, two, "v 200=1800; w 180=1620; 2000-380=1620"},
		// 10 % of 2000, twice
		{"the initial one in that mode", ofAmount(2000), initial, two, "v 200=1800; w 200=1600; 2000-400=1600"},
		// 60 % of 2000 = 1200; again 1200, of which 800 are left
		{"which takes no more than is left", ofAmount(2000), initial, []Redeemable{one("v", percent(60)), one("w", percent(60))}, "v 1200=800; w 800=0; 2000-2000=0"},
		// a: 50 % of 1000 = 500; then 10 % of 1000 = 100
		{"the line's initial one on items", ab(), initial, []Redeemable{one("v", percent(50).onItems("a")), one("w", percent(10).onItems("a"))}, "v 0+500=1500; w 0+100=1400; 2000-0-600=1400 400,1000"},
		// a: 50 % of 1000 = 500; then 10 % of 500 = 50
		{"or the line's running one", ab(), nil, []Redeemable{one("v", percent(50).onItems("a")), one("w", percent(10).onItems("a"))}, "v 0+500=1500; w 0+50=1450; 2000-0-550=1450 450,1000"},
		// v: 200; w of "first": 10 % of 2000 = 200; x: 10 % of 1600 = 160
		{
			"a category's mode wins over the rule", ofAmount(2000), func(r *Rules) { r.InitialAmountCategories = []string{"first"} },
			[]Redeemable{one("v", percent(10)), one("w", percent(10), "other", "first"), one("x", percent(10), "other")}, "v 200=1800; w 200=1600; x 160=1440; 2000-560=1440",
		},
		// v: 10 % of 2000 = 200; w of "now": 10 % of 1800 = 180
		{
			"also the other way round", ofAmount(2000), func(r *Rules) { initial(r); r.DiscountedCategories = []string{"now"} },
			[]Redeemable{one("v", percent(10)), one("w", percent(10), "now")}, "v 200=1800; w 180=1620; 2000-380=1620",
		},
		// v: 200 → 1800; w goes by "first": 10 % of 2000 = 200 → 1600; x by "now": 10 % of 1600 = 160
		{
			"of several the first decides", ofAmount(2000), func(r *Rules) { r.InitialAmountCategories, r.DiscountedCategories = []string{"first"}, []string{"now"} },
			[]Redeemable{one("v", percent(10)), one("w", percent(10), "first", "now"), one("x", percent(10), "now", "first")}, "v 200=1800; w 200=1600; x 160=1440; 2000-560=1440",
		},
		// v leaves 1700, f brings that down to 1500: 200, not the 500 from 2000
		{"other effects are of what is left", ofAmount(2000), initial, []Redeemable{one("v", amount(300)), one("f", fixed(1500))}, "v 300=1700; f 200=1500; 2000-500=1500"},
	})
}

func TestUnderOnceALineIsDiscountedOnce(t *testing.T) {
	t.Parallel()
	once := func(r *Rules) { r.ProductsMode = OnceOnProduct }
	run(t, nil, []testCase{
		// v takes 100 off a; w takes 10 % of b's 1000 alone
		{"by the first that names it", ab(), once, []Redeemable{one("v", amount(100).onItems("a")), one("w", percent(10).onItems())}, "v 0+100=1900; w 0+100=1800; 2000-0-200=1800 900,900"},
		{"and closed to the next", ab(), once, []Redeemable{one("v", amount(100).onItems("a")), one("w", amount(100).onItems("a"))}, "v 0+100=1900; w 0+0=1900; 2000-0-100=1900 900,1000"},
		// v takes nothing off a, which so stays open
		{"but not by an effect of zero", ab(), once, []Redeemable{one("v", fixed(5000).onItems("a")), one("w", amount(100).onItems("a"))}, "v 0+0=2000; w 0+100=1900; 2000-0-100=1900 900,1000"},
		// v: 100 off each line; the order's discount does not ask: 10 % of 1800
		{"discounts on the order are not concerned", ab(), once, []Redeemable{one("v", amount(100).onItems()), one("w", percent(10)), one("g", gift(20))}, "v 0+200=1800; w 180+0=1620; g 20+0=1600; 2000-200-200=1600 900,900"},
		{
			"each line with an id by itself",
			ofItems(OrderItem{"a", 1, 100}, OrderItem{"a", 1, 50}), once,
			[]Redeemable{one("v", percent(100).upTo(100).onItems("a")), one("w", amount(20).onItems("a"))}, "v 0+100=50; w 0+20=30; 150-0-120=30 0,30",
		},
	})
}

func TestTheOrderOfApplication(t *testing.T) {
	t.Parallel()
	hierarchy := func(r *Rules) { r.SortingRule = CategoryHierarchy }
	grouped := func(r *Rules) { r.ExclusiveCategories, r.JointCategories = []string{"e"}, []string{"j"} }
	run(t, map[string]int64{"low": 1, "mid": 5, "high": 9, "e": 7, "j": 3}, []testCase{
		{
			"as requested, whatever the hierarchy", ofAmount(100), nil,
			[]Redeemable{one("1", amount(1), "high"), one("2", amount(2), "low"), one("3", amount(3))}, "1 1=99; 2 2=97; 3 3=94; 100-6=94",
		},
		// low (1), mid (5), high (9), then those without a place as requested
		{
			"by hierarchy, without one last", ofAmount(100), hierarchy,
			[]Redeemable{one("1", amount(1)), one("2", amount(2), "high"), one("3", amount(3), "unknown"), one("4", amount(4), "mid"), one("5", amount(5), "low")},
			"5 5=95; 4 4=91; 2 2=89; 1 1=88; 3 3=85; 100-15=85",
		},
		{
			"the lowest of its categories counts, ties stay as requested", ofAmount(100), hierarchy,
			[]Redeemable{one("1", amount(1), "mid"), one("2", amount(2), "high", "low"), one("3", amount(3), "low")}, "2 2=98; 3 3=95; 1 1=94; 100-6=94",
		},
		{
			"joint ones come last where exclusive ones are there", ofAmount(100), grouped,
			[]Redeemable{one("j1", amount(1), "j"), one("e1", amount(2), "e"), one("j2", amount(3), "j"), one("e2", amount(4), "e")},
			"e1 2=98; e2 4=94; j1 1=93; j2 3=90; 100-10=90",
		},
		{
			"also where the exclusive one is not valid", ofAmount(100), grouped,
			[]Redeemable{one("j1", amount(1), "j"), bad("e1", "e"), one("c", amount(5))}, "e1 voucher_expired; c 5=95; j1 1=94; 100-6=94",
		},
		{
			"but not where none is", ofAmount(100), grouped,
			[]Redeemable{one("j1", amount(1), "j"), one("c", amount(2)), one("j2", amount(3), "j")}, "j1 1=99; c 2=97; j2 3=94; 100-6=94",
		},
		{
			"common ones keep their places meanwhile", ofAmount(100), grouped,
			[]Redeemable{one("j1", amount(1), "j"), one("c1", amount(2)), one("e1", amount(3), "e"), one("c2", amount(4))},
			"c1 exclusion_rules_not_met; e1 3=97; c2 exclusion_rules_not_met; j1 1=96; 100-4=96",
		},
		{
			"combined they stay as requested", ofAmount(100), func(r *Rules) { grouped(r); r.GroupedSortingRule = Combined },
			[]Redeemable{one("j1", amount(1), "j"), one("e1", amount(2), "e")}, "j1 1=99; e1 2=97; 100-3=97",
		},
		// j (3) before e (7), if they are sorted as one
		{
			"combined they go by hierarchy", ofAmount(100), func(r *Rules) { grouped(r); hierarchy(r); r.GroupedSortingRule = Combined },
			[]Redeemable{one("e1", amount(2), "e"), one("j1", amount(1), "j")}, "j1 1=99; e1 2=97; 100-3=97",
		},
		// all e first, within them low (1) before e alone (7); then j
		{
			"in groups by hierarchy", ofAmount(100), func(r *Rules) { grouped(r); hierarchy(r) },
			[]Redeemable{one("j1", amount(1), "j", "low"), one("e1", amount(2), "e"), one("e2", amount(3), "e", "low")}, "e2 3=97; e1 2=95; j1 1=94; 100-6=94",
		},
	})
}

func TestExclusiveAndJointOnes(t *testing.T) {
	t.Parallel()
	grouped := func(r *Rules) { r.ExclusiveCategories, r.JointCategories = []string{"e", "f"}, []string{"j"} }
	run(t, nil, []testCase{
		{"common ones are left out beside an exclusive one", ofAmount(100), grouped, []Redeemable{one("c", amount(1)), one("e1", amount(2), "e"), one("d", amount(3), "x")}, "c exclusion_rules_not_met; e1 2=98; d exclusion_rules_not_met; 100-2=98"},
		{"valid or not", ofAmount(100), grouped, []Redeemable{bad("c"), one("e1", amount(2), "e")}, "c exclusion_rules_not_met; e1 2=98; 100-2=98"},
		{"but not beside one that is not valid", ofAmount(100), grouped, []Redeemable{one("c", amount(1)), bad("e1", "e")}, "c 1=99; e1 voucher_expired; 100-1=99"},
		{"joint ones go with exclusive ones", ofAmount(100), grouped, []Redeemable{one("e1", amount(2), "e"), one("j1", amount(3), "j")}, "e1 2=98; j1 3=95; 100-5=95"},
		{"and with common ones", ofAmount(100), grouped, []Redeemable{one("c", amount(1)), one("j1", amount(3), "j")}, "c 1=99; j1 3=96; 100-4=96"},
		{"what is both is joint, and excludes nothing", ofAmount(100), grouped, []Redeemable{one("c", amount(1)), one("b", amount(2), "e", "j")}, "c 1=99; b 2=97; 100-3=97"},
		// e1 takes nothing, and is left out for it; it was valid all the same
		{
			"one that is left out itself excludes all the same", ofAmount(100), func(r *Rules) { grouped(r); r.NoEffectRule = SkipNoEffect },
			[]Redeemable{one("e1", fixed(500), "e"), one("c", amount(1))}, "e1 no_effect; c exclusion_rules_not_met; 100-0=100",
		},
	})
}

func TestEveryLimitLeavesOutWhatIsAboveIt(t *testing.T) {
	t.Parallel()
	exclusive := func(n int, perCategory *int) func(r *Rules) {
		return func(r *Rules) {
			r.ExclusiveCategories, r.JointCategories = []string{"e", "f"}, []string{"j"}
			r.ExclusiveLimit, r.ExclusivePerCategory = n, perCategory
		}
	}
	perCategory := func(n *int, own CategoryLimits) func(r *Rules) {
		return func(r *Rules) { r.PerCategoryLimit, r.CategoryLimits = n, own }
	}
	three := func(categories ...string) []Redeemable {
		return []Redeemable{one("1", amount(1), categories...), one("2", amount(2), categories...), one("3", amount(3), categories...)}
	}
	run(t, nil, []testCase{
		{"in all", ofAmount(100), func(r *Rules) { r.ApplicableLimit = 2 }, three(), "1 1=99; 2 2=97; 3 applicable_redeemables_limit_exceeded; 100-3=97"},
		// of the four, 2 is not valid and does not count
		{
			"what does not apply does not count", ofAmount(100), func(r *Rules) { r.ApplicableLimit = 2 },
			[]Redeemable{one("1", amount(1)), bad("2"), one("3", amount(3)), one("4", amount(4))}, "1 1=99; 2 voucher_expired; 3 3=96; 4 applicable_redeemables_limit_exceeded; 100-4=96",
		},
		{
			"nor does what has no effect, where that is left out", ofAmount(100), func(r *Rules) { r.ApplicableLimit, r.NoEffectRule = 1, SkipNoEffect },
			[]Redeemable{one("1", amount(0)), one("2", amount(2))}, "1 no_effect; 2 2=98; 100-2=98",
		},
		{
			"but where it is not, it does", ofAmount(100), func(r *Rules) { r.ApplicableLimit = 1 },
			[]Redeemable{one("1", amount(0)), one("2", amount(2))}, "1 0=100; 2 applicable_redeemables_limit_exceeded; 100-0=100",
		},
		{"of a category", ofAmount(100), perCategory(number(2), nil), three("a"), "1 1=99; 2 2=97; 3 applicable_redeemables_per_category_limit_exceeded; 100-3=97"},
		{"each category by itself", ofAmount(100), perCategory(number(1), nil), []Redeemable{one("1", amount(1), "a"), one("2", amount(2), "b"), one("3", amount(3))}, "1 1=99; 2 2=97; 3 3=94; 100-6=94"},
		{"any of its categories is enough", ofAmount(100), perCategory(number(1), nil), []Redeemable{one("1", amount(1), "a"), one("2", amount(2), "b", "a")}, "1 1=99; 2 applicable_redeemables_per_category_limit_exceeded; 100-1=99"},
		{"those without a category have no such limit", ofAmount(100), perCategory(number(1), nil), three(), "1 1=99; 2 2=97; 3 3=94; 100-6=94"},
		{"a category that is named twice counts once", ofAmount(100), perCategory(number(2), nil), three("a", "a"), "1 1=99; 2 2=97; 3 applicable_redeemables_per_category_limit_exceeded; 100-3=97"},
		{"a category's own number may be more", ofAmount(100), perCategory(number(1), CategoryLimits{"a": 2}), three("a"), "1 1=99; 2 2=97; 3 applicable_redeemables_per_category_limit_exceeded; 100-3=97"},
		{"or less", ofAmount(100), perCategory(number(3), CategoryLimits{"a": 1}), three("a"), "1 1=99; 2 applicable_redeemables_per_category_limit_exceeded; 3 applicable_redeemables_per_category_limit_exceeded; 100-1=99"},
		{"null is no limit", ofAmount(100), perCategory(nil, nil), three("a"), "1 1=99; 2 2=97; 3 3=94; 100-6=94"},
		{"beside a category's own", ofAmount(100), perCategory(nil, CategoryLimits{"a": 1}), three("a"), "1 1=99; 2 applicable_redeemables_per_category_limit_exceeded; 3 applicable_redeemables_per_category_limit_exceeded; 100-1=99"},
		{
			"of exclusive ones", ofAmount(100), exclusive(1, nil),
			[]Redeemable{one("1", amount(1), "e"), one("2", amount(2), "f"), one("3", amount(3), "j")}, "1 1=99; 2 applicable_exclusive_redeemables_limit_exceeded; 3 3=96; 100-4=96",
		},
		{
			"of an exclusive category", ofAmount(100), exclusive(3, number(1)),
			[]Redeemable{one("1", amount(1), "e"), one("2", amount(2), "e"), one("3", amount(3), "f"), one("4", amount(4), "f", "e")},
			"1 1=99; 2 applicable_exclusive_redeemables_per_category_limit_exceeded; 3 3=96; 4 applicable_exclusive_redeemables_per_category_limit_exceeded; 100-4=96",
		},
		// both are exclusive and share "x", which is common: it does not count as exclusive
		{"common categories of exclusive ones are not counted there", ofAmount(100), exclusive(3, number(1)), []Redeemable{one("1", amount(1), "e", "x"), one("2", amount(2), "f", "x")}, "1 1=99; 2 2=97; 100-3=97"},
		// 2 is in "e" too, but joint: only 1 counts as exclusive
		{"joint ones are not counted as exclusive", ofAmount(100), exclusive(1, number(1)), []Redeemable{one("2", amount(2), "e", "j"), one("1", amount(1), "e")}, "1 1=99; 2 2=97; 100-3=97"},
	})
}

func TestOfSeveralLimitsTheFirstIsTold(t *testing.T) {
	t.Parallel()
	two := []Redeemable{one("1", amount(1), "e"), one("2", amount(2), "e")}
	// under these, all four limits keep 2 from applying; each case lifts those told before it
	all := func(r *Rules) {
		r.ExclusiveCategories = []string{"e"}
		r.ExclusiveLimit, r.ExclusivePerCategory, r.ApplicableLimit, r.PerCategoryLimit = 1, number(1), 1, number(1)
	}
	run(t, nil, []testCase{
		{"exclusive ones in all", ofAmount(100), all, two, "1 1=99; 2 applicable_exclusive_redeemables_limit_exceeded; 100-1=99"},
		{"exclusive ones of a category", ofAmount(100), func(r *Rules) { all(r); r.ExclusiveLimit = 2 }, two, "1 1=99; 2 applicable_exclusive_redeemables_per_category_limit_exceeded; 100-1=99"},
		{"all", ofAmount(100), func(r *Rules) { all(r); r.ExclusiveLimit, r.ExclusivePerCategory = 2, nil }, two, "1 1=99; 2 applicable_redeemables_limit_exceeded; 100-1=99"},
		{"all of a category", ofAmount(100), func(r *Rules) { all(r); r.ExclusiveLimit, r.ExclusivePerCategory, r.ApplicableLimit = 2, nil, 2 }, two, "1 1=99; 2 applicable_redeemables_per_category_limit_exceeded; 100-1=99"},
		{"validity before any limit", ofAmount(100), all, []Redeemable{one("1", amount(1), "e"), bad("2", "e")}, "1 1=99; 2 voucher_expired; 100-1=99"},
		{
			"any limit before no effect", ofAmount(100), func(r *Rules) { r.ApplicableLimit, r.NoEffectRule = 1, SkipNoEffect },
			[]Redeemable{one("1", amount(1)), one("2", amount(0))}, "1 1=99; 2 applicable_redeemables_limit_exceeded; 100-1=99",
		},
	})
}

func TestWhatHasNoEffectIsRedeemedOrSkipped(t *testing.T) {
	t.Parallel()
	skip := func(r *Rules) { r.NoEffectRule = SkipNoEffect }
	// 100 − 100 = 0 is left: w can take nothing
	two := []Redeemable{one("v", amount(100)), one("w", amount(5))}
	run(t, nil, []testCase{
		{"redeemed with zero", ofAmount(100), nil, two, "v 100=0; w 0=0; 100-100=0"},
		{"or skipped", ofAmount(100), skip, two, "v 100=0; w no_effect; 100-100=0"},
		{"a category can skip what others do not", ofAmount(100), func(r *Rules) { r.NoEffectSkipCategories = []string{"s"} }, []Redeemable{one("v", amount(0), "s"), one("w", amount(0))}, "v no_effect; w 0=100; 100-0=100"},
		{
			"or redeem what others do not", ofAmount(100), func(r *Rules) { skip(r); r.NoEffectRedeemCategories = []string{"k"} },
			[]Redeemable{one("v", amount(0), "x", "k"), one("w", amount(0), "x")}, "v 0=100; w no_effect; 100-0=100",
		},
		{
			"of several the first decides", ofAmount(100), func(r *Rules) { r.NoEffectSkipCategories, r.NoEffectRedeemCategories = []string{"s"}, []string{"k"} },
			[]Redeemable{one("v", amount(0), "s", "k"), one("w", amount(0), "k", "s")}, "v no_effect; w 0=100; 100-0=100",
		},
		// 0.01 % of 100 = 0.01 → 0
		{"a discount that rounds to nothing has none", ofAmount(100), skip, []Redeemable{one("v", percent(0.01))}, "v no_effect; 100-0=100"},
		{"nor has one on items that are not there", ofAmount(100), skip, []Redeemable{one("v", percent(10).onItems("a"))}, "v no_effect; 100-0=100"},
	})
}

func TestOneThatIsNotValidFailsAllOrItselfAlone(t *testing.T) {
	t.Parallel()
	all := func(r *Rules) { r.ApplicationMode = ApplyAll }
	exclusive := func(r *Rules) { all(r); r.ExclusiveCategories = []string{"e"} }
	three := []Redeemable{one("1", amount(1)), bad("2"), one("3", amount(3))}
	run(t, nil, []testCase{
		{"itself alone", ofAmount(100), nil, three, "1 1=99; 2 voucher_expired; 3 3=96; 100-4=96"},
		{"or all, and the order is undiscounted", ofAmount(100), all, three, "1 1=99; 2 voucher_expired; 3 preceding_validation_failed; invalid 100-0=100"},
		{"with its items", ab(), all, []Redeemable{one("1", percent(10).onItems()), bad("2")}, "1 0+200=1800; 2 voucher_expired; invalid 2000-0-0=2000 1000,1000"},
		{"one more that is not valid is not judged", ofAmount(100), all, []Redeemable{bad("1"), bad("2")}, "1 voucher_expired; 2 preceding_validation_failed; invalid 100-0=100"},
		{"what is left out before keeps its reason", ofAmount(100), exclusive, []Redeemable{bad("1", "e"), one("2", amount(2), "e"), one("3", amount(3))}, "1 voucher_expired; 2 preceding_validation_failed; 3 exclusion_rules_not_met; invalid 100-0=100"},
		{"one that an exclusive one leaves out fails nothing", ofAmount(100), exclusive, []Redeemable{bad("1"), one("2", amount(2), "e")}, "1 exclusion_rules_not_met; 2 2=98; 100-2=98"},
		{"limits fail nothing", ofAmount(100), func(r *Rules) { all(r); r.ApplicableLimit = 1 }, []Redeemable{one("1", amount(1)), one("2", amount(2))}, "1 1=99; 2 applicable_redeemables_limit_exceeded; 100-1=99"},
		{"nor does no effect", ofAmount(100), func(r *Rules) { all(r); r.NoEffectRule = SkipNoEffect }, []Redeemable{one("1", amount(0)), one("2", amount(2))}, "1 no_effect; 2 2=98; 100-2=98"},
	})
}

func TestWhereNobodySaysWhyOneIsNotValidItIsToldThatItIsNot(t *testing.T) {
	t.Parallel()
	in := Input{Order: ofAmount(100), Rules: Defaults(), Redeemables: []Redeemable{{Object: "voucher", ID: "v", Valid: new(false)}}}
	result, err := Evaluate(in)
	if err != nil || result.Redeemables[0].Result.Error.Key != "invalid_redeemable" {
		t.Errorf("%+v (%v)", result, err)
	}
}

func TestTheExampleOfTheContract(t *testing.T) {
	t.Parallel()
	const request = `{"order":{"items":[{"id":"a","quantity":2,"price":500},{"id":"b","quantity":1,"price":1000}]},
		"redeemables":[
			{"object":"promotion_tier","id":"p1","categories":["cat_x"],"effect":{"type":"PERCENT","percent_off":10,"target":"ITEMS","item_ids":["a"]}},
			{"object":"voucher","id":"V1","effect":{"type":"AMOUNT","amount_off":300}},
			{"object":"voucher","id":"V2","valid":false,"error":{"code":400,"key":"voucher_expired","message":"voucher expired"}}]}`
	for mode, want := range map[ApplicationMode]string{
		// p1: 10 % of a's 1000 = 100 → 1900; V1: 300 → 1600
		ApplyPartial: `{"valid":true,"redeemables":[` +
			`{"object":"promotion_tier","id":"p1","status":"APPLICABLE","order":{"amount":2000,"discount_amount":0,"items_discount_amount":100,"total_discount_amount":100,"applied_discount_amount":0,"items_applied_discount_amount":100,"total_applied_discount_amount":100,"total_amount":1900}},` +
			`{"object":"voucher","id":"V1","status":"APPLICABLE","order":{"amount":2000,"discount_amount":300,"items_discount_amount":100,"total_discount_amount":400,"applied_discount_amount":300,"items_applied_discount_amount":0,"total_applied_discount_amount":300,"total_amount":1600}},` +
			`{"object":"voucher","id":"V2","status":"INAPPLICABLE","result":{"error":{"code":400,"key":"voucher_expired","message":"voucher expired"}}}],` +
			`"order":{"amount":2000,"discount_amount":300,"items_discount_amount":100,"total_discount_amount":400,"total_amount":1600,` +
			`"items":[{"id":"a","quantity":2,"price":500,"amount":1000,"discount_amount":100,"total_amount":900},{"id":"b","quantity":1,"price":1000,"amount":1000,"discount_amount":0,"total_amount":1000}]}}`,
		// V2 comes last, so the two before it are decided, and undone in the order alone
		ApplyAll: `{"valid":false,"redeemables":[` +
			`{"object":"promotion_tier","id":"p1","status":"APPLICABLE","order":{"amount":2000,"discount_amount":0,"items_discount_amount":100,"total_discount_amount":100,"applied_discount_amount":0,"items_applied_discount_amount":100,"total_applied_discount_amount":100,"total_amount":1900}},` +
			`{"object":"voucher","id":"V1","status":"APPLICABLE","order":{"amount":2000,"discount_amount":300,"items_discount_amount":100,"total_discount_amount":400,"applied_discount_amount":300,"items_applied_discount_amount":0,"total_applied_discount_amount":300,"total_amount":1600}},` +
			`{"object":"voucher","id":"V2","status":"INAPPLICABLE","result":{"error":{"code":400,"key":"voucher_expired","message":"voucher expired"}}}],` +
			`"order":{"amount":2000,"discount_amount":0,"items_discount_amount":0,"total_discount_amount":0,"total_amount":2000,` +
			`"items":[{"id":"a","quantity":2,"price":500,"amount":1000,"discount_amount":0,"total_amount":1000},{"id":"b","quantity":1,"price":1000,"amount":1000,"discount_amount":0,"total_amount":1000}]}}`,
	} {
		in := Input{Rules: Defaults()}
		in.Rules.ApplicationMode = mode
		if err := json.Unmarshal([]byte(request), &in); err != nil {
			t.Fatal(err)
		}
		result, err := Evaluate(in)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(result); string(got) != want {
			t.Errorf("%s:\n%s\nwant\n%s", mode, got, want)
		}
		holds(t, in)
	}
}

func TestEveryReasonHasASentenceOfItsOwn(t *testing.T) {
	t.Parallel()
	told := map[string]SkipReason{SkipReason("other").Message(): "other"}
	for _, reason := range []SkipReason{
		ExclusionRulesNotMet, PrecedingValidationFailed, ExclusiveLimitExceeded, ExclusivePerCategoryExceeded, ApplicableLimitExceeded, PerCategoryLimitExceeded, NoEffect,
	} {
		message := reason.Message()
		if other, taken := told[message]; taken {
			t.Errorf("%s and %s are both told as %q", reason, other, message)
		}
		told[message] = reason
	}
}

func TestTheResultSharesNothingWithTheInput(t *testing.T) {
	t.Parallel()
	in := Input{Order: ab(), Rules: open(), Redeemables: []Redeemable{bad("v"), one("w", amount(5).onItems("a"))}}
	result, err := Evaluate(in)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := json.Marshal(result)
	in.Redeemables[0].Error.Key, in.Order.Items[0].ID, in.Redeemables[1].ID, *in.Redeemables[1].Effect.AmountOff = "x", "x", "x", 9
	if after, _ := json.Marshal(result); string(before) != string(after) {
		t.Errorf("%s became %s", before, after)
	}
}
