/** A field of a resource as it was before and after; undefined where there was none. */
export interface Difference {
	path: string;
	before: string | undefined;
	after: string | undefined;
	kind: "added" | "removed" | "changed" | "same";
}

/** difference sets every field of two forms of a resource side by side, in the order of the newer one. */
export function difference(before: unknown, after: unknown): Difference[] {
	const was = fieldsOf(before);
	const is = fieldsOf(after);
	const paths = [...is.keys(), ...[...was.keys()].filter((path) => !is.has(path))];
	return paths.map((path) => {
		const from = was.get(path);
		const to = is.get(path);
		const kind = from === undefined ? "added" : to === undefined ? "removed" : from === to ? "same" : "changed";
		return { path, before: from, after: to, kind };
	});
}

/** fieldsOf writes out what stands at each path, as far down as there are names. */
function fieldsOf(value: unknown): Map<string, string> {
	const fields = new Map<string, string>();
	const visit = (v: unknown, path: string) => {
		if (Array.isArray(v) && v.some((e) => typeof e === "object" && e !== null)) {
			v.forEach((e, i) => {
				visit(e, `${path}[${i}]`);
			});
			return;
		}
		if (typeof v === "object" && v !== null && !Array.isArray(v) && Object.keys(v).length > 0) {
			for (const [name, member] of Object.entries(v)) visit(member, path === "" ? name : `${path}.${name}`);
			return;
		}
		if (v !== null && v !== undefined) fields.set(path === "" ? "value" : path, typeof v === "string" && v !== "" ? v : JSON.stringify(v));
		else if (path !== "") fields.set(path, "null");
	};
	visit(value, "");
	return fields;
}
