package stacking

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// InputError says that an input cannot be evaluated, with every violation as a
// sentence such as "Property .redeemables.2.effect.percent_off must be <= 100",
// sorted.
type InputError struct{ Violations []string }

// Error joins the violations.
func (e *InputError) Error() string { return strings.Join(e.Violations, "; ") }

// DuplicateError says that an input holds the same redeemable twice: one with
// the same object and id.
type DuplicateError struct {
	Object, ID    string
	First, Second int // their places among the redeemables, from 0
}

// Error names the redeemable and both places.
func (e *DuplicateError) Error() string {
	return fmt.Sprintf("The redeemable %s %s is given twice, as .redeemables.%d and .redeemables.%d", e.Object, e.ID, e.First, e.Second)
}

// check returns the order's amount, or an *InputError or *DuplicateError.
func (in *Input) check() (amount int64, err error) {
	var c checker
	for _, violation := range in.Rules.Violations() {
		c.violations = append(c.violations, strings.Replace(violation, "Property .", "Property .rules.", 1))
	}
	amount = c.order(&in.Order)
	if len(in.Redeemables) > in.Rules.RedeemablesLimit {
		c.add("", -1, "redeemables", fmt.Sprintf("must NOT have more than %d items (%s)", in.Rules.RedeemablesLimit, limit))
	}
	for i := range in.Redeemables {
		c.redeemable(i, &in.Redeemables[i])
	}
	if len(c.violations) > 0 {
		slices.Sort(c.violations)
		return 0, &InputError{c.violations}
	}
	for second := range in.Redeemables {
		for first := range second {
			if a, b := &in.Redeemables[first], &in.Redeemables[second]; a.ID == b.ID && a.Object == b.Object {
				return 0, &DuplicateError{Object: a.Object, ID: a.ID, First: first, Second: second}
			}
		}
	}
	return amount, nil
}

// checker gathers violations. Nothing is written down, and so nothing is
// allocated, for what holds.
type checker struct{ violations []string }

// add notes what a member must be: of the list's entry at index, or of the
// input where index is negative.
func (c *checker) add(list string, index int, member, demand string) {
	at := member
	if index >= 0 {
		at = list + "." + strconv.Itoa(index)
		if member != "" {
			at += "." + member
		}
	}
	c.violations = append(c.violations, "Property ."+at+" "+demand)
}

// within demands an integer from least to MaxAmount.
func (c *checker) within(list string, index int, member string, n, least int64) bool {
	switch {
	case n < least:
		c.add(list, index, member, "must be >= "+strconv.FormatInt(least, 10))
	case n > MaxAmount:
		c.add(list, index, member, "must be <= "+strconv.FormatInt(MaxAmount, 10))
	default:
		return true
	}
	return false
}

func (c *checker) notEmpty(list string, index int, member, text string) {
	if text == "" {
		c.add(list, index, member, "must NOT have fewer than 1 characters")
	}
}

func (c *checker) order(o *Order) (amount int64) {
	sum, known := c.items(o.Items)
	if o.Amount == nil {
		if len(o.Items) == 0 {
			c.add("", -1, "order", "must have required property 'amount' or 'items'")
		}
		return sum
	}
	if !c.within("", -1, "order.amount", *o.Amount, 0) || len(o.Items) == 0 {
		return *o.Amount
	}
	if known && *o.Amount != sum {
		c.add("", -1, "order.amount", fmt.Sprintf("must be equal to the sum of the items, %d", sum))
	}
	return sum
}

// items returns the sum of the lines, if it can be known.
func (c *checker) items(items []OrderItem) (sum int64, known bool) {
	const list = "order.items"
	known = true
	for i := range items {
		item := &items[i]
		c.notEmpty(list, i, "id", item.ID)
		counted := c.within(list, i, "quantity", item.Quantity, 1)
		if !c.within(list, i, "price", item.Price, 0) || !counted {
			known = false
			continue
		}
		worth, fits := product(item.Quantity, item.Price)
		if !fits {
			c.add(list, i, "", fmt.Sprintf("must have a quantity times price <= %d", int64(MaxAmount)))
			known = false
			continue
		}
		if sum > MaxAmount-worth {
			c.add("", -1, list, fmt.Sprintf("must have a sum of quantity times price <= %d", int64(MaxAmount)))
			return 0, false
		}
		sum += worth
	}
	return sum, known
}

