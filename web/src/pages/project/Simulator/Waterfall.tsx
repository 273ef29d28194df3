import { Box, Group, Text } from "@mantine/core";
import type { Team } from "@/api/client";
import { money } from "@/parts/money";
import classes from "./Waterfall.module.css";

interface Bar {
	name: string;
	from: number;
	to: number;
	kind: "order" | "discount" | "total";
}

/** The totals as a picture: the order, what each incentive takes off it, and what is left. The table below has the numbers. */
export function Waterfall({ result, currency }: { result: Team["StackingEvaluation"]; currency: string }) {
	const amount = result.order.amount;
	const bars: Bar[] = [{ name: "Order", from: 0, to: amount, kind: "order" }];
	for (const r of result.redeemables) {
		if (r.status !== "APPLICABLE" || !r.order || !result.valid) continue;
		bars.push({
			name: r.id,
			from: r.order.total_amount,
			to: r.order.total_amount + r.order.total_applied_discount_amount,
			kind: "discount",
		});
	}
	bars.push({ name: "To pay", from: 0, to: result.order.total_amount, kind: "total" });
	const percent = (part: number) => `${amount === 0 ? 0 : (part / amount) * 100}%`;
	const label = bars.map((b) => `${b.name} ${b.kind === "discount" ? "minus " : ""}${money(b.to - b.from, currency)}`).join(", ");
	return (
		<Box role="img" aria-label={label}>
			{bars.map((b, i) => (
				// two incentives can have the same id
				<Group key={i} gap="sm" wrap="nowrap" className={classes.row} aria-hidden>
					<Text size="xs" className={classes.name} title={b.name}>
						{b.name}
					</Text>
					<Box className={classes.track}>
						<Box className={classes.bar} data-kind={b.kind} style={{ left: percent(b.from), width: percent(b.to - b.from) }} />
					</Box>
					<Text size="xs" className={classes.value}>
						{b.kind === "discount" ? "−" : ""}
						{money(b.to - b.from, currency)}
					</Text>
				</Group>
			))}
		</Box>
	);
}
