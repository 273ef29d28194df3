import { Anchor, Button, Group, Skeleton, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { useMay } from "@/permissions";
import { projectQuery } from "@/session";
import { Secret } from "./Webhook/Secret";
import { Sendouts } from "./Webhook/Sendouts";
import { Settings } from "./Webhook/Settings";
import { Test } from "./Webhook/Test";
import { hostOf, webhookQuery } from "./Webhooks/reads";

// The chart is large, and only this tab needs it.
const Overview = lazy(() => import("./Webhook/Overview"));

const tabs = ["overview", "sendouts", "settings", "secret", "test"] as const;
type Tab = (typeof tabs)[number];

/** One webhook: whether it works, what it was sent, and how it is set. */
export default function Webhook() {
	const { projectId, webhookId } = useParams({ from: "/app/projects/$projectId/webhooks/$webhookId" });
	const search = useSearch({ strict: false }) as { tab?: unknown };
	const navigate = useNavigate();
	const mayWrite = useMay(projectId, "settings.write");
	const maySee = useMay(projectId, "data.read");
	const mayRetry = useMay(projectId, "webhooks.retry");
	const zone = useQuery(projectQuery(projectId)).data?.timezone;
	const webhook = useQuery(webhookQuery(projectId, webhookId));
	const tab: Tab = tabs.find((t) => t === search.tab) ?? "overview";
	const show = (next: string | null) => navigate({ to: ".", search: (next === null || next === "overview" ? {} : { tab: next }) as never });
	const at = { projectId, webhookId };
	const stored = webhook.data?.data;
	return (
		<Page
			title={stored ? hostOf(stored.target_url) : "Webhook"}
			about={
				<Stack gap={4} align="flex-start">
					<Text size="sm" style={{ overflowWrap: "anywhere" }}>
						{stored?.target_url ?? <Skeleton component="span" height={16} width={280} />}
					</Text>
					<Group gap="xs">
						{stored && <Status state={stored.active ? "good" : "off"}>{stored.active ? "Active" : "Off"}</Status>}
						<Mono text={webhookId} label="id of the webhook" />
					</Group>
				</Stack>
			}
			actions={
				<>
					<Anchor component={Link} to="/projects/$projectId/webhooks" params={{ projectId } as never} size="sm">
						All webhooks
					</Anchor>
					{mayRetry && stored && tab !== "test" && (
						<Button variant="default" onClick={() => show("test")}>
							Send a test
						</Button>
					)}
				</>
			}
		>
			{webhook.isError && !stored ? (
				<Failure error={webhook.error} what="The webhook cannot be shown" retry={webhook.refetch} />
			) : (
				<Tabs value={tab} onChange={show} keepMounted={false} activateTabWithKeyboard={false}>
					<Tabs.List>
						<Tabs.Tab value="overview">Overview</Tabs.Tab>
						<Tabs.Tab value="sendouts">Send-outs</Tabs.Tab>
						<Tabs.Tab value="settings">Settings</Tabs.Tab>
						{mayWrite && <Tabs.Tab value="secret">Secret</Tabs.Tab>}
						{mayRetry && <Tabs.Tab value="test">Test</Tabs.Tab>}
					</Tabs.List>
					<Tabs.Panel value="overview" pt="lg">
						{maySee ? (
							<Suspense fallback={<Skeleton height={320} />}>
								<Overview {...at} zone={zone} />
							</Suspense>
						) : (
							<NotYours />
						)}
					</Tabs.Panel>
					<Tabs.Panel value="sendouts" pt="lg">
						{maySee ? <Sendouts {...at} zone={zone} active={stored?.active ?? true} mayRetry={mayRetry} /> : <NotYours />}
					</Tabs.Panel>
					<Tabs.Panel value="settings" pt="lg">
						{webhook.data ? <Settings {...at} webhook={webhook.data} /> : <Skeleton height={320} />}
					</Tabs.Panel>
					<Tabs.Panel value="secret" pt="lg">
						{mayWrite ? <Secret {...at} zone={zone} /> : <NotYours />}
					</Tabs.Panel>
					<Tabs.Panel value="test" pt="lg">
						{mayRetry && stored ? <Test {...at} webhook={stored} /> : <NotYours />}
					</Tabs.Panel>
				</Tabs>
			)}
		</Page>
	);
}

/** Said where the role does not reach. */
function NotYours() {
	return (
		<Text size="sm" c="dimmed">
			Your role in this project does not show this.
		</Text>
	);
}
