import { Autocomplete, Button, Group, Skeleton, Stack, Switch, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ask, askTagged, type Management, management, type Tagged } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { Failure } from "@/parts/Failure";
import { Drawer } from "@/parts/Window";
import { DryRun } from "@/parts/schema/DryRun";
import { changed, type Definition, errorsUnder, type Row, rowsOf, told } from "@/parts/schema/definitions";
import { Editor } from "@/parts/schema/Editor";
import { sound } from "@/parts/schema/faults";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import { standard } from "../MetadataSchemas";
import { TryIt } from "./TryIt";

type Schema = Management["MetadataSchema"];

interface Props {
	projectId: string;
	schemas: Schema[];
	/** The schema that is shown; a new one is made without. */
	existing: Schema | undefined;
	onClose: () => void;
	reload: () => Promise<void>;
}

/** One schema: its definitions, a place to try a sample, and its end. */
export function SchemaDrawer(props: Props) {
	const { existing, projectId, onClose } = props;
	const key = ["projects", projectId, "metadata-schemas", existing?.id];
	const schema = useQuery({
		queryKey: key,
		queryFn: () =>
			askTagged(
				management.GET("/management/v1/projects/{projectId}/metadata-schemas/{metadataSchemaId}", {
					params: { path: { projectId, metadataSchemaId: existing?.id ?? "" } },
				}),
			),
		enabled: existing !== undefined,
		staleTime: 0,
	});
	return (
		<Drawer opened onClose={onClose} position="right" size="xl" title={existing ? `Schema of ${existing.related_object}` : "New schema"}>
			{schema.isError && <Failure error={schema.error} retry={schema.refetch} />}
			{existing && schema.isPending && <Skeleton height={240} />}
			{(!existing || schema.data) && (
				<Body
					{...props}
					key={schema.data?.tag ?? "new"}
					stored={schema.data}
					reload={async () => {
						await Promise.all([props.reload(), queries.invalidateQueries({ queryKey: key })]);
					}}
				/>
			)}
		</Drawer>
	);
}

interface Values extends Record<string, unknown> {
	related_object: string;
	allow_defined_only: boolean;
	rows: Row[];
}

function Body({ projectId, schemas, stored, onClose, reload }: Props & { stored: Tagged<Schema> | undefined }) {
	const may = useMay(projectId, "settings.write");
	const [removing, setRemoving] = useState(false);
	const before = useMemo(() => (stored?.data.properties ?? {}) as Record<string, Definition>, [stored]);
	const form = useForm<Values>({
		initialValues: { related_object: "", allow_defined_only: stored?.data.allow_defined_only ?? false, rows: rowsOf(before) },
		validate: { rows: (rows) => (sound(rows) ? null : "are not right yet") },
	});
	const values = form.getValues();
	const custom = schemas.filter((s) => !standard.includes(s.related_object)).map((s) => s.related_object);
	const name = stored?.data.related_object ?? values.related_object;
	const types = [
		"string",
		"number",
		"boolean",
		"date",
		"datetime",
		"image_url",
		"object",
		...(["customer", "product"].includes(name) ? ["geopoint"] : []),
	];
	const base = `/management/v1/projects/${projectId}/metadata-schemas`;
	const bodyOf = (v: Values) => ({
		...(stored ? {} : { related_object: v.related_object }),
		properties: changed(before, v.rows),
		...(v.allow_defined_only !== (stored?.data.allow_defined_only ?? false) && { allow_defined_only: v.allow_defined_only }),
	});
	const put = (v: Values, query?: { dry_run: boolean }) =>
		ask(
			management.PUT("/management/v1/projects/{projectId}/metadata-schemas/{metadataSchemaId}", {
				params: { path: { projectId, metadataSchemaId: stored?.data.id ?? "" }, query },
				headers: { "If-Match": stored?.tag },
				body: bodyOf(v) as Management["MetadataSchemaUpdate"],
			}),
		);
	const save = (v: Values) =>
		stored
			? put(v)
			: ask(
					management.POST("/management/v1/projects/{projectId}/metadata-schemas", {
						params: { path: { projectId } },
						body: bodyOf(v) as Management["MetadataSchemaCreate"],
					}),
				);
	const changes = Object.entries(changed(before, values.rows)).map(([field, to]) => ({
		field,
		from: before[field] ? told(before[field]) : "",
		to: told(to),
	}));
	return (
		<Stack gap="lg">
			<EditForm
				form={form}
				save={save}
				onSaved={async () => {
					await reload();
					if (!stored) onClose();
				}}
				reload={reload}
				readOnly={!may}
				action={stored ? "Save" : "Create the schema"}
				changes={stored ? changes : []}
				call={(v) => ({ method: stored ? "PUT" : "POST", path: stored ? `${base}/${stored.data.id}` : base, body: bodyOf(v) })}
				extra={
					stored && (
						<Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
							Delete
						</Button>
					)
				}
			>
				{!stored && (
					<Autocomplete
						label="Object"
						description="A standard object, or a name of your own that definitions of the type object can follow."
						data={standard.filter((o) => !schemas.some((s) => s.related_object === o))}
						required
						data-autofocus
						{...form.getInputProps("related_object")}
					/>
				)}
				<Switch
					label="Refuse metadata without a definition"
					disabled={!may}
					{...form.getInputProps("allow_defined_only", { type: "checkbox" })}
				/>
				<Editor
					rows={values.rows}
					types={types}
					objects={custom.filter((o) => o !== name)}
					fixedTypes
					readOnly={!may}
					refused={errorsUnder(form.errors, "properties.")}
					tried={form.errors.rows !== undefined}
					onChange={(rows) => {
						form.clearErrors();
						form.setFieldValue("rows", rows);
					}}
				/>
				{stored && may && form.isDirty() && sound(values.rows) && (
					<Group>
						<DryRun
							run={async () => (await put(form.getValues(), { dry_run: true })) as Management["MetadataSchemaDryRun"]}
							what="objects"
						/>
					</Group>
				)}
			</EditForm>
			{stored && (
				<section aria-label="Try a sample">
					<Title order={3} size="h5" mb="sm">
						Try a sample
					</Title>
					<TryIt projectId={projectId} resource={stored.data.related_object} properties={before} />
				</section>
			)}
			{stored && (
				<Danger
					opened={removing}
					onClose={() => setRemoving(false)}
					title={`Delete the schema of ${stored.data.related_object}`}
					typed={stored.data.related_object}
					action="Delete the schema"
					run={() =>
						ask(
							management.DELETE("/management/v1/projects/{projectId}/metadata-schemas/{metadataSchemaId}", {
								params: { path: { projectId, metadataSchemaId: stored.data.id } },
							}),
						)
					}
					onDone={async () => {
						onClose();
						await reload();
					}}
					call={{ method: "DELETE", path: `${base}/${stored.data.id}` }}
				>
					Metadata of {stored.data.related_object} can be anything then. What is stored stays as it is.
				</Danger>
			)}
		</Stack>
	);
}
