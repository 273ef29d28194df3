package stacking_test

import (
	"fmt"

	"github.com/steward-platform/steward/stacking"
)

// Two items are sold: 2 × 5.00 and 1 × 10.00. A promotion takes ten per cent
// off the first, a voucher three off what is then left, and another voucher has
// expired.
func ExampleEvaluate() {
	rules := stacking.Defaults()
	rules.ApplicationMode = stacking.ApplyPartial // one that has expired fails itself alone

	result, err := stacking.Evaluate(stacking.Input{
		Order: stacking.Order{Items: []stacking.OrderItem{
			{ID: "a", Quantity: 2, Price: 500},
			{ID: "b", Quantity: 1, Price: 1000},
		}},
		Redeemables: []stacking.Redeemable{
			{Object: "promotion_tier", ID: "p1", Effect: &stacking.Effect{
				Type: stacking.Percent, PercentOff: new(10.0), Target: stacking.TargetItems, ItemIDs: []string{"a"},
			}},
			{Object: "voucher", ID: "V1", Effect: &stacking.Effect{Type: stacking.Amount, AmountOff: new(int64(300))}},
			{Object: "voucher", ID: "V2", Valid: new(false), Error: &stacking.RedeemableError{Code: 400, Key: "voucher_expired"}},
		},
		Rules: rules,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range result.Redeemables {
		if r.Status == stacking.Applicable {
			fmt.Println(r.ID, r.Status, r.Order.TotalAppliedDiscount, r.Order.TotalAmount)
		} else {
			fmt.Println(r.ID, r.Status, r.Result.Error.Key)
		}
	}
	fmt.Println(result.Order.Amount, "-", result.Order.TotalDiscountAmount, "=", result.Order.TotalAmount)
	// Output:
	// p1 APPLICABLE 100 1900
	// V1 APPLICABLE 300 1600
	// V2 INAPPLICABLE voucher_expired
	// 2000 - 400 = 1600
}
