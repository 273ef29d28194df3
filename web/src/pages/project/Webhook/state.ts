import type { State } from "@/parts/Status";
import type { Sendout } from "../Webhooks/reads";

/** How the states of a send-out look, and what they are called. */
export const states: Record<Sendout["status"], { state: State; word: string }> = {
	queued: { state: "off", word: "Queued" },
	retrying: { state: "waiting", word: "Retrying" },
	succeeded: { state: "good", word: "Succeeded" },
	failed: { state: "bad", word: "Failed" },
	cancelled: { state: "off", word: "Cancelled" },
};

/** moving tells whether a send-out may change by itself within moments. */
export function moving(sendout: Sendout): boolean {
	return sendout.next_try_at !== null && new Date(sendout.next_try_at).getTime() < Date.now() + 60_000;
}

/** answered says what a receiver answered, in a word. */
export function answered(status: number): string {
	return status === 0 ? "no answer" : `HTTP ${status}`;
}
