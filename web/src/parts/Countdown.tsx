import { Text } from "@mantine/core";
import { useEffect, useState } from "react";

/** useLeft returns how many seconds are left until a time, and counts down; it never goes below 0. */
export function useLeft(until: string | null | undefined): number {
	const left = () => (until ? Math.max(0, Math.ceil((new Date(until).getTime() - Date.now()) / 1000)) : 0);
	const [seconds, set] = useState(left);
	// left reads until alone
	useEffect(() => {
		set(left());
		const timer = setInterval(() => set(left()), 1000);
		return () => clearInterval(timer);
	}, [until]);
	return seconds;
}

/** clock writes seconds as people read them: 14:59, or 13 days. */
export function clock(seconds: number): string {
	if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} days`;
	const h = Math.floor(seconds / 3600);
	const m = Math.floor((seconds % 3600) / 60);
	const s = String(seconds % 60).padStart(2, "0");
	return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** Says for how much longer something can be done. */
export function Countdown({ until, what }: { until: string; what: string }) {
	const left = useLeft(until);
	return (
		<Text size="sm" role="timer" aria-live="off" style={{ fontVariantNumeric: "tabular-nums" }}>
			{left > 0 ? `${what} for ${clock(left)}` : `${what} no longer`}
		</Text>
	);
}
