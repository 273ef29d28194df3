import { Fieldset, Group, Paper, Stack, Switch, TagsInput, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { ask, askTagged, management, type Tagged } from "@/api/client";
import { changesBetween } from "@/parts/changes";
import { EditForm } from "@/parts/EditForm";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Page } from "@/parts/Page";
import { CurrencyInput, TimezoneInput } from "@/parts/places";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import type { Project } from "@/session";
import { Notices } from "./General/Notices";
import { differences, labels, switches, type Values, valuesOf } from "./General/values";

/** All of a project's settings, and what of it cannot be changed. */
export default function General() {
	const { projectId } = useParams({ from: "/app/projects/$projectId" });
	const key = ["projects", projectId, "general"];
	const project = useQuery({
		queryKey: key,
		queryFn: () => askTagged(management.GET("/management/v1/projects/{projectId}", { params: { path: { projectId } } })),
	});
	return (
		<Page title={project.data?.data.name ?? "General"} about="The project's settings. What is saved here holds at once.">
			{project.isError && <Failure error={project.error} retry={project.refetch} />}
			{project.isSuccess && <Settings project={project.data} reload={() => queries.invalidateQueries({ queryKey: ["projects"] })} />}
		</Page>
	);
}

function Settings({ project: { data: project, tag }, reload }: { project: Tagged<Project>; reload: () => Promise<void> }) {
	const may = useMay(project.id, "settings.write");
	const initial = useMemo(() => valuesOf(project), [project]);
	const form = useForm<Values>({ initialValues: initial });
	// the form follows what is stored
	useEffect(() => {
		form.setInitialValues(initial);
		form.reset();
	}, [initial]);
	const path = `/management/v1/projects/${project.id}`;
	const save = (values: Values) =>
		ask(
			management.PUT("/management/v1/projects/{projectId}", {
				params: { path: { projectId: project.id } },
				headers: { "If-Match": tag },
				body: differences(initial, values),
			}),
		);
	return (
		<EditForm
			form={form}
			save={save}
			onSaved={reload}
			reload={reload}
			readOnly={!may}
			call={(values) => ({ method: "PUT", path, body: differences(initial, values) })}
			changes={changesBetween(initial, form.getValues(), labels)}
		>
			<Fixed project={project} />
			<Fieldset legend="Project" disabled={!may}>
				<Stack gap="sm">
					<TextInput label="Name" required {...form.getInputProps("name")} />
					<Textarea label="Description" autosize minRows={2} {...form.getInputProps("description")} />
					<Group grow align="flex-start">
						<TimezoneInput {...form.getInputProps("timezone")} />
						<CurrencyInput {...form.getInputProps("currency")} />
					</Group>
					<TextInput
						label="Dial code"
						description="Of phone numbers, for example 48. Empty for none."
						{...form.getInputProps("dial_code")}
					/>
					<TextInput
						label="Characters of codes"
						description="Codes are made of these, each once, unless a campaign says otherwise. Empty for digits and letters."
						ff="monospace"
						{...form.getInputProps("charset")}
					/>
				</Stack>
			</Fieldset>
			<Fieldset legend="Calls from browsers" disabled={!may}>
				<Stack gap="sm">
					<TagsInput
						label="Trusted domains"
						description="Where client-side calls may come from: hosts or origins. Press Enter after each."
						{...form.getInputProps("client_trusted_domains")}
					/>
					{switches.map(([name, label]) => (
						<Switch key={name} label={label} {...form.getInputProps(name, { type: "checkbox" })} />
					))}
				</Stack>
			</Fieldset>
			<Notices form={form} disabled={!may} />
		</EditForm>
	);
}

/** What was decided when the project was made. */
function Fixed({ project }: { project: Project }) {
	return (
		<Paper withBorder p="md">
			<Title order={2} size="h5">
				Cannot be changed
			</Title>
			<Group gap="xl" mt="sm">
				<Fact name="Id">
					<Mono text={project.id} />
				</Fact>
				<Fact name="Codes">{project.case_sensitive_codes ? "case sensitive" : "not case sensitive"}</Fact>
				<Fact name="Cluster">{project.cluster_id}</Fact>
				<Fact name="API version">{project.api_version}</Fact>
				{project.webhook_token !== "" && (
					<Fact name="Webhook token">
						<Mono text={project.webhook_token} label="webhook token" />
					</Fact>
				)}
				{project.is_sandbox && <Fact name="Sandbox">100 calls an hour, and never deleted</Fact>}
			</Group>
		</Paper>
	);
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
	return (
		<div style={{ minWidth: 0, maxWidth: "100%" }}>
			<Text size="xs" c="dimmed">
				{name}
			</Text>
			<Text size="sm" component="div">
				{children}
			</Text>
		</div>
	);
}
