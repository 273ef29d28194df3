/** What the API answers when something is wrong (CONTRACT 2). */
export interface ProblemBody {
	code: number;
	key: string;
	message: string;
	details?: string;
	request_id?: string;
}

/** A call that failed, with what the API said of it. */
export class Problem extends Error {
	readonly status: number;
	readonly key: string;
	/** Each sentence of the details. */
	readonly details: string[];
	readonly requestId: string;
	/** How many seconds to wait before another try; 0 if nothing is said. */
	readonly retryAfter: number;

	constructor(status: number, body: Partial<ProblemBody>, requestId: string, retryAfter = 0) {
		super(body.message ?? `The server answered ${status}`);
		this.status = status;
		this.key = body.key ?? "";
		this.details = (body.details ?? "").split("; ").filter((text) => text !== "");
		this.retryAfter = retryAfter;
		this.requestId = body.request_id ?? requestId;
	}
}

/** sentencesByField sorts the details that name a property by its path, such as "brand.name"; the rest is under "". */
export function sentencesByField(problem: Problem): Record<string, string> {
	const byField: Record<string, string> = {};
	for (const sentence of problem.details) {
		const missing = /^(?:Payload|Property (\S+)) must have required property '([^']+)'$/.exec(sentence);
		const named = /^Property \.?(\S+) (.+)$/.exec(sentence);
		const path = missing ? [missing[1]?.replace(/^\./, ""), missing[2]].filter(Boolean).join(".") : (named?.[1] ?? "");
		const text = missing ? "is required" : (named?.[2] ?? sentence);
		byField[path] = byField[path] ? `${byField[path]}; ${text}` : text;
	}
	return byField;
}
