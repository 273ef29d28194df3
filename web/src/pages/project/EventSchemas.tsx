import { Anchor, Button, Stack, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ask, type Management, management } from "@/api/client";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import { EventSchemaDrawer } from "./EventSchemas/EventSchemaDrawer";
import { Refused } from "./EventSchemas/Refused";

type Schema = Management["CustomEventSchema"];

/** Which custom events customers can cause, and what they carry. */
export default function EventSchemas() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/event-schemas" });
	const may = useMay(projectId, "settings.write");
	const mayReadData = useMay(projectId, "data.read");
	const search = useSearch({ strict: false }) as { schema?: string };
	const navigate = useNavigate();
	const show = (schema?: string) => navigate({ to: ".", search: (schema ? { schema } : {}) as never });
	const queryKey = ["projects", projectId, "event-schemas"];
	const schemas = useQuery({
		queryKey,
		queryFn: async () =>
			(await ask(management.GET("/management/v1/projects/{projectId}/custom-event-schemas", { params: { path: { projectId } } }))).data,
	});
	const chosen = schemas.data?.find((s) => s.id === search.schema);
	return (
		<Page
			title="Event schemas"
			about="Which custom events customers can cause, and what they carry. An event without a schema, or one that breaks it, is refused."
			actions={
				may && (
					<Button leftSection={<IconPlus size={16} />} onClick={() => show("new")}>
						New event
					</Button>
				)
			}
		>
			{schemas.isError && <Failure error={schemas.error} retry={schemas.refetch} />}
			{schemas.data?.length === 0 ? (
				<Empty
					title="No custom events yet"
					call={{
						method: "POST",
						path: `/management/v1/projects/${projectId}/custom-event-schemas`,
						body: { name: "review", schema: { properties: { rating: { type: "number", optional: false } } } },
					}}
				>
					A custom event is something that a customer does: a review, a visit, a sign-up. Define it, and send it with a project's key.
				</Empty>
			) : (
				!schemas.isError && (
					<Table<Schema>
						label="Event schemas"
						rows={schemas.data}
						keyOf={(s) => s.id}
						find={(s) => s.name}
						columns={[
							{
								title: "Event",
								cell: (s) => (
									<Anchor component="button" size="sm" fw={600} onClick={() => show(s.id)}>
										{s.name}
									</Anchor>
								),
							},
							{ title: "Properties", cell: (s) => Object.values(s.schema.properties).filter((d) => !d.deleted).length, numeric: true },
							{ title: "Changed", cell: (s) => <When at={s.updated_at ?? s.created_at} />, wide: true },
						]}
					/>
				)
			)}
			{mayReadData && (
				<Stack gap="sm" component="section">
					<Title order={2} size="h4">
						Refused events
					</Title>
					<Refused projectId={projectId} />
				</Stack>
			)}
			{(chosen || (search.schema === "new" && may)) && schemas.data && (
				<EventSchemaDrawer
					projectId={projectId}
					existing={chosen}
					onClose={() => show()}
					reload={() => queries.invalidateQueries({ queryKey })}
				/>
			)}
		</Page>
	);
}
