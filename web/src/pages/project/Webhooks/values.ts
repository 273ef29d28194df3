import type { Management } from "@/api/client";
import type { Change } from "@/parts/EditForm";
import { type EventName, rightName } from "./events";
import type { Webhook } from "./reads";

/** What a header's value reads while it stays as it is: the API shows no other. */
export const kept = "••••";

/** A header of the webhook's own, as it is entered. */
export interface Header {
	key: string;
	name: string;
	value: string;
}

/** The form of a webhook. */
export type Values = {
	target_url: string;
	events: EventName[];
	active: boolean;
	ordered: boolean;
	headers: Header[];
};

/** valuesOf reads a webhook into the form; a new one is active and asks for nothing yet. */
export function valuesOf(webhook?: Webhook): Values {
	return {
		target_url: webhook?.target_url ?? "",
		events: webhook?.events ?? [],
		active: webhook?.active ?? true,
		ordered: webhook?.ordered ?? false,
		headers: Object.entries(webhook?.headers ?? {}).map(([name, value]) => ({ key: name, name, value })),
	};
}

/** bodyOf returns what creates the webhook. */
export function bodyOf({ headers, ...values }: Values): Management["WebhookCreate"] {
	return { ...values, headers: headersOf(headers) };
}

/** changedBody returns what differs from what is stored, and so leaves the rest to whoever else changes it. */
export function changedBody(before: Values, after: Values): Management["WebhookUpdate"] {
	const from = bodyOf(before);
	const to = bodyOf(after);
	return Object.fromEntries(
		Object.entries(to).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(from[name as keyof typeof from])),
	);
}

/** changesOf tells in words what saving would change; values of headers stay unsaid. */
export function changesOf(before: Values, after: Values): Change[] {
	const changes: Change[] = [];
	const add = (field: string, from: string, to: string) => {
		if (from !== to) changes.push({ field, from, to });
	};
	const onOff = (on: boolean) => (on ? "on" : "off");
	add("URL", before.target_url, after.target_url);
	const had = new Set(before.events.map(rightName));
	const has = new Set(after.events.map(rightName));
	const added = [...has].filter((e) => !had.has(e));
	const removed = [...had].filter((e) => !has.has(e));
	if (added.length > 0) changes.push({ field: "Events", from: "", to: added.join(", ") });
	if (removed.length > 0) changes.push({ field: "Events", from: removed.join(", "), to: "" });
	add("Active", onOff(before.active), onOff(after.active));
	add("In order", onOff(before.ordered), onOff(after.ordered));
	const names = new Set([...before.headers, ...after.headers].map((h) => h.name));
	for (const name of names) {
		const from = before.headers.find((h) => h.name === name)?.value;
		const to = after.headers.find((h) => h.name === name)?.value;
		if (from !== to) {
			changes.push({
				field: `Header ${name || "without a name"}`,
				from: from === undefined ? "" : kept,
				to: to === undefined ? "" : "a new value",
			});
		}
	}
	return changes;
}

function headersOf(headers: Header[]): Record<string, string> {
	return Object.fromEntries(headers.map((h) => [h.name.trim(), h.value]));
}

/** checkHeaders finds what the API cannot: its answer is an object, in which a name is there once. */
export function checkHeaders(headers: Header[]): string | null {
	const names = headers.map((h) => h.name.trim().toLowerCase());
	if (names.some((n) => n === "")) return "Every header needs a name";
	const twice = names.find((n, i) => names.indexOf(n) !== i);
	return twice === undefined ? null : `The header ${twice} is there twice`;
}
