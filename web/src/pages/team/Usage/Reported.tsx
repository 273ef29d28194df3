import { Group, Paper, Skeleton, Stack, Switch, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Download } from "@/parts/Download";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { type Column, Table } from "@/parts/Table";
import { Swatch, UsageChart } from "@/parts/UsageChart";
import { Controls } from "./Controls";
import { Limits } from "./Limits";
import { useNames } from "./names";
import styles from "./Reported.module.css";
import { asked, type Charted, charted, linesOf, type Metric, metrics, queryOf, type Report, timesIn } from "./usage";

interface Props {
	/** What is shown until something else is chosen. */
	metric: Metric;
	/** Only this project's calls. */
	projectId?: string;
	zone?: string;
}

/** What was used over time: a chart, its numbers, the limits, and the same as a file. */
export function Reported({ metric, projectId, zone }: Props) {
	const search = useSearch({ strict: false }) as Record<string, unknown>;
	const navigate = useNavigate();
	const change = (changes: Record<string, string | undefined>) =>
		navigate({ to: ".", search: ((old: object) => ({ ...old, ...changes })) as never, replace: true });
	const of = asked(search, { metric, by: "key" });
	if (projectId && of.by === "project") of.by = undefined; // there is one
	const query = queryOf(of);
	const read = useQuery({
		queryKey: ["usage", projectId, query],
		queryFn: () => report(projectId, query),
		staleTime: 0,
		refetchInterval: 30_000,
		placeholderData: keepPreviousData,
	});
	const nameOf = useNames(of.by, of.metric, projectId);
	const path = `${projectId ? `/team/v1/projects/${projectId}` : "/team/v1"}/usage?${new URLSearchParams(Object.entries(query).flatMap(([k, v]) => (v ? [[k, v]] : [])))}`;
	return (
		<Stack gap="lg">
			<Group justify="space-between" align="flex-end">
				<Controls asked={of} ask={change} project={projectId !== undefined} />
				<Group gap="xs">
					<Download path={path} accept="text/csv" name={`${of.metric}-${of.interval}-${query.from?.slice(0, 10)}.csv`}>
						Download CSV
					</Download>
					<AsCall call={{ method: "GET", path, with: "session" }} />
				</Group>
			</Group>
			{read.isError && <Failure error={read.error} retry={read.refetch} />}
			{!read.data && !read.isError && <Skeleton height={360} />}
			{read.data && !read.isError && (
				<Shown
					report={read.data}
					nameOf={nameOf}
					zone={zone}
					project={projectId !== undefined}
					scaled={of.scaled}
					scale={(on) => change({ scale: on ? "limit" : undefined })}
				/>
			)}
		</Stack>
	);
}

/** report asks what was used by one project, or by the organization. */
function report(projectId: string | undefined, query: ReturnType<typeof queryOf>): Promise<Report> {
	const headers = { Accept: "application/json" };
	return projectId
		? (ask(team.GET("/team/v1/projects/{projectId}/usage", { params: { path: { projectId }, query }, headers })) as Promise<Report>)
		: (ask(team.GET("/team/v1/usage", { params: { query }, headers })) as Promise<Report>);
}

interface ShownProps {
	report: Report;
	nameOf: (group: string) => string;
	zone: string | undefined;
	project: boolean;
	scaled: boolean;
	scale: (on: boolean) => void;
}

