// Package stacking holds the stacking rules of a project: which redeemables of
// one request go together, how many of them, and in which order.
package stacking

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	engine "github.com/steward-platform/steward/stacking"
)

// StackingRules are the rules that hold in a project: the defaults, which have
// no id and no times, or a set that was made.
type StackingRules struct {
	ID string `json:"id,omitempty" doc:"Identifies the set of rules; absent where the defaults hold." example:"stk_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Rules
	CreatedAt *clock.Timestamp `json:"created_at,omitempty" doc:"When the set was made; absent where the defaults hold."`
	UpdatedAt *clock.Timestamp `json:"updated_at,omitempty" doc:"When the set was last changed; absent until it is."`
}

// TransformSchema says what the limits of single categories are.
func (StackingRules) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return describeCategoryLimits(s)
}

// describeCategoryLimits completes the schema of an object that holds Rules
// with what tags cannot say: the bounds of a map's values.
func describeCategoryLimits(s *huma.Schema) *huma.Schema {
	least, most, entries := 1.0, float64(engine.MaxOfCategory), engine.MaxCategories
	s.Properties[categoryLimits] = &huma.Schema{
		Type: huma.TypeObject, MaxProperties: &entries, Examples: []any{map[string]any{"cat_01kaqm5f3ve0rabpx1v0p2xwz8": 2}},
		AdditionalProperties: &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Description: "How many redeemables of this category can apply."},
		Description:          s.Properties[categoryLimits].Description,
	}
	return s
}

// StackingRulesCreate is the body that makes a set of rules: what is not sent
// has its default.
type StackingRulesCreate struct{ Rules }

// TransformSchema says that every member may be left out, and what it is then
// (CONTRACT 3).
func (StackingRulesCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	s = describeCategoryLimits(api.Require(r, s))
	for name, value := range defaultsByName() {
		p := *s.Properties[name]
		p.Default = value
		s.Properties[name] = &p
	}
	return s
}

func defaultsByName() map[string]any {
	byName := map[string]any{}
	document, err := json.Marshal(Defaults())
	if err == nil {
		err = json.Unmarshal(document, &byName)
	}
	if err != nil {
		panic("the default stacking rules are no JSON: " + err.Error()) // a mistake in Rules, found by any test
	}
	return byName
}

// StackingRulesUpdate is the body that changes a set of rules: what is not
// sent stays, lists and the limits by category are replaced as a whole.
type StackingRulesUpdate struct{ Rules }

// TransformSchema says that every member may be left out.
func (StackingRulesUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return describeCategoryLimits(api.Require(r, s))
}
