// Package category holds the categories of a project: what redeemables are
// sorted into, so that stacking rules can treat them by kind.
package category

import (
	"fmt"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// MaxName is the most characters that a category's name has.
	MaxName = 255
	// MaxHierarchy is the highest place in the hierarchy.
	MaxHierarchy = 1<<31 - 1

	object = "category"
)

// Category is a kind of redeemable. Names need not be unique: the reference
// contract knows no such rule.
type Category struct {
	ID string `json:"id" doc:"Identifies the category." example:"cat_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Definition
	CreatedAt clock.Timestamp  `json:"created_at" doc:"When the category was made."`
	UpdatedAt *clock.Timestamp `json:"updated_at,omitempty" doc:"When it was last changed; absent until it is."`
	Object    string           `json:"object" enum:"category" doc:"Always category."`
}

// Definition is what a category consists of.
type Definition struct {
	Name      string `json:"name" minLength:"1" maxLength:"255" format:"name" doc:"The category's name, which is not blank and holds no control character." example:"Black Friday"`
	Hierarchy int64  `json:"hierarchy" minimum:"0" maximum:"2147483647" doc:"Its place among the categories: lower ones are processed first." example:"1"`
}

// CategoryCreate is the body that makes a category.
type CategoryCreate struct{ Definition }

// TransformSchema says which members a new category must have.
func (CategoryCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, "name", "hierarchy")
}

// CategoryUpdate is the body that changes a category: it says the whole
// definition anew, as the reference contract has it.
type CategoryUpdate struct{ Definition }

// TransformSchema says that neither member may be left out.
func (CategoryUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, "name", "hierarchy")
}

// check returns fault.InvalidPayload with every violation.
func (d Definition) check() error {
	var violations []string
	if d.Hierarchy < 0 {
		violations = append(violations, "Property .hierarchy must be >= 0")
	}
	if d.Hierarchy > MaxHierarchy {
		violations = append(violations, fmt.Sprintf("Property .hierarchy must be <= %d", MaxHierarchy))
	}
	switch n := utf8.RuneCountInString(d.Name); {
	case n < 1:
		violations = append(violations, "Property .name must NOT have fewer than 1 characters")
	case n > MaxName:
		violations = append(violations, fmt.Sprintf("Property .name must NOT have more than %d characters", MaxName))
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}
