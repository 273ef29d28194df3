package stacking

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// The bounds of the rules (CONTRACT 3).
const (
	MaxRedeemables = 30  // in one request, and of any limit on them
	MaxExclusive   = 5   // exclusive ones that apply
	MaxOfCategory  = 10  // of a category with a limit of its own
	MaxCategories  = 100 // in one list
)

// DiscountMode says which amount a percentage is of.
type DiscountMode string

// The discount modes.
const (
	InitialAmount    DiscountMode = "INITIAL_AMOUNT"
	DiscountedAmount DiscountMode = "DISCOUNTED_AMOUNT"
)

// ApplicationMode says whether one redeemable that does not hold fails all.
type ApplicationMode string

// The application modes.
const (
	ApplyAll     ApplicationMode = "ALL"
	ApplyPartial ApplicationMode = "PARTIAL"
)

// SortingRule says in which order redeemables apply.
type SortingRule string

// The sorting rules.
const (
	CategoryHierarchy SortingRule = "CATEGORY_HIERARCHY"
	RequestedOrder    SortingRule = "REQUESTED_ORDER"
)

// ProductsMode says how many discounts one product can get.
type ProductsMode string

// The modes for products.
const (
	StackOnProduct ProductsMode = "STACK"
	OnceOnProduct  ProductsMode = "ONCE"
)

// NoEffectRule says what becomes of a redeemable that would change nothing.
type NoEffectRule string

// The rules for what has no effect.
const (
	RedeemAnyway NoEffectRule = "REDEEM_ANYWAY"
	SkipNoEffect NoEffectRule = "SKIP"
)

// RollbackMode says whether a rollback takes the order's data along.
type RollbackMode string

// The rollback modes.
const (
	WithOrder    RollbackMode = "WITH_ORDER"
	WithoutOrder RollbackMode = "WITHOUT_ORDER"
)

// GroupedSortingRule says how exclusive and joint redeemables stand to each
// other where both are there.
type GroupedSortingRule string

// The rules for groups.
const (
	JointAlwaysLast GroupedSortingRule = "JOINT_ALWAYS_LAST"
	Combined        GroupedSortingRule = "COMBINED"
)

// CategoryLimits are limits by category id. Read from JSON they replace what
// was there as a whole, where another map would merge (CONTRACT 3).
type CategoryLimits map[string]int

// UnmarshalJSON reads an object of numbers; null is an empty one.
func (l *CategoryLimits) UnmarshalJSON(b []byte) error {
	fresh := map[string]int{}
	if err := json.Unmarshal(b, &fresh); err != nil {
		return err
	}
	if fresh == nil {
		fresh = map[string]int{}
	}
	*l = fresh
	return nil
}

// Rules say which redeemables of one request go together, how many, and in
// which order. A per-category limit that is nil sets no limit of its own: then
// the limit over all categories holds alone.
type Rules struct {
	ExclusiveCategories      []string           `json:"exclusive_categories" nullable:"false" maxItems:"100" uniqueItems:"true" minLength:"1" maxLength:"64" doc:"Categories whose redeemables apply without any others, exclusive and joint ones excepted."`
	JointCategories          []string           `json:"joint_categories" nullable:"false" maxItems:"100" uniqueItems:"true" minLength:"1" maxLength:"64" doc:"Categories whose redeemables apply whether or not exclusive ones are there. None of them is exclusive as well."`
	RedeemablesLimit         int                `json:"redeemables_limit" minimum:"1" maximum:"30" doc:"How many redeemables one request can have."`
	ApplicableLimit          int                `json:"applicable_redeemables_limit" minimum:"1" maximum:"30" doc:"How many of them can apply: at most redeemables_limit. Those above are skipped."`
	PerCategoryLimit         *int               `json:"applicable_redeemables_per_category_limit" nullable:"true" minimum:"1" maximum:"30" doc:"How many of one category can apply: at most applicable_redeemables_limit. Null sets no limit by category."`
	CategoryLimits           CategoryLimits     `json:"applicable_redeemables_category_limits" doc:"Limits for single categories, by their ids. Such a limit wins over the general one by category. What is sent replaces them all."`
	ExclusiveLimit           int                `json:"applicable_exclusive_redeemables_limit" minimum:"1" maximum:"5" doc:"How many redeemables of exclusive categories can apply."`
	ExclusivePerCategory     *int               `json:"applicable_exclusive_redeemables_per_category_limit" nullable:"true" minimum:"1" maximum:"30" doc:"How many of one exclusive category can apply: at most applicable_exclusive_redeemables_limit. Null sets no limit by category."`
	DiscountMode             DiscountMode       `json:"discount_calculation_mode" enum:"INITIAL_AMOUNT,DISCOUNTED_AMOUNT" doc:"Whether a percentage is of the order's initial amount or of what earlier discounts have left."`
	InitialAmountCategories  []string           `json:"initial_amount_mode_categories" nullable:"false" maxItems:"100" uniqueItems:"true" minLength:"1" maxLength:"64" doc:"Categories that always go by the initial amount."`
	DiscountedCategories     []string           `json:"discounted_amount_mode_categories" nullable:"false" maxItems:"100" uniqueItems:"true" minLength:"1" maxLength:"64" doc:"Categories that always go by the discounted amount. None of them goes by the initial one as well."`
	ApplicationMode          ApplicationMode    `json:"redeemables_application_mode" enum:"ALL,PARTIAL" doc:"ALL: one redeemable that does not hold fails the request. PARTIAL: it is skipped."`
	SortingRule              SortingRule        `json:"redeemables_sorting_rule" enum:"CATEGORY_HIERARCHY,REQUESTED_ORDER" doc:"Whether redeemables apply by the hierarchy of their categories or as requested."`
	ProductsMode             ProductsMode       `json:"redeemables_products_application_mode" enum:"STACK,ONCE" doc:"Whether one product can be discounted many times or once."`
	NoEffectRule             NoEffectRule       `json:"redeemables_no_effect_rule" enum:"REDEEM_ANYWAY,SKIP" doc:"Whether a redeemable without an effect is redeemed or skipped."`
	NoEffectSkipCategories   []string           `json:"no_effect_skip_categories" nullable:"false" maxItems:"100" uniqueItems:"true" minLength:"1" maxLength:"64" doc:"Categories that are always skipped without an effect."`
	NoEffectRedeemCategories []string           `json:"no_effect_redeem_anyway_categories" nullable:"false" maxItems:"100" uniqueItems:"true" minLength:"1" maxLength:"64" doc:"Categories that are always redeemed without an effect. None of them is skipped as well."`
	RollbackMode             RollbackMode       `json:"redeemables_rollback_order_mode" enum:"WITH_ORDER,WITHOUT_ORDER" doc:"Whether a rollback takes the order's data along, discounts included."`
	GroupedSortingRule       GroupedSortingRule `json:"grouped_redeemables_sorting_rule" enum:"JOINT_ALWAYS_LAST,COMBINED" doc:"Where exclusive and joint redeemables are both there: whether all joint ones come last, or both are sorted as one."`
}

