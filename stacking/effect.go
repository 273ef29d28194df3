package stacking

import (
	"math"
	"math/bits"
)

// running is an order with the discounts so far.
type running struct {
	amount, total                int64
	orderDiscount, itemsDiscount int64
	items                        []PricedItem

	groups map[string]int // lines by id, the first of its id for each; made when needed
	marks  []mark
}

// mark says of a line which line is the first with its id, and of that one
// which effect named it last.
type mark struct {
	first int
	named *Effect
}

func newRunning(o *Order, amount int64) running {
	r := running{amount: amount, total: amount}
	if len(o.Items) > 0 {
		r.items = make([]PricedItem, len(o.Items))
	}
	for i, item := range o.Items {
		worth := item.Quantity * item.Price // checked to be an amount
		r.items[i] = PricedItem{ID: item.ID, Quantity: item.Quantity, Price: item.Price, Amount: worth, TotalAmount: worth}
	}
	return r
}

func (r *running) hasItems() bool { return len(r.items) > 0 }

// discount takes an effect off the order and returns how much it took off the
// order as a whole and off its items: one of both is 0. Where once is set, lines
// that have a discount get no other.
func (r *running) discount(e *Effect, ofInitial, once bool) (order, items int64) {
	if e.Target == TargetItems {
		items = r.discountItems(e, ofInitial, once)
		r.itemsDiscount += items
		r.total -= items
		return 0, items
	}
	order = min(e.off(r.base(ofInitial), r.total, limitOf(e)), r.total)
	r.orderDiscount += order
	r.total -= order
	return order, 0
}

func (r *running) base(ofInitial bool) int64 {
	if ofInitial {
		return r.amount
	}
	return r.total
}

func (r *running) discountItems(e *Effect, ofInitial, once bool) (taken int64) {
	r.name(e)
	most := limitOf(e)
	for i := range r.items {
		line := &r.items[i]
		if once && line.DiscountAmount > 0 || !r.matches(i, e) {
			continue
		}
		base := line.TotalAmount
		if ofInitial {
			base = line.Amount
		}
		off := min(e.off(base, line.TotalAmount, most-taken), line.TotalAmount, r.total-taken)
		line.DiscountAmount += off
		line.TotalAmount -= off
		taken += off
	}
	return taken
}

// name marks the lines that an effect names.
func (r *running) name(e *Effect) {
	if len(e.ItemIDs) == 0 || !r.hasItems() {
		return
	}
	if r.groups == nil {
		r.groups, r.marks = make(map[string]int, len(r.items)), make([]mark, len(r.items))
		for i := range r.items {
			first, known := r.groups[r.items[i].ID]
			if !known {
				first = i
				r.groups[r.items[i].ID] = i
			}
			r.marks[i].first = first
		}
	}
	for _, id := range e.ItemIDs {
		if at, known := r.groups[id]; known {
			r.marks[at].named = e
		}
	}
}

func (r *running) matches(line int, e *Effect) bool {
	return len(e.ItemIDs) == 0 || r.marks[r.marks[line].first].named == e
}

// limitOf is the most that an effect takes off in all.
func limitOf(e *Effect) int64 {
	if e.Type == Percent && e.AmountLimit != nil {
		return *e.AmountLimit
	}
	return math.MaxInt64
}

// off is what an effect would take off a total of which this much is left: base
// is what a percentage is of, and most what a percentage may take. It may be
// more than there is.
func (e *Effect) off(base, left, most int64) int64 {
	switch e.Type {
	case Gift:
		return *e.Credits
	case Amount:
		return *e.AmountOff
	case Percent:
		return min(share(base, basisPoints(*e.PercentOff)), most)
	case Fixed:
		return max(left-*e.FixedAmount, 0)
	}
	return 0
}

// share is so many hundredths of a percent of an amount, rounded half up, for
// any amount up to MaxAmount: the product has up to 67 bits.
func share(amount, hundredths int64) int64 {
	const whole = 100 * 100
	high, low := bits.Mul64(uint64(amount), uint64(hundredths))
	low, carry := bits.Add64(low, whole/2, 0)
	n, _ := bits.Div64(high+carry, low, whole)
	return int64(n)
}
