import "@mantine/charts/styles.css";
import { BarChart } from "@mantine/charts";
import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { type Column, Table } from "@/parts/Table";
import { percent, type Statistics } from "../Webhooks/reads";

type Tries = Statistics["data"][number];

const shownAtOnce = 12;

/** How many tries arrived and failed, drawn and as numbers. */
export function Chart({ statistics, zone }: { statistics: Statistics; zone: string | undefined }) {
	const [most, setMost] = useState(shownAtOnce);
	const { interval } = statistics;
	const name = (at: string, long = false) => nameOf(at, interval, zone, long);
	const rows = statistics.data.toReversed();
	const columns: Column<Tries>[] = [
		{ title: interval === "hour" ? "Hour" : "Day (UTC)", cell: (t) => name(t.at, true) },
		{ title: "Succeeded", numeric: true, cell: (t) => t.succeeded.toLocaleString("en") },
		{ title: "Failed", numeric: true, cell: (t) => t.failed.toLocaleString("en") },
		{ title: "Rate", numeric: true, cell: (t) => percent(t.succeeded / (t.succeeded + t.failed)) },
	];
	return (
		<Stack gap="lg">
			<Paper withBorder p="md">
				<Group justify="space-between" mb="md">
					<Title order={2} size="h5">
						Tries by {interval}, succeeded and failed
					</Title>
					<Group gap="md">
						<Key fill="var(--mantine-color-teal-8)" word="Succeeded" />
						<Key fill={hatched} word="Failed" />
					</Group>
				</Group>
				<BarChart
					h={240}
					data={filled(statistics).map((t) => ({ ...t, at: name(t.at, true) }))}
					dataKey="at"
					type="stacked"
					series={[
						{ name: "succeeded", label: "Succeeded", color: "teal.8" },
						{ name: "failed", label: "Failed", color: "red.6" },
					]}
					// Failed tries are hatched: they can be told without their colour.
					barProps={(series) => ({ isAnimationActive: false, ...(series.name === "failed" ? { fill: "url(#failed)" } : {}) })}
					maxBarWidth={32}
					valueFormatter={(value) => value.toLocaleString("en")}
					yAxisProps={{ allowDecimals: false, width: 48 }}
					xAxisProps={{ minTickGap: 24, tickFormatter: (text: string) => text.replace(/^\w+,? /, "") }}
				>
					<defs>
						<pattern id="failed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
							<rect width="6" height="6" fill="var(--mantine-color-red-6)" />
							<rect width="2" height="6" fill="var(--mantine-color-red-2)" />
						</pattern>
					</defs>
				</BarChart>
			</Paper>
			<Table
				label={`Tries by ${interval}, the latest first`}
				columns={columns}
				rows={rows.slice(0, most)}
				keyOf={(t) => t.at}
				more={rows.length > most ? () => setMost(most + 50) : undefined}
			/>
		</Stack>
	);
}

const hatched = "repeating-linear-gradient(45deg, var(--mantine-color-red-2) 0 2px, var(--mantine-color-red-6) 2px 6px)";

/** A word of the legend. */
function Key({ fill, word }: { fill: string; word: string }) {
	return (
		<Group gap={6}>
			<span aria-hidden style={{ width: 12, height: 12, background: fill }} />
			<Text size="xs">{word}</Text>
		</Group>
	);
}

/** filled puts in the hours or days without tries, which the API leaves out. */
function filled({ from, to, interval, data }: Statistics): Tries[] {
	const step = interval === "hour" ? 3_600_000 : 86_400_000;
	const found = new Map(data.map((t) => [new Date(t.at).getTime(), t]));
	const all: Tries[] = [];
	for (let at = new Date(from).getTime(); at < new Date(to).getTime(); at += step) {
		all.push(found.get(at) ?? { at: new Date(at).toISOString(), succeeded: 0, failed: 0 });
	}
	return all;
}

/** nameOf writes an hour in the project's zone. Days are those of UTC, by which they are summed up. */
function nameOf(at: string, interval: Statistics["interval"], zone: string | undefined, long: boolean): string {
	const hour: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
	const how: Intl.DateTimeFormatOptions = {
		...(long ? { weekday: "short" } : {}),
		day: "numeric",
		month: "short",
		...(interval === "hour" ? hour : {}),
	};
	try {
		return new Intl.DateTimeFormat("en-GB", { ...how, timeZone: interval === "day" ? "UTC" : zone }).format(new Date(at));
	} catch {
		return new Intl.DateTimeFormat("en-GB", how).format(new Date(at)); // a zone that the browser does not know
	}
}
