// Package stacking prices an order under several redeemables at once: which of
// them apply, in which order, and what each takes off, by rules that say which
// go together. It is pure: it reads no clock, does no I/O, keeps nothing, and
// the same input always gives the same result.
//
// Amounts are integers in minor units (cents); percentages are rounded half up;
// nothing ever goes below zero.
package stacking

import (
	"cmp"
	"math"
	"slices"
)

// Evaluate prices an order (CONTRACT 7). It does not change its input, and the
// result shares no memory with it.
//
// It returns an *InputError if the input breaks its bounds, its rules do not
// hold together or it has more redeemables than they allow, and a
// *DuplicateError if it holds a redeemable twice; no other errors.
//
//  1. A redeemable is joint if one of its categories is, else exclusive if one
//     is, else common.
//  2. They apply as requested, or by the lowest hierarchy of their categories:
//     ties as requested, those without one last. Where exclusive and joint ones
//     are both there, JointAlwaysLast moves the joint ones to the end.
//  3. A valid exclusive one skips every common one, valid or not.
//  4. The rest are judged one after the other: one that is not valid is
//     inapplicable, and under ApplyAll fails the whole; then the limits on
//     exclusive ones (in all, by exclusive category) and on all (in all, by
//     category: a category's own number wins over the general one), which count
//     those that apply; then the effect, and, if that is nothing, the rule for
//     it. Of a redeemable's categories the first that a pair of lists names
//     decides how percentages are taken and what becomes of no effect.
//
// An effect on the order works on what is left of it. One on items works on
// each matching line, in the order of the lines: AmountOff and FixedAmount are
// for the line whatever its quantity, percentages are rounded line by line, and
// AmountLimit is used up line by line. Under OnceOnProduct a line that one
// redeemable has discounted is closed to others on items. Discounts on the order
// are not spread over its lines, but no discount on items takes more than is
// left of the order.
func Evaluate(in Input) (*Result, error) {
	amount, err := in.check()
	if err != nil {
		return nil, err
	}
	e := newEvaluation(&in, amount)
	e.arrange()
	e.apply()
	return e.result(), nil
}

// class is what the categories of a redeemable make it.
type class int

const (
	commonClass class = iota
	exclusiveClass
	jointClass
)

// trait is what the rules say of a category.
type trait uint8

const (
	isExclusive trait = 1 << iota
	isJoint
	ofInitialAmount
	ofDiscountedAmount
	skipsNoEffect
	redeemsNoEffect
)

// category is one that a redeemable of the input has.
type category struct {
	id               string
	traits           trait
	limit            int // how many can apply, or unlimited
	applied          int // how many do
	appliedExclusive int // those of them that are of the exclusive class
}

const unlimited = math.MaxInt

// candidate is a redeemable on its way.
type candidate struct {
	*Redeemable
	categories []int // places in evaluation.categories, each once, as given
	class      class
	hierarchy  int64
}

// unplaced is behind every hierarchy.
const unplaced = math.MaxInt64

type evaluation struct {
	in         *Input
	candidates []candidate // as requested
	order      []int       // their places, in the order of application
	categories []category

	running                     running
	applied, appliedExclusive   int
	failed                      bool // one that is not valid failed the whole
	outcomes                    []Outcome
	orders                      []RunningOrder
	itemsDiscount, itemsApplied []int64 // behind the pointers of orders
}

func newEvaluation(in *Input, amount int64) *evaluation {
	n := len(in.Redeemables)
	e := &evaluation{
		in: in, candidates: make([]candidate, n), running: newRunning(&in.Order, amount),
		order: make([]int, n), outcomes: make([]Outcome, n), orders: make([]RunningOrder, 0, n),
	}
	if e.running.hasItems() {
		backing := make([]int64, 2*n)
		e.itemsDiscount, e.itemsApplied = backing[:n], backing[n:]
	}
	e.sortIntoCategories()
	for i := range e.candidates {
		e.order[i] = i
		e.classify(&e.candidates[i])
	}
	return e
}

