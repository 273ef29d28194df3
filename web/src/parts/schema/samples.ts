import type { Definition } from "./definitions";

const examples: Record<string, unknown> = {
	string: "text",
	number: 1,
	boolean: true,
	date: "2026-01-31",
	datetime: "2026-01-31T10:00:00Z",
	geopoint: "50.26,19.02",
	image_url: "https://example.com/image.png",
	object: {},
};

/** sampleOf writes metadata that the definitions are about, to begin a trial with. */
export function sampleOf(properties: Record<string, Definition>): string {
	const kept = Object.entries(properties).filter(([, d]) => !d.deleted);
	const values = kept.map(([name, d]) => [name, d.array ? [valueOf(d)] : valueOf(d)] as const);
	return JSON.stringify(Object.fromEntries(values), null, 2);
}

function valueOf(d: Definition): unknown {
	if (d.eq && d.eq.length > 0) return d.eq[0];
	if (d.type === "number") return d.gte ?? (typeof d.gt === "number" ? d.gt + 1 : (d.lte ?? (typeof d.lt === "number" ? d.lt - 1 : 1)));
	if (d.type === "string") {
		const length = d.exact_length ?? Math.max(d.min_length ?? 0, Math.min(d.max_length ?? 4, 4));
		return "text".repeat(Math.ceil(length / 4)).slice(0, length);
	}
	return examples[d.type] ?? "";
}
