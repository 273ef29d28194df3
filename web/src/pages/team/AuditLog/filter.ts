/** What the list is narrowed down by: the parameters of the call. */
export interface Filter {
	actor_id?: string;
	action?: string;
	resource_type?: string;
	resource_id?: string;
	project_id?: string;
	from?: string;
	to?: string;
}

const texts = ["actor_id", "action", "resource_type", "resource_id", "project_id"] as const;

/** filterOf reads the search parameters; what makes no sense is as if it were not there. */
export function filterOf(search: Record<string, unknown>): Filter {
	const filter: Filter = {};
	for (const name of texts) {
		const value = search[name];
		// The router reads a text of digits as a number.
		if ((typeof value === "string" && value !== "") || typeof value === "number") filter[name] = String(value);
	}
	for (const name of ["from", "to"] as const) {
		const value = search[name];
		if (typeof value === "string" && !Number.isNaN(Date.parse(value))) filter[name] = new Date(value).toISOString();
	}
	return filter;
}

/** addressOf returns the address that lists what a filter leaves. */
export function addressOf(filter: Filter, more: Record<string, string> = {}): string {
	const query = new URLSearchParams({ ...more, ...filter } as Record<string, string>).toString();
	return `/team/v1/audit-log${query === "" ? "" : `?${query}`}`;
}
