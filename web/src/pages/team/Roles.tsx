import { ActionIcon, Button, Checkbox, Fieldset, Group, Paper, Table as Plain, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ask, askTagged, type Tagged, type Team, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { Drawer } from "@/parts/Window";
import { queries } from "@/queries";
import { builtIn, permissions, rolesQuery } from "@/roles";

type Role = Team["Role"];

/** What people may do in projects: the built-in roles, and those of the organization. */
export default function Roles() {
	const roles = useQuery(rolesQuery);
	const search = useSearch({ strict: false }) as { do?: string; role?: string };
	const navigate = useNavigate();
	const show = (what?: string, role?: string) => navigate({ to: "/team/roles", search: { do: what, role } as never });
	const close = () => show();
	const reload = () => queries.invalidateQueries(rolesQuery);
	const chosen = roles.data?.find((r) => r.id === search.role);
	return (
		<Page
			title="Roles"
			about="A role says what somebody may do in a project. Everybody has one role in each of their projects."
			actions={
				<Button leftSection={<IconPlus size={16} />} onClick={() => show("new")}>
					New role
				</Button>
			}
		>
			<Title order={2} size="h4">
				Roles of your own
			</Title>
			{roles.isError && <Failure error={roles.error} retry={roles.refetch} />}
			{roles.data?.length === 0 ? (
				<Empty
					title="No roles of your own yet"
					call={{
						method: "POST",
						path: "/team/v1/roles",
						body: { name: "Webhook keeper", permissions: ["settings.read", "webhooks.retry"] },
						with: "session",
					}}
				>
					Make one where the built-in roles allow too much or too little.
				</Empty>
			) : (
				!roles.isError && (
					<Table
						label="Roles of your own"
						rows={roles.data}
						keyOf={(r) => r.id}
						columns={[
							{ title: "Name", cell: (r) => r.name },
							{ title: "Allows", cell: (r) => r.permissions.map((p) => permissions[p] ?? p).join(", ") || "nothing" },
							{ title: "Changed", cell: (r) => <When at={r.updated_at} />, wide: true },
							{
								title: "Actions",
								cell: (r) => (
									<Group gap={4} wrap="nowrap">
										<ActionIcon variant="subtle" color="gray" onClick={() => show("edit", r.id)} aria-label={`Edit ${r.name}`}>
											<IconPencil size={16} />
										</ActionIcon>
										<ActionIcon variant="subtle" color="red" onClick={() => show("delete", r.id)} aria-label={`Delete ${r.name}`}>
											<IconTrash size={16} />
										</ActionIcon>
									</Group>
								),
							},
						]}
					/>
				)
			)}
			<Title order={2} size="h4">
				Built-in roles
			</Title>
			<Matrix />
			<Drawer opened={search.do === "new"} onClose={close} position="right" size="lg" title="New role">
				<RoleForm
					onSaved={async () => {
						await reload();
						close();
					}}
				/>
			</Drawer>
			<Drawer opened={search.do === "edit" && !!chosen} onClose={close} position="right" size="lg" title={`Edit ${chosen?.name}`}>
				{chosen && (
					<Existing
						id={chosen.id}
						onSaved={async () => {
							await reload();
							close();
						}}
					/>
				)}
			</Drawer>
			{chosen && search.do === "delete" && (
				<Danger
					opened
					onClose={close}
					title={`Delete ${chosen.name}`}
					typed={chosen.name}
					action="Delete the role"
					run={() => ask(team.DELETE("/team/v1/roles/{roleId}", { params: { path: { roleId: chosen.id } } }))}
					onDone={reload}
					call={{ method: "DELETE", path: `/team/v1/roles/${chosen.id}`, with: "session" }}
				>
					A role that somebody has cannot be deleted: give them another one first.
				</Danger>
			)}
		</Page>
	);
}

/** The built-in roles beside what they allow. */
function Matrix() {
	return (
		<Paper withBorder>
			<Plain.ScrollContainer minWidth={640}>
				<Plain aria-label="What the built-in roles allow" verticalSpacing="xs">
					<Plain.Thead>
						<Plain.Tr>
							<Plain.Th>Allows</Plain.Th>
							{Object.entries(builtIn).map(([id, role]) => (
								<Plain.Th key={id} scope="col">
									{role.label}
								</Plain.Th>
							))}
						</Plain.Tr>
					</Plain.Thead>
					<Plain.Tbody>
						{Object.entries(permissions).map(([permission, label]) => (
							<Plain.Tr key={permission}>
								<Plain.Th scope="row" fw={400}>
									{label}
								</Plain.Th>
								{Object.entries(builtIn).map(([id, role]) => (
									<Plain.Td key={id}>{role.permissions.includes(permission) ? "✓ yes" : "–"}</Plain.Td>
								))}
							</Plain.Tr>
						))}
					</Plain.Tbody>
				</Plain>
			</Plain.ScrollContainer>
			<Text size="sm" c="dimmed" p="md" pt={0}>
				A restricted user is made by an invitation alone.
			</Text>
		</Paper>
	);
}

/** Reads a role with its ETag before it is edited. */
function Existing({ id, onSaved }: { id: string; onSaved: () => void }) {
	const key = ["roles", id];
	const role = useQuery({
		queryKey: key,
		queryFn: () => askTagged(team.GET("/team/v1/roles/{roleId}", { params: { path: { roleId: id } } })),
		staleTime: 0,
	});
	if (role.isError) return <Failure error={role.error} retry={role.refetch} />;
	if (!role.data || role.isFetching) return null;
	return (
		<RoleForm key={role.data.tag} existing={role.data} onSaved={onSaved} reload={() => queries.invalidateQueries({ queryKey: key })} />
	);
}

function RoleForm({ existing, onSaved, reload }: { existing?: Tagged<Role>; onSaved: () => void; reload?: () => Promise<void> }) {
	const form = useForm({ initialValues: { name: existing?.data.name ?? "", permissions: (existing?.data.permissions ?? []) as string[] } });
	type Body = Team["RoleCreate"];
	const path = existing ? `/team/v1/roles/${existing.data.id}` : "/team/v1/roles";
	return (
		<EditForm
			form={form}
			save={(values) =>
				existing
					? ask(
							team.PUT("/team/v1/roles/{roleId}", {
								params: { path: { roleId: existing.data.id } },
								headers: { "If-Match": existing.tag },
								body: values as Body,
							}),
						)
					: ask(team.POST("/team/v1/roles", { body: values as Body }))
			}
			onSaved={onSaved}
			reload={reload}
			action={existing ? "Save" : "Create the role"}
			saved={existing ? "Saved" : "Created"}
			call={(body) => ({ method: existing ? "PUT" : "POST", path, body, with: "session" })}
		>
			<TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
			<Fieldset legend="Allows">
				<Checkbox.Group {...form.getInputProps("permissions")}>
					<Stack gap="xs">
						{Object.entries(permissions).map(([value, label]) => (
							<Checkbox key={value} value={value} label={label} />
						))}
					</Stack>
				</Checkbox.Group>
			</Fieldset>
		</EditForm>
	);
}
