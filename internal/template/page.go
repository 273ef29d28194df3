package template

import (
	"strconv"
	"strings"
)

// test is how a value is held against a field.
type test string

// The tests, by the names that they have in the database's question.
const (
	equals     test = "is"
	startsWith test = "starts"
	endsWith   test = "ends"
	contains   test = "contains"
	always     test = "always"
)

// holds is the test in Go; subject is the field.
func (t test) holds(subject, value string) bool {
	switch t {
	case equals:
		return subject == value
	case startsWith:
		return strings.HasPrefix(subject, value)
	case endsWith:
		return strings.HasSuffix(subject, value)
	case contains:
		return strings.Contains(subject, value)
	}
	return t == always
}

// Page says which templates of a project are meant, and how many of them.
type Page struct {
	Limit      int
	After      string // the id before the first one, in the page's order; empty for the start
	Descending bool
	Filters    Filters
}

// A filter makes no SQL of its own: the engines keep every text they have seen
// prepared, so filters that callers put together must not lead to ever new
// ones. All conditions go, one row a value, into a table of arguments, whose
// rows are padded to a power of two. There is one text for each of these
// sizes, and no word of it comes from a caller.
//
// Both engines compare text by code points here, and tell upper from lower
// case: LIKE would not on SQLite.
const (
	fieldOfRow = `CASE c.field WHEN 'id' THEN t.id WHEN 'name' THEN t.name ELSE t.campaign_type END`
	rowHolds   = `CASE c.test
		WHEN 'is' THEN ` + fieldOfRow + ` = c.value
		WHEN 'starts' THEN substr(` + fieldOfRow + `, 1, length(c.value)) = c.value
		WHEN 'ends' THEN substr(` + fieldOfRow + `, length(` + fieldOfRow + `) - length(c.value) + 1) = c.value
		WHEN 'contains' THEN replace(` + fieldOfRow + `, c.value, '') <> ` + fieldOfRow + `
		WHEN 'always' THEN 1 = 1
		ELSE 1 = 0 END`
	// A condition holds if one of its rows does, or, negative, if none does:
	// so each positive one that has such a row counts for it, and each
	// negative one against it.
	conditionsHold = `(SELECT count(DISTINCT CASE WHEN c.negative = 0 THEN c.part END) - count(DISTINCT CASE WHEN c.negative = 1 THEN c.part END)
		FROM conditions c WHERE ` + rowHolds + `)`
)

// query returns the SQL of the page and its arguments. It asks for one
// template more than the page has, to know whether there are more.
func (p Page) query(projectID string) (text string, args []any) {
	var b strings.Builder
	bind := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	where := "t.project_id = " + bind(projectID)
	order, comparison := "t.id", " > "
	if p.Descending {
		order, comparison = "t.id DESC", " < "
	}
	if p.After != "" {
		where += " AND t.id" + comparison + bind(p.After)
	}
	if rows, needed := p.Filters.rows(); len(rows) > 0 {
		where += " AND " + conditionsHold + " >= CAST(" + bind(needed) + " AS BIGINT)"
		b.WriteString("WITH conditions (part, negative, field, test, value) AS (VALUES ")
		for i, r := range rows {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("(CAST(" + bind(r.part) + " AS BIGINT), CAST(" + bind(r.negative) + " AS BIGINT), CAST(" + bind(r.field) + " AS TEXT), CAST(" +
				bind(string(r.test)) + " AS TEXT), CAST(" + bind(r.value) + " AS TEXT))")
		}
		b.WriteString(") ")
	}
	b.WriteString("SELECT " + columns + " FROM campaign_templates t WHERE " + where + " ORDER BY " + order + " LIMIT CAST(" + bind(p.Limit+1) + " AS BIGINT)")
	return b.String(), args
}

// conditionRow is one value of a condition. The zero value holds for nothing.
type conditionRow struct {
	part     int // the condition
	negative int // 1 for true
	field    string
	test     test
	value    string
}

// rows returns the conditions as rows, padded to a power of two, and what the
// count of conditionsHold must come to.
func (f Filters) rows() (rows []conditionRow, needed int) {
	for part, c := range f.conditions {
		o := operators[c.operator]
		r := conditionRow{part: part, field: c.field, test: o.test}
		if o.negative {
			r.negative = 1
			needed-- // the count tells how many negative ones fail; all others hold
		}
		for _, value := range c.values {
			if r.value = value; value == "" && o.test != equals {
				r.test = always // everything begins with nothing; replace() would not say so
			}
			rows = append(rows, r)
		}
	}
	if f.either {
		needed++
	} else {
		needed += len(f.conditions)
	}
	size := 1
	for size < len(rows) {
		size *= 2
	}
	for len(rows) > 0 && len(rows) < size {
		rows = append(rows, conditionRow{})
	}
	return rows, needed
}
