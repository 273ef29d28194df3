package stacking

import (
	"context"
	"errors"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	engine "github.com/steward-platform/steward/stacking"
)

// StackingEvaluate is the body that has an order priced. The project adds its
// rules and the hierarchies of its categories.
type StackingEvaluate struct {
	Order       engine.Order        `json:"order" doc:"What is to be priced: an amount or items."`
	Redeemables []engine.Redeemable `json:"redeemables" nullable:"false" maxItems:"1000" doc:"What may discount it, in the order of the request: at most as many as redeemables_limit of the rules says, each object and id once."`
}

// StackingEvaluation is what an evaluation comes to, with the rules that it
// went by.
type StackingEvaluation struct {
	engine.Result
	StackingRules *StackingRules `json:"stacking_rules" doc:"The rules that hold in the project."`
}

// cachedProjects bounds for how many projects the service remembers the rules.
const cachedProjects = 20_000

// Evaluate prices an order by the project's rules (CONTRACT 7). It returns
// fault.InvalidPayload with every violation, also where there are more
// redeemables than the rules allow, or fault.DuplicatedRedeemables.
func (s *Service) Evaluate(ctx context.Context, q database.Querier, projectID string, body *StackingEvaluate) (*StackingEvaluation, error) {
	rules, err := s.cached.Get(ctx, projectID)
	if err != nil {
		return nil, err
	}
	// Not kept with the rules: a cache filled from another one could keep what
	// that is about to forget.
	hierarchies, err := s.categories.Hierarchies(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	result, err := engine.Evaluate(engine.Input{
		Order: body.Order, Redeemables: body.Redeemables, Rules: rules.Rules, Hierarchies: hierarchies,
	})
	if err != nil {
		return nil, inWords(err)
	}
	return &StackingEvaluation{*result, rules}, nil
}

// inWords makes a fault of what the evaluation refuses.
func inWords(err error) error {
	if invalid, ok := errors.AsType[*engine.InputError](err); ok {
		return fault.Invalid(invalid.Violations...)
	}
	if twice, ok := errors.AsType[*engine.DuplicateError](err); ok {
		return fault.New(fault.DuplicatedRedeemables, "%s", twice.Error()).About(twice.Object, twice.ID)
	}
	return err
}
