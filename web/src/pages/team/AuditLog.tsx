import { Anchor, Box, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ask, type Team, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Download } from "@/parts/Download";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Page } from "@/parts/Page";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { Drawer } from "@/parts/Window";
import { projectsQuery } from "@/session";
import { type Deed, Entry } from "./AuditLog/Entry";
import { Filters } from "./AuditLog/Filters";
import { addressOf, type Filter, filterOf } from "./AuditLog/filter";

const perPage = 50;

function read(query: Filter & { limit: number; starting_after_id?: string }) {
	return ask(team.GET("/team/v1/audit-log", { params: { query }, headers: { Accept: "application/json" } })) as Promise<
		Team["ListAuditEntry"]
	>;
}

/** What people and operators did, from where, and what it changed. */
export default function AuditLog() {
	const search = useSearch({ strict: false }) as Record<string, unknown>;
	const navigate = useNavigate();
	const filter = filterOf(search);
	const filtered = Object.keys(filter).length > 0;
	const change = (changes: Record<string, string | undefined>, replace = true) =>
		navigate({ to: ".", search: ((old: object) => ({ ...old, ...changes })) as never, replace });
	const list = useInfiniteQuery({
		queryKey: ["team", "audit-log", filter],
		queryFn: ({ pageParam }) => read({ ...filter, limit: perPage, ...(pageParam ? { starting_after_id: pageParam } : {}) }),
		initialPageParam: "",
		getNextPageParam: (last, pages) => {
			const seen = pages.reduce((sum, p) => sum + p.data.length, 0);
			return last.data.length === perPage && seen < last.total ? last.data.at(-1)?.id : undefined;
		},
		refetchOnWindowFocus: false, // it would read every page again
	});
	// What to offer in the filter: what was done last, whatever the filter is.
	const recent = useQuery({ queryKey: ["team", "audit-log", "recent"], queryFn: () => read({ limit: 100 }) }).data?.data ?? [];
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const projectName = (id: string) => projects.find((p) => p.id === id)?.name ?? id;
	const deeds = list.data?.pages.flatMap((p) => p.data);
	const total = list.data?.pages.at(-1)?.total;
	const entry = typeof search.entry === "string" ? search.entry : undefined;
	const at = typeof search.at === "string" ? search.at : "";
	const known = deeds?.find((d) => d.id === entry) ?? recent.find((d) => d.id === entry);
	const close = () => change({ entry: undefined, at: undefined });
	const open = (d: Deed) => change({ entry: d.id, at: d.at }, false);
	return (
		<Page
			title="Audit log"
			about="What people did in the console and operators did at the command line, the newest first. Calls of the Management API, made with a key, are not in it."
		>
			<Filters filter={filter} apply={(changes) => change(changes as Record<string, string | undefined>)} {...offered(recent)} />
			<Group justify="space-between">
				<Text size="sm" role="status">
					{total === undefined ? "" : `${total.toLocaleString("en")} ${total === 1 ? "entry" : "entries"}${filtered ? " match" : ""}`}
				</Text>
				<Group gap="xs">
					<Download path={addressOf(filter)} accept="application/x-ndjson" name="audit-log.ndjson">
						Export NDJSON
					</Download>
					<AsCall call={{ method: "GET", path: addressOf(filter, { format: "ndjson" }), with: "session" }} />
				</Group>
			</Group>
			{list.isError ? (
				<Failure error={list.error} retry={list.refetch} />
			) : total === 0 ? (
				<Empty
					title={filtered ? "Nothing matches" : "Nothing was done yet"}
					call={{ method: "GET", path: addressOf(filter), with: "session" }}
				>
					{filtered
						? "No entry has all that the filter asks for. Take something out of it, or choose a longer time."
						: "Every change that somebody makes in the console is kept here, with what it was before and after."}{" "}
					What is done with a Management API key is never in the log.
				</Empty>
			) : (
				<Table<Deed>
					label="Audit log"
					rows={deeds}
					keyOf={(d) => d.id}
					minWidth={760}
					onOpen={open}
					more={list.hasNextPage ? () => list.fetchNextPage() : undefined}
					loadingMore={list.isFetchingNextPage}
					columns={[
						{ title: "When", cell: (d) => <When at={d.at} /> },
						{
							title: "Action",
							cell: (d) => (
								<Anchor
									component="button"
									size="sm"
									ff="monospace"
									ta="left"
									onClick={(e) => {
										e.stopPropagation();
										open(d);
									}}
								>
									{d.action}
								</Anchor>
							),
						},
						{
							title: "Who",
							cell: (d) => (
								<>
									<Text size="sm">{d.actor.name}</Text>
									{d.address !== "" && (
										<Text size="xs" c="dimmed">
											from {d.address}
										</Text>
									)}
								</>
							),
						},
						{
							title: "Resource",
							cell: (d) => (
								// Copying the id does not open the entry.
								<Box onClick={(e) => (e.target as Element).closest("button") && e.stopPropagation()}>
									{d.resource_type !== "" && <Text size="sm">{d.resource_type}</Text>}
									{d.resource_id !== "" && <Mono text={d.resource_id} />}
								</Box>
							),
						},
						{ title: "Project", cell: (d) => (d.project_id === "" ? "–" : projectName(d.project_id)) },
					]}
				/>
			)}
			<Drawer
				opened={entry !== undefined}
				onClose={close}
				position="right"
				size="xl"
				closeButtonProps={{ "aria-label": "Close" }}
				title={known ? known.action : "Entry of the audit log"}
			>
				<Stack>{entry !== undefined && <Entry key={entry} id={entry} at={at} known={known} projectName={projectName} />}</Stack>
			</Drawer>
		</Page>
	);
}

/** offered lists the operations and kinds of resources that entries have. */
function offered(deeds: Deed[]) {
	const distinct = (values: string[]) => [...new Set(values)].filter((v) => v !== "").sort();
	return { actions: distinct(deeds.map((d) => d.action)), kinds: distinct(deeds.map((d) => d.resource_type)) };
}
