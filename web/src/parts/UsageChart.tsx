import "@mantine/charts/styles.css";
import { BarChart, type BarChartSeries } from "@mantine/charts";
import { Box, Group, Paper, Text } from "@mantine/core";
import { Rectangle, type RectangleProps } from "recharts";
import styles from "./UsageChart.module.css";

/** One layer of the bars. */
export interface Series {
	/** Where the rows keep its numbers. */
	key: string;
	label: string;
}

/** What a bar stands for; its numbers are under the keys of the series. */
export interface Bar {
	at: string;
	[key: string]: number | string;
}

/** A limit, drawn as a line across the bars. */
export interface Line {
	label: string;
	value: number;
}

/** How many layers can be told apart. */
export const layers = 8;

const marks = [
	"",
	"M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2",
	"M0,3 h6",
	"M2,3 a1,1 0 1 0 2,0 a1,1 0 1 0 -2,0",
	"M3,0 v6",
	"M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2",
	"M3,0 v6 M0,3 h6",
	"M0,0 l6,6 M0,6 l6,-6",
];

const patternOf = (index: number) => `url(#usage-mark-${index})`;

interface Props {
	/** What is seen, in a sentence: read out in place of the picture. */
	about: string;
	bars: Bar[];
	series: Series[];
	lines: Line[];
	/** The highest number that must fit. */
	top: number;
	/** A time as it stands at the axis. */
	tick: (at: string) => string;
	/** A time as it stands in the bubble. */
	full: (at: string) => string;
}

/** Bars over time, a layer for each series, with limits as lines. The numbers stand in a table beside it. */
export function UsageChart({ about, bars, series, lines, top, tick, full }: Props) {
	const { ticks, end } = scale(top);
	const indexOf = Object.fromEntries(series.map((s, i) => [s.key, i]));
	return (
		<Box className={styles.colours} role="img" aria-label={about}>
			<Marks />
			<BarChart
				h={300}
				data={bars}
				dataKey="at"
				type="stacked"
				series={series.map((s, i): BarChartSeries => ({ name: s.key, label: s.label, color: `var(--series-${i})` }))}
				accessibilityLayer={false}
				barChartProps={{ margin: { top: 16, right: 8 }, barCategoryGap: bars.length > 100 ? 0 : "10%" }}
				maxBarWidth={40}
				barProps={({ name }) => ({ shape: (props: RectangleProps) => <Layer {...props} index={indexOf[name] ?? 0} /> })}
				valueFormatter={short}
				xAxisProps={{ tickFormatter: tick, minTickGap: 24, interval: "equidistantPreserveStart" }}
				yAxisProps={{ domain: [0, end], ticks, width: 48 }}
				referenceLines={lines.map((l) => ({
					y: l.value,
					label: l.label,
					color: "var(--series-limit)",
					strokeDasharray: "6 3",
					strokeWidth: 2,
					labelPosition: "insideTopRight" as const,
				}))}
				tooltipProps={{
					content: ({ label, payload }) => <Bubble at={String(label)} full={full} layers={payload} series={series} />,
				}}
			/>
		</Box>
	);
}

/** Tells which layer is which: the colour and pattern that a series has in the chart, beside which it has to stand. */
export function Swatch({ index }: { index: number }) {
	return (
		<svg className={styles.colours} width={14} height={14} aria-hidden="true" style={{ flexShrink: 0 }}>
			<rect width={14} height={14} rx={2} fill={`var(--series-${index})`} />
			{marks[index] && <rect width={14} height={14} rx={2} fill={patternOf(index)} />}
		</svg>
	);
}

function Marks() {
	return (
		<svg width={0} height={0} aria-hidden="true" style={{ position: "absolute" }}>
			<defs>
				{marks.map((d, i) => (
					// the list never changes
					<pattern key={i} id={`usage-mark-${i}`} width={6} height={6} patternUnits="userSpaceOnUse">
						<path d={d} fill="none" stroke="var(--series-mark)" strokeWidth={1.5} />
					</pattern>
				))}
			</defs>
		</svg>
	);
}

/** A layer of a bar: its colour, its pattern, and a gap to the next. */
function Layer({ index, ...props }: RectangleProps & { index: number }) {
	const { x, y, width, height } = props;
	const place = { x, y, width, height };
	// What is only a line must not vanish behind its gap.
	const roomy = Math.abs(Number(height ?? 0)) > 4 && Number(width ?? 0) > 4;
	return (
		<g>
			<Rectangle {...place} fill={`var(--series-${index})`} stroke={roomy ? "var(--mantine-color-body)" : undefined} strokeWidth={1} />
			{roomy && marks[index] && <Rectangle {...place} fill={patternOf(index)} />}
		</g>
	);
}

interface BubbleProps {
	at: string;
	full: (at: string) => string;
	layers: readonly { dataKey?: unknown; value?: unknown }[] | undefined;
	series: Series[];
}

function Bubble({ at, full, layers, series }: BubbleProps) {
	if (!layers?.length) return null;
	const seen = series
		.map((s, index) => ({ ...s, index, calls: Number(layers.find((l) => l.dataKey === s.key)?.value ?? 0) }))
		.filter((s) => s.calls > 0);
	return (
		<Paper withBorder shadow="sm" p="xs">
			<Text size="xs" fw={600}>
				{full(at)}
			</Text>
			{seen.length === 0 && <Text size="xs">None</Text>}
			{seen.map((s) => (
				<Group key={s.key} gap="xs" justify="space-between" wrap="nowrap">
					<Group gap={6} wrap="nowrap">
						<Swatch index={s.index} />
						<Text size="xs">{s.label}</Text>
					</Group>
					<Text size="xs" className="numeric">
						{s.calls.toLocaleString("en")}
					</Text>
				</Group>
			))}
		</Paper>
	);
}

/** scale returns round numbers for the axis, up to the first that is not below the highest. */
function scale(top: number): { ticks: number[]; end: number } {
	const least = Math.max(1, top / 5);
	const power = 10 ** Math.floor(Math.log10(least));
	const step = Math.ceil((([1, 2, 5, 10] as const).find((n) => n * power >= least) ?? 10) * power);
	const steps = Math.max(1, Math.ceil(top / step));
	return { ticks: Array.from({ length: steps + 1 }, (_, i) => i * step), end: steps * step };
}

const short = (value: number) => Intl.NumberFormat("en", { notation: value >= 10_000 ? "compact" : "standard" }).format(value);
