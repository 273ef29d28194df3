import { Accordion, Code, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ask, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Table } from "@/parts/Table";
import { exact, When } from "@/parts/When";

/** Why events were refused, and the last ones. */
export function Refused({ projectId }: { projectId: string }) {
	const refused = useQuery({
		queryKey: ["projects", projectId, "events", "rejected"],
		queryFn: () => ask(team.GET("/team/v1/projects/{projectId}/events/rejected", { params: { path: { projectId } } })),
	});
	if (refused.isError) return <Failure error={refused.error} retry={refused.refetch} />;
	if (refused.data?.counts.length === 0)
		return (
			<Text size="sm" c="dimmed">
				None so far.
			</Text>
		);
	return (
		<>
			<Table
				label="Refused events by reason"
				rows={refused.data?.counts}
				keyOf={(c) => `${c.type} ${c.reason}`}
				columns={[
					{ title: "Event", cell: (c) => c.type || "others" },
					{ title: "Reason", cell: (c) => c.reason },
					{ title: "How many", cell: (c) => c.count, numeric: true },
					{ title: "Last", cell: (c) => <When at={c.last_at} />, wide: true },
				]}
			/>
			<Accordion variant="separated">
				{refused.data?.data.slice(0, 20).map((e) => (
					<Accordion.Item key={e.id} value={e.id}>
						<Accordion.Control>
							<Text size="sm">
								{e.type}, {exact(e.created_at)}: {e.details}
							</Text>
						</Accordion.Control>
						<Accordion.Panel>
							<Code block tabIndex={0}>
								{e.payload ? JSON.stringify(e.payload, null, 2) : "It was too large to be kept."}
							</Code>
						</Accordion.Panel>
					</Accordion.Item>
				))}
			</Accordion>
		</>
	);
}
