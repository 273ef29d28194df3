import { ActionIcon, Anchor, Button, Group, Menu, Text } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Team } from "@/api/client";
import { Empty } from "@/parts/Empty";
import { Mono } from "@/parts/Mono";
import { Status } from "@/parts/Status";
import { type Column, Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { projectsQuery } from "@/session";
import { usePeople } from "../people";

export type Key = Team["Key"];

interface Props {
	/** Undefined while they are being read. */
	keys: Key[] | undefined;
	open: (key: string | undefined, what: string | undefined) => void;
	create: () => void;
}

/** The keys with what each may do, and when it was last used. */
export function Keys({ keys, open, create }: Props) {
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const { nameOf } = usePeople();
	const projectName = (id: string) => projects.find((p) => p.id === id)?.name ?? id;
	if (keys?.length === 0) {
		return (
			<Empty
				title="No key yet"
				action={
					<Button leftSection={<IconPlus size={16} />} onClick={create}>
						New key
					</Button>
				}
				call={{ method: "POST", path: "/team/v1/management-keys", body: { name: "Terraform" }, with: "session" }}
			>
				A key lets scripts, pipelines and other programs call the Management API. Give each of them a key of its own, so that one can be
				taken away without stopping the others.
			</Empty>
		);
	}
	const columns: Column<Key>[] = [
		{
			title: "Name",
			cell: (k) => (
				<>
					<Anchor component="button" size="sm" fw={600} ta="left" onClick={() => open(k.id, "edit")}>
						{k.name}
					</Anchor>
					<div>
						<Mono text={k.id} />
					</div>
				</>
			),
		},
		{
			title: "Token",
			cell: (k) => (
				<>
					<Text ff="monospace" size="sm">{`…${k.last_four}`}</Text>
					{ahead(k.previous_token_valid_until) && (
						<Text size="xs" c="dimmed" component="div">
							the old one stops <When at={k.previous_token_valid_until} />
						</Text>
					)}
				</>
			),
		},
		{
			title: "May",
			cell: (k) => (
				<>
					<Text size="sm">{k.scopes.length === 0 ? "everything" : k.scopes.join(", ")}</Text>
					<Text size="xs" c="dimmed">
						{k.project_ids.length === 0 ? "in all projects" : `in ${k.project_ids.map(projectName).join(", ")}`},{" "}
						{k.allowed_ips.length === 0 ? "from any address" : `from ${k.allowed_ips.join(", ")}`}
					</Text>
				</>
			),
		},
		{
			title: "Expires",
			cell: (k) =>
				k.expires_at === null ? (
					<Text size="sm">never</Text>
				) : ahead(k.expires_at) ? (
					<When at={k.expires_at} />
				) : (
					<Group gap={4}>
						<Status state="off">Expired</Status>
						<When at={k.expires_at} />
					</Group>
				),
		},
		{
			title: "Last used",
			cell: (k) => (
				<>
					{k.last_used_at ? <When at={k.last_used_at} /> : <Text size="sm">never</Text>}
					{k.last_used_ip && (
						<Text size="xs" c="dimmed">
							from {k.last_used_ip}
						</Text>
					)}
				</>
			),
		},
		{
			title: "Created",
			cell: (k) => (
				<>
					<When at={k.created_at} />
					<Text size="xs" c="dimmed">
						by {k.created_by === "operator" ? "an operator" : nameOf(k.created_by)}
					</Text>
				</>
			),
		},
		{
			title: "Actions",
			cell: (k) => (
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon variant="subtle" color="gray" aria-label={`Actions on ${k.name}`}>
							<IconDots size={16} />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						<Menu.Item disabled={!ahead(k.token_visible_until)} onClick={() => open(k.id, "token")}>
							{ahead(k.token_visible_until) ? "Show the token" : "The token can no longer be shown"}
						</Menu.Item>
						<Menu.Item onClick={() => open(k.id, "edit")}>Edit</Menu.Item>
						<Menu.Item onClick={() => open(k.id, "rotate")}>Rotate the token</Menu.Item>
						<Menu.Item color="var(--mantine-color-error)" onClick={() => open(k.id, "delete")}>
							Delete
						</Menu.Item>
					</Menu.Dropdown>
				</Menu>
			),
		},
	];
	return <Table label="Management API keys" columns={columns} rows={keys} keyOf={(k) => k.id} minWidth={920} />;
}

/** ahead tells whether a time is still to come. */
export function ahead(at: string | null): boolean {
	return at !== null && new Date(at).getTime() > Date.now();
}
