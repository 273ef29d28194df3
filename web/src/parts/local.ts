/** localOf writes a time as an input of type datetime-local takes it, in the browser's zone; empty for none. */
export function localOf(at: string | null | undefined): string {
	if (!at) return "";
	const time = new Date(at);
	return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** timeOf reads what an input of type datetime-local holds; null if that is no time yet. */
export function timeOf(local: string): string | null {
	const time = new Date(local);
	return local === "" || Number.isNaN(time.getTime()) || time.getFullYear() < 1970 || time.getFullYear() > 9999 ? null : time.toISOString();
}
