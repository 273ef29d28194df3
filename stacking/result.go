package stacking

// Result is what an evaluation comes to.
type Result struct {
	// Valid is false if a redeemable that cannot be used failed the request,
	// as it does under ApplyAll; the order is then undiscounted.
	Valid bool `json:"valid" doc:"False if a redeemable that cannot be used failed the whole, under the application mode ALL; the order is then undiscounted."`
	// Redeemables are in the order in which they were applied.
	Redeemables []Outcome   `json:"redeemables" nullable:"false" doc:"What became of each redeemable, in the order in which they were applied."`
	Order       PricedOrder `json:"order" doc:"The order with all discounts."`
}

// Status says what became of a redeemable.
type Status string

// The statuses.
const (
	Applicable   Status = "APPLICABLE"   // it applies; Outcome.Order says how much it takes off
	Inapplicable Status = "INAPPLICABLE" // it is not valid; Outcome.Result.Error says why
	Skipped      Status = "SKIPPED"      // the rules leave it out; Outcome.Result.Details says why
)

// Outcome is what became of one redeemable.
type Outcome struct {
	Object string         `json:"object" doc:"What it is." example:"voucher"`
	ID     string         `json:"id" doc:"Identifies it among its kind." example:"SUMMER-10"`
	Status Status         `json:"status" enum:"APPLICABLE,INAPPLICABLE,SKIPPED" doc:"Whether it applies, cannot be used, or is left out by the rules."`
	Order  *RunningOrder  `json:"order,omitempty" doc:"The order after it, where it applies."`
	Result *OutcomeResult `json:"result,omitempty" doc:"Why it does not apply."`
}

// OutcomeResult says why a redeemable does not apply: Error if it is
// Inapplicable, Details if it is Skipped.
type OutcomeResult struct {
	Error   *RedeemableError `json:"error,omitempty" doc:"Why it cannot be used, where it is INAPPLICABLE."`
	Details *SkipDetails     `json:"details,omitempty" doc:"Why it is left out, where it is SKIPPED."`
}

// SkipReason names a rule that leaves redeemables out.
type SkipReason string

// The reasons (CONTRACT 7).
const (
	ExclusionRulesNotMet         SkipReason = "exclusion_rules_not_met"
	PrecedingValidationFailed    SkipReason = "preceding_validation_failed"
	ExclusiveLimitExceeded       SkipReason = "applicable_exclusive_redeemables_limit_exceeded"
	ExclusivePerCategoryExceeded SkipReason = "applicable_exclusive_redeemables_per_category_limit_exceeded"
	ApplicableLimitExceeded      SkipReason = "applicable_redeemables_limit_exceeded"
	PerCategoryLimitExceeded     SkipReason = "applicable_redeemables_per_category_limit_exceeded"
	NoEffect                     SkipReason = "no_effect"
)

// SkipDetails say why a redeemable is left out.
type SkipDetails struct {
	Key     SkipReason `json:"key" enum:"exclusion_rules_not_met,preceding_validation_failed,applicable_exclusive_redeemables_limit_exceeded,applicable_exclusive_redeemables_per_category_limit_exceeded,applicable_redeemables_limit_exceeded,applicable_redeemables_per_category_limit_exceeded,no_effect" doc:"The rule that leaves it out."`
	Message string     `json:"message" doc:"The same in a sentence." example:"Redeemable cannot be applied because it would not change the order"`
}

// Message explains the reason in a sentence.
func (r SkipReason) Message() string {
	switch r {
	case ExclusionRulesNotMet:
		return "Redeemable cannot be applied beside a valid exclusive one"
	case PrecedingValidationFailed:
		return "Redeemable cannot be applied because one before it is not valid and all must be"
	case ExclusiveLimitExceeded:
		return "Redeemable cannot be applied because as many exclusive ones apply already as can"
	case ExclusivePerCategoryExceeded:
		return "Redeemable cannot be applied because as many of one of its exclusive categories apply already as can"
	case ApplicableLimitExceeded:
		return "Redeemable cannot be applied because as many apply already as can"
	case PerCategoryLimitExceeded:
		return "Redeemable cannot be applied because as many of one of its categories apply already as can"
	case NoEffect:
		return "Redeemable cannot be applied because it would not change the order"
	}
	return "Redeemable cannot be applied"
}

// RunningOrder is the order after a redeemable: the totals so far, and what
// this one added to them ("applied"). Amounts are in minor units. The members
// for items are nil where the order has none.
type RunningOrder struct {
	Amount               int64  `json:"amount" minimum:"0" doc:"The order before any discount." example:"2000"`
	DiscountAmount       int64  `json:"discount_amount" minimum:"0" doc:"Discounts on the order as a whole, so far." example:"300"`
	ItemsDiscountAmount  *int64 `json:"items_discount_amount,omitempty" minimum:"0" doc:"Discounts on items, so far; only where the order has items." example:"100"`
	TotalDiscountAmount  int64  `json:"total_discount_amount" minimum:"0" doc:"All discounts so far." example:"400"`
	AppliedDiscount      int64  `json:"applied_discount_amount" minimum:"0" doc:"What this redeemable takes off the order as a whole." example:"300"`
	ItemsAppliedDiscount *int64 `json:"items_applied_discount_amount,omitempty" minimum:"0" doc:"What this redeemable takes off items; only where the order has items." example:"0"`
	TotalAppliedDiscount int64  `json:"total_applied_discount_amount" minimum:"0" doc:"What this redeemable takes off in all." example:"300"`
	TotalAmount          int64  `json:"total_amount" minimum:"0" doc:"What is left to pay." example:"1600"`
}

// PricedOrder is the order after all redeemables. Amounts are in minor units.
// The members for items are nil where the order has none.
type PricedOrder struct {
	Amount              int64        `json:"amount" minimum:"0" doc:"The order before any discount." example:"2000"`
	DiscountAmount      int64        `json:"discount_amount" minimum:"0" doc:"Discounts on the order as a whole." example:"300"`
	ItemsDiscountAmount *int64       `json:"items_discount_amount,omitempty" minimum:"0" doc:"Discounts on items; only where the order has items." example:"100"`
	TotalDiscountAmount int64        `json:"total_discount_amount" minimum:"0" doc:"All discounts." example:"400"`
	TotalAmount         int64        `json:"total_amount" minimum:"0" doc:"What is left to pay." example:"1600"`
	Items               []PricedItem `json:"items,omitempty" nullable:"false" doc:"The lines of the order, with the discounts on each."`
}

// PricedItem is a line of the order after all redeemables. Discounts on the
// order as a whole are not spread over its lines.
type PricedItem struct {
	ID             string `json:"id" doc:"What is sold." example:"prod_1"`
	Quantity       int64  `json:"quantity" minimum:"1" doc:"How many." example:"2"`
	Price          int64  `json:"price" minimum:"0" doc:"The price of one, in minor units." example:"500"`
	Amount         int64  `json:"amount" minimum:"0" doc:"Quantity times price." example:"1000"`
	DiscountAmount int64  `json:"discount_amount" minimum:"0" doc:"Discounts on this line." example:"100"`
	TotalAmount    int64  `json:"total_amount" minimum:"0" doc:"What is left of it." example:"900"`
}
