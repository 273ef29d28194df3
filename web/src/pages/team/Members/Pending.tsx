import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, management, type Team, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { Failure } from "@/parts/Failure";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { queries } from "@/queries";

type Invitation = Team["Invitation"];

const pageSize = 20;

/** pendingKey is under which the pending invitations are kept; inviting somebody makes it stale. */
export const pendingKey = ["team", "pending-invitations"];

/** The invitations that nobody has accepted yet; nothing if there are none. */
export function Pending({ roles }: { roles: (projects: Record<string, string>) => string }) {
	const [withdrawing, setWithdrawing] = useState<Invitation>();
	const pending = useInfiniteQuery({
		queryKey: pendingKey,
		queryFn: ({ pageParam: page }) => ask(team.GET("/team/v1/pending-invitations", { params: { query: { page, limit: pageSize } } })),
		initialPageParam: 1,
		getNextPageParam: (last, all) => (all.length * pageSize < last.total ? all.length + 1 : undefined),
	});
	const reload = () => queries.invalidateQueries({ queryKey: pendingKey });
	const again = useMutation({
		mutationFn: ({ email, first_name, last_name, projects }: Invitation) =>
			ask(management.POST("/management/v1/projects/users/invite", { body: { email, first_name, last_name, projects } })),
		onSuccess: async (_, { email }) => {
			notifications.show({ message: `Another link is on its way to ${email}. The earlier one is dead.`, color: "green" });
			await reload();
		},
	});
	const rows = pending.data?.pages.flatMap((p) => p.data);
	if (pending.isError) return <Failure error={pending.error} retry={pending.refetch} />;
	if (!rows?.length) return null;
	return (
		<Stack gap="sm">
			<Title order={2} size="h4">
				Invited, not here yet
			</Title>
			{again.isError && <Failure error={again.error} what="Not sent again" />}
			<Table
				label="Pending invitations"
				rows={rows}
				keyOf={(i) => i.id}
				more={pending.hasNextPage ? () => pending.fetchNextPage() : undefined}
				loadingMore={pending.isFetchingNextPage}
				columns={[
					{
						title: "Name",
						cell: (i) => (
							<>
								<Text size="sm">{`${i.first_name} ${i.last_name}`}</Text>
								<Text size="xs" c="dimmed">
									{i.email}
								</Text>
							</>
						),
					},
					{ title: "Projects", cell: (i) => <Text size="sm">{roles(i.projects)}</Text>, wide: true },
					{ title: "Link ends", cell: (i) => <When at={i.expires_at} /> },
					{
						title: "Actions",
						cell: (i) => (
							<Group gap={4} wrap="nowrap">
								<Button
									size="compact-sm"
									variant="default"
									loading={again.isPending && again.variables.id === i.id}
									disabled={Object.keys(i.projects).length === 0}
									onClick={() => again.mutate(i)}
									aria-label={`Send again to ${i.email}`}
								>
									Send again
								</Button>
								<Button
									size="compact-sm"
									variant="default"
									onClick={() => setWithdrawing(i)}
									aria-label={`Withdraw the invitation of ${i.email}`}
								>
									Withdraw
								</Button>
							</Group>
						),
					},
				]}
			/>
			<Danger
				opened={withdrawing !== undefined}
				onClose={() => setWithdrawing(undefined)}
				title="Withdraw the invitation"
				action="Withdraw"
				run={() =>
					ask(team.DELETE("/team/v1/pending-invitations/{invitationId}", { params: { path: { invitationId: withdrawing?.id ?? "" } } }))
				}
				onDone={reload}
				call={{ method: "DELETE", path: `/team/v1/pending-invitations/${withdrawing?.id ?? ""}`, with: "session" }}
			>
				The link that was sent to {withdrawing?.email} is dead then. You can invite them again.
			</Danger>
		</Stack>
	);
}
