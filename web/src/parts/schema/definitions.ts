import type { Management } from "@/api/client";

/** A definition as the API has it. Those of events lack most members. */
export type Definition = Partial<Omit<Management["MetadataSchemaDefinition"], "type">> & { type: string; optional: boolean };

/** A definition as the editor holds it. */
export interface Row {
	name: string;
	definition: Definition;
	/** It is stored already, so that its name stays. */
	stored: boolean;
}

export const rowsOf = (properties: Record<string, Definition>): Row[] =>
	Object.entries(properties).map(([name, definition]) => ({ name, definition: { ...definition }, stored: true }));

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

/** The constraints that each type takes. */
const constraints: Record<string, (keyof Definition)[]> = {
	string: ["min_length", "max_length", "exact_length", "eq"],
	number: ["eq", "ne", "lt", "lte", "gt", "gte"],
};

/** tidy drops what is empty, and what the type does not take. */
function tidy(d: Definition): Definition {
	const allowed = new Set<string>(["type", "optional", "array", ...(constraints[d.type] ?? [])]);
	if (d.type === "object") allowed.add("object_type");
	if (d.deleted) allowed.add("deleted");
	const kept = Object.entries(d).filter(
		([name, v]) => allowed.has(name) && v !== undefined && v !== null && v !== "" && !(Array.isArray(v) && v.length === 0),
	);
	return Object.fromEntries(kept) as Definition;
}

/** told says in a line what a definition asks for. */
export function told(d: Definition): string {
	const parts = [
		d.array ? `list of ${d.type}` : d.type === "object" ? `object ${d.object_type ?? ""}` : d.type,
		d.optional ? "optional" : "required",
	];
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
	for (const [name, text] of words) {
		const value = d[name];
		if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) {
			parts.push(text.replace("%s", Array.isArray(value) ? value.join(", ") : String(value)));
		}
	}
	if (d.deleted) parts.push("removed");
	return parts.join(", ");
}
