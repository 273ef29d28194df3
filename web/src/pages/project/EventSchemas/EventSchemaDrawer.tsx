import { Button, Skeleton, Stack, TextInput, Title } from "@mantine/core";
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
import { SendOne } from "./SendOne";

type Schema = Management["CustomEventSchema"];

interface Props {
	projectId: string;
	/** The schema that is shown; a new one is made without. */
	existing: Schema | undefined;
	onClose: () => void;
	reload: () => Promise<void>;
}

/** One event's schema: its properties, a place to send one, and its end. */
export function EventSchemaDrawer(props: Props) {
	const { existing, projectId, onClose } = props;
	const key = ["projects", projectId, "event-schemas", existing?.id];
	const schema = useQuery({
		queryKey: key,
		queryFn: () =>
			askTagged(
				management.GET("/management/v1/projects/{projectId}/custom-event-schemas/{customEventSchemaId}", {
					params: { path: { projectId, customEventSchemaId: existing?.id ?? "" } },
				}),
			),
		enabled: existing !== undefined,
		staleTime: 0,
	});
	return (
		<Drawer opened onClose={onClose} position="right" size="xl" title={existing ? `Event ${existing.name}` : "New event"}>
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
	name: string;
	rows: Row[];
}

function Body({ projectId, stored, onClose, reload }: Props & { stored: Tagged<Schema> | undefined }) {
	const may = useMay(projectId, "settings.write");
	const mayRead = useMay(projectId, "data.read");
	const maySend = useMay(projectId, "data.write");
	const [removing, setRemoving] = useState(false);
	const before = useMemo(() => (stored?.data.schema.properties ?? {}) as Record<string, Definition>, [stored]);
	const form = useForm<Values>({
		initialValues: { name: "", rows: rowsOf(before) },
		validate: { rows: (rows) => (sound(rows) ? null : "are not right yet") },
	});
	const values = form.getValues();
	const base = `/management/v1/projects/${projectId}/custom-event-schemas`;
	const path = { projectId, customEventSchemaId: stored?.data.id ?? "" };
	const bodyOf = (v: Values) => ({ ...(stored ? {} : { name: v.name }), schema: { properties: changed(before, v.rows) } });
	const put = (v: Values, query?: { dry_run: boolean }, samples?: Record<string, unknown>[]) =>
		ask(
			management.PUT("/management/v1/projects/{projectId}/custom-event-schemas/{customEventSchemaId}", {
				params: { path, query },
				headers: { "If-Match": stored?.tag },
				body: { ...bodyOf(v), samples } as Management["CustomEventSchemaUpdate"],
			}),
		);
	const save = (v: Values) =>
		stored
			? put(v)
			: ask(
					management.POST("/management/v1/projects/{projectId}/custom-event-schemas", {
						params: { path: { projectId } },
						body: bodyOf(v) as Management["CustomEventSchemaCreate"],
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
				action={stored ? "Save" : "Create the event"}
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
					<TextInput label="Event" description="Its name, as it is sent." required data-autofocus {...form.getInputProps("name")} />
				)}
				<Editor
					rows={values.rows}
					types={["string", "number", "boolean", "date", "datetime"]}
					fixedTypes={false}
					readOnly={!may}
					refused={errorsUnder(form.errors, "schema.properties.")}
					tried={form.errors.rows !== undefined}
					onChange={(rows) => {
						form.clearErrors();
						form.setFieldValue("rows", rows);
					}}
				/>
				{stored && may && form.isDirty() && sound(values.rows) && (
					<DryRun
						run={async () => (await put(form.getValues(), { dry_run: true })) as Management["CustomEventSchemaDryRun"]}
						what="events"
					/>
				)}
			</EditForm>
			{stored && (may || mayRead || maySend) && (
				<section aria-label="Try or send one">
					<Title order={3} size="h5" mb="sm">
						Try or send one
					</Title>
					<SendOne
						projectId={projectId}
						event={stored.data.name}
						properties={before}
						check={
							may
								? async (metadata) => (await put(form.getValues(), { dry_run: true }, [metadata])) as Management["CustomEventSchemaDryRun"]
								: undefined
						}
					/>
				</section>
			)}
			{stored && (
				<Danger
					opened={removing}
					onClose={() => setRemoving(false)}
					title={`Delete the event ${stored.data.name}`}
					typed={stored.data.name}
					action="Delete the event"
					run={() =>
						ask(management.DELETE("/management/v1/projects/{projectId}/custom-event-schemas/{customEventSchemaId}", { params: { path } }))
					}
					onDone={async () => {
						onClose();
						await reload();
					}}
					call={{ method: "DELETE", path: `${base}/${stored.data.id}` }}
				>
					Events of this name are refused from now on. Those that are stored stay.
				</Danger>
			)}
		</Stack>
	);
}
