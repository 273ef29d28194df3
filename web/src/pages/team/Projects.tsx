import { ActionIcon, Anchor, Button, Menu, Text } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ask, management } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { type Column, Table } from "@/parts/Table";
import { queries } from "@/queries";
import { type Project, projectsQuery, useSession } from "@/session";
import { CloneProject } from "./Projects/CloneProject";
import { CreateProject } from "./Projects/CreateProject";

/** All projects that the user can see. Owners make, clone and delete them here. */
export default function Projects() {
	const { is_owner: owner } = useSession();
	const projects = useQuery(projectsQuery);
	const { new: making, clone, remove } = useSearch({ strict: false }) as { new?: unknown; clone?: string; remove?: string };
	const navigate = useNavigate();
	const show = (search: Record<string, unknown>) => navigate({ to: "/projects", search });
	const find = (id: string | undefined) => projects.data?.data.find((p) => p.id === id);
	const cloned = find(clone);
	const removed = find(remove);
	const columns: Column<Project>[] = [
		{
			title: "Name",
			cell: (p) => (
				<>
					<Anchor component={Link} to={`/projects/${p.id}`} fw={600} size="sm">
						{p.name}
					</Anchor>{" "}
					{p.is_sandbox && <Status state="off">Sandbox</Status>}
					{p.description !== "" && (
						<Text size="xs" c="dimmed">
							{p.description}
						</Text>
					)}
				</>
			),
		},
		{ title: "Currency", cell: (p) => p.currency },
		{ title: "Time zone", cell: (p) => p.timezone, wide: true },
		{ title: "Id", cell: (p) => <Mono text={p.id} />, wide: true },
	];
	if (owner) {
		columns.push({
			title: "Actions",
			cell: (p) => (
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon variant="subtle" color="gray" aria-label={`Actions on ${p.name}`}>
							<IconDots size={16} />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						<Menu.Item onClick={() => show({ clone: p.id })}>Clone</Menu.Item>
						<Menu.Item color="var(--mantine-color-error)" disabled={p.is_sandbox} onClick={() => show({ remove: p.id })}>
							Delete
						</Menu.Item>
					</Menu.Dropdown>
				</Menu>
			),
		});
	}
	return (
		<Page
			title="Projects"
			about="A project is one brand or country: its settings, schemas, webhooks, stacking rules and brand."
			actions={
				owner && (
					<Button leftSection={<IconPlus size={16} />} onClick={() => show({ new: true })}>
						New project
					</Button>
				)
			}
		>
			{projects.isError ? (
				<Failure error={projects.error} retry={projects.refetch} />
			) : (
				<Table label="Projects" columns={columns} rows={projects.data?.data} keyOf={(p) => p.id} find={(p) => p.name} />
			)}
			{owner && <CreateProject opened={making !== undefined} onClose={() => show({})} />}
			{owner && cloned && <CloneProject original={cloned} onClose={() => show({})} />}
			{owner && removed && (
				<Danger
					opened
					title={`Delete ${removed.name}`}
					typed={removed.name}
					action="Delete the project"
					run={() => ask(management.DELETE("/management/v1/projects/{projectId}", { params: { path: { projectId: removed.id } } }))}
					call={{ method: "DELETE", path: `/management/v1/projects/${removed.id}` }}
					onClose={() => show({})}
					onDone={() => queries.invalidateQueries({ queryKey: ["projects"] })}
				>
					All that belongs to it goes with it: keys, schemas, webhooks, events, customers. People who work in it right now are signed out.
					This cannot be undone.
				</Danger>
			)}
		</Page>
	);
}