// sortIntoCategories gives each category a place, so that what the rules say of
// it is looked up once.
func (e *evaluation) sortIntoCategories() {
	total := 0
	for i := range e.in.Redeemables {
		e.candidates[i].Redeemable = &e.in.Redeemables[i]
		total += len(e.in.Redeemables[i].Categories)
	}
	if total == 0 {
		return
	}
	distinct := min(total, 16) // redeemables mostly share a few
	places := make(map[string]int, distinct)
	e.categories = make([]category, 0, distinct)
	backing := make([]int, 0, total)
	for i := range e.candidates {
		c, start := &e.candidates[i], len(backing)
		for _, id := range c.Categories {
			at, known := places[id]
			if !known {
				at = len(e.categories)
				places[id] = at
				e.categories = append(e.categories, category{id: id, limit: e.in.Rules.categoryLimit(id)})
			}
			if !slices.Contains(backing[start:], at) {
				backing = append(backing, at)
			}
		}
		c.categories = backing[start:len(backing):len(backing)]
	}
	mark := func(ids []string, t trait) {
		for _, id := range ids {
			if at, known := places[id]; known {
				e.categories[at].traits |= t
			}
		}
	}
	r := &e.in.Rules
	mark(r.ExclusiveCategories, isExclusive)
	mark(r.JointCategories, isJoint)
	mark(r.InitialAmountCategories, ofInitialAmount)
	mark(r.DiscountedCategories, ofDiscountedAmount)
	mark(r.NoEffectSkipCategories, skipsNoEffect)
	mark(r.NoEffectRedeemCategories, redeemsNoEffect)
}

// categoryLimit is how many of a category can apply.
func (r *Rules) categoryLimit(id string) int {
	if own, ok := r.CategoryLimits[id]; ok {
		return own
	}
	if r.PerCategoryLimit != nil {
		return *r.PerCategoryLimit
	}
	return unlimited
}

func (e *evaluation) classify(c *candidate) {
	c.hierarchy = unplaced
	var all trait
	for _, at := range c.categories {
		all |= e.categories[at].traits
		if h, ok := e.in.Hierarchies[e.categories[at].id]; ok {
			c.hierarchy = min(c.hierarchy, h)
		}
	}
	switch {
	case all&isJoint != 0:
		c.class = jointClass
	case all&isExclusive != 0:
		c.class = exclusiveClass
	}
}

// arrange puts the candidates into the order in which they apply.
func (e *evaluation) arrange() {
	if e.in.Rules.SortingRule == CategoryHierarchy {
		e.sort(func(c *candidate) int64 { return c.hierarchy })
	}
	if e.in.Rules.GroupedSortingRule == JointAlwaysLast && e.has(exclusiveClass) && e.has(jointClass) {
		e.sort(func(c *candidate) int64 {
			if c.class == jointClass {
				return 1
			}
			return 0
		})
	}
}

// sort orders by a key, ties as they were.
func (e *evaluation) sort(key func(*candidate) int64) {
	slices.SortStableFunc(e.order, func(a, b int) int { return cmp.Compare(key(&e.candidates[a]), key(&e.candidates[b])) })
}

func (e *evaluation) has(k class) bool {
	return slices.ContainsFunc(e.candidates, func(c candidate) bool { return c.class == k })
}

// apply judges the candidates one after the other.
func (e *evaluation) apply() {
	excluded := slices.ContainsFunc(e.candidates, func(c candidate) bool { return c.class == exclusiveClass && c.isValid() })
	for i, at := range e.order {
		c, out := &e.candidates[at], &e.outcomes[i]
		out.Object, out.ID = c.Object, c.ID
		switch {
		case excluded && c.class == commonClass:
			out.skip(ExclusionRulesNotMet)
		case e.failed:
			out.skip(PrecedingValidationFailed)
		case !c.isValid():
			out.refuse(c.Error)
			e.failed = e.in.Rules.ApplicationMode == ApplyAll
		default:
			e.applyOne(c, out)
		}
	}
}

func (e *evaluation) applyOne(c *candidate, out *Outcome) {
	if reason := e.overLimit(c); reason != "" {
		out.skip(reason)
		return
	}
	order, items := e.running.discount(c.Effect, e.ofInitial(c), e.in.Rules.ProductsMode == OnceOnProduct)
	if order+items == 0 && e.skipsNoEffect(c) {
		out.skip(NoEffect)
		return
	}
	e.count(c)
	out.Status, out.Order = Applicable, e.snapshot(order, items)
}