// Defaults are the rules of a project that has made none (CONTRACT 3). Each
// call returns rules of their own.
func Defaults() Rules {
	perCategory, exclusivePerCategory := 1, 1
	return Rules{
		ExclusiveCategories: []string{}, JointCategories: []string{},
		RedeemablesLimit: MaxRedeemables, ApplicableLimit: 5, PerCategoryLimit: &perCategory, CategoryLimits: CategoryLimits{},
		ExclusiveLimit: 1, ExclusivePerCategory: &exclusivePerCategory,
		DiscountMode: DiscountedAmount, InitialAmountCategories: []string{}, DiscountedCategories: []string{},
		ApplicationMode: ApplyAll, SortingRule: RequestedOrder, ProductsMode: StackOnProduct,
		NoEffectRule: RedeemAnyway, NoEffectSkipCategories: []string{}, NoEffectRedeemCategories: []string{},
		RollbackMode: WithOrder, GroupedSortingRule: JointAlwaysLast,
	}
}

// list is one of the lists of categories, by its name in JSON.
type list struct {
	name string
	ids  *[]string
}

// lists returns the lists of categories; each two that follow one another
// share no category.
func (r *Rules) lists() []list {
	return []list{
		{"exclusive_categories", &r.ExclusiveCategories}, {"joint_categories", &r.JointCategories},
		{"initial_amount_mode_categories", &r.InitialAmountCategories}, {"discounted_amount_mode_categories", &r.DiscountedCategories},
		{"no_effect_skip_categories", &r.NoEffectSkipCategories}, {"no_effect_redeem_anyway_categories", &r.NoEffectRedeemCategories},
	}
}

// Lists yields the lists of categories, each by its name in JSON.
func (r *Rules) Lists() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, l := range r.lists() {
			if !yield(l.name, *l.ids) {
				return
			}
		}
	}
}

// Violations tells every way in which the rules do not hold together
// (CONTRACT 3), as sorted sentences such as "Property .redeemables_limit must
// be <= 30"; none if they do. Whether the categories exist is not for it to
// know.
func (r *Rules) Violations() []string {
	violations := slices.Concat(r.outOfBounds(), r.unknownModes(), r.broken(), r.misplaced())
	slices.Sort(violations)
	return violations
}

// outOfBounds tells of numbers beyond their bounds.
func (r *Rules) outOfBounds() (violations []string) {
	within := func(name string, value *int, most int) {
		switch {
		case value == nil:
		case *value < 1:
			violations = append(violations, "Property ."+name+" must be >= 1")
		case *value > most:
			violations = append(violations, fmt.Sprintf("Property .%s must be <= %d", name, most))
		}
	}
	within(limit, &r.RedeemablesLimit, MaxRedeemables)
	within(applicable, &r.ApplicableLimit, MaxRedeemables)
	within(perCategory, r.PerCategoryLimit, MaxRedeemables)
	within(exclusive, &r.ExclusiveLimit, MaxExclusive)
	within(exclusivePerCategory, r.ExclusivePerCategory, MaxRedeemables)
	for id, n := range r.CategoryLimits {
		within(categoryLimits+"."+id, &n, MaxOfCategory)
	}
	if len(r.CategoryLimits) > MaxCategories {
		violations = append(violations, fmt.Sprintf("Property .%s must NOT have more than %d properties", categoryLimits, MaxCategories))
	}
	return violations
}

