package template

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/steward-platform/steward/internal/fault"
)

// The filters of a list come as query parameters:
//
//	filters[junction]=and|or
//	filters[name][conditions][$contains]=Black
//	filters[campaign_type][conditions][$in][0]=GIFT_VOUCHERS
//
// Values of a list come with an index, with empty brackets, or repeated.

const (
	maxFilterValue  = 255 // characters
	maxFilterValues = 100 // in all conditions together
	maxShown        = 64  // of what a caller wrote, in a violation
)

// filterFields are what templates can be filtered by; none of them is ever
// unknown.
var filterFields = []string{"id", "name", "campaign_type"}

// operator says how a condition is put to the database: as a test of each of
// its values. It holds if one test does, or, negative, if none does.
type operator struct {
	test     test
	negative bool
	many     bool // takes a list of values
	none     bool // takes no value
}

var operators = map[string]operator{
	"$is":          {test: equals},
	"$is_not":      {test: equals, negative: true},
	"$in":          {test: equals, many: true},
	"$not_in":      {test: equals, negative: true, many: true},
	"$starts_with": {test: startsWith},
	"$ends_with":   {test: endsWith},
	"$contains":    {test: contains},
	"$not_contain": {test: contains, negative: true},
	"$has_value":   {test: always, none: true},
	"$is_unknown":  {test: always, none: true, negative: true}, // no field is ever unknown
}

const operatorNames = "$is, $is_not, $in, $not_in, $has_value, $is_unknown, $starts_with, $ends_with, $contains or $not_contain"

// Filters say which templates are meant. The zero value means all.
type Filters struct {
	either     bool // one condition is enough, instead of all
	conditions []condition
}

type condition struct {
	field, operator string
	values          []string
}

// Match reports whether a template passes the filters. What the database
// selects is held against it.
func (f Filters) Match(t *CampaignTemplate) bool {
	if len(f.conditions) == 0 {
		return true
	}
	holds := func(c condition) bool {
		subject := map[string]string{"id": t.ID, "name": t.Name, "campaign_type": string(t.CampaignType)}[c.field]
		o := operators[c.operator]
		return o.negative != slices.ContainsFunc(c.values, func(value string) bool { return o.test.holds(subject, value) })
	}
	if f.either {
		return slices.ContainsFunc(f.conditions, holds)
	}
	return !slices.ContainsFunc(f.conditions, func(c condition) bool { return !holds(c) })
}

// ParseFilters reads the filters of a query; its other parameters are none of
// its business. It returns fault.InvalidPayload with every violation.
func ParseFilters(query url.Values) (Filters, error) {
	p := filterParser{values: map[[2]string][]string{}}
	for name, values := range query {
		if name == "filters" || strings.HasPrefix(name, "filters[") {
			p.parameter(name, values)
		}
	}
	f := p.finish()
	if len(p.violations) > 0 {
		slices.Sort(p.violations)
		return Filters{}, fault.Invalid(slices.Compact(p.violations)...)
	}
	return f, nil
}

type filterParser struct {
	values     map[[2]string][]string // by field and operator
	either     bool
	violations []string
}

func (p *filterParser) violation(format string, args ...any) {
	p.violations = append(p.violations, fmt.Sprintf(format, args...))
}

// parameter takes one parameter of the query.
func (p *filterParser) parameter(name string, values []string) {
	path, ok := brackets(strings.TrimPrefix(name, "filters"))
	switch {
	case ok && len(path) == 1 && path[0] == "junction":
		p.junction(values)
	case ok && len(path) >= 3 && path[1] == "conditions" && (len(path) == 3 || len(path) == 4 && index(path[3])):
		field, operator := path[0], path[2]
		if !slices.Contains(filterFields, field) {
			p.violation("Property .filters must NOT have a property named '%s': filter by id, name or campaign_type", shown(field))
			return
		}
		if _, known := operators[operator]; !known {
			p.violation("Property .filters.%s.conditions must NOT have a property named '%s': the operators are %s", field, shown(operator), operatorNames)
			return
		}
		key := [2]string{field, operator}
		p.values[key] = append(p.values[key], values...)
	default:
		p.violation("Parameter %s must be written filters[junction] or filters[field][conditions][operator]", shown(name))
	}
}

func (p *filterParser) junction(values []string) {
	if len(values) != 1 || (values[0] != "and" && values[0] != "or") {
		p.violation("Property .filters.junction must be equal to one of the allowed values: and, or")
		return
	}
	p.either = values[0] == "or"
}

// finish checks the conditions and puts them into a stable order.
func (p *filterParser) finish() Filters {
	f := Filters{either: p.either}
	total := 0
	for _, field := range filterFields {
		for _, name := range operatorOrder {
			values, given := p.values[[2]string{field, name}]
			if !given {
				continue
			}
			total += len(values)
			values = slices.Clone(values)
			slices.Sort(values) // parameters come in any order
			p.check("Property .filters."+field+".conditions."+name, field, operators[name], values)
			f.conditions = append(f.conditions, condition{field, name, slices.Compact(values)})
		}
	}
	if total > maxFilterValues {
		p.violation("Property .filters must NOT have more than %d values", maxFilterValues)
	}
	return f
}

var operatorOrder = func() (names []string) {
	for name := range operators {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()

func (p *filterParser) check(at, field string, o operator, values []string) {
	if !o.many && len(values) > 1 {
		p.violation("%s must NOT be given more than once", at)
		return
	}
	for _, value := range values {
		switch {
		case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
			p.violation("%s must be UTF-8 without NUL characters", at)
		case utf8.RuneCountInString(value) > maxFilterValue:
			p.violation("%s must NOT have more than %d characters", at, maxFilterValue)
		case o.none && value != "" && value != "true":
			p.violation("%s must be empty", at)
		case field == "campaign_type" && o.test == equals && !slices.Contains(CampaignTypes, CampaignType(value)):
			p.violation("%s %s", at, oneOfTypes)
		}
	}
}

// brackets splits [a][b][c]; false if it is written otherwise.
func brackets(s string) (path []string, ok bool) {
	for s != "" {
		inner, rest, closed := strings.Cut(s, "]")
		if !closed || inner == "" || inner[0] != '[' || strings.Contains(inner[1:], "[") {
			return nil, false
		}
		path, s = append(path, inner[1:]), rest
	}
	return path, len(path) > 0
}

// index reports whether s is the index of a value in a list: a number, or
// nothing.
func index(s string) bool {
	return len(s) <= 4 && strings.Trim(s, "0123456789") == ""
}

// shown is what a caller wrote, made fit for a message.
func shown(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if runes := []rune(s); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return s
}
