import { Text, Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const steps: [Intl.RelativeTimeFormatUnit, number][] = [
	["second", 60],
	["minute", 60],
	["hour", 24],
	["day", 30],
	["month", 12],
	["year", Number.POSITIVE_INFINITY],
];

/** ago says how long ago, or in how long, a time is. */
export function ago(at: string, now = Date.now()): string {
	let amount = (new Date(at).getTime() - now) / 1000;
	for (const [unit, length] of steps) {
		if (Math.abs(amount) < length) return relative.format(Math.round(amount), unit);
		amount /= length;
	}
	return at;
}

/** exact writes a time out in a zone, the browser's if the name of none is given, or of one it does not know. */
export function exact(at: string, timeZone?: string): string {
	const how: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "long" };
	try {
		return new Intl.DateTimeFormat("en-GB", { ...how, timeZone }).format(new Date(at));
	} catch {
		return new Intl.DateTimeFormat("en-GB", how).format(new Date(at));
	}
}

/** A time: relative, and exact on hover; a dash if there is none. */
export function When({ at, zone }: { at: string | null | undefined; zone?: string }) {
	const [, tick] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => tick((n) => n + 1), 30_000);
		return () => clearInterval(timer);
	}, []);
	if (!at) return <Text span>–</Text>;
	return (
		<Tooltip label={exact(at, zone)}>
			<Text span inherit tabIndex={0} style={{ whiteSpace: "nowrap" }}>
				<time dateTime={at}>{ago(at)}</time>
			</Text>
		</Tooltip>
	);
}
