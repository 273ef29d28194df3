import type { Management } from "@/api/client";

export type Rules = Management["StackingRules"];
type Update = Management["StackingRulesUpdate"];

/** What an incentive of a category can be besides others. */
export type Company = "common" | "exclusive" | "joint";
/** Which amount its percentages are of. */
export type Base = "general" | "initial" | "discounted";
/** What becomes of it without an effect. */
export type NoEffect = "general" | "skip" | "redeem";

/** What the rules say of one category. */
export interface OfCategory {
	company: Company;
	base: Base;
	noEffect: NoEffect;
	limit: number | null;
}

/** The rules as the form holds them: what is said of categories stands by category, for those of which something is said. */
export interface Values extends Record<string, unknown> {
	redeemables_limit: number;
	applicable_redeemables_limit: number;
	applicable_redeemables_per_category_limit: number | null;
	applicable_exclusive_redeemables_limit: number;
	applicable_exclusive_redeemables_per_category_limit: number | null;
	discount_calculation_mode: Rules["discount_calculation_mode"];
	redeemables_application_mode: Rules["redeemables_application_mode"];
	redeemables_sorting_rule: Rules["redeemables_sorting_rule"];
	redeemables_products_application_mode: Rules["redeemables_products_application_mode"];
	redeemables_no_effect_rule: Rules["redeemables_no_effect_rule"];
	redeemables_rollback_order_mode: Rules["redeemables_rollback_order_mode"];
	grouped_redeemables_sorting_rule: Rules["grouped_redeemables_sorting_rule"];
	categories: Record<string, OfCategory>;
}

/** What holds for a category of which nothing is said. */
export const general: OfCategory = { company: "common", base: "general", noEffect: "general", limit: null };

/** valuesOf reads rules into the form. */
export function valuesOf(rules: Rules): Values {
	const named = new Set([
		...rules.joint_categories,
		...rules.exclusive_categories,
		...rules.initial_amount_mode_categories,
		...rules.discounted_amount_mode_categories,
		...rules.no_effect_skip_categories,
		...rules.no_effect_redeem_anyway_categories,
		...Object.keys(rules.applicable_redeemables_category_limits),
	]);
	const of = (id: string): OfCategory => ({
		company: rules.joint_categories.includes(id) ? "joint" : rules.exclusive_categories.includes(id) ? "exclusive" : "common",
		base: rules.initial_amount_mode_categories.includes(id)
			? "initial"
			: rules.discounted_amount_mode_categories.includes(id)
				? "discounted"
				: "general",
		noEffect: rules.no_effect_skip_categories.includes(id)
			? "skip"
			: rules.no_effect_redeem_anyway_categories.includes(id)
				? "redeem"
				: "general",
		limit: rules.applicable_redeemables_category_limits[id] ?? null,
	});
	return {
		redeemables_limit: rules.redeemables_limit,
		applicable_redeemables_limit: rules.applicable_redeemables_limit,
		applicable_redeemables_per_category_limit: rules.applicable_redeemables_per_category_limit,
		applicable_exclusive_redeemables_limit: rules.applicable_exclusive_redeemables_limit,
		applicable_exclusive_redeemables_per_category_limit: rules.applicable_exclusive_redeemables_per_category_limit,
		discount_calculation_mode: rules.discount_calculation_mode,
		redeemables_application_mode: rules.redeemables_application_mode,
		redeemables_sorting_rule: rules.redeemables_sorting_rule,
		redeemables_products_application_mode: rules.redeemables_products_application_mode,
		redeemables_no_effect_rule: rules.redeemables_no_effect_rule,
		redeemables_rollback_order_mode: rules.redeemables_rollback_order_mode,
		grouped_redeemables_sorting_rule: rules.grouped_redeemables_sorting_rule,
		categories: Object.fromEntries([...named].map((id) => [id, of(id)])),
	};
}

