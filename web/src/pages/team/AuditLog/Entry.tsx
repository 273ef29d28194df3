import { Box, Group, Skeleton, Stack, Switch, Table, Text, Title } from "@mantine/core";
import { IconEqual, IconMinus, IconPencil, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { exact } from "@/parts/When";
import { type Difference, difference } from "./difference";
import { addressOf } from "./filter";

export type Deed = Team["AuditEntry"];

/** Reads an entry by its id and time, and shows it; one that is at hand is not read. */
export function Entry({
	id,
	at,
	known,
	projectName,
}: {
	id: string;
	at: string;
	known: Deed | undefined;
	projectName: (id: string) => string;
}) {
	// No call shows one entry, but its millisecond can be asked for.
	const next = new Date(Date.parse(at) + 1).toISOString();
	const query = { from: at, to: next, limit: 100 };
	const read = useQuery({
		queryKey: ["team", "audit-log", "entry", id],
		queryFn: async () => {
			const list = (await ask(
				team.GET("/team/v1/audit-log", { params: { query }, headers: { Accept: "application/json" } }),
			)) as Team["ListAuditEntry"];
			return list.data.find((e) => e.id === id) ?? null;
		},
		enabled: known === undefined && !Number.isNaN(Date.parse(at)),
	});
	const deed = known ?? read.data;
	if (deed) return <Shown deed={deed} projectName={projectName} />;
	if (read.isError) return <Failure error={read.error} retry={read.refetch} />;
	if (read.isLoading) return <Skeleton height={200} />;
	return <Text size="sm">There is no such entry.</Text>;
}

function Shown({ deed, projectName }: { deed: Deed; projectName: (id: string) => string }) {
	return (
		<Stack gap="lg">
			<Stack gap={6}>
				<Fact name="When">{exact(deed.at)}</Fact>
				<Fact name="Who">
					{deed.actor.name}
					{deed.actor.kind === "operator" ? ", at the command line" : ""}
				</Fact>
				{deed.address !== "" && <Fact name="From">{deed.address}</Fact>}
				{deed.project_id !== "" && <Fact name="Project">{projectName(deed.project_id)}</Fact>}
				{deed.resource_type !== "" && (
					<Fact name="Resource">
						<Text size="sm">{deed.resource_type}</Text>
						{deed.resource_id !== "" && <Mono text={deed.resource_id} />}
					</Fact>
				)}
				<Fact name="Request">
					<Mono text={deed.request_id} label="request id" />
				</Fact>
				<Fact name="Entry">
					<Mono text={deed.id} />
				</Fact>
			</Stack>
			<Changes before={deed.before} after={deed.after} />
			<Group>
				<AsCall
					call={{
						method: "GET",
						path: addressOf({ from: deed.at, to: new Date(Date.parse(deed.at) + 1).toISOString() }),
						with: "session",
					}}
				/>
			</Group>
		</Stack>
	);
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
	return (
		<Group gap="sm" align="flex-start" wrap="nowrap">
			<Text size="sm" c="dimmed" w={80} style={{ flexShrink: 0 }}>
				{name}
			</Text>
			<Text size="sm" component="div" style={{ overflowWrap: "anywhere", minWidth: 0 }}>
				{children}
			</Text>
		</Group>
	);
}

const signs: Record<Difference["kind"], { icon: typeof IconPlus; word: string }> = {
	added: { icon: IconPlus, word: "added" },
	removed: { icon: IconMinus, word: "removed" },
	changed: { icon: IconPencil, word: "changed" },
	same: { icon: IconEqual, word: "same" },
};

/** Before and after, field by field. */
function Changes({ before, after }: { before: unknown; after: unknown }) {
	const [all, setAll] = useState(false);
	const fields = difference(before, after);
	const same = fields.filter((f) => f.kind === "same").length;
	const whole = before !== null && after !== null;
	const shown = fields.filter((f) => all || f.kind !== "same");
	return (
		<section>
			<Group justify="space-between" mb="xs">
				<Title order={2} size="h5">
					{fields.length === 0 || whole ? "What was changed" : before === null ? "What was made" : "What is gone"}
				</Title>
				{same > 0 && <Switch label={`Show what stayed (${same})`} checked={all} onChange={(e) => setAll(e.currentTarget.checked)} />}
			</Group>
			{fields.length === 0 && <Text size="sm">The log keeps no form of a resource for this.</Text>}
			{fields.length > 0 && shown.length === 0 && <Text size="sm">Nothing: it was saved as it was.</Text>}
			{shown.length > 0 && (
				<Table aria-label="Before and after" verticalSpacing={6} layout="fixed">
					<Table.Thead>
						<Table.Tr>
							<Table.Th w="34%">Field</Table.Th>
							{(whole || before !== null) && <Table.Th>Before</Table.Th>}
							{(whole || after !== null) && <Table.Th>After</Table.Th>}
						</Table.Tr>
					</Table.Thead>
					<Table.Tbody>
						{shown.map((f) => {
							const { icon: Sign, word } = signs[f.kind];
							return (
								<Table.Tr key={f.path} style={{ verticalAlign: "top" }}>
									<Table.Th scope="row" fw={400}>
										<Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
											{f.path}
										</Text>
										{whole && (
											<Group gap={4}>
												<Sign size={12} aria-hidden />
												<Text size="xs" c="dimmed">
													{word}
												</Text>
											</Group>
										)}
									</Table.Th>
									{(whole || before !== null) && (
										<Value text={f.before} marked={f.kind === "removed" || f.kind === "changed"} bad={whole} />
									)}
									{(whole || after !== null) && <Value text={f.after} marked={f.kind === "added" || f.kind === "changed"} good={whole} />}
								</Table.Tr>
							);
						})}
					</Table.Tbody>
				</Table>
			)}
		</section>
	);
}

interface ValueProps {
	text: string | undefined;
	marked: boolean;
	good?: boolean;
	bad?: boolean;
}

function Value({ text, marked, good, bad }: ValueProps) {
	const ground =
		marked && text !== undefined && (good ? "var(--mantine-color-green-light)" : bad ? "var(--mantine-color-red-light)" : undefined);
	return (
		<Table.Td>
			{text === undefined ? (
				<Text size="xs" c="dimmed">
					nothing
				</Text>
			) : (
				<Box
					px={4}
					fz="xs"
					ff="monospace"
					style={{ background: ground || undefined, borderRadius: 2, overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}
				>
					{text}
				</Box>
			)}
		</Table.Td>
	);
}
