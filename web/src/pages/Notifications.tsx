import { Anchor, Button, Group, Paper, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ask, type Team, team } from "@/api/client";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { When } from "@/parts/When";
import { queries } from "@/queries";

type Notification = Team["Notification"];

const read = () => queries.invalidateQueries({ queryKey: ["notifications"] });

/** What happened in the user's projects: limits that are nearly used up, webhooks that were switched off. */
export default function Notifications() {
	const unreadOnly = (useSearch({ strict: false }) as { unread?: unknown }).unread !== undefined;
	const navigate = useNavigate();
	const list = useInfiniteQuery({
		queryKey: ["notifications", "list", unreadOnly],
		queryFn: ({ pageParam }) =>
			ask(team.GET("/team/v1/notifications", { params: { query: { unread_only: unreadOnly, limit: 50, starting_after_id: pageParam } } })),
		initialPageParam: undefined as string | undefined,
		getNextPageParam: (page) => page.more_starting_after,
	});
	const readAll = useMutation({ mutationFn: () => ask(team.POST("/team/v1/notifications/read-all")), onSuccess: read });
	const all = list.data?.pages.flatMap((p) => p.data);
	const unread = list.data?.pages[0]?.unread ?? 0;
	return (
		<Page
			title="Notifications"
			about="Limits that are nearly used up, and webhooks that were switched off, in the projects you are a member of."
			actions={
				<Button variant="default" onClick={() => readAll.mutate()} loading={readAll.isPending} disabled={unread === 0}>
					Mark all as read
				</Button>
			}
		>
			<Group>
				<SegmentedControl
					aria-label="Which notifications"
					value={unreadOnly ? "unread" : "all"}
					onChange={(value) => navigate({ to: "/notifications", search: value === "unread" ? { unread: true } : {}, replace: true })}
					data={[
						{ value: "all", label: "All" },
						{ value: "unread", label: `Unread (${unread})` },
					]}
				/>
			</Group>
			{(list.isError || readAll.isError) && <Failure error={list.error ?? readAll.error} retry={list.refetch} />}
			{all?.length === 0 && (
				<Empty title={unreadOnly ? "You have read everything" : "Nothing has happened yet"}>
					Which warnings are written, and from which part of a limit on, each project says in its general settings.
				</Empty>
			)}
			<Stack gap="xs" component="section" aria-label="Notifications">
				{all?.map((n) => (
					<Entry key={n.id} notification={n} />
				))}
			</Stack>
			{list.hasNextPage && (
				<Group justify="center">
					<Button variant="subtle" onClick={() => list.fetchNextPage()} loading={list.isFetchingNextPage}>
						Show more
					</Button>
				</Group>
			)}
		</Page>
	);
}

function Entry({ notification: n }: { notification: Notification }) {
	const mark = useMutation({
		mutationFn: () => ask(team.POST("/team/v1/notifications/{notificationId}/read", { params: { path: { notificationId: n.id } } })),
		onSuccess: read,
	});
	const to = n.kind === "webhook_switched_off" && n.details.webhook_id ? `/webhooks/${n.details.webhook_id}` : "/usage";
	return (
		<Paper withBorder p="md">
			<Group justify="space-between" align="flex-start" wrap="nowrap" gap="md">
				<div>
					<Group gap="xs">
						<Title order={2} size="h6">
							{n.title}
						</Title>
						{n.read_at === null && <Status state="waiting">Unread</Status>}
					</Group>
					<Text size="sm" mt={4}>
						{n.text}
					</Text>
					<Group gap="md" mt="xs">
						<Text size="xs" c="dimmed" component="span">
							<When at={n.created_at} />
						</Text>
						<Anchor component={Link} to={`/projects/${n.project_id}${to}`} size="xs">
							{n.kind === "webhook_switched_off" ? "Open the webhook" : "Open the usage"}
						</Anchor>
					</Group>
				</div>
				{n.read_at === null && (
					<Button size="compact-sm" variant="subtle" onClick={() => mark.mutate()} loading={mark.isPending} style={{ flexShrink: 0 }}>
						Mark as read
					</Button>
				)}
			</Group>
		</Paper>
	);
}