/** whole writes the form out as rules. */
function whole({ categories, ...rest }: Values): Update {
	const ids = Object.keys(categories).sort();
	const where = (holds: (c: OfCategory) => boolean) => ids.filter((id) => holds(categories[id] ?? general));
	return {
		...rest,
		joint_categories: where((c) => c.company === "joint"),
		exclusive_categories: where((c) => c.company === "exclusive"),
		initial_amount_mode_categories: where((c) => c.base === "initial"),
		discounted_amount_mode_categories: where((c) => c.base === "discounted"),
		no_effect_skip_categories: where((c) => c.noEffect === "skip"),
		no_effect_redeem_anyway_categories: where((c) => c.noEffect === "redeem"),
		applicable_redeemables_category_limits: Object.fromEntries(
			ids.flatMap((id) => (categories[id]?.limit ? [[id, categories[id].limit]] : [])),
		),
	} as Update;
}

/** withCategory returns what is said of categories once something else is said of one. */
export function withCategory(categories: Values["categories"], id: string, with_: Partial<OfCategory>): Values["categories"] {
	const { [id]: was = general, ...others } = categories;
	const is = { ...was, ...with_ };
	const same = is.company === "common" && is.base === "general" && is.noEffect === "general" && is.limit === null;
	return same ? others : { ...others, [id]: is };
}

/** filled says the same with the categories written out of which either form says something. */
export function filled(values: Values, other: Values): Values {
	const ids = new Set([...Object.keys(values.categories), ...Object.keys(other.categories)]);
	return { ...values, categories: Object.fromEntries([...ids].map((id) => [id, values.categories[id] ?? general])) };
}

/** differences returns what an update has to send: only what differs, lists as a whole. */
export function differences(before: Values, after: Values): Update {
	const was = whole(before) as Record<string, unknown>;
	const is = whole(after) as Record<string, unknown>;
	return Object.fromEntries(Object.entries(is).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name]))) as Update;
}

export const choices = {
	redeemables_application_mode: [
		["ALL", "All or nothing: one that cannot be used fails the request"],
		["PARTIAL", "As many as can: one that cannot be used is left out"],
	],
	redeemables_sorting_rule: [
		["REQUESTED_ORDER", "As they were requested"],
		["CATEGORY_HIERARCHY", "By the hierarchy of their categories"],
	],
	grouped_redeemables_sorting_rule: [
		["JOINT_ALWAYS_LAST", "Exclusive ones first, joint ones last"],
		["COMBINED", "All sorted as one"],
	],
	discount_calculation_mode: [
		["INITIAL_AMOUNT", "Of the initial amount"],
		["DISCOUNTED_AMOUNT", "Of what earlier discounts have left"],
	],
	redeemables_products_application_mode: [
		["STACK", "Many times"],
		["ONCE", "Once"],
	],
	redeemables_no_effect_rule: [
		["REDEEM_ANYWAY", "Redeemed all the same"],
		["SKIP", "Skipped"],
	],
	redeemables_rollback_order_mode: [
		["WITH_ORDER", "The order's data is taken back as well"],
		["WITHOUT_ORDER", "The order's data stays"],
	],
} as const;

export const labels: Record<string, string> = {
	redeemables_limit: "Incentives in a request",
	applicable_redeemables_limit: "Incentives that apply",
	applicable_redeemables_per_category_limit: "Incentives that apply, of one category",
	applicable_exclusive_redeemables_limit: "Exclusive incentives that apply",
	applicable_exclusive_redeemables_per_category_limit: "Exclusive incentives that apply, of one category",
	discount_calculation_mode: "Percentages",
	redeemables_application_mode: "Application",
	redeemables_sorting_rule: "Sorting",
	redeemables_products_application_mode: "How often a product is discounted",
	redeemables_no_effect_rule: "Incentives without an effect",
	redeemables_rollback_order_mode: "Rollback",
	grouped_redeemables_sorting_rule: "Exclusive and joint ones together",
};
