import { Box, Button, Code, Group, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask, team } from "@/api/client";
import type { Call } from "@/api/curl";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Status } from "@/parts/Status";
import { When } from "@/parts/When";
import { queries } from "@/queries";
import { deliveriesKey, type SendoutShown } from "../Webhooks/reads";
import { answered, moving, states } from "./state";

interface Props {
	projectId: string;
	webhookId: string;
	sendoutId: string;
	zone: string | undefined;
	active: boolean;
	mayRetry: boolean;
}

/** One send-out with every try; it can be tried again or stopped. */
export function SendoutDetails({ projectId, webhookId, sendoutId, zone, active, mayRetry }: Props) {
	const sendout = useQuery({
		queryKey: [...deliveriesKey(projectId, webhookId), "sendout", sendoutId],
		queryFn: () =>
			ask(team.GET("/team/v1/projects/{projectId}/webhook-sendouts/{sendoutId}", { params: { path: { projectId, sendoutId } } })),
		refetchInterval: ({ state: { data } }) => (data && moving(data) ? 2000 : false),
	});
	const params = { params: { path: { projectId, sendoutId } } };
	const work = useMutation({
		mutationFn: (what: "retry" | "cancel") =>
			ask(
				what === "retry"
					? team.POST("/team/v1/projects/{projectId}/webhook-sendouts/{sendoutId}/retry", params)
					: team.POST("/team/v1/projects/{projectId}/webhook-sendouts/{sendoutId}/cancel", params),
			),
		onSuccess: () => queries.invalidateQueries({ queryKey: deliveriesKey(projectId, webhookId) }),
	});
	const s = sendout.data;
	if (sendout.isError && !s) return <Failure error={sendout.error} what="The send-out cannot be shown" retry={sendout.refetch} />;
	if (!s) return <Skeleton height={240} />;
	const open = s.status === "queued" || s.status === "retrying";
	const calls = [...(s.test ? [] : ["retry"]), ...(open ? ["cancel"] : [])].map((what): Call => ({
		method: "POST",
		path: `/v1/webhook-sendouts/${s.id}/${what}`,
		with: "project",
	}));
	return (
		<Stack gap="lg">
			<Stack gap="xs">
				<Line title="Id">
					<Mono text={s.id} label="id of the send-out" />
				</Line>
				<Line title="Event">
					<Text size="sm">
						{s.type}
						{s.test ? ", a test" : ""}
					</Text>
					<Mono text={s.event_id} label="id of the event" />
				</Line>
				<Line title="Status">
					<Status state={states[s.status].state}>{states[s.status].word}</Status>
				</Line>
				<Line title="Published">
					<When at={s.created_at} zone={zone} />
				</Line>
				{s.next_try_at && (
					<Line title="Next try">
						<When at={s.next_try_at} zone={zone} />
					</Line>
				)}
			</Stack>
			{mayRetry && (
				<Stack gap="xs">
					<Group gap="xs">
						{!s.test && (
							<Button onClick={() => work.mutate("retry")} loading={work.isPending && work.variables === "retry"} disabled={!active}>
								Retry now
							</Button>
						)}
						{open && (
							<Button variant="default" onClick={() => work.mutate("cancel")} loading={work.isPending && work.variables === "cancel"}>
								Cancel it
							</Button>
						)}
						{calls.length > 0 && <AsCall call={calls} />}
					</Group>
					<Text size="xs" c="dimmed">
						{s.test
							? "A test is sent once. Send another one on the Test tab."
							: active
								? "A retry goes out at once. If it fails, it is tried for another day."
								: "The webhook is off. Switch it on in its settings to send again."}
					</Text>
					{work.isError && <Failure error={work.error} what={work.variables === "retry" ? "Not tried again" : "Not cancelled"} />}
				</Stack>
			)}
			<section>
				<Title order={3} size="h5" mb="xs">
					Tries
				</Title>
				{s.attempts.length === 0 ? (
					<Text size="sm" c="dimmed">
						None yet.
					</Text>
				) : (
					<Stack gap="xs" component="ol" p={0} m={0} style={{ listStyle: "none" }}>
						{s.attempts.toReversed().map((a) => (
							<li key={a.number}>
								<Attempt attempt={a} zone={zone} />
							</li>
						))}
					</Stack>
				)}
			</section>
		</Stack>
	);
}

/** One try: when, how long, and what the receiver said. */
export function Attempt({ attempt: a, zone }: { attempt: SendoutShown["attempts"][number]; zone?: string }) {
	return (
		<Paper withBorder p="sm">
			<Group justify="space-between" gap="xs">
				<Group gap="xs">
					<Text size="sm" fw={600}>
						Try {a.number}
					</Text>
					<Status state={a.error === "" ? "good" : "bad"}>{answered(a.status)}</Status>
				</Group>
				<Group gap="md">
					<Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
						{a.latency_ms === 0 ? "under 1 ms" : `${a.latency_ms.toLocaleString("en")} ms`}
					</Text>
					<Text size="sm" component="span">
						<When at={a.at} zone={zone} />
					</Text>
				</Group>
			</Group>
			{a.error !== "" && (
				<Text size="sm" c="var(--mantine-color-error)" mt={4}>
					{a.error}
				</Text>
			)}
			{a.answer === "" ? (
				<Text size="xs" c="dimmed" mt={4}>
					{a.status === 0 ? "" : "The answer had no body."}
				</Text>
			) : (
				<Code
					block
					mt="xs"
					style={{ maxHeight: 160, overflow: "auto" }}
					tabIndex={0}
					aria-label={`The first of the answer to try ${a.number}`}
				>
					{a.answer}
				</Code>
			)}
		</Paper>
	);
}

function Line({ title, children }: { title: string; children: ReactNode }) {
	return (
		<Group gap="md" wrap="nowrap" align="flex-start">
			<Text size="sm" c="dimmed" w={88} style={{ flexShrink: 0 }}>
				{title}
			</Text>
			<Box fz="sm" miw={0}>
				{children}
			</Box>
		</Group>
	);
}
