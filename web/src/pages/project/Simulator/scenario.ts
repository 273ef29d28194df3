import type { Team } from "@/api/client";

type Effect = Team["Effect"];

/** A line of the order that is built. */
export interface Line {
	id: string;
	quantity: number;
	price: number;
}

/** An incentive that is tried on it. Amounts are in minor units. */
export interface Incentive {
	id: string;
	object: string;
	categories: string[];
	type: Effect["type"];
	/** The number that the type takes: an amount, a percentage or credits. */
	value: number;
	limit: number | null;
	target: "ORDER" | "ITEMS";
	items: string[];
	valid: boolean;
}

/** What is simulated. The page's address holds it, so that it can be sent to somebody. */
export interface Scenario {
	lines: Line[];
	incentives: Incentive[];
}

export const objects = ["voucher", "promotion_tier", "gift_card", "loyalty_card"];

export const effects: Record<Effect["type"], { label: string; value: string }> = {
	PERCENT: { label: "Percent off", value: "Percent" },
	AMOUNT: { label: "Amount off", value: "Amount" },
	FIXED: { label: "Fixed price", value: "Price" },
	GIFT: { label: "Gift credits", value: "Credits" },
};

/** An order and three incentives to begin with. */
export const example: Scenario = {
	lines: [
		{ id: "mug", quantity: 2, price: 500 },
		{ id: "tea", quantity: 1, price: 1000 },
	],
	incentives: [
		{
			id: "SPRING",
			object: "promotion_tier",
			categories: [],
			type: "PERCENT",
			value: 10,
			limit: null,
			target: "ITEMS",
			items: ["mug"],
			valid: true,
		},
		{ id: "MINUS-3", object: "voucher", categories: [], type: "AMOUNT", value: 300, limit: null, target: "ORDER", items: [], valid: true },
		{ id: "GIFT-1", object: "gift_card", categories: [], type: "GIFT", value: 500, limit: null, target: "ORDER", items: [], valid: true },
	],
};

/** parse reads a scenario out of an address; undefined if it holds none. */
export function parse(value: unknown): Scenario | undefined {
	const found = value as Partial<Scenario> | undefined;
	if (!Array.isArray(found?.lines) || !Array.isArray(found?.incentives)) return undefined;
	return {
		lines: found.lines.map((l) => ({ id: String(l.id ?? ""), quantity: Number(l.quantity) || 0, price: Number(l.price) || 0 })),
		incentives: found.incentives.map((i) => ({
			id: String(i.id ?? ""),
			object: String(i.object ?? "voucher"),
			categories: Array.isArray(i.categories) ? i.categories.map(String) : [],
			type: i.type && i.type in effects ? i.type : "AMOUNT",
			value: Number(i.value) || 0,
			limit: typeof i.limit === "number" ? i.limit : null,
			target: i.target === "ITEMS" ? "ITEMS" : "ORDER",
			items: Array.isArray(i.items) ? i.items.map(String) : [],
			valid: i.valid !== false,
		})),
	};
}

/** bodyOf writes a scenario as the API takes it. */
export function bodyOf({ lines, incentives }: Scenario): Team["StackingEvaluate"] {
	return {
		order: { items: lines },
		redeemables: incentives.map((i) => ({
			object: i.object,
			id: i.id,
			...(i.categories.length > 0 && { categories: i.categories }),
			...(i.valid
				? { effect: effectOf(i) }
				: { valid: false, error: { code: 400, key: "not_usable", message: "The caller found that it cannot be used" } }),
		})),
	};
}

function effectOf(i: Incentive): Effect {
	const where = i.type === "GIFT" ? {} : { target: i.target, ...(i.target === "ITEMS" && i.items.length > 0 && { item_ids: i.items }) };
	switch (i.type) {
		case "PERCENT":
			return { type: i.type, percent_off: i.value, ...(i.limit !== null && { amount_limit: i.limit }), ...where };
		case "AMOUNT":
			return { type: i.type, amount_off: i.value, ...where };
		case "FIXED":
			return { type: i.type, fixed_amount: i.value, ...where };
		case "GIFT":
			return { type: i.type, credits: i.value };
	}
}