function Shown({ report, nameOf, zone, project, scaled, scale }: ShownProps) {
	const chart = charted(report, nameOf);
	const lines = linesOf(report);
	const highest = Math.max(0, ...lines.map((l) => l.value));
	// A limit far above the bars would flatten them; it is drawn when that is asked for.
	const far = highest > 8 * Math.max(1, chart.peak);
	const drawn = far && !scaled ? [] : lines;
	const times = timesIn(report.interval, zone, chart.bars.length > 26);
	const title = `${metrics[report.metric as Metric] ?? report.metric} by ${report.interval}`;
	const about = `${title}: ${count(report.calls)} in all, at most ${count(chart.peak)} in one ${report.interval}. The numbers are in the table.`;
	return (
		<div className={styles.panes}>
			<Paper withBorder p="md" className={styles.chart}>
				<Group justify="space-between" mb="xs">
					<div>
						<Title order={2} size="h5">
							{title}
						</Title>
						<Text size="xs" c="dimmed">
							{count(report.calls)} in all, {report.interval === "day" ? "days in UTC" : `times in ${zone ?? "your time zone"}`}
						</Text>
					</div>
					{far && (
						<Switch
							label={`Show the limit of ${highest.toLocaleString("en")}`}
							checked={scaled}
							onChange={(e) => scale(e.currentTarget.checked)}
						/>
					)}
				</Group>
				{report.data.length === 0 ? (
					<Nothing metric={report.metric} />
				) : (
					<UsageChart
						about={about}
						bars={chart.bars}
						series={chart.series}
						lines={drawn}
						top={Math.max(4, chart.peak, ...drawn.map((l) => 1.05 * l.value))}
						{...times}
					/>
				)}
			</Paper>
			<Stack gap="md" className={styles.side}>
				{report.group_by !== "" && chart.series.length > 0 && <Parts chart={chart} of={report} />}
				{(!project || report.limits.length > 0) && <Limits limits={report.limits} zone={zone} project={project} />}
			</Stack>
			{report.data.length > 0 && (
				<div className={styles.numbers}>
					<Numbers chart={chart} report={report} full={times.full} />
				</div>
			)}
		</div>
	);
}

/** The legend, with what each layer comes to. */
function Parts({ chart, of }: { chart: Charted; of: Report }) {
	const rows = chart.series.map((s, index) => ({ ...s, index }));
	return (
		<Table
			label={`Calls by ${of.group_by}`}
			rows={rows}
			keyOf={(s) => s.key}
			minWidth={0}
			columns={[
				{
					title: of.group_by.charAt(0).toUpperCase() + of.group_by.slice(1),
					cell: (s) => (
						<Group gap="xs" wrap="nowrap">
							<Swatch index={s.index} />
							<Text size="sm" style={{ overflowWrap: "anywhere" }}>
								{s.label}
							</Text>
						</Group>
					),
				},
				{ title: "Calls", numeric: true, cell: (s) => count(s.calls) },
				{
					title: "Share",
					numeric: true,
					cell: (s) => <span style={{ whiteSpace: "nowrap" }}>{((100 * s.calls) / Math.max(1, of.calls)).toFixed(1)} %</span>,
				},
			]}
		/>
	);
}

/** The bars as numbers, the latest first; those without calls are left out. */
function Numbers({ chart, report, full }: { chart: Charted; report: Report; full: (at: string) => string }) {
	const [shown, show] = useState(24);
	const rows = chart.bars.filter((b) => b.all > 0).reverse();
	const columns: Column<(typeof rows)[number]>[] = [
		{ title: report.interval === "day" ? "Day" : "Hour", cell: (b) => <span style={{ whiteSpace: "nowrap" }}>{full(b.at)}</span> },
		{ title: "All", numeric: true, cell: (b) => count(b.all) },
	];
	if (report.group_by !== "") {
		// Names need not differ, and columns are told apart by their titles.
		const titles = chart.series.map((s, i) =>
			chart.series.findIndex((o) => o.label === s.label) === i ? s.label : `${s.label} (${i + 1})`,
		);
		chart.series.forEach((s, i) => {
			columns.push({ title: titles[i] ?? s.label, numeric: true, cell: (b) => count(Number(b[s.key] ?? 0)) });
		});
	}
	return (
		<section>
			<Title order={2} size="h5" mb="xs">
				The numbers
			</Title>
			<Table
				label={`The numbers by ${report.interval}`}
				columns={columns}
				rows={rows.slice(0, shown)}
				keyOf={(b) => b.at}
				minWidth={columns.length * 120}
				more={rows.length > shown ? () => show(shown + 48) : undefined}
			/>
		</section>
	);
}

function Nothing({ metric }: { metric: string }) {
	if (metric === "management_api_calls") {
		return (
			<Empty title="No calls in this time" call={{ method: "GET", path: "/management/v1/projects" }}>
				Calls with a Management API key appear here within a second or two. What people do in the console is not counted.
			</Empty>
		);
	}
	return (
		<Empty title="Nothing in this time">
			What is counted appears here within a second or two. Choose a longer time range to look further back.
		</Empty>
	);
}

const count = (n: number) => n.toLocaleString("en");
