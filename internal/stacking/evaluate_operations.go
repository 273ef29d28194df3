package stacking

import (
	"context"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

type evaluate struct{ Body StackingEvaluate }

// registerEvaluate adds the operation of the Project API.
func registerEvaluate(r *api.Router, s *Service) {
	op := api.Operation{
		Door: api.Project, Tag: "Stacking", Permission: ident.IncentivesEvaluate,
		ID: "evaluate-stacking", Method: http.MethodPost, Path: "/v1/stacking/evaluate",
		Summary: "Evaluate a stack",
		Description: "Prices an order under several redeemables at once, by the project's stacking rules: which of them apply, in which order, " +
			"and what each takes off. It redeems nothing and stores nothing, and the same call under the same rules has the same answer.\n\n" +
			"Each redeemable in the answer, in the order of application, is APPLICABLE, with the order after it; INAPPLICABLE, with the error that the call gave it; " +
			"or SKIPPED, with the rule that leaves it out. Amounts are integers in minor units, percentages are rounded half up, nothing goes below zero.",
		Faults: []*fault.Code{fault.DuplicatedRedeemables},
	}
	api.Compute(r, op, func(ctx context.Context, q database.Querier, c *api.Call, in *evaluate) (*StackingEvaluation, error) {
		return s.Evaluate(ctx, q, c.ProjectID, &in.Body)
	})
}