const (
	limit                = "redeemables_limit"
	applicable           = "applicable_redeemables_limit"
	perCategory          = "applicable_redeemables_per_category_limit"
	categoryLimits       = "applicable_redeemables_category_limits"
	exclusive            = "applicable_exclusive_redeemables_limit"
	exclusivePerCategory = "applicable_exclusive_redeemables_per_category_limit"
)

// broken tells of limits that are above the limit over them.
func (r *Rules) broken() (violations []string) {
	below := func(name string, value *int, over string, most int) {
		if value != nil && *value > most {
			violations = append(violations, fmt.Sprintf("Property .%s must be <= .%s (%d is more than %d)", name, over, *value, most))
		}
	}
	below(applicable, &r.ApplicableLimit, limit, r.RedeemablesLimit)
	below(perCategory, r.PerCategoryLimit, applicable, r.ApplicableLimit)
	below(exclusivePerCategory, r.ExclusivePerCategory, exclusive, r.ExclusiveLimit)
	return violations
}

// unknownModes tells of modes that are none.
func (r *Rules) unknownModes() (violations []string) {
	violations = oneOf(violations, "discount_calculation_mode", r.DiscountMode, InitialAmount, DiscountedAmount)
	violations = oneOf(violations, "redeemables_application_mode", r.ApplicationMode, ApplyAll, ApplyPartial)
	violations = oneOf(violations, "redeemables_sorting_rule", r.SortingRule, CategoryHierarchy, RequestedOrder)
	violations = oneOf(violations, "redeemables_products_application_mode", r.ProductsMode, StackOnProduct, OnceOnProduct)
	violations = oneOf(violations, "redeemables_no_effect_rule", r.NoEffectRule, RedeemAnyway, SkipNoEffect)
	violations = oneOf(violations, "redeemables_rollback_order_mode", r.RollbackMode, WithOrder, WithoutOrder)
	return oneOf(violations, "grouped_redeemables_sorting_rule", r.GroupedSortingRule, JointAlwaysLast, Combined)
}

func oneOf[T ~string](violations []string, name string, value T, allowed ...T) []string {
	if slices.Contains(allowed, value) {
		return violations
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	return append(violations, "Property ."+name+" must be equal to one of the allowed values: "+strings.Join(words, ", "))
}

// misplaced tells of categories that stand twice in a list, or in two lists
// that exclude each other.
func (r *Rules) misplaced() (violations []string) {
	lists := r.lists()
	for i, l := range lists {
		first := make(map[string]int, len(*l.ids))
		for at, id := range *l.ids {
			if was, twice := first[id]; twice {
				violations = append(violations, fmt.Sprintf("Property .%s must NOT have duplicate items (items %d and %d are identical)", l.name, was, at))
				continue
			}
			first[id] = at
		}
		if len(*l.ids) > MaxCategories {
			violations = append(violations, fmt.Sprintf("Property .%s must NOT have more than %d items", l.name, MaxCategories))
		}
		if i%2 == 0 {
			continue
		}
		other := lists[i-1]
		for at, id := range *other.ids {
			if place, both := first[id]; both {
				violations = append(violations, fmt.Sprintf("Property .%s.%d must NOT be in .%s as well (%s is item %d there)", l.name, place, other.name, id, at))
			}
		}
	}
	return violations
}

// Categories returns the ids of all categories that the rules name, each once,
// sorted.
func (r *Rules) Categories() []string {
	named := slices.Collect(maps.Keys(r.CategoryLimits))
	for _, l := range r.lists() {
		named = append(named, *l.ids...)
	}
	slices.Sort(named)
	return slices.Compact(named)
}

// Rename gives every category its new id and drops those that have none.
func (r *Rules) Rename(became map[string]string) {
	for _, l := range r.lists() {
		ids := make([]string, 0, len(*l.ids))
		for _, id := range *l.ids {
			if now, ok := became[id]; ok {
				ids = append(ids, now)
			}
		}
		*l.ids = ids
	}
	limits := make(CategoryLimits, len(r.CategoryLimits))
	for id, n := range r.CategoryLimits {
		if now, ok := became[id]; ok {
			limits[now] = n
		}
	}
	r.CategoryLimits = limits
}

// Clone returns a copy that shares nothing with the rules; its lists are never
// nil.
func (r Rules) Clone() Rules {
	for _, l := range r.lists() {
		*l.ids = append([]string{}, *l.ids...)
	}
	for _, n := range []**int{&r.PerCategoryLimit, &r.ExclusivePerCategory} {
		if *n != nil {
			value := **n
			*n = &value
		}
	}
	if r.CategoryLimits = maps.Clone(r.CategoryLimits); r.CategoryLimits == nil {
		r.CategoryLimits = CategoryLimits{}
	}
	return r
}
