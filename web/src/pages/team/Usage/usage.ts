import type { Team } from "@/api/client";
import { type Bar, type Line, layers, type Series } from "@/parts/UsageChart";

export type Report = Team["UsageReport"];
export type Limit = Team["UsageLimit"];

/** What can be counted, as the page names it. */
export const metrics = {
	management_api_calls: "Management API calls",
	api_calls: "Project API calls",
	bulk_api_calls: "Bulk API calls",
	webhook_calls: "Webhook calls",
	messages: "Messages",
} as const;
export type Metric = keyof typeof metrics;

/** What a chart can be stacked by. */
export const groups = { key: "Key", project: "Project", operation: "Operation", status: "Status" } as const;
export type GroupBy = keyof typeof groups;

/** How far back a chart looks. */
export const ranges = { "24h": "Last 24 hours", "7d": "Last 7 days", "31d": "Last 31 days", custom: "Custom" } as const;
export type Range = keyof typeof ranges;

export type Interval = Report["interval"];

/** The limits, as the page names them. */
export const limitNames: Record<string, string> = {
	api_calls_per_minute: "API calls a minute",
	api_calls_per_hour: "API calls an hour",
	api_calls_per_cycle: "API calls a cycle",
	bulk_api_calls_per_hour: "Bulk API calls an hour",
	webhook_calls_per_day: "Webhook calls a day",
	messages_per_day: "Messages a day",
};

/** What is asked for, as it stands in the address. */
export interface Asked {
	metric: Metric;
	/** Undefined for not stacked. */
	by: GroupBy | undefined;
	range: Range;
	interval: Interval;
	/** RFC 3339; of a custom range. */
	from: string | undefined;
	to: string | undefined;
	/** The chart is as high as the limits. */
	scaled: boolean;
}

const hour = 3_600_000;
const day = 24 * hour;

/** asked reads the search parameters; what makes no sense is as if it were not there. */
export function asked(search: Record<string, unknown>, otherwise: { metric: Metric; by: GroupBy | undefined }): Asked {
	const one = <K extends string>(of: Record<K, unknown>, value: unknown) =>
		typeof value === "string" && Object.hasOwn(of, value) ? (value as K) : undefined;
	const time = (value: unknown) =>
		typeof value === "string" && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined;
	const from = time(search.from);
	const to = time(search.to);
	const wanted = one(ranges, search.range) ?? "24h";
	const range = wanted === "custom" && (!from || !to) ? "24h" : wanted;
	return {
		metric: one(metrics, search.metric) ?? otherwise.metric,
		by: search.by === "none" ? undefined : (one(groups, search.by) ?? otherwise.by),
		range,
		interval: search.interval === "hour" || search.interval === "day" ? search.interval : range === "31d" ? "day" : "hour",
		from: range === "custom" ? from : undefined,
		to: range === "custom" ? to : undefined,
		scaled: search.scale === "limit",
	};
}

/** queryOf returns the parameters of the call; the same for as long as they ask for the same hours or days. */
export function queryOf({ metric, by, range, interval, from, to }: Asked) {
	const length = interval === "day" ? day : hour;
	// A report has at most 31 days by the hour, and the hour that is running counts.
	const back = { "24h": day, "7d": 7 * day, "31d": 31 * day - hour, custom: 0 }[range];
	const since = new Date(Math.floor((Date.now() - back) / length) * length).toISOString();
	return {
		metric,
		interval,
		...(by ? { group_by: by } : {}),
		...(range === "custom" ? { from, to } : { from: since }),
	};
}

/** What a chart shows. */
export interface Charted {
	/** The largest first; what is beyond the layers is summed up in the last. */
	series: (Series & { calls: number })[];
	/** Every hour or day, also those without calls. */
	bars: (Bar & { all: number })[];
	/** The highest bar. */
	peak: number;
}

/** charted sorts a report's entries into bars and layers. */
export function charted(report: Report, nameOf: (group: string) => string): Charted {
	const totals = new Map<string, number>();
	for (const p of report.data) totals.set(p.group, (totals.get(p.group) ?? 0) + p.calls);
	const largest = [...totals].sort((a, b) => b[1] - a[1]);
	const alone = largest.length > layers ? largest.slice(0, layers - 1) : largest;
	const series = alone.map(([group, calls], i) => ({ key: `s${i}`, label: nameOf(group), calls }));
	const keys = new Map(alone.map(([group], i) => [group, `s${i}`]));
	if (largest.length > alone.length) {
		const rest = largest.slice(alone.length);
		series.push({ key: `s${layers - 1}`, label: `${rest.length} others`, calls: rest.reduce((sum, [, calls]) => sum + calls, 0) });
	}
	const length = report.interval === "day" ? day : hour;
	const bars = new Map<number, Bar & { all: number }>();
	for (let at = Date.parse(report.from); at < Date.parse(report.to); at += length) {
		bars.set(at, { at: new Date(at).toISOString(), all: 0 });
	}
	let peak = 0;
	for (const p of report.data) {
		const bar = bars.get(Date.parse(p.at));
		if (!bar) continue;
		const key = keys.get(p.group) ?? `s${layers - 1}`;
		bar[key] = Number(bar[key] ?? 0) + p.calls;
		bar.all += p.calls;
		peak = Math.max(peak, bar.all);
	}
	return { series, bars: [...bars.values()], peak };
}

/** linesOf returns the limits whose window is as long as the interval: only they can be held against a bar. */
export function linesOf(report: Report): Line[] {
	return report.limits
		.filter((l) => l.name.endsWith(`_per_${report.interval}`))
		.map((l) => ({ label: `Limit ${l.limit.toLocaleString("en")}`, value: l.limit }));
}

/** timesIn returns how times are written: hours in a zone, days in UTC, which is where they begin and end. */
export function timesIn(interval: Interval, zone: string | undefined, long: boolean) {
	const timeZone = interval === "day" ? "UTC" : zone;
	const write = (how: Intl.DateTimeFormatOptions) => {
		let format: Intl.DateTimeFormat;
		try {
			format = new Intl.DateTimeFormat("en-GB", { ...how, timeZone });
		} catch {
			format = new Intl.DateTimeFormat("en-GB", how); // a zone that the browser does not know
		}
		return (at: string) => format.format(new Date(at));
	};
	const date = { day: "numeric", month: "short" } as const;
	const clock = { hour: "2-digit", minute: "2-digit" } as const;
	return {
		tick: write(interval === "day" ? date : long ? { ...date, ...clock } : clock),
		full: write(interval === "day" ? { ...date, year: "numeric" } : { ...date, ...clock, timeZoneName: "short" }),
	};
}
