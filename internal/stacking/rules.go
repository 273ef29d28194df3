package stacking

import (
	"fmt"
	"maps"
	"slices"

	"github.com/steward-platform/steward/internal/fault"
	engine "github.com/steward-platform/steward/stacking"
)

// Rules are the rules themselves; what they mean is told, and done, by the
// public package stacking.
type Rules = engine.Rules

// Defaults are the rules of a project that has made none (CONTRACT 3).
func Defaults() Rules { return engine.Defaults() }

const categoryLimits = "applicable_redeemables_category_limits"

// judge returns fault.InvalidPayload with all that is wrong with the rules,
// given those of their categories that do not exist.
func judge(r *Rules, missing []string) error {
	violations := r.Violations()
	const noCategory = "must be the id of a category of the project (there is no %s)"
	for name, ids := range r.Lists() {
		for at, id := range ids {
			if slices.Contains(missing, id) {
				violations = append(violations, fmt.Sprintf("Property .%s.%d "+noCategory, name, at, id))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.CategoryLimits)) {
		if slices.Contains(missing, id) {
			violations = append(violations, fmt.Sprintf("Property .%s must NOT have a property that is no category of the project (there is no %.64s)", categoryLimits, id))
		}
	}
	if len(violations) > 0 {
		slices.Sort(violations)
		return fault.Invalid(violations...)
	}
	return nil
}

// names reports whether the rules name a category.
func names(r *Rules, id string) bool {
	_, found := slices.BinarySearch(r.Categories(), id)
	return found
}

// without takes one category out of the rules, wherever it stands.
func without(r *Rules, id string) {
	became := map[string]string{}
	for _, c := range r.Categories() {
		if c != id {
			became[c] = c
		}
	}
	r.Rename(became)
}
