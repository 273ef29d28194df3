import { Anchor, Button, Group, Paper, SegmentedControl, Select, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { AsCall } from "@/parts/AsCall";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { When } from "@/parts/When";
import { percent, type Span, statisticsQuery } from "../Webhooks/reads";
import { Chart } from "./Chart";
import { answered } from "./state";

const ranges = [
	{ value: "24h", label: "Last 24 hours", hours: 24 },
	{ value: "7d", label: "Last 7 days", hours: 7 * 24 },
	{ value: "30d", label: "Last 30 days", hours: 30 * 24 },
	{ value: "90d", label: "Last 90 days", hours: 90 * 24 - 23 },
];

interface Props {
	projectId: string;
	webhookId: string;
	zone: string | undefined;
}

/** Whether deliveries arrive, how long they take, and what failed last. */
export default function Overview({ projectId, webhookId, zone }: Props) {
	const search = useSearch({ strict: false }) as { range?: unknown; by?: unknown };
	const navigate = useNavigate();
	const set = (what: Record<string, string | undefined>) =>
		navigate({ to: ".", search: ((old: object) => ({ ...old, ...what })) as never, replace: true });
	const range = ranges.find((r) => r.value === search.range) ?? (ranges[0] as (typeof ranges)[number]);
	const hourly = range.hours <= 31 * 24;
	const fallback = range.hours <= 24 ? "hour" : "day";
	const interval: Span["interval"] = hourly && (search.by === "hour" || search.by === "day") ? search.by : fallback;
	const statistics = useQuery({
		...statisticsQuery(projectId, webhookId, { hours: range.hours, interval }),
		refetchInterval: 15_000,
	});
	const data = statistics.data;
	const failure = data?.last_failure;
	return (
		<Stack gap="lg">
			<Group justify="space-between" align="flex-end">
				<Group align="flex-end">
					<Select
						label="Time"
						data={ranges.map(({ value, label }) => ({ value, label }))}
						value={range.value}
						onChange={(next) => set({ range: next === "24h" ? undefined : (next ?? undefined), by: undefined })}
						allowDeselect={false}
						w={170}
					/>
					<SegmentedControl
						aria-label="Sum up by"
						data={[
							{ value: "hour", label: "By hour", disabled: !hourly },
							{ value: "day", label: "By day" },
						]}
						value={interval}
						onChange={(next) => set({ by: next })}
					/>
				</Group>
				<AsCall
					call={{
						method: "GET",
						path: `/v1/webhooks/${webhookId}/statistics?interval=${interval}${range.hours > 24 && data ? `&from=${data.from}` : ""}`,
						with: "project",
					}}
				/>
			</Group>
			{statistics.isError && <Failure error={statistics.error} what="The statistics cannot be shown" retry={statistics.refetch} />}
			{!data && !statistics.isError && (
				<>
					<SimpleGrid cols={{ base: 2, md: 4 }}>
						{[1, 2, 3, 4].map((n) => (
							<Skeleton key={n} height={92} />
						))}
					</SimpleGrid>
					<Skeleton height={300} />
				</>
			)}
			{data && data.succeeded + data.failed === 0 && (
				<Empty
					title="Nothing was sent in this time"
					action={
						<Button component={Link} to="." search={{ tab: "test" } as never}>
							Send a test
						</Button>
					}
					call={{
						method: "POST",
						path: "/v1/webhook-events",
						body: { type: "redemption.succeeded", data: { id: "r_1", amount: 2500 } },
						with: "project",
					}}
				>
					Here stands how many deliveries arrived and how many failed, once one of the chosen events is published. Tests do not count, but
					show whether your receiver answers.
				</Empty>
			)}
			{data && data.succeeded + data.failed > 0 && (
				<>
					<SimpleGrid cols={{ base: 2, md: 4 }}>
						<Fact title="Success rate" value={data.success_rate === null ? "–" : percent(data.success_rate)}>
							{data.succeeded.toLocaleString("en")} arrived, {data.failed.toLocaleString("en")} failed
						</Fact>
						<Fact title="Half take at most" value={data.latency_ms ? millis(data.latency_ms.p50) : "–"}>
							p50 of the tries' latency
						</Fact>
						<Fact title="19 of 20 take at most" value={data.latency_ms ? millis(data.latency_ms.p95) : "–"}>
							p95; a try ends after 10 s
						</Fact>
						<Fact title="Last failure" value={failure ? <When at={failure.at} zone={zone} /> : "None"}>
							{failure && (
								<>
									<Text size="xs" lineClamp={2}>
										{failure.error || answered(failure.status)}
									</Text>
									<Anchor
										component={Link}
										to="."
										search={{ tab: "sendouts", sendout: failure.sendout_id } as never}
										size="xs"
										underline="always"
									>
										Show the send-out
									</Anchor>
								</>
							)}
						</Fact>
					</SimpleGrid>
					<Chart statistics={data} zone={zone} />
				</>
			)}
		</Stack>
	);
}

/** millis writes a latency as people read it. */
export function millis(ms: number): string {
	return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

/** One number that matters, with what it is made of. */
function Fact({ title, value, children }: { title: string; value: ReactNode; children?: ReactNode }) {
	return (
		<Paper withBorder p="md">
			<Text size="sm" c="dimmed">
				{title}
			</Text>
			<Text fz={{ base: "md", sm: "lg" }} fw={600} component="div" style={{ fontVariantNumeric: "tabular-nums" }}>
				{value}
			</Text>
			<Text size="xs" c="dimmed" component="div">
				{children}
			</Text>
		</Paper>
	);
}