// overLimit names the first limit that keeps a candidate from applying, or is
// empty.
func (e *evaluation) overLimit(c *candidate) SkipReason {
	r := &e.in.Rules
	if c.class == exclusiveClass {
		if e.appliedExclusive >= r.ExclusiveLimit {
			return ExclusiveLimitExceeded
		}
		if most := r.ExclusivePerCategory; most != nil && e.anyCategory(c, func(k *category) bool { return k.appliedExclusive >= *most }) {
			return ExclusivePerCategoryExceeded
		}
	}
	if e.applied >= r.ApplicableLimit {
		return ApplicableLimitExceeded
	}
	if e.anyCategory(c, func(k *category) bool { return k.applied >= k.limit }) {
		return PerCategoryLimitExceeded
	}
	return ""
}

func (e *evaluation) anyCategory(c *candidate, is func(*category) bool) bool {
	return slices.ContainsFunc(c.categories, func(at int) bool { return is(&e.categories[at]) })
}

// count notes that a candidate applies.
func (e *evaluation) count(c *candidate) {
	e.applied++
	if c.class == exclusiveClass {
		e.appliedExclusive++
	}
	for _, at := range c.categories {
		k := &e.categories[at]
		k.applied++
		if c.class == exclusiveClass && k.traits&isExclusive != 0 {
			k.appliedExclusive++
		}
	}
}

// first returns which of two traits the first category with one of them has.
func (e *evaluation) first(c *candidate, one, other trait) trait {
	for _, at := range c.categories {
		if t := e.categories[at].traits & (one | other); t != 0 {
			return t
		}
	}
	return 0
}

// ofInitial reports whether a candidate's percentage is of the initial amount.
func (e *evaluation) ofInitial(c *candidate) bool {
	switch e.first(c, ofInitialAmount, ofDiscountedAmount) {
	case ofInitialAmount:
		return true
	case ofDiscountedAmount:
		return false
	}
	return e.in.Rules.DiscountMode == InitialAmount
}

// skipsNoEffect reports whether a candidate without an effect is left out.
func (e *evaluation) skipsNoEffect(c *candidate) bool {
	switch e.first(c, skipsNoEffect, redeemsNoEffect) {
	case skipsNoEffect:
		return true
	case redeemsNoEffect:
		return false
	}
	return e.in.Rules.NoEffectRule == SkipNoEffect
}

// snapshot is the order after a candidate that took these amounts off.
func (e *evaluation) snapshot(order, items int64) *RunningOrder {
	r, at := &e.running, len(e.orders)
	e.orders = append(e.orders, RunningOrder{
		Amount: r.amount, DiscountAmount: r.orderDiscount, TotalDiscountAmount: r.amount - r.total,
		AppliedDiscount: order, TotalAppliedDiscount: order + items, TotalAmount: r.total,
	})
	now := &e.orders[at] // orders has room for all: it never moves
	if r.hasItems() {
		e.itemsDiscount[at], e.itemsApplied[at] = r.itemsDiscount, items
		now.ItemsDiscountAmount, now.ItemsAppliedDiscount = &e.itemsDiscount[at], &e.itemsApplied[at]
	}
	return now
}

func (e *evaluation) result() *Result {
	if e.failed {
		e.running = newRunning(&e.in.Order, e.running.amount)
	}
	r := &e.running
	priced := PricedOrder{
		Amount: r.amount, DiscountAmount: r.orderDiscount, TotalDiscountAmount: r.amount - r.total, TotalAmount: r.total, Items: r.items,
	}
	if r.hasItems() {
		priced.ItemsDiscountAmount = new(r.itemsDiscount)
	}
	return &Result{Valid: !e.failed, Redeemables: e.outcomes, Order: priced}
}

func (o *Outcome) skip(reason SkipReason) {
	o.Status = Skipped
	o.Result = &OutcomeResult{Details: &SkipDetails{Key: reason, Message: reason.Message()}}
}

// refuse hands on why a redeemable is not valid. Where its judge did not say,
// it is told that it is not.
func (o *Outcome) refuse(why *RedeemableError) {
	told := RedeemableError{Code: 400, Key: "invalid_redeemable", Message: "The redeemable is not valid"}
	if why != nil {
		told = *why
	}
	o.Status, o.Result = Inapplicable, &OutcomeResult{Error: &told}
}
