import type { Change } from "./EditForm";

/** changesBetween lists the texts, numbers and switches that differ, by their paths' labels. */
export function changesBetween(before: unknown, after: unknown, labels: Record<string, string>, path = ""): Change[] {
	if (isGroup(before) && isGroup(after)) {
		const names = new Set([...Object.keys(before), ...Object.keys(after)]);
		return [...names].flatMap((name) => changesBetween(before[name], after[name], labels, path === "" ? name : `${path}.${name}`));
	}
	const from = shown(before);
	const to = shown(after);
	return from === to ? [] : [{ field: labels[path] ?? path, from, to }];
}

function isGroup(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
	if (value === null || value === undefined) return "";
	if (typeof value === "boolean") return value ? "on" : "off";
	return Array.isArray(value) ? value.map(shown).join(", ") : isGroup(value) ? JSON.stringify(value) : String(value);
}
