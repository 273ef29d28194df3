import { Button, Group, Input, NativeSelect, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { localOf, timeOf } from "@/parts/local";
import { type Asked, groups, metrics, ranges } from "./usage";

interface Props {
	asked: Asked;
	/** Changes the address. */
	ask: (changes: Record<string, string | undefined>) => void;
	/** What is shown is of one project. */
	project?: boolean;
}

/** What the chart shows: chosen above it, and kept in the address. */
export function Controls({ asked, ask, project = false }: Props) {
	const [custom, setCustom] = useState(asked.range === "custom");
	const options = (of: Record<string, string>) => Object.entries(of).map(([value, label]) => ({ value, label }));
	return (
		<Stack gap="sm">
			<Group align="flex-end" gap="sm">
				<NativeSelect
					label="Metric"
					data={options(metrics)}
					value={asked.metric}
					onChange={(e) => ask({ metric: e.currentTarget.value })}
				/>
				<NativeSelect
					label="Time range"
					data={options(ranges)}
					value={custom ? "custom" : asked.range}
					onChange={(e) => {
						const range = e.currentTarget.value;
						setCustom(range === "custom");
						if (range !== "custom") ask({ range, from: undefined, to: undefined, interval: undefined });
					}}
				/>
				<NativeSelect
					label="Stacked by"
					data={[{ value: "none", label: "Nothing" }, ...options(groups).filter(({ value }) => !project || value !== "project")]}
					value={asked.by ?? "none"}
					onChange={(e) => ask({ by: e.currentTarget.value })}
				/>
				<div>
					<Input.Label component="span" display="block" id="usage-interval">
						By
					</Input.Label>
					<SegmentedControl
						aria-labelledby="usage-interval"
						data={[
							{ value: "hour", label: "Hour" },
							{ value: "day", label: "Day" },
						]}
						value={asked.interval}
						onChange={(interval) => ask({ interval })}
					/>
				</div>
			</Group>
			{custom && <Custom asked={asked} ask={ask} />}
		</Stack>
	);
}

function Custom({ asked, ask }: Pick<Props, "asked" | "ask">) {
	const [from, setFrom] = useState(localOf(asked.from ?? new Date(Date.now() - 48 * 3_600_000).toISOString()));
	const [to, setTo] = useState(localOf(asked.to ?? new Date().toISOString()));
	const start = timeOf(from);
	const end = timeOf(to);
	const wrong = start && end && start >= end ? "must be after the beginning" : undefined;
	return (
		<form
			onSubmit={(e) => {
				e.preventDefault();
				if (!start || !end || wrong) return;
				// More than 31 days are reported by the day alone.
				const long = Date.parse(end) - Date.parse(start) > 31 * 86_400_000;
				ask({ range: "custom", from: start, to: end, ...(long ? { interval: "day" } : {}) });
			}}
		>
			<Group align="flex-start" gap="sm">
				<TextInput type="datetime-local" label="From" value={from} onChange={(e) => setFrom(e.currentTarget.value)} />
				<TextInput type="datetime-local" label="To" value={to} onChange={(e) => setTo(e.currentTarget.value)} error={wrong} />
				<Button type="submit" variant="default" mt={25} disabled={!start || !end || wrong !== undefined}>
					Show
				</Button>
			</Group>
			<Text size="xs" c="dimmed" mt={4}>
				In your own time zone. By the hour a report has at most 31 days, by the day 400.
			</Text>
		</form>
	);
}
