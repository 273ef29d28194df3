import { Anchor, Box, Button, Skeleton, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { type Column, Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { Drawer } from "@/parts/Window";
import { useMay } from "@/permissions";
import { projectQuery } from "@/session";
import { NewWebhook } from "./Webhooks/NewWebhook";
import { lastDay, percent, statisticsQuery, type Webhook, webhooksQuery } from "./Webhooks/reads";

/** Where the project's events are sent, and whether they arrive. */
export default function Webhooks() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/webhooks" });
	const may = useMay(projectId, "settings.write");
	const maySee = useMay(projectId, "data.read");
	const search = useSearch({ strict: false }) as { do?: unknown };
	const navigate = useNavigate();
	const show = (what?: string) => navigate({ to: ".", search: (what ? { do: what } : {}) as never });
	const open = (webhookId: string) => navigate({ to: "/projects/$projectId/webhooks/$webhookId", params: { projectId, webhookId } });
	const zone = useQuery(projectQuery(projectId)).data?.timezone;
	const webhooks = useQuery(webhooksQuery(projectId));
	const rows = webhooks.data?.data;
	const statistics = useQueries({
		queries: (rows ?? []).map((w) => ({ ...statisticsQuery(projectId, w.id, lastDay), enabled: maySee })),
		combine: (all) => new Map(all.flatMap((one, i) => (rows?.[i] ? [[rows[i].id, one]] : []))),
	});

	const columns: Column<Webhook>[] = [
		{
			title: "URL",
			cell: (w) => (
				<Anchor
					component={Link}
					to="/projects/$projectId/webhooks/$webhookId"
					params={{ projectId, webhookId: w.id } as never}
					size="sm"
					fw={600}
					style={{ overflowWrap: "anywhere" }}
					onClick={(e) => e.stopPropagation()}
				>
					{w.target_url}
				</Anchor>
			),
		},
		{ title: "Events", numeric: true, cell: (w) => w.events.length },
		{ title: "State", cell: (w) => <Status state={w.active ? "good" : "off"}>{w.active ? "Active" : "Off"}</Status> },
	];
	if (maySee) {
		columns.push(
			{
				title: "Arrived, last day",
				numeric: true,
				cell: (w) => {
					const one = statistics.get(w.id);
					if (one?.isError) return "unknown";
					if (!one?.data) return <Skeleton height={16} />;
					const { success_rate: rate, succeeded, failed } = one.data;
					if (rate === null) return <Text size="sm">no tries</Text>;
					return (
						<>
							<Text size="sm">{percent(rate)}</Text>
							<Text size="xs" c="dimmed">
								of {(succeeded + failed).toLocaleString("en")}
							</Text>
						</>
					);
				},
			},
			{
				title: "Last failure",
				wide: true,
				cell: (w) => {
					const failure = statistics.get(w.id)?.data?.last_failure;
					if (!failure) return "–";
					return (
						<>
							<When at={failure.at} zone={zone} />
							<Text size="xs" c="dimmed" lineClamp={1} maw={260}>
								{failure.error}
							</Text>
						</>
					);
				},
			},
		);
	}
	const create = may && (
		<Button leftSection={<IconPlus size={16} />} onClick={() => show("new")}>
			New webhook
		</Button>
	);
	return (
		<Page
			title="Webhooks"
			about="A webhook is an address of yours that is sent the project's events as they happen, signed, and again if it does not answer."
			actions={rows?.length !== 0 && create}
		>
			{webhooks.isError ? (
				<Failure error={webhooks.error} retry={webhooks.refetch} />
			) : rows?.length === 0 ? (
				<Empty
					title="No webhook yet"
					action={create}
					call={{
						method: "POST",
						path: `/management/v1/projects/${projectId}/webhooks`,
						body: { target_url: "https://shop.example/hooks", events: ["redemption.succeeded"] },
					}}
				>
					Instead of asking the API over and over what has changed, let it tell you: choose where to, and which events. To try it on this
					machine, run <Box component="code">steward webhook listen</Box> and send a test.
				</Empty>
			) : (
				<Table label="Webhooks" columns={columns} rows={rows} keyOf={(w) => w.id} find={(w) => w.target_url} onOpen={(w) => open(w.id)} />
			)}
			<Drawer
				opened={may && search.do === "new"}
				onClose={() => show()}
				position="right"
				size="xl"
				title="New webhook"
				closeButtonProps={{ "aria-label": "Close" }}
			>
				<NewWebhook projectId={projectId} onMade={open} />
			</Drawer>
		</Page>
	);
}
