import type { Sendout } from "../Webhooks/reads";
import { states } from "./state";

/** Which send-outs are shown. */
export type Filter = {
	status?: Sendout["status"];
	type?: string;
	/** How far back, by the names in since; "own" for from and to. */
	since?: string;
	from?: string;
	to?: string;
};

/** No limit in time. */
export const allTimes = { value: "all", label: "Any time" };

/** The times that are offered. */
export const since = [
	{ value: "1h", label: "Last hour", hours: 1 },
	{ value: "24h", label: "Last 24 hours", hours: 24 },
	{ value: "7d", label: "Last 7 days", hours: 7 * 24 },
	{ value: "own", label: "From and to", hours: 0 },
];

/** filterOf reads a filter out of an address, and passes over what it cannot be. */
export function filterOf(search: Record<string, unknown>): Filter {
	const time = (v: unknown) => (typeof v === "string" && !Number.isNaN(new Date(v).getTime()) ? new Date(v).toISOString() : undefined);
	const span = since.find((s) => s.value === search.since)?.value;
	return {
		status: typeof search.status === "string" && search.status in states ? (search.status as Sendout["status"]) : undefined,
		type: typeof search.type === "string" && search.type !== "" && search.type.length <= 100 ? search.type : undefined,
		since: span,
		from: span === "own" ? time(search.from) : undefined,
		to: span === "own" ? time(search.to) : undefined,
	};
}

/** queryOf returns what a filter is to the API. */
export function queryOf({ status, type, since: span, from, to }: Filter) {
	const hours = since.find((s) => s.value === span)?.hours ?? 0;
	const begin = hours > 0 ? new Date(Date.now() - hours * 3_600_000).toISOString() : from;
	return { ...(status ? { status } : {}), ...(type ? { type } : {}), ...(begin ? { from: begin } : {}), ...(to ? { to } : {}) };
}
