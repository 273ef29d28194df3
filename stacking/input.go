package stacking

// MaxAmount is the largest amount, quantity and sum: the largest integer that
// every JSON reader keeps exactly.
const MaxAmount = 1<<53 - 1

// Input is what Evaluate works on.
type Input struct {
	Order       Order        `json:"order"`
	Redeemables []Redeemable `json:"redeemables"`
	// Rules are the rules that hold; see Defaults.
	Rules Rules `json:"rules"`
	// Hierarchies are the places of categories, by their ids. Under
	// CategoryHierarchy lower ones come first; a category that is not among
	// them has no place.
	Hierarchies map[string]int64 `json:"hierarchies,omitempty"`
}

// Order is what is to be priced: an amount, or items whose sum is the amount.
// Amounts are in minor units, 0 to MaxAmount.
type Order struct {
	// Amount must be there if there are no items; beside items it must be their
	// sum.
	Amount *int64      `json:"amount,omitempty" minimum:"0" maximum:"9007199254740991" doc:"The order's amount in minor units. Beside items it must be equal to their sum." example:"2000"`
	Items  []OrderItem `json:"items,omitempty" nullable:"false" maxItems:"1000" doc:"The lines of the order; they make its amount."`
}

// OrderItem is a line of an order. Several lines may have the same id.
type OrderItem struct {
	ID       string `json:"id" minLength:"1" maxLength:"255" doc:"Identifies what is sold, so that redeemables can name it." example:"prod_1"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"9007199254740991" doc:"How many." example:"2"`
	Price    int64  `json:"price" minimum:"0" maximum:"9007199254740991" doc:"The price of one, in minor units." example:"500"`
}

// Redeemable is something that may discount the order: a voucher, a promotion
// tier. Object and ID identify it together.
type Redeemable struct {
	Object     string   `json:"object" minLength:"1" maxLength:"255" doc:"What it is." example:"voucher"`
	ID         string   `json:"id" minLength:"1" maxLength:"255" doc:"Identifies it among its kind." example:"SUMMER-10"`
	Categories []string `json:"categories,omitempty" nullable:"false" maxItems:"100" minLength:"1" maxLength:"255" doc:"The ids of its categories. One that the project does not know has no place in the hierarchy."`
	// Effect must be there unless Valid is false.
	Effect *Effect `json:"effect,omitempty" doc:"What it does to the order. It must be there unless valid is false."`
	// Valid is false if the caller found that the redeemable cannot be used;
	// Error then says why. Nil is true.
	Valid *bool            `json:"valid,omitempty" default:"true" nullable:"false" doc:"False if the caller found that it cannot be used."`
	Error *RedeemableError `json:"error,omitempty" doc:"Why it cannot be used, where valid is false."`
}

// RedeemableError says why a redeemable cannot be used, in the words of who
// found it. It is handed on as it is.
type RedeemableError struct {
	Code         int    `json:"code,omitempty" minimum:"0" maximum:"999" doc:"A status code." example:"400"`
	Key          string `json:"key,omitempty" maxLength:"255" doc:"A machine-readable reason." example:"voucher_expired"`
	Message      string `json:"message,omitempty" maxLength:"2048" doc:"A short text for people." example:"voucher expired"`
	Details      string `json:"details,omitempty" maxLength:"2048" doc:"More about it." example:"voucher expired on 2026-10-31"`
	RequestID    string `json:"request_id,omitempty" maxLength:"255" doc:"The request in which it was found."`
	ResourceID   string `json:"resource_id,omitempty" maxLength:"255" doc:"What it is about." example:"SUMMER-10"`
	ResourceType string `json:"resource_type,omitempty" maxLength:"255" doc:"What kind of thing that is." example:"voucher"`
}

// Effect is what a redeemable does to an order. The members that its type does
// not need have no meaning, but must be within their bounds all the same.
type Effect struct {
	Type EffectType `json:"type" enum:"GIFT,AMOUNT,PERCENT,FIXED" doc:"GIFT pays with credits, AMOUNT takes an amount off, PERCENT takes a percentage off, FIXED brings the total down to an amount."`
	// Target is TargetOrder if it is empty.
	Target      EffectTarget `json:"target,omitempty" enum:"ORDER,ITEMS" default:"ORDER" doc:"Whether it works on the order as a whole or on each of its items. GIFT works on the order alone."`
	ItemIDs     []string     `json:"item_ids,omitempty" nullable:"false" minItems:"1" maxItems:"1000" minLength:"1" maxLength:"255" doc:"The items it works on, where the target is ITEMS; all of them if it is not sent."`
	Credits     *int64       `json:"credits,omitempty" nullable:"false" minimum:"0" maximum:"9007199254740991" doc:"What is left to pay with, in minor units, for GIFT." example:"1500"`
	AmountOff   *int64       `json:"amount_off,omitempty" nullable:"false" minimum:"0" maximum:"9007199254740991" doc:"What is taken off, in minor units, for AMOUNT: off the order, or off each item whatever its quantity." example:"300"`
	PercentOff  *float64     `json:"percent_off,omitempty" nullable:"false" minimum:"0" maximum:"100" multipleOf:"0.01" doc:"What is taken off in percent, for PERCENT, with at most two decimals." example:"12.5"`
	AmountLimit *int64       `json:"amount_limit,omitempty" nullable:"false" minimum:"0" maximum:"9007199254740991" doc:"The most that a percentage takes off in all, in minor units." example:"5000"`
	FixedAmount *int64       `json:"fixed_amount,omitempty" nullable:"false" minimum:"0" maximum:"9007199254740991" doc:"What is left to pay, in minor units, for FIXED: for the order, or for each item whatever its quantity." example:"990"`
}

// EffectType is a kind of discount.
type EffectType string

// The kinds of discounts.
const (
	Gift    EffectType = "GIFT"    // pays with Credits, up to what is left to pay
	Amount  EffectType = "AMOUNT"  // takes AmountOff off
	Percent EffectType = "PERCENT" // takes PercentOff per cent off, AmountLimit at most
	Fixed   EffectType = "FIXED"   // brings the total down to FixedAmount
)

// EffectTarget is what a discount works on.
type EffectTarget string

// The targets.
const (
	TargetOrder EffectTarget = "ORDER"
	TargetItems EffectTarget = "ITEMS"
)

// isValid reports whether the caller lets the redeemable be used.
func (r *Redeemable) isValid() bool { return r.Valid == nil || *r.Valid }
