import { Anchor, Button } from "@mantine/core";
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
import { SchemaDrawer } from "./MetadataSchemas/SchemaDrawer";

type Schema = Management["MetadataSchema"];

/** The objects that every project has; schemas of other names are custom ones. */
export const standard = [
	"campaign",
	"customer",
	"earning_rule",
	"loyalty_tier",
	"order",
	"order_item",
	"product",
	"promotion_tier",
	"publication",
	"redemption",
	"reward",
	"voucher",
];

/** What the metadata of each kind of object has to look like. */
export default function MetadataSchemas() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/metadata-schemas" });
	const may = useMay(projectId, "settings.write");
	const search = useSearch({ strict: false }) as { schema?: string };
	const navigate = useNavigate();
	const show = (schema?: string) => navigate({ to: ".", search: (schema ? { schema } : {}) as never });
	const queryKey = ["projects", projectId, "metadata-schemas"];
	const schemas = useQuery({
		queryKey,
		queryFn: async () =>
			(await ask(management.GET("/management/v1/projects/{projectId}/metadata-schemas", { params: { path: { projectId } } }))).data.sort(
				order,
			),
	});
	const chosen = schemas.data?.find((s) => s.id === search.schema);
	return (
		<Page
			title="Metadata schemas"
			about="What the metadata of customers, orders, vouchers and your own objects has to look like. What breaks its schema is refused."
			actions={
				may && (
					<Button leftSection={<IconPlus size={16} />} onClick={() => show("new")}>
						New schema
					</Button>
				)
			}
		>
			{schemas.isError && <Failure error={schemas.error} retry={schemas.refetch} />}
			{schemas.data?.length === 0 ? (
				<Empty
					title="No schemas yet"
					call={{
						method: "POST",
						path: `/management/v1/projects/${projectId}/metadata-schemas`,
						body: {
							related_object: "order",
							properties: { channel: { type: "string", optional: false, array: false, eq: ["web", "shop"] } },
						},
					}}
				>
					Without a schema an object's metadata can be anything. With one, a typing mistake in a field is told where it is made.
				</Empty>
			) : (
				!schemas.isError && (
					<Table<Schema>
						label="Metadata schemas"
						rows={schemas.data}
						keyOf={(s) => s.id}
						find={(s) => s.related_object}
						columns={[
							{
								title: "Object",
								cell: (s) => (
									<Anchor component="button" size="sm" fw={600} onClick={() => show(s.id)}>
										{s.related_object}
									</Anchor>
								),
							},
							{ title: "Kind", cell: (s) => (standard.includes(s.related_object) ? "standard" : "custom"), wide: true },
							{ title: "Definitions", cell: (s) => Object.values(s.properties).filter((d) => !d.deleted).length, numeric: true },
							{ title: "Changed", cell: (s) => <When at={s.updated_at ?? s.created_at} />, wide: true },
						]}
					/>
				)
			)}
			{(chosen || (search.schema === "new" && may)) && schemas.data && (
				<SchemaDrawer
					projectId={projectId}
					schemas={schemas.data}
					existing={chosen}
					onClose={() => show()}
					reload={() => queries.invalidateQueries({ queryKey })}
				/>
			)}
		</Page>
	);
}

/** Standard objects come first, in the order of their names. */
function order(a: Schema, b: Schema): number {
	const custom = (s: Schema) => (standard.includes(s.related_object) ? 0 : 1);
	return custom(a) - custom(b) || a.related_object.localeCompare(b.related_object);
}
