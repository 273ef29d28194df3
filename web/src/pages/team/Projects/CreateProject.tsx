import { Alert, Anchor, Button, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ask, type Management, management } from "@/api/client";
import { EditForm } from "@/parts/EditForm";
import { Mono } from "@/parts/Mono";
import { Drawer } from "@/parts/Window";
import { CurrencyInput, TimezoneInput } from "@/parts/places";
import { queries } from "@/queries";

const empty = {
	name: "",
	description: "",
	timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
	currency: "EUR",
	case_sensitive_codes: true,
};

/** Makes a project, and shows the tokens of its first keys. */
export function CreateProject({ opened, onClose }: { opened: boolean; onClose: () => void }) {
	const [made, setMade] = useState<Management["ProjectCreated"]>();
	const close = () => {
		setMade(undefined);
		onClose();
	};
	return (
		<Drawer opened={opened} onClose={close} position="right" size="lg" title={made ? `${made.name} is ready` : "New project"}>
			{made ? <Made project={made} onClose={close} /> : <Form onMade={setMade} />}
		</Drawer>
	);
}

function Form({ onMade }: { onMade: (p: Management["ProjectCreated"]) => void }) {
	const form = useForm({ initialValues: empty });
	const save = async (body: typeof empty) => {
		onMade(await ask(management.POST("/management/v1/projects", { body })));
		await queries.invalidateQueries({ queryKey: ["projects"] });
	};
	return (
		<EditForm
			form={form}
			save={save}
			action="Create the project"
			saved=""
			call={(body) => ({ method: "POST", path: "/management/v1/projects", body })}
		>
			<Stack gap="sm">
				<TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
				<Textarea label="Description" description="What the project is for." autosize minRows={2} {...form.getInputProps("description")} />
				<TimezoneInput {...form.getInputProps("timezone")} />
				<CurrencyInput {...form.getInputProps("currency")} />
				<Switch
					label="Codes are case sensitive"
					description="Whether C0dE-cfV and c0de-cfv are different codes. It cannot be changed later."
					{...form.getInputProps("case_sensitive_codes", { type: "checkbox" })}
				/>
			</Stack>
		</EditForm>
	);
}

function Made({ project, onClose }: { project: Management["ProjectCreated"]; onClose: () => void }) {
	return (
		<Stack gap="md">
			<Alert color="yellow" title="Copy the tokens">
				They can be shown again for 14 days, among the project's API keys.
			</Alert>
			{(
				[
					["Server-side key", project.server_side_key],
					["Client-side key", project.client_side_key],
				] as const
			).map(([title, key]) => (
				<div key={title}>
					<Text fw={600} size="sm">
						{title}
					</Text>
					<Mono text={key.app_id} label="id" />
					<Mono text={key.app_token} label="token" />
				</div>
			))}
			<Button component="a" href={`/projects/${project.id}`}>
				Open the project
			</Button>
			<Anchor component="button" size="sm" onClick={onClose}>
				Back to the list
			</Anchor>
		</Stack>
	);
}
