import { Button, CloseButton, Group, Paper, Progress, Skeleton, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { ask, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { Status } from "@/parts/Status";
import { queries } from "@/queries";
import { deliveriesKey, type Replay } from "../Webhooks/reads";

interface Props {
	projectId: string;
	webhookId: string;
	replayId: string;
	mayRetry: boolean;
	onClose: () => void;
}

/** How far a replay is; it can be stopped. */
export function Replaying({ projectId, webhookId, replayId, mayRetry, onClose }: Props) {
	const queryKey = ["projects", projectId, "replays", replayId];
	const replay = useQuery({
		queryKey,
		queryFn: () => ask(team.GET("/team/v1/projects/{projectId}/webhook-replays/{replayId}", { params: { path: { projectId, replayId } } })),
		refetchInterval: ({ state: { data, status } }) =>
			status !== "error" && data?.status !== "done" && data?.status !== "cancelled" ? 1000 : false,
	});
	const stop = useMutation({
		mutationFn: () =>
			ask(team.POST("/team/v1/projects/{projectId}/webhook-replays/{replayId}/cancel", { params: { path: { projectId, replayId } } })),
		onSuccess: (data) => queries.setQueryData(queryKey, data),
	});
	const status = replay.data?.status;
	const retried = replay.data?.retried;
	// The list follows what the replay does.
	// each step of the replay asks for the list anew
	useEffect(() => {
		queries.invalidateQueries({ queryKey: deliveriesKey(projectId, webhookId) });
	}, [projectId, webhookId, status, retried]);
	if (replay.isError) return <Failure error={replay.error} what="The replay cannot be shown" retry={replay.refetch} />;
	if (!replay.data) return <Skeleton height={92} />;
	return (
		<Paper withBorder p="md" component="section" aria-label="Replay">
			<Stack gap="xs">
				<Group justify="space-between" wrap="nowrap" align="flex-start">
					<Group gap="xs">
						<Look replay={replay.data} />
						<Text size="sm" role="status">
							{told(replay.data)}
						</Text>
					</Group>
					<Group gap="xs" wrap="nowrap">
						<AsCall call={{ method: "GET", path: `/v1/webhook-replays/${replayId}`, with: "project" }} />
						{status === "running" && mayRetry ? (
							<Button variant="default" size="compact-sm" onClick={() => stop.mutate()} loading={stop.isPending}>
								Cancel
							</Button>
						) : (
							<CloseButton aria-label="Close the replay" onClick={onClose} />
						)}
					</Group>
				</Group>
				<Progress value={share(replay.data)} aria-label="How far the replay is" color={status === "cancelled" ? "gray" : undefined} />
				{stop.isError && <Failure error={stop.error} what="Not cancelled" />}
			</Stack>
		</Paper>
	);
}

function Look({ replay }: { replay: Replay }) {
	if (replay.status === "running") return <Status state="waiting">Running</Status>;
	return replay.status === "done" ? <Status state="good">Done</Status> : <Status state="off">Cancelled</Status>;
}

function share({ status, total, retried, skipped }: Replay): number {
	if (status === "done") return 100;
	return total === 0 ? 0 : Math.min(100, (100 * (retried + skipped)) / total);
}

function told({ total, retried, skipped, status }: Replay): string {
	const text = `${retried} of ${total} on their way again${skipped > 0 ? `, ${skipped} skipped: tests, or the webhook is off` : ""}.`;
	return status === "cancelled" ? `${text} What is on its way goes on.` : text;
}
