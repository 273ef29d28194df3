import { ActionIcon, Button, Group, Menu, Pagination, Select, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, type Management, management, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { Failure } from "@/parts/Failure";
import { Invite } from "@/parts/Invite";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { type Column, Table } from "@/parts/Table";
import { Drawer } from "@/parts/Window";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import { useRoles } from "@/roles";
import { useSession } from "@/session";

type Member = Management["Member"];

const perPage = 50;

/** Who works in the project, and as what. */
export default function Members() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/members" });
	const may = useMay(projectId, "members.write");
	const { nameOf } = useRoles();
	const search = useSearch({ strict: false }) as { page?: unknown; do?: string; member?: string };
	const navigate = useNavigate();
	const page = Math.max(1, Number(search.page) || 1);
	const show = (what?: string, member?: string) => navigate({ to: ".", search: { page: search.page, do: what, member } as never });
	const close = () => show();
	const queryKey = ["projects", projectId, "members"];
	const members = useQuery({
		queryKey: [...queryKey, page],
		queryFn: () =>
			ask(
				management.GET("/management/v1/projects/{projectId}/users", {
					params: { path: { projectId }, query: { limit: perPage, page } },
				}),
			),
		placeholderData: keepPreviousData,
	});
	const reload = () => queries.invalidateQueries({ queryKey });
	const chosen = members.data?.data.find((m) => m.id === search.member);
	const columns: Column<Member>[] = [
		{
			title: "Name",
			cell: (m) => (
				<>
					<Text size="sm" fw={600}>
						{m.first_name} {m.last_name}
					</Text>
					<Text size="xs" c="dimmed">
						{m.login}
					</Text>
				</>
			),
		},
		{
			title: "Role",
			cell: (m) => (
				<Group gap="xs">
					{nameOf(m.role)}
					{m.is_owner && <Status state="good">Owner</Status>}
				</Group>
			),
		},
		{ title: "Projects", cell: (m) => Object.keys(m.projects).length, numeric: true, wide: true },
	];
	if (may) {
		columns.push({
			title: "Actions",
			cell: (m) => (
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon variant="subtle" color="gray" aria-label={`Actions on ${m.login}`}>
							<IconDots size={16} />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						<Menu.Item onClick={() => show("role", m.id)}>Change the role</Menu.Item>
						<Menu.Item color="var(--mantine-color-error)" onClick={() => show("remove", m.id)}>
							Remove from the project
						</Menu.Item>
					</Menu.Dropdown>
				</Menu>
			),
		});
	}
	const total = members.data?.total ?? 0;
	return (
		<Page
			title="Members"
			about="Who works in this project, and what their role lets them do. Owners of the organization may do everything in every project."
			actions={
				may && (
					<>
						<Button variant="default" onClick={() => show("assign")}>
							Add from the team
						</Button>
						<Button leftSection={<IconPlus size={16} />} onClick={() => show("invite")}>
							Invite
						</Button>
					</>
				)
			}
		>
			{members.isError ? (
				<Failure error={members.error} retry={members.refetch} />
			) : (
				<Table label="Members" columns={columns} rows={members.data?.data} keyOf={(m) => m.id} />
			)}
			{total > perPage && (
				<Pagination
					total={Math.ceil(total / perPage)}
					value={page}
					onChange={(next) => navigate({ to: ".", search: { page: next } as never })}
					getControlProps={(control) => ({ "aria-label": `${control} page` })}
				/>
			)}
			<Drawer opened={may && search.do === "invite"} onClose={close} position="right" size="lg" title="Invite somebody">
				<Invite projectId={projectId} onSent={close} />
			</Drawer>
			<Drawer opened={may && search.do === "assign"} onClose={close} position="right" size="lg" title="Add from the team">
				<Assign
					projectId={projectId}
					members={members.data?.data ?? []}
					onSaved={async () => {
						await reload();
						close();
					}}
				/>
			</Drawer>
			<Drawer
				opened={may && !!chosen && search.do === "role"}
				onClose={close}
				position="right"
				size="lg"
				title={`Role of ${chosen?.login}`}
			>
				{chosen && (
					<ChangeRole
						projectId={projectId}
						member={chosen}
						onSaved={async () => {
							await reload();
							close();
						}}
					/>
				)}
			</Drawer>
			{may && chosen && search.do === "remove" && (
				<Danger
					opened
					onClose={close}
					title={`Remove ${chosen.login}`}
					action="Remove from the project"
					run={() =>
						ask(
							management.DELETE("/management/v1/projects/{projectId}/users/{userId}", {
								params: { path: { projectId, userId: chosen.id } },
							}),
						)
					}
					onDone={reload}
					call={{ method: "DELETE", path: `/management/v1/projects/${projectId}/users/${chosen.id}` }}
				>
					They are signed out if they work in this project right now. Nobody can be removed from their only project.
				</Danger>
			)}
		</Page>
	);
}

