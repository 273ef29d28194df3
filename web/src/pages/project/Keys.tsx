import { ActionIcon, Button, Menu, Text } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ask, type Team, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { type Column, Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { Drawer } from "@/parts/Window";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import { KeyForm } from "./Keys/KeyForm";
import { Regenerate } from "./Keys/Regenerate";
import { Token } from "./Keys/Token";

export type Key = Team["ProjectKey"];

const kinds: Record<Key["kind"], string> = { server: "Server side", client: "Client side", integration: "Integration" };

/** The keys that open the project's API. */
export default function Keys() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/keys" });
	const may = useMay(projectId, "keys.manage");
	const search = useSearch({ strict: false }) as { key?: string; do?: string };
	const navigate = useNavigate();
	const show = (key?: string, what?: string) => navigate({ to: ".", search: (key || what ? { key, do: what } : {}) as never });
	const close = () => show();
	const queryKey = ["projects", projectId, "keys"];
	const keys = useQuery({
		queryKey,
		queryFn: () => ask(team.GET("/team/v1/projects/{projectId}/keys", { params: { path: { projectId } } })),
	});
	const reload = () => queries.invalidateQueries({ queryKey });
	const chosen = keys.data?.data.find((k) => k.id === search.key);
	const columns: Column<Key>[] = [
		{
			title: "Name",
			cell: (k) => (
				<>
					<Text size="sm" fw={600}>
						{k.name}
					</Text>
					<Mono text={k.id} />
				</>
			),
		},
		{ title: "Opens", cell: (k) => <Status state={k.kind === "client" ? "waiting" : "good"}>{kinds[k.kind]}</Status> },
		{ title: "Token", cell: (k) => <Text ff="monospace" size="sm">{`…${k.last_four}`}</Text>, wide: true },
		{ title: "Addresses", cell: (k) => (k.allowed_ips.length === 0 ? "any" : k.allowed_ips.join(", ")), wide: true },
		{ title: "Expires", cell: (k) => <Expiry at={k.expires_at} /> },
		{
			title: "Last used",
			cell: (k) => (
				<>
					<When at={k.last_used_at} />
					{k.last_used_ip && (
						<Text size="xs" c="dimmed">
							from {k.last_used_ip}
						</Text>
					)}
				</>
			),
		},
	];
	if (may) {
		columns.push({
			title: "Actions",
			cell: (k) => (
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon variant="subtle" color="gray" aria-label={`Actions on ${k.name}`}>
							<IconDots size={16} />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						<Menu.Item disabled={!visible(k)} onClick={() => show(k.id, "token")}>
							{visible(k) ? "Show the token" : "The token can no longer be shown"}
						</Menu.Item>
						<Menu.Item onClick={() => show(k.id, "edit")}>Edit</Menu.Item>
						<Menu.Item onClick={() => show(k.id, "regenerate")}>Regenerate the token</Menu.Item>
						<Menu.Item color="var(--mantine-color-error)" onClick={() => show(k.id, "delete")}>
							Delete
						</Menu.Item>
					</Menu.Dropdown>
				</Menu>
			),
		});
	}
	return (
		<Page
			title="API keys"
			about="A server-side key opens the whole Project API; keep it on your servers. A client-side key goes into pages, and does what the general settings allow from trusted domains."
			actions={
				may && (
					<Button leftSection={<IconPlus size={16} />} onClick={() => show(undefined, "new")}>
						New key
					</Button>
				)
			}
		>
			{keys.isError ? (
				<Failure error={keys.error} retry={keys.refetch} />
			) : (
				<Table label="API keys" columns={columns} rows={keys.data?.data} keyOf={(k) => k.id} find={(k) => `${k.name} ${k.id}`} />
			)}
			<Drawer opened={may && search.do === "new"} onClose={close} position="right" size="lg" title="New key">
				<KeyForm projectId={projectId} onSaved={reload} onClose={close} />
			</Drawer>
			<Drawer opened={may && !!chosen && search.do === "edit"} onClose={close} position="right" size="lg" title={`Edit ${chosen?.name}`}>
				{chosen && <KeyForm projectId={projectId} existing={chosen} onSaved={reload} onClose={close} />}
			</Drawer>
			<Drawer
				opened={may && !!chosen && search.do === "token"}
				onClose={close}
				position="right"
				size="lg"
				title={`Token of ${chosen?.name}`}
			>
				{chosen && <Token projectId={projectId} of={chosen} />}
			</Drawer>
			<Drawer
				opened={may && !!chosen && search.do === "regenerate"}
				onClose={close}
				position="right"
				size="lg"
				title={`Regenerate ${chosen?.name}`}
			>
				{chosen && <Regenerate projectId={projectId} of={chosen} onSaved={reload} />}
			</Drawer>
			{may && chosen && search.do === "delete" && (
				<Danger
					opened
					onClose={close}
					title={`Delete ${chosen.name}`}
					typed={chosen.name}
					action="Delete the key"
					run={() => ask(team.DELETE("/team/v1/projects/{projectId}/keys/{keyId}", { params: { path: { projectId, keyId: chosen.id } } }))}
					onDone={reload}
					call={{ method: "DELETE", path: `/team/v1/projects/${projectId}/keys/${chosen.id}`, with: "session" }}
				>
					Every call with this key is refused from now on. This cannot be undone.
				</Danger>
			)}
		</Page>
	);
}

/** visible tells whether a key's token can be shown again; a sandbox's always can. */
function visible(k: Key): boolean {
	return k.token_visible_until === null || new Date(k.token_visible_until).getTime() > Date.now();
}

/** Tells until when a key is good. */
function Expiry({ at }: { at: string | null }) {
	if (at === null) return "never";
	if (new Date(at).getTime() <= Date.now()) {
		return (
			<>
				<Status state="bad">Expired</Status>
				<Text size="xs" c="dimmed">
					<When at={at} />
				</Text>
			</>
		);
	}
	const soon = new Date(at).getTime() - Date.now() < 7 * 86_400_000;
	return (
		<>
			{soon && <Status state="waiting">Expires soon</Status>} <When at={at} />
		</>
	);
}
