/** A call of the API, as the console teaches it. */
export interface Call {
	method: "GET" | "POST" | "PUT" | "DELETE";
	/** Beginning with a slash, with ids filled in. */
	path: string;
	body?: unknown;
	/** Which credential the call takes; management if it is not said. */
	with?: "management" | "project" | "session";
}

const headers: Record<NonNullable<Call["with"]>, string[]> = {
	management: ["X-Management-Id: $STEWARD_MANAGEMENT_ID", "X-Management-Token: $STEWARD_MANAGEMENT_TOKEN"],
	project: ["X-App-Id: $STEWARD_APP_ID", "X-App-Token: $STEWARD_APP_TOKEN"],
	session: ["Cookie: $STEWARD_SESSION"],
};

/** curl writes a call out as a command that works as pasted, once the variables are set. */
export function curl(call: Call): string {
	const parts = [`curl -sS${call.method === "GET" ? "" : ` -X ${call.method}`} "$STEWARD_URL${call.path}"`];
	for (const header of headers[call.with ?? "management"]) parts.push(`-H "${header}"`);
	if (call.body !== undefined) {
		parts.push('-H "Content-Type: application/json"');
		parts.push(`-d '${JSON.stringify(call.body, null, 2).replaceAll("'", "'\\''")}'`);
	}
	return parts.join(" \\\n  ");
}
