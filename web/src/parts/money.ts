/** digitsOf returns how many digits a currency has after the point. */
export function digitsOf(currency: string): number {
	try {
		return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
	} catch {
		return 2; // a currency that the browser does not know
	}
}

/** money writes an amount in minor units with its currency. */
export function money(amount: number, currency: string): string {
	const value = amount / 10 ** digitsOf(currency);
	try {
		return new Intl.NumberFormat("en", { style: "currency", currency }).format(value);
	} catch {
		return `${value} ${currency}`;
	}
}
