import { Anchor, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { Status } from "@/parts/Status";
import { type Column, Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { Drawer } from "@/parts/Window";
import { eventNames } from "../Webhooks/events";
import { deliveriesKey, type Sendout } from "../Webhooks/reads";
import { allTimes, type Filter, filterOf, queryOf, since } from "./filter";
import { Replaying } from "./Replaying";
import { RetryAll } from "./RetryAll";
import { SendoutDetails } from "./SendoutDetails";
import { moving, states } from "./state";

interface Props {
	projectId: string;
	webhookId: string;
	zone: string | undefined;
	/** Nothing can be sent again while the webhook is off. */
	active: boolean;
	mayRetry: boolean;
}

/** What the webhook was sent, by a filter, with all that can be done about it. */
export function Sendouts({ projectId, webhookId, zone, active, mayRetry }: Props) {
	const search = useSearch({ strict: false }) as Record<string, unknown>;
	const navigate = useNavigate();
	const set = (what: Record<string, string | undefined>) =>
		navigate({ to: ".", search: ((old: object) => ({ ...old, ...what })) as never, replace: true });
	const filter = filterOf(search);
	const filtered = Object.values(filter).some((v) => v !== undefined);
	const opened = typeof search.sendout === "string" ? search.sendout : undefined;
	const replaying = typeof search.replay === "string" ? search.replay : undefined;

	const list = useInfiniteQuery({
		queryKey: [...deliveriesKey(projectId, webhookId), "sendouts", filter],
		queryFn: ({ pageParam }) =>
			ask(
				team.GET("/team/v1/projects/{projectId}/webhook-sendouts", {
					params: {
						path: { projectId },
						query: { webhook_id: webhookId, ...queryOf(filter), limit: 50, ...(pageParam ? { starting_after_id: pageParam } : {}) },
					},
				}),
			),
		initialPageParam: "",
		getNextPageParam: (last) => last.more_starting_after,
		placeholderData: keepPreviousData,
		// The first page is kept up to date while something on it is on its way.
		refetchInterval: ({ state: { data } }) => (data?.pages.length === 1 && data.pages[0]?.data.some(moving) ? 3000 : false),
	});
	const rows = list.data?.pages.flatMap((p) => p.data);

	const columns: Column<Sendout>[] = [
		{
			title: "Event",
			cell: (s) => (
				<>
					<Anchor
						component="button"
						type="button"
						size="sm"
						ta="left"
						style={{ overflowWrap: "anywhere" }}
						onClick={(e) => {
							e.stopPropagation();
							set({ sendout: s.id });
						}}
					>
						{s.type}
					</Anchor>
					{s.test && (
						<Text size="xs" c="dimmed">
							a test
						</Text>
					)}
				</>
			),
		},
		{ title: "Status", cell: (s) => <Status state={states[s.status].state}>{states[s.status].word}</Status> },
		{ title: "Tries", numeric: true, cell: (s) => s.tries },
		{ title: "Published", cell: (s) => <When at={s.created_at} zone={zone} /> },
		{ title: "Next try", wide: true, cell: (s) => <When at={s.next_try_at} zone={zone} /> },
		{
			title: "Id",
			wide: true,
			cell: (s) => (
				<Text size="xs" ff="monospace">
					{s.id}
				</Text>
			),
		},
	];
	return (
		<Stack gap="md">
			<Group align="flex-end" justify="space-between">
				<Filters filter={filter} set={set} />
				<Group gap="xs">
					<AsCall
						call={{
							method: "GET",
							path: `/v1/webhook-sendouts?${new URLSearchParams({ webhook_id: webhookId, ...queryOf(filter) })}`,
							with: "project",
						}}
					/>
					{mayRetry && (
						<Button variant="default" onClick={() => set({ do: "retry" })}>
							Retry by filter
						</Button>
					)}
				</Group>
			</Group>
			{replaying && (
				<Replaying
					projectId={projectId}
					webhookId={webhookId}
					replayId={replaying}
					mayRetry={mayRetry}
					onClose={() => set({ replay: undefined })}
				/>
			)}
			{list.isError && !rows ? (
				<Failure error={list.error} what="The send-outs cannot be shown" retry={list.refetch} />
			) : rows?.length === 0 ? (
				<Empty
					title={filtered ? "No send-out is chosen by this filter" : "Nothing was sent yet"}
					action={
						filtered ? (
							<Button variant="default" onClick={() => set(Object.fromEntries(Object.keys(filter).map((k) => [k, undefined])))}>
								Show all
							</Button>
						) : (
							mayRetry && <Button onClick={() => navigate({ to: ".", search: { tab: "test" } as never })}>Send a test</Button>
						)
					}
					call={{
						method: "POST",
						path: "/v1/webhook-events",
						body: { type: "redemption.succeeded", data: { id: "r_1", amount: 2500 } },
						with: "project",
					}}
				>
					A send-out is one event on its way to this webhook, with every try to deliver it. Send-outs are kept for 30 days.
				</Empty>
			) : (
				<Table
					label="Send-outs, the newest first"
					columns={columns}
					rows={rows}
					keyOf={(s) => s.id}
					onOpen={(s) => set({ sendout: s.id })}
					more={list.hasNextPage ? () => list.fetchNextPage() : undefined}
					loadingMore={list.isFetchingNextPage}
				/>
			)}
			<Drawer
				opened={opened !== undefined}
				onClose={() => set({ sendout: undefined })}
				position="right"
				size="lg"
				title="Send-out"
				closeButtonProps={{ "aria-label": "Close" }}
			>
				{opened && (
					<SendoutDetails projectId={projectId} webhookId={webhookId} sendoutId={opened} zone={zone} active={active} mayRetry={mayRetry} />
				)}
			</Drawer>
			{mayRetry && search.do === "retry" && (
				<RetryAll
					projectId={projectId}
					webhookId={webhookId}
					filter={filter}
					zone={zone}
					active={active}
					onClose={() => set({ do: undefined })}
					onBegun={(replayId) => set({ do: undefined, replay: replayId })}
				/>
			)}
		</Stack>
	);
}

/** The filter line; it lives in the address. */
function Filters({ filter, set }: { filter: Filter; set: (what: Record<string, string | undefined>) => void }) {
	const custom = filter.since === "own";
	const types = filter.type && !eventNames.some((n) => n === filter.type) ? [filter.type, ...eventNames] : eventNames;
	return (
		<Group align="flex-end" gap="sm">
			<Select
				label="Status"
				placeholder="Any"
				clearable
				clearButtonProps={{ "aria-label": "Any status" }}
				data={Object.entries(states).map(([value, { word }]) => ({ value, label: word }))}
				value={filter.status ?? null}
				onChange={(v) => set({ status: v ?? undefined })}
				w={150}
			/>
			<Select
				label="Event"
				placeholder="Any"
				clearable
				clearButtonProps={{ "aria-label": "Any event" }}
				searchable
				data={types}
				value={filter.type ?? null}
				onChange={(v) => set({ type: v ?? undefined })}
				w={240}
			/>
			<Select
				label="Published"
				data={[allTimes, ...since].map(({ value, label }) => ({ value, label }))}
				value={filter.since ?? allTimes.value}
				onChange={(v) => set({ since: v === allTimes.value ? undefined : (v ?? undefined), from: undefined, to: undefined })}
				allowDeselect={false}
				w={170}
			/>
			{custom && (
				<>
					<TimeInput label="From" value={filter.from} onChange={(from) => set({ from })} />
					<TimeInput label="To" value={filter.to} onChange={(to) => set({ to })} />
				</>
			)}
		</Group>
	);
}

/** A time in the browser's own zone, which is what such an input can take. */
function TimeInput({ label, value, onChange }: { label: string; value?: string; onChange: (at?: string) => void }) {
	const local = (at: string) => {
		const time = new Date(at);
		return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
	};
	return (
		<TextInput
			type="datetime-local"
			label={`${label} (your time)`}
			value={value ? local(value) : ""}
			onChange={(e) => {
				const time = new Date(e.currentTarget.value);
				onChange(Number.isNaN(time.getTime()) ? undefined : time.toISOString());
			}}
		/>
	);
}
