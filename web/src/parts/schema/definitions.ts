import type { Management } from "@/api/client";

/** A definition as the API has it. Those of events lack most members. */
export type Definition = Partial<Omit<Management["MetadataSchemaDefinition"], "type">> & { type: string; optional: boolean };

/** How many definitions a schema may have, removed ones included. */
export const maxDefinitions = 100;

/** A definition as the editor holds it. */
export interface Row {
	/** Tells rows apart that have no name yet. */
	key: string;
	name: string;
	definition: Definition;
	/** It is stored already, so that its name stays. */
	stored: boolean;
	/** What was typed as JSON and is none yet; it must not be passed over on saving. */
	unread?: string;
}

export const rowsOf = (properties: Record<string, Definition>): Row[] =>
	Object.entries(properties).map(([name, definition]) => ({ key: `stored ${name}`, name, definition: { ...definition }, stored: true }));

let made = 0;

/** newRow returns an empty definition of a type. */
export function newRow(type: string, lists: boolean): Row {
	return { key: `new ${made++}`, name: "", stored: false, definition: { type, optional: true, ...(lists && { array: false }) } };
}

/** changed returns the definitions that an update has to send: an update merges. */
export function changed(before: Record<string, Definition>, rows: Row[]): Record<string, Definition> {
	const out: Record<string, Definition> = {};
	for (const { name, definition } of rows) {
		const now = tidy(definition);
		const was = before[name];
		if (name !== "" && (was === undefined || JSON.stringify(sorted(tidy(was))) !== JSON.stringify(sorted(now)))) out[name] = now;
	}
	return out;
}

const sorted = (d: Definition) => Object.fromEntries(Object.entries(d).sort(([a], [b]) => a.localeCompare(b)));

/** The constraints, and the types that take them. */
const constraints: Record<string, string[]> = {
	min_length: ["string"],
	max_length: ["string"],
	exact_length: ["string"],
	eq: ["string", "number"],
	ne: ["number"],
	lt: ["number"],
	lte: ["number"],
	gt: ["number"],
	gte: ["number"],
	object_type: ["object"],
};

/** takes tells whether a type has a constraint. */
export const takes = (type: string, constraint: string) => constraints[constraint]?.includes(type) ?? true;

/** tidy drops what is empty, and what the type does not take. What it does not know it keeps. */
function tidy(d: Definition): Definition {
	const kept = Object.entries(d).filter(
		([name, v]) =>
			takes(d.type, name) &&
			v !== undefined &&
			v !== null &&
			v !== "" &&
			!(Array.isArray(v) && v.length === 0) &&
			!(name === "deleted" && v === false),
	);
	return Object.fromEntries(kept) as Definition;
}

/** retyped returns the definition with another type, without the values that only the old one takes. */
export function retyped(d: Definition, type: string): Definition {
	const { eq: _eq, ne: _ne, ...rest } = d;
	return Object.fromEntries(Object.entries({ ...rest, type }).filter(([name]) => takes(type, name))) as unknown as Definition;
}

const words: [keyof Definition, string][] = [
	["min_length", "at least %s characters"],
	["max_length", "at most %s characters"],
	["exact_length", "exactly %s characters"],
	["gt", "> %s"],
	["gte", "≥ %s"],
	["lt", "< %s"],
	["lte", "≤ %s"],
	["eq", "one of %s"],
	["ne", "none of %s"],
];

/** told says in a line what a definition asks for. */
export function told(d: Definition): string {
	const type = d.type === "object" ? `object ${d.object_type ?? ""}`.trim() : d.type;
	const parts = [d.array ? `list of ${type}` : type, d.optional ? "optional" : "required"];
	for (const [name, text] of words) {
		const value = d[name];
		if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
		parts.push(text.replace("%s", () => (Array.isArray(value) ? few(value) : String(value))));
	}
	if (d.deleted) parts.push("removed");
	return parts.join(", ");
}

/** few lists the first values, and how many there are beside them. */
function few(values: unknown[]): string {
	const shown = values.slice(0, 8).map((v) => (typeof v === "string" && (v === "" || v.trim() !== v) ? JSON.stringify(v) : String(v)));
	return shown.join(", ") + (values.length > 8 ? ` and ${values.length - 8} more` : "");
}

/** errorsUnder returns a form's errors whose paths begin so, by the rest of their paths. */
export function errorsUnder(errors: Record<string, unknown>, prefix: string): Record<string, string> {
	const found = Object.entries(errors).filter(([path, text]) => path.startsWith(prefix) && typeof text === "string");
	return Object.fromEntries(found.map(([path, text]) => [path.slice(prefix.length), String(text)]));
}
