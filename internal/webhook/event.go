package webhook

import "github.com/danielgtaylor/huma/v2"

// Event is the name of an event that a webhook can be sent.
type Event string

// Events lists the events that can be chosen: those that the reference
// contract publishes, the right spelling of four that it misspells, and
// customer.updated, which it lacks (CONTRACT 3).
var Events = []Event{
	"business_validation_rule.assignment.created",
	"business_validation_rule.assignment.deleted",
	"business_validation_rule.created",
	"business_validation_rule.deleted",
	"business_validation_rule.updated",
	"campaign.created",
	"campaign.deleted",
	"campaign.disabled",
	"campaign.earning_rule.assigned",
	"campaign.earning_rule.deleted",
	"campaign.earning_rule.disabled",
	"campaign.earning_rule.enabled",
	"campaign.earning_rule.updated",
	"campaign.enabled",
	"campaign.loyalty_tier.created",
	"campaign.loyalty_tier.deleted",
	"campaign.loyalty_tier.updated",
	"campaign.promotion_stack.created",
	"campaign.promotion_stack.updated",
	"campaign.promotion_tier.created",
	"campaign.promotion_tier.deleted",
	"campaign.promotion_tier.disabled",
	"campaign.promotion_tier.enabled",
	"campaign.promotion_tier.updated",
	"campaign.referral_tier.created",
	"campaign.referral_tier.deleted",
	"campaign.referral_tier.updated",
	"campaign.reward.assignment.created",
	"campaign.reward.assignment.deleted",
	"campaign.reward.assignment.updated",
	"campaign.updated",
	"campaign.vouchers.added",
	"campaign.vouchers.aded",
	"campaign.vouchers.generation.completed",
	"campaign.vouchers.generation.failed",
	"campaign.vouchers.generation.started",
	"customer.confirmed",
	"customer.created",
	"customer.deleted",
	"customer.rewarded",
	"customer.rewarded.loyalty_points",
	"customer.updated",
	"publication.succeeded",
	"redemption.failed",
	"redemption.rollback.failed",
	"redemption.rollback.succeeded",
	"redemption.succeeded",
	"voucher.created",
	"voucher.deleted",
	"voucher.disabled",
	"voucher.enabled",
	"voucher.gift.balance_added",
	"voucher.gift.balance_aded",
	"voucher.gift.transaction.created",
	"voucher.loyalty_card.pending_points.activated",
	"voucher.loyalty_card.pending_points.added",
	"voucher.loyalty_card.pending_points.aded",
	"voucher.loyalty_card.pending_points.canceled",
	"voucher.loyalty_card.pending_points.updated",
	"voucher.loyalty_card.points_added",
	"voucher.loyalty_card.points_aded",
	"voucher.loyalty_card.points_expired",
	"voucher.loyalty_card.transaction.created",
	"voucher.published",
	"voucher.updated",
}

// Schema is a text that is one of Events.
func (Event) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Examples: []any{"redemption.succeeded"}}
	for _, e := range Events {
		s.Enum = append(s.Enum, string(e))
	}
	return s
}

// Canonical returns the one name of an event by which webhooks and events are
// matched and deliveries are named: the right spelling of the four that the
// reference contract misspells, any other name as it is (CONTRACT 3).
func Canonical(event string) string {
	switch event {
	case "campaign.vouchers.aded":
		return "campaign.vouchers.added"
	case "voucher.gift.balance_aded":
		return "voucher.gift.balance_added"
	case "voucher.loyalty_card.points_aded":
		return "voucher.loyalty_card.points_added"
	case "voucher.loyalty_card.pending_points.aded":
		return "voucher.loyalty_card.pending_points.added"
	}
	return event
}
