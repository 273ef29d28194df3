import { type Definition, maxDefinitions, type Row } from "./definitions";

/** What is wrong with a row, by the field it is about. */
export type Faults = Partial<Record<keyof Definition | "name" | "json", string>>;

/** faultsOf returns everything that the API would refuse in a row by itself, at its field. */
export function faultsOf(row: Row, rows: Row[]): Faults {
	const d = row.definition;
	if (d.deleted) return {};
	return { ...named(row, rows), ...(d.type === "string" ? lengths(d) : {}), ...(d.type === "number" ? numbers(d) : {}), ...other(row) };
}

/** sound tells whether nothing is wrong with any row. */
export const sound = (rows: Row[]) => rows.length <= maxDefinitions && rows.every((row) => Object.keys(faultsOf(row, rows)).length === 0);

function named(row: Row, rows: Row[]): Faults {
	if (row.stored) return {};
	if (row.name.trim() === "") return { name: "is required" };
	if ([...row.name].length > 100) return { name: "must not have more than 100 characters" };
	const same = rows.find((other) => other !== row && other.name === row.name);
	if (same?.definition.deleted) return { name: "is that of a removed definition: restore it instead" };
	return same ? { name: "is taken by another definition" } : {};
}

function other(row: Row): Faults {
	const d = row.definition;
	const faults: Faults = {};
	if (row.unread !== undefined) faults.json = "is not JSON yet";
	if (d.type === "object" && !d.object_type) faults.object_type = "is required";
	return faults;
}

function lengths(d: Definition): Faults {
	const faults: Faults = {};
	const set = (n: number | null | undefined): n is number => n !== undefined && n !== null;
	if (set(d.exact_length) && (set(d.min_length) || set(d.max_length))) faults.exact_length = "must stand alone, without fewest and most";
	if (set(d.min_length) && set(d.max_length) && d.min_length > d.max_length) faults.min_length = "must not be more than the most";
	const size = (text: string) => [...text].length;
	const fits = (text: string) =>
		(!set(d.min_length) || size(text) >= d.min_length) &&
		(!set(d.max_length) || size(text) <= d.max_length) &&
		(!set(d.exact_length) || size(text) === d.exact_length);
	const wrong = (d.eq ?? []).find((v) => typeof v !== "string" || !fits(v));
	if (wrong !== undefined) faults.eq = `${JSON.stringify(wrong)} does not obey the lengths`;
	return faults;
}

const largest = 2 ** 53;

function numbers(d: Definition): Faults {
	const faults: Faults = {};
	for (const name of ["gt", "gte", "lt", "lte"] as const) {
		const wrong = number(d[name]);
		if (wrong) faults[name] = wrong;
	}
	for (const name of ["eq", "ne"] as const) {
		const wrong = (d[name] ?? []).find((v) => number(v));
		if (wrong !== undefined) faults[name] = `${wrong} ${number(wrong)}`;
	}
	const lower = d.gt ?? d.gte ?? undefined;
	const upper = d.lt ?? d.lte ?? undefined;
	const open = typeof d.gt === "number" || typeof d.lt === "number";
	if (typeof d.gt === "number" && typeof d.gte === "number") faults.gt = "must not stand beside at least";
	if (typeof d.lt === "number" && typeof d.lte === "number") faults.lt = "must not stand beside at most";
	if (lower !== undefined && upper !== undefined && (lower > upper || (lower === upper && open))) {
		faults[typeof d.lt === "number" ? "lt" : "lte"] = "leaves no number";
	}
	const fits = (n: number) =>
		(typeof d.gt !== "number" || n > d.gt) &&
		(typeof d.gte !== "number" || n >= d.gte) &&
		(typeof d.lt !== "number" || n < d.lt) &&
		(typeof d.lte !== "number" || n <= d.lte);
	const outside = (d.eq ?? []).find((v) => typeof v === "number" && !fits(v));
	if (outside !== undefined && !faults.eq) faults.eq = `${outside} does not obey the bounds`;
	const both = (d.ne ?? []).find((v) => (d.eq ?? []).includes(v));
	if (both !== undefined && !faults.ne) faults.ne = `${both} is one of the allowed values`;
	return faults;
}

function number(value: unknown): string | undefined {
	if (value === undefined || value === null) return undefined;
	if (typeof value !== "number" || !Number.isFinite(value)) return "is no number";
	if (Math.abs(value) > largest) return "must be between -9007199254740992 and 9007199254740992";
	return Math.round(value * 100) / 100 === value ? undefined : "must have at most two decimals";
}
