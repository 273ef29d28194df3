import { ActionIcon, Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { ask, type Management, management } from "@/api/client";
import { EditForm } from "@/parts/EditForm";
import { useRoles } from "@/roles";
import { projectsQuery } from "@/session";

interface Props {
	/** The project that is chosen at first; any if it is not said. */
	projectId?: string;
	onSent: () => void;
}

/** Invites somebody by e-mail, with a role in each of some projects. */
export function Invite({ projectId, onSent }: Props) {
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const { invitable } = useRoles();
	const form = useForm({
		initialValues: { email: "", first_name: "", last_name: "", assigned: [{ project: projectId ?? "", role: "USER" }] },
		validate: { assigned: { project: (v) => (v === "" ? "choose a project" : null) } },
	});
	type Values = typeof form.values;
	const bodyOf = ({ assigned, ...rest }: Values): Management["UserInvite"] => ({
		...rest,
		projects: Object.fromEntries(assigned.filter((a) => a.project !== "").map((a) => [a.project, a.role])),
	});
	const { assigned } = form.getValues();
	return (
		<EditForm
			form={form}
			save={(values) => ask(management.POST("/management/v1/projects/users/invite", { body: bodyOf(values) }))}
			onSaved={onSent}
			action="Send the invitation"
			saved="Invited"
			call={(values) => ({ method: "POST", path: "/management/v1/projects/users/invite", body: bodyOf(values) })}
		>
			<Stack gap="sm">
				<TextInput
					label="E-mail"
					description="Gets a link that works once, for seven days. An invitation to the same address replaces an earlier one."
					type="email"
					required
					data-autofocus
					{...form.getInputProps("email")}
				/>
				<Group grow align="flex-start">
					<TextInput label="First name" required {...form.getInputProps("first_name")} />
					<TextInput label="Last name" required {...form.getInputProps("last_name")} />
				</Group>
				{assigned.map((a, i) => (
					// rows have no names of their own
					<Group key={i} align="flex-end" wrap="nowrap">
						<Select
							label="Project"
							data={projects
								.filter((p) => p.id === a.project || !assigned.some((other) => other.project === p.id))
								.map((p) => ({ value: p.id, label: p.name }))}
							searchable
							flex={1}
							{...form.getInputProps(`assigned.${i}.project`)}
						/>
						<Select label="Role" data={invitable} searchable allowDeselect={false} flex={1} {...form.getInputProps(`assigned.${i}.role`)} />
						<ActionIcon
							variant="subtle"
							color="gray"
							size="lg"
							disabled={assigned.length === 1}
							onClick={() => form.removeListItem("assigned", i)}
							aria-label="Remove the project"
						>
							<IconTrash size={16} />
						</ActionIcon>
					</Group>
				))}
				<Button
					variant="light"
					size="compact-sm"
					leftSection={<IconPlus size={14} />}
					onClick={() => form.insertListItem("assigned", { project: "", role: "USER" })}
					style={{ alignSelf: "flex-start" }}
				>
					Another project
				</Button>
			</Stack>
		</EditForm>
	);
}
