import { Alert, Button, Group, Select, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { exact } from "@/parts/When";
import { Modal } from "@/parts/Window";
import type { ReplayFilter } from "../Webhooks/reads";
import { type Filter, queryOf } from "./filter";

interface Props {
	projectId: string;
	webhookId: string;
	filter: Filter;
	zone: string | undefined;
	active: boolean;
	onClose: () => void;
	onBegun: (replayId: string) => void;
}

type Ended = NonNullable<ReplayFilter["status"]>;
const ended: Ended[] = ["failed", "cancelled", "succeeded"];

/** Asks before many send-outs are tried again, and tells which. */
export function RetryAll({ projectId, webhookId, filter, zone, active, onClose, onBegun }: Props) {
	const [status, setStatus] = useState<Ended>(ended.find((e) => e === filter.status) ?? "failed");
	// Fixed while it is asked: what is told is what is done.
	const [body] = useState(() => {
		const { from, to, type } = queryOf(filter);
		return { webhook_id: webhookId, ...(type ? { type } : {}), ...(from ? { from } : {}), ...(to ? { to } : {}) };
	});
	const chosen: ReplayFilter = { status, ...body };
	const count = useQuery({
		queryKey: ["projects", projectId, "deliveries", webhookId, "count", chosen],
		queryFn: () =>
			ask(
				team.GET("/team/v1/projects/{projectId}/webhook-sendouts", { params: { path: { projectId }, query: { ...chosen, limit: 100 } } }),
			),
		staleTime: 0,
	});
	const found = count.data?.data.filter((s) => !s.test).length ?? 0;
	const none = count.isSuccess && found === 0 && !count.data.has_more;
	const limits = [
		body.type && `of ${body.type}`,
		body.from && `published from ${exact(body.from, zone)}`,
		body.to && `published before ${exact(body.to, zone)}`,
	].filter(Boolean);
	const told = `${count.data?.has_more ? "More than 100" : found} ${status} send-out${found === 1 ? "" : "s"} of this webhook${
		limits.length > 0 ? `, ${limits.join(", ")},` : ""
	} will be tried again at once. One that fails again is tried for another day.`;
	const begin = useMutation({
		mutationFn: () =>
			ask(team.POST("/team/v1/projects/{projectId}/webhook-sendouts/retry", { params: { path: { projectId } }, body: chosen })),
		onSuccess: (replay) => onBegun(replay.id),
	});
	return (
		<Modal opened onClose={onClose} title="Retry by filter" centered closeButtonProps={{ "aria-label": "Close" }}>
			<Stack gap="md">
				<Select
					label="Which send-outs"
					description="Of those that the filter line shows."
					data={[
						{ value: "failed", label: "Failed" },
						{ value: "cancelled", label: "Cancelled" },
						{ value: "succeeded", label: "Succeeded: they arrive once more" },
					]}
					value={status}
					onChange={(v) => setStatus((v as Ended | null) ?? "failed")}
					allowDeselect={false}
				/>
				{count.isError && <Failure error={count.error} retry={count.refetch} />}
				<Text size="sm" component="div" aria-live="polite">
					{count.isPending ? <Skeleton height={40} /> : none ? "There is none to try again." : told}
				</Text>
				<Text size="sm" c="dimmed">
					Each keeps its id, so that a receiver can tell what it has seen. Tests are left out.
				</Text>
				{!active && (
					<Alert color="yellow" icon={<IconAlertTriangle />}>
						The webhook is off: all would be skipped. Switch it on in its settings first.
					</Alert>
				)}
				{begin.isError && <Failure error={begin.error} what="Not begun" />}
				<Group justify="flex-end">
					<AsCall call={{ method: "POST", path: "/v1/webhook-sendouts/retry", body: chosen, with: "project" }} />
					<Button variant="default" onClick={onClose}>
						Close
					</Button>
					<Button onClick={() => begin.mutate()} loading={begin.isPending} disabled={!active || none || count.isPending}>
						Retry them
					</Button>
				</Group>
			</Stack>
		</Modal>
	);
}
