import { List, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { ask, management } from "@/api/client";
import { EditForm } from "@/parts/EditForm";
import { Drawer } from "@/parts/Window";
import { queries } from "@/queries";
import type { Project } from "@/session";

/** Makes a new project like another one. */
export function CloneProject({ original, onClose }: { original: Project; onClose: () => void }) {
	const navigate = useNavigate();
	const form = useForm({ initialValues: { name: "", description: original.description } });
	const path = { projectId: original.id };
	const save = async (body: { name: string; description: string }) => {
		const clone = await ask(management.POST("/management/v1/projects/{projectId}/clone", { params: { path }, body }));
		await queries.invalidateQueries({ queryKey: ["projects"] });
		form.resetDirty();
		await navigate({ to: "/projects/$projectId", params: { projectId: clone.id } });
	};
	return (
		<Drawer opened onClose={onClose} position="right" size="lg" title={`Clone ${original.name}`}>
			<EditForm
				form={form}
				save={save}
				action="Clone the project"
				saved="Cloned"
				call={(body) => ({ method: "POST", path: `/management/v1/projects/${original.id}/clone`, body })}
			>
				<Stack gap="sm">
					<Text size="sm" component="div">
						The clone has
						<List size="sm">
							<List.Item>the settings, schemas, stacking rules with their categories, brand and campaign templates,</List.Item>
							<List.Item>the webhooks, switched off and with fresh secrets,</List.Item>
							<List.Item>keys of its own, and no members, events or customers.</List.Item>
						</List>
					</Text>
					<TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
					<TextInput label="Description" {...form.getInputProps("description")} />
				</Stack>
			</EditForm>
		</Drawer>
	);
}
