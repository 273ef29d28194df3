import type { Management } from "@/api/client";

/** The name of an event, as webhooks choose it. */
export type EventName = Management["Webhook"]["events"][number];

// Every name that the API knows, with the right spelling of those that it takes in two. The type keeps it complete.
const spellings: Record<EventName, EventName> = {
	"business_validation_rule.assignment.created": "business_validation_rule.assignment.created",
	"business_validation_rule.assignment.deleted": "business_validation_rule.assignment.deleted",
	"business_validation_rule.created": "business_validation_rule.created",
	"business_validation_rule.deleted": "business_validation_rule.deleted",
	"business_validation_rule.updated": "business_validation_rule.updated",
	"campaign.created": "campaign.created",
	"campaign.deleted": "campaign.deleted",
	"campaign.disabled": "campaign.disabled",
	"campaign.earning_rule.assigned": "campaign.earning_rule.assigned",
	"campaign.earning_rule.deleted": "campaign.earning_rule.deleted",
	"campaign.earning_rule.disabled": "campaign.earning_rule.disabled",
	"campaign.earning_rule.enabled": "campaign.earning_rule.enabled",
	"campaign.earning_rule.updated": "campaign.earning_rule.updated",
	"campaign.enabled": "campaign.enabled",
	"campaign.loyalty_tier.created": "campaign.loyalty_tier.created",
	"campaign.loyalty_tier.deleted": "campaign.loyalty_tier.deleted",
	"campaign.loyalty_tier.updated": "campaign.loyalty_tier.updated",
	"campaign.promotion_stack.created": "campaign.promotion_stack.created",
	"campaign.promotion_stack.updated": "campaign.promotion_stack.updated",
	"campaign.promotion_tier.created": "campaign.promotion_tier.created",
	"campaign.promotion_tier.deleted": "campaign.promotion_tier.deleted",
	"campaign.promotion_tier.disabled": "campaign.promotion_tier.disabled",
	"campaign.promotion_tier.enabled": "campaign.promotion_tier.enabled",
	"campaign.promotion_tier.updated": "campaign.promotion_tier.updated",
	"campaign.referral_tier.created": "campaign.referral_tier.created",
	"campaign.referral_tier.deleted": "campaign.referral_tier.deleted",
	"campaign.referral_tier.updated": "campaign.referral_tier.updated",
	"campaign.reward.assignment.created": "campaign.reward.assignment.created",
	"campaign.reward.assignment.deleted": "campaign.reward.assignment.deleted",
	"campaign.reward.assignment.updated": "campaign.reward.assignment.updated",
	"campaign.updated": "campaign.updated",
	"campaign.vouchers.added": "campaign.vouchers.added",
	"campaign.vouchers.aded": "campaign.vouchers.added",
	"campaign.vouchers.generation.completed": "campaign.vouchers.generation.completed",
	"campaign.vouchers.generation.failed": "campaign.vouchers.generation.failed",
	"campaign.vouchers.generation.started": "campaign.vouchers.generation.started",
	"customer.confirmed": "customer.confirmed",
	"customer.created": "customer.created",
	"customer.deleted": "customer.deleted",
	"customer.rewarded": "customer.rewarded",
	"customer.rewarded.loyalty_points": "customer.rewarded.loyalty_points",
	"customer.updated": "customer.updated",
	"publication.succeeded": "publication.succeeded",
	"redemption.failed": "redemption.failed",
	"redemption.rollback.failed": "redemption.rollback.failed",
	"redemption.rollback.succeeded": "redemption.rollback.succeeded",
	"redemption.succeeded": "redemption.succeeded",
	"voucher.created": "voucher.created",
	"voucher.deleted": "voucher.deleted",
	"voucher.disabled": "voucher.disabled",
	"voucher.enabled": "voucher.enabled",
	"voucher.gift.balance_added": "voucher.gift.balance_added",
	"voucher.gift.balance_aded": "voucher.gift.balance_added",
	"voucher.gift.transaction.created": "voucher.gift.transaction.created",
	"voucher.loyalty_card.pending_points.activated": "voucher.loyalty_card.pending_points.activated",
	"voucher.loyalty_card.pending_points.added": "voucher.loyalty_card.pending_points.added",
	"voucher.loyalty_card.pending_points.aded": "voucher.loyalty_card.pending_points.added",
	"voucher.loyalty_card.pending_points.canceled": "voucher.loyalty_card.pending_points.canceled",
	"voucher.loyalty_card.pending_points.updated": "voucher.loyalty_card.pending_points.updated",
	"voucher.loyalty_card.points_added": "voucher.loyalty_card.points_added",
	"voucher.loyalty_card.points_aded": "voucher.loyalty_card.points_added",
	"voucher.loyalty_card.points_expired": "voucher.loyalty_card.points_expired",
	"voucher.loyalty_card.transaction.created": "voucher.loyalty_card.transaction.created",
	"voucher.published": "voucher.published",
	"voucher.updated": "voucher.updated",
};

/** rightName returns the spelling of an event under which it is sent. */
export function rightName(event: EventName): EventName {
	return spellings[event] ?? event;
}

/** Every event once, by its right spelling. */
export const eventNames = Object.values(spellings).filter((name, i, all) => all.indexOf(name) === i);

const titles: Record<string, string> = {
	business_validation_rule: "Validation rules",
	campaign: "Campaigns",
	customer: "Customers",
	publication: "Publications",
	redemption: "Redemptions",
	voucher: "Vouchers",
};

/** Events of one object. */
export interface EventGroup {
	object: string;
	title: string;
	events: EventName[];
}

/** The events by the object that they are about. */
export const eventGroups: EventGroup[] = Object.entries(Object.groupBy(eventNames, (name) => name.split(".", 1)[0] ?? "")).map(
	([object, events = []]) => ({ object, title: titles[object] ?? object, events }),
);
