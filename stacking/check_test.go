package stacking

import (
	"errors"
	"math"
	"strconv"
	"testing"
)

func TestAnInputOutOfBoundsIsRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	effect := func(e *Effect) []Redeemable { return []Redeemable{one("v", e)} }
	hundred := ofAmount(100)
	for _, c := range []struct {
		name        string
		order       Order
		redeemables []Redeemable
		want        string
	}{
		{"no amount and no items", Order{}, nil, "Property .order must have required property 'amount' or 'items'"},
		{"a negative amount", ofAmount(-1), nil, "Property .order.amount must be >= 0"},
		{"an amount beyond the largest", ofAmount(MaxAmount + 1), nil, "Property .order.amount must be <= 9007199254740991"},
		{"an amount that is not the sum", Order{Amount: new(int64(1999)), Items: ab().Items}, nil, "Property .order.amount must be equal to the sum of the items, 2000"},
		{
			"lines", ofItems(OrderItem{"", 0, -1}, OrderItem{"b", MaxAmount + 1, MaxAmount + 1}), nil,
			"Property .order.items.0.id must NOT have fewer than 1 characters; Property .order.items.0.price must be >= 0; Property .order.items.0.quantity must be >= 1; " +
				"Property .order.items.1.price must be <= 9007199254740991; Property .order.items.1.quantity must be <= 9007199254740991",
		},
		{"a line worth too much", ofItems(OrderItem{"a", MaxAmount, 2}, OrderItem{"b", MaxAmount, MaxAmount}), nil, "Property .order.items.0 must have a quantity times price <= 9007199254740991; Property .order.items.1 must have a quantity times price <= 9007199254740991"},
		{"lines worth too much together", ofItems(OrderItem{"a", 1, MaxAmount}, OrderItem{"b", 1, 1}), nil, "Property .order.items must have a sum of quantity times price <= 9007199254740991"},
		{
			"a redeemable of nothing", hundred, []Redeemable{{Categories: []string{"a", ""}}},
			"Property .redeemables.0 must have required property 'effect'; Property .redeemables.0.categories.1 must NOT have fewer than 1 characters; " +
				"Property .redeemables.0.id must NOT have fewer than 1 characters; Property .redeemables.0.object must NOT have fewer than 1 characters",
		},
		{"an error of a valid one", hundred, []Redeemable{{Object: "voucher", ID: "v", Effect: amount(1), Error: &RedeemableError{}}}, "Property .redeemables.0.error must NOT be given unless .valid is false"},
		{"no type", hundred, effect(&Effect{}), "Property .redeemables.0.effect.type must be equal to one of the allowed values: GIFT, AMOUNT, PERCENT, FIXED"},
		{"no credits", hundred, effect(&Effect{Type: Gift}), "Property .redeemables.0.effect must have required property 'credits'"},
		{"no amount off", hundred, effect(&Effect{Type: Amount}), "Property .redeemables.0.effect must have required property 'amount_off'"},
		{"no percentage", hundred, effect(&Effect{Type: Percent}), "Property .redeemables.0.effect must have required property 'percent_off'"},
		{"no fixed amount", hundred, effect(&Effect{Type: Fixed}), "Property .redeemables.0.effect must have required property 'fixed_amount'"},
		{"negative ones", hundred, effect(&Effect{Type: Gift, Credits: new(int64(-1)), AmountOff: new(int64(-1)), FixedAmount: new(int64(-1)), AmountLimit: new(int64(-1)), PercentOff: new(-0.01)}), "Property .redeemables.0.effect.amount_limit must be >= 0; Property .redeemables.0.effect.amount_off must be >= 0; Property .redeemables.0.effect.credits must be >= 0; Property .redeemables.0.effect.fixed_amount must be >= 0; Property .redeemables.0.effect.percent_off must be >= 0"},
		{"too large ones", hundred, effect(gift(MaxAmount + 1)), "Property .redeemables.0.effect.credits must be <= 9007199254740991"},
		{"more than all", hundred, []Redeemable{one("a", amount(1)), one("b", amount(1)), one("c", percent(100.01))}, "Property .redeemables.2.effect.percent_off must be <= 100"},
		{"more than two decimals", hundred, effect(percent(12.345)), "Property .redeemables.0.effect.percent_off must be a multiple of 0.01"},
		{"a percentage that is no number", hundred, effect(percent(math.NaN())), "Property .redeemables.0.effect.percent_off must be number"},
		{"an infinite one", hundred, effect(percent(math.Inf(1))), "Property .redeemables.0.effect.percent_off must be <= 100"},
		{"an unknown target", hundred, effect(&Effect{Type: Amount, AmountOff: new(int64(1)), Target: "LINES"}), "Property .redeemables.0.effect.target must be equal to one of the allowed values: ORDER, ITEMS"},
		{"a gift on items", hundred, effect(gift(1).onItems("a")), "Property .redeemables.0.effect.target must be ORDER where the type is GIFT"},
		{"items of the order's effect", hundred, effect(&Effect{Type: Amount, AmountOff: new(int64(1)), ItemIDs: []string{"a"}}), "Property .redeemables.0.effect.item_ids must NOT be given unless .target is ITEMS"},
		{"an empty list of items", hundred, effect(amount(1).onItems([]string{}...)), "Property .redeemables.0.effect.item_ids must NOT have fewer than 1 items"},
		{"the effect of one that is not valid", hundred, []Redeemable{{Object: "voucher", ID: "v", Valid: new(false), Effect: &Effect{Type: Amount}}}, "Property .redeemables.0.effect must have required property 'amount_off'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Evaluate(Input{Order: c.order, Redeemables: c.redeemables, Rules: Defaults()})
			if invalid, ok := errors.AsType[*InputError](err); !ok || invalid.Error() != c.want {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

func TestMoreRedeemablesThanTheRulesAllowAreRefused(t *testing.T) {
	t.Parallel()
	in := Input{Order: ofAmount(100), Rules: Defaults()}
	in.Rules.RedeemablesLimit = 5
	for i := range 5 {
		in.Redeemables = append(in.Redeemables, one(strconv.Itoa(i), amount(1)))
	}
	if _, err := Evaluate(in); err != nil {
		t.Error(err)
	}
	in.Redeemables = append(in.Redeemables, one("6", amount(1)))
	if _, err := Evaluate(in); err == nil || err.Error() != "Property .redeemables must NOT have more than 5 items (redeemables_limit)" {
		t.Error(err)
	}
}

func TestTheSameRedeemableTwiceIsRefused(t *testing.T) {
	t.Parallel()
	in := Input{Order: ofAmount(100), Rules: Defaults(), Redeemables: []Redeemable{one("v", amount(1)), {Object: "promotion_tier", ID: "v", Effect: amount(1)}}}
	if _, err := Evaluate(in); err != nil {
		t.Errorf("another object with the same id: %v", err)
	}
	in.Redeemables = append(in.Redeemables, one("w", amount(1)), bad("v"))
	_, err := Evaluate(in)
	if twice, ok := errors.AsType[*DuplicateError](err); !ok || *twice != (DuplicateError{"voucher", "v", 0, 3}) || err.Error() != "The redeemable voucher v is given twice, as .redeemables.0 and .redeemables.3" {
		t.Error(err)
	}
}

func TestRulesThatDoNotHoldTogetherAreRefused(t *testing.T) {
	t.Parallel()
	in := Input{Order: ofAmount(100), Rules: Defaults()}
	in.Rules.RedeemablesLimit, in.Rules.NoEffectRule = 4, "KEEP"
	const want = "Property .rules.applicable_redeemables_limit must be <= .redeemables_limit (5 is more than 4); Property .rules.redeemables_no_effect_rule must be equal to one of the allowed values: REDEEM_ANYWAY, SKIP"
	if _, err := Evaluate(in); err == nil || err.Error() != want {
		t.Error(err)
	}
}