// product multiplies what is not negative, if the result is an amount.
func product(quantity, price int64) (amount int64, fits bool) {
	over, n := bits.Mul64(uint64(quantity), uint64(price))
	if over != 0 || n > MaxAmount {
		return 0, false
	}
	return int64(n), true
}

const redeemables = "redeemables"

func (c *checker) redeemable(i int, r *Redeemable) {
	c.notEmpty(redeemables, i, "object", r.Object)
	c.notEmpty(redeemables, i, "id", r.ID)
	for at, id := range r.Categories {
		if id == "" {
			c.notEmpty(redeemables, i, "categories."+strconv.Itoa(at), id)
		}
	}
	if r.isValid() && r.Error != nil {
		c.add(redeemables, i, "error", "must NOT be given unless .valid is false")
	}
	switch {
	case r.Effect != nil:
		c.effect(i, r.Effect)
	case r.isValid():
		c.add(redeemables, i, "", "must have required property 'effect'")
	}
}

func (c *checker) effect(i int, e *Effect) {
	c.bounds(i, e)
	missing := func(name string, is bool) {
		if is {
			c.add(redeemables, i, "effect", "must have required property '"+name+"'")
		}
	}
	switch e.Type {
	case Gift:
		missing("credits", e.Credits == nil)
	case Amount:
		missing("amount_off", e.AmountOff == nil)
	case Percent:
		missing("percent_off", e.PercentOff == nil)
	case Fixed:
		missing("fixed_amount", e.FixedAmount == nil)
	default:
		c.add(redeemables, i, "effect.type", "must be equal to one of the allowed values: GIFT, AMOUNT, PERCENT, FIXED")
	}
	switch {
	case e.Target != "" && e.Target != TargetOrder && e.Target != TargetItems:
		c.add(redeemables, i, "effect.target", "must be equal to one of the allowed values: ORDER, ITEMS")
	case e.Target == TargetItems && e.Type == Gift:
		c.add(redeemables, i, "effect.target", "must be ORDER where the type is GIFT")
	case e.Target != TargetItems && e.ItemIDs != nil:
		c.add(redeemables, i, "effect.item_ids", "must NOT be given unless .target is ITEMS")
	case e.ItemIDs != nil && len(e.ItemIDs) == 0:
		c.add(redeemables, i, "effect.item_ids", "must NOT have fewer than 1 items")
	}
}

// bounds judges the numbers of an effect, also those that its type ignores.
func (c *checker) bounds(i int, e *Effect) {
	amount := func(member string, n *int64) {
		if n != nil {
			c.within(redeemables, i, member, *n, 0)
		}
	}
	amount("effect.credits", e.Credits)
	amount("effect.amount_off", e.AmountOff)
	amount("effect.amount_limit", e.AmountLimit)
	amount("effect.fixed_amount", e.FixedAmount)
	if e.PercentOff == nil {
		return
	}
	const member = "effect.percent_off"
	switch p := *e.PercentOff; {
	case math.IsNaN(p):
		c.add(redeemables, i, member, "must be number")
	case p < 0:
		c.add(redeemables, i, member, "must be >= 0")
	case p > 100:
		c.add(redeemables, i, member, "must be <= 100")
	case float64(basisPoints(p))/100 != p:
		c.add(redeemables, i, member, "must be a multiple of 0.01")
	}
}

// basisPoints is a percentage from 0 to 100 in hundredths, as an integer. It is
// exact for every number that was written with two decimals: dividing it by
// 100 gives the double next to that number, as reading it did.
func basisPoints(percent float64) int64 { return int64(math.Round(percent * 100)) }
