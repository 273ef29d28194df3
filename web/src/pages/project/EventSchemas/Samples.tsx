import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ask, type Team, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";

type Event = Team["CustomEvent"];

const shown = 10;

interface Props {
	projectId: string;
	event: string;
	onPick: (event: Event) => void;
}

/** The latest events of a name, to pick one as a sample. */
export function Samples({ projectId, event, onPick }: Props) {
	const events = useQuery({
		queryKey: ["projects", projectId, "events", "latest", event],
		queryFn: async () => {
			const params = { path: { projectId }, query: { type: event, limit: shown } };
			const page = await ask(team.GET("/team/v1/projects/{projectId}/events", { params }));
			return typeof page === "string" ? [] : page.data; // a text is what an export would be
		},
	});
	if (events.isError) return <Failure error={events.error} retry={events.refetch} />;
	if (!events.data) return <Skeleton height={80} />;
	if (events.data.length === 0) {
		return (
			<Text size="sm" c="dimmed">
				No event of this name is stored yet.
			</Text>
		);
	}
	return (
		<Stack gap={4}>
			<Text size="sm" fw={600}>
				The latest events
			</Text>
			<Table<Event>
				label="The latest events"
				rows={events.data}
				keyOf={(e) => e.id}
				minWidth={300}
				columns={[
					{ title: "Customer", cell: (e) => <Text size="sm">{e.customer.source_id ?? e.customer.id}</Text> },
					{
						title: "Metadata",
						cell: (e) => (
							<Text size="xs" ff="monospace" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
								{JSON.stringify(e.metadata)}
							</Text>
						),
						wide: true,
					},
					{ title: "Taken in", cell: (e) => <When at={e.created_at} /> },
					{
						title: "Sample",
						cell: (e) => (
							<Group wrap="nowrap">
								<Button size="compact-xs" variant="default" onClick={() => onPick(e)}>
									Take as sample
								</Button>
							</Group>
						),
					},
				]}
			/>
		</Stack>
	);
}
