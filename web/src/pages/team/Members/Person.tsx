import { Button, Group, Select, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, management, type Team, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Danger } from "@/parts/Danger";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { useRoles } from "@/roles";
import { type Project, useSession } from "@/session";

type User = Team["TeamUser"];

interface Props {
	user: User;
	projects: Project[];
	reload: () => Promise<void>;
	onRemoved: () => void;
}

/** Somebody's roles in all projects: changed, given and taken here. */
export function Person({ user, projects, reload, onRemoved }: Props) {
	const session = useSession();
	const [removing, setRemoving] = useState(false);
	const { assignable, nameOf } = useRoles();
	const [leaving, setLeaving] = useState<Project>();
	const [joining, setJoining] = useState<string | null>(null);
	const [role, setRole] = useState<string | null>("USER");
	const change = useMutation({
		mutationFn: ({ projectId, role }: { projectId: string; role: string }) =>
			ask(
				management.PUT("/management/v1/projects/{projectId}/users/{userId}", {
					params: { path: { projectId, userId: user.id } },
					body: { role },
				}),
			),
		onSuccess: reload,
	});
	const join = useMutation({
		mutationFn: (body: { id: string; role: string; projectId: string }) =>
			ask(
				management.POST("/management/v1/projects/{projectId}/users", {
					params: { path: { projectId: body.projectId } },
					body: { id: body.id, role: body.role },
				}),
			),
		onSuccess: async () => {
			setJoining(null);
			await reload();
		},
	});
	const mine = projects.filter((p) => p.id in user.projects);
	const others = projects.filter((p) => !(p.id in user.projects));
	return (
		<Stack gap="md">
			<div>
				<Text size="sm">{user.email}</Text>
				<Mono text={user.id} />
			</div>
			{(change.isError || join.isError) && <Failure error={change.error ?? join.error} what="Not changed" />}
			<Title order={3} size="h5">
				Projects
			</Title>
			<Table aria-label={`Projects of ${user.login}`}>
				<Table.Tbody>
					{mine.map((p) => (
						<Table.Tr key={p.id}>
							<Table.Th scope="row" fw={400}>
								{p.name}
							</Table.Th>
							<Table.Td>
								<Select
									aria-label={`Role in ${p.name}`}
									size="xs"
									data={
										assignable.some((r) => r.value === user.projects[p.id])
											? assignable
											: [...assignable, { value: user.projects[p.id] ?? "", label: nameOf(user.projects[p.id] ?? "") }]
									}
									value={user.projects[p.id] ?? null}
									onChange={(next) => next && change.mutate({ projectId: p.id, role: next })}
									disabled={change.isPending}
									allowDeselect={false}
								/>
							</Table.Td>
							<Table.Td>
								<Button size="compact-xs" variant="subtle" color="red" onClick={() => setLeaving(p)}>
									Remove
								</Button>
							</Table.Td>
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
			{others.length > 0 && (
				<Group align="flex-end">
					<Select
						label="Add to a project"
						data={others.map((p) => ({ value: p.id, label: p.name }))}
						value={joining}
						onChange={setJoining}
						searchable
						flex={1}
					/>
					<Select label="Role" data={assignable} value={role} onChange={setRole} allowDeselect={false} flex={1} />
					<Button
						disabled={!joining || !role}
						loading={join.isPending}
						onClick={() => joining && role && join.mutate({ id: user.id, role, projectId: joining })}
					>
						Add
					</Button>
					{joining && (
						<AsCall
							call={{ method: "POST", path: `/management/v1/projects/${joining}/users`, body: { id: user.id, role: role ?? "USER" } }}
						/>
					)}
				</Group>
			)}
			{user.id !== session.user_id && (
				<Button color="red.9" style={{ alignSelf: "flex-start" }} onClick={() => setRemoving(true)}>
					Remove from the team
				</Button>
			)}
			<Danger
				opened={removing}
				onClose={() => setRemoving(false)}
				title={`Remove ${user.login} from the team`}
				typed={user.login}
				action="Remove"
				run={() => ask(team.DELETE("/team/v1/users/{userId}", { params: { path: { userId: user.id } } }))}
				onDone={async () => {
					onRemoved();
					await reload();
				}}
				call={{ method: "DELETE", path: `/team/v1/users/${user.id}`, with: "session" }}
			>
				They lose all projects and are signed out at once. What they did stays in the audit log. To come back they have to be invited again.
			</Danger>
			{leaving && (
				<Danger
					opened
					onClose={() => setLeaving(undefined)}
					title={`Remove ${user.login} from ${leaving.name}`}
					action="Remove from the project"
					run={() =>
						ask(
							management.DELETE("/management/v1/projects/{projectId}/users/{userId}", {
								params: { path: { projectId: leaving.id, userId: user.id } },
							}),
						)
					}
					onDone={reload}
					call={{ method: "DELETE", path: `/management/v1/projects/${leaving.id}/users/${user.id}` }}
				>
					They are signed out if they work there right now. Nobody can be removed from their only project.
				</Danger>
			)}
		</Stack>
	);
}