function ChangeRole({ projectId, member, onSaved }: { projectId: string; member: Member; onSaved: () => void }) {
	const { assignable } = useRoles();
	const form = useForm({ initialValues: { role: member.role } });
	const path = { projectId, userId: member.id };
	return (
		<EditForm
			form={form}
			save={(body) => ask(management.PUT("/management/v1/projects/{projectId}/users/{userId}", { params: { path }, body }))}
			onSaved={onSaved}
			call={(body) => ({ method: "PUT", path: `/management/v1/projects/${projectId}/users/${member.id}`, body })}
		>
			<Select label="Role" data={assignable} searchable allowDeselect={false} data-autofocus {...form.getInputProps("role")} />
		</EditForm>
	);
}

function Assign({ projectId, members, onSaved }: { projectId: string; members: Member[]; onSaved: () => void }) {
	const { assignable } = useRoles();
	const { is_owner: owner } = useSession();
	const [typed, setTyped] = useState("");
	const [wanted] = useDebouncedValue(typed.trim(), 200);
	const form = useForm({ initialValues: { login: "", role: "USER" } });
	const [chosen, setChosen] = useState<{ value: string; label: string }>();
	// What is shown of the chosen one is no search.
	const search = chosen && wanted === chosen.label ? "" : wanted.slice(0, 100);
	const found = useQuery({
		queryKey: ["team", "users", "search", search],
		queryFn: () => ask(team.GET("/team/v1/users", { params: { query: { limit: 100, ...(search ? { search } : {}) } } })),
		enabled: owner,
		placeholderData: keepPreviousData,
	});
	const options = (found.data?.data ?? [])
		.filter((u) => !members.some((m) => m.id === u.id) && u.projects[projectId] === undefined)
		.map((u) => ({ value: u.login, label: `${u.first_name} ${u.last_name} (${u.login})` }));
	if (chosen && !options.some((o) => o.value === chosen.value)) options.push(chosen);
	return (
		<EditForm
			form={form}
			save={(body) => ask(management.POST("/management/v1/projects/{projectId}/users", { params: { path: { projectId } }, body }))}
			onSaved={onSaved}
			action="Add to the project"
			saved="Added"
			call={(body) => ({ method: "POST", path: `/management/v1/projects/${projectId}/users`, body })}
		>
			<Stack gap="sm">
				<Select
					label="Who"
					description="A user of the organization who is not in the project yet."
					data={options}
					searchable
					searchValue={typed}
					onSearchChange={setTyped}
					filter={({ options }) => options}
					nothingFoundMessage="Nobody. Invite somebody instead."
					required
					data-autofocus
					{...form.getInputProps("login")}
					onChange={(login) => {
						setChosen(options.find((o) => o.value === login));
						form.setFieldValue("login", login ?? "");
					}}
				/>
				<Select label="Role" data={assignable} searchable allowDeselect={false} {...form.getInputProps("role")} />
			</Stack>
		</EditForm>
	);
}
