import { Anchor, Button, Group, Pagination, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ask, type Team, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Invite } from "@/parts/Invite";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { Table } from "@/parts/Table";
import { Drawer } from "@/parts/Window";
import { queries } from "@/queries";
import { useRoles } from "@/roles";
import { projectsQuery } from "@/session";
import { Pending, pendingKey } from "./Members/Pending";
import { Person } from "./Members/Person";

type User = Team["TeamUser"];

const perPage = 50;

/** Everybody in the organization, with their roles in its projects. */
export default function Members() {
	const search = useSearch({ strict: false }) as { page?: unknown; q?: unknown; do?: string; user?: string };
	const navigate = useNavigate();
	const page = Math.max(1, Number(search.page) || 1);
	const wanted = search.q === undefined ? "" : String(search.q).slice(0, 100);
	const show = (with_: Record<string, unknown>) =>
		navigate({ to: "/team/members", search: { page: search.page, q: search.q, ...with_ } as never });
	const [asked] = useDebouncedValue(wanted, 200);
	const users = useQuery({
		queryKey: ["team", "users", page, asked],
		queryFn: () => ask(team.GET("/team/v1/users", { params: { query: { limit: perPage, page, ...(asked ? { search: asked } : {}) } } })),
		placeholderData: keepPreviousData,
	});
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const { nameOf } = useRoles();
	const nameOfProject = (id: string) => projects.find((p) => p.id === id)?.name ?? id;
	const rolesIn = (projects: Record<string, string>) =>
		Object.entries(projects)
			.map(([id, role]) => `${nameOfProject(id)} (${nameOf(role)})`)
			.join(", ") || "none";
	const chosen = users.data?.data.find((u) => u.id === search.user);
	const total = users.data?.total ?? 0;
	return (
		<Page
			title="Team"
			about="Everybody in the organization, with their role in each project. Owners may do everything."
			actions={
				<Button leftSection={<IconPlus size={16} />} onClick={() => show({ do: "invite" })}>
					Invite
				</Button>
			}
		>
			<TextInput
				aria-label="Search the team"
				placeholder="Name or e-mail"
				leftSection={<IconSearch size={16} aria-hidden />}
				maxLength={100}
				maw={360}
				value={wanted}
				onChange={(e) =>
					navigate({ to: "/team/members", search: { q: e.currentTarget.value || undefined } as never, replace: true, resetScroll: false })
				}
			/>
			{users.isError ? (
				<Failure error={users.error} retry={users.refetch} />
			) : (
				<Table<User>
					label="Team"
					rows={users.data?.data}
					keyOf={(u) => u.id}
					columns={[
						{
							title: "Name",
							cell: (u) => (
								<>
									<Group gap="xs">
										<Anchor component="button" size="sm" fw={600} onClick={() => show({ user: u.id })}>
											{u.first_name} {u.last_name}
										</Anchor>
										{u.is_owner && <Status state="good">Owner</Status>}
									</Group>
									<Text size="xs" c="dimmed">
										{u.login}
									</Text>
								</>
							),
						},
						{
							title: "Projects",
							cell: (u) => {
								const all = Object.entries(u.projects);
								return (
									<Text size="sm">
										{all.slice(0, 3).map(([id, role], i) => (
											<span key={id}>
												{i > 0 && ", "}
												<Anchor component={Link} to={`/projects/${id}/members`} size="sm">
													{nameOfProject(id)}
												</Anchor>{" "}
												({nameOf(role)})
											</span>
										))}
										{all.length > 3 && ` and ${all.length - 3} more`}
										{all.length === 0 && "none"}
									</Text>
								);
							},
						},
					]}
				/>
			)}
			{asked !== "" && total === 0 && users.isSuccess && (
				<Text size="sm" role="status">
					Nobody's name or login has “{asked}” in it.
				</Text>
			)}
			{total > perPage && (
				<Pagination
					total={Math.ceil(total / perPage)}
					value={page}
					onChange={(next) => show({ page: next })}
					getControlProps={(control) => ({ "aria-label": `${control} page` })}
				/>
			)}
			<Pending roles={rolesIn} />
			<Drawer opened={search.do === "invite"} onClose={() => show({})} position="right" size="lg" title="Invite somebody">
				<Invite
					onSent={async () => {
						await queries.invalidateQueries({ queryKey: pendingKey });
						show({});
					}}
				/>
			</Drawer>
			<Drawer
				opened={!!chosen}
				onClose={() => show({})}
				position="right"
				size="lg"
				title={chosen && `${chosen.first_name} ${chosen.last_name}`}
			>
				{chosen && (
					<Person
						user={chosen}
						projects={projects}
						reload={() => queries.invalidateQueries({ queryKey: ["team", "users"] })}
						onRemoved={() => show({})}
					/>
				)}
			</Drawer>
		</Page>
	);
}
