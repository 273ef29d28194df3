import { Anchor, Button, Group, JsonInput, Paper, Select, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { Problem, sentencesByField } from "@/api/problem";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { Status } from "@/parts/Status";
import { queries } from "@/queries";
import { eventGroups, eventNames, rightName } from "../Webhooks/events";
import { deliveriesKey, type SendoutShown, type Webhook } from "../Webhooks/reads";
import { Attempt } from "./SendoutDetails";

interface Props {
	projectId: string;
	webhookId: string;
	webhook: Webhook;
}

/** Sends the webhook one event at once, and shows what the receiver answered. */
export function Test({ projectId, webhookId, webhook }: Props) {
	const search = useSearch({ strict: false }) as { event?: unknown };
	const navigate = useNavigate();
	const first = webhook.events[0];
	const type = eventNames.find((e) => e === search.event) ?? (first ? rightName(first) : "redemption.succeeded");
	const [text, setText] = useState('{\n  "id": "r_1",\n  "amount": 2500\n}');
	const [entity, setEntity] = useState("");
	const [group, setGroup] = useState("");
	const data = parsed(text);
	const body: Team["WebhookTest"] = {
		type,
		...(data ? { data } : {}),
		...(entity ? { entity_id: entity } : {}),
		...(group ? { group_id: group } : {}),
	};
	const send = useMutation({
		mutationFn: () =>
			ask(team.POST("/team/v1/projects/{projectId}/webhooks/{webhookId}/test", { params: { path: { projectId, webhookId } }, body })),
		onSuccess: () => queries.invalidateQueries({ queryKey: deliveriesKey(projectId, webhookId) }),
	});
	const errors = send.error instanceof Problem && send.error.status === 400 ? sentencesByField(send.error) : {};
	return (
		<SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl">
			<form
				onSubmit={(e) => {
					e.preventDefault();
					if (data !== null) send.mutate();
				}}
			>
				<Title order={2} size="h4">
					Send a test
				</Title>
				<Text size="sm" c="dimmed" mt={4} mb="md">
					One event is sent at once, signed like every delivery. It is sent once, also while the webhook is off, and a failure has no
					consequence.
				</Text>
				<Stack gap="md">
					<Select
						label="Event"
						description="Any event, also one that the webhook does not ask for."
						data={eventGroups.map((g) => ({ group: g.title, items: g.events }))}
						value={type}
						onChange={(v) => navigate({ to: ".", search: ((old: object) => ({ ...old, event: v ?? undefined })) as never, replace: true })}
						searchable
						allowDeselect={false}
						error={errors.type}
					/>
					<JsonInput
						label="Data"
						description="What the event tells: a JSON object of at most 256 KiB. Leave it empty to send an example."
						value={text}
						onChange={setText}
						error={data === null ? "must be a JSON object" : errors.data}
						formatOnBlur
						autosize
						minRows={8}
						maxRows={20}
						styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
						spellCheck={false}
					/>
					<SimpleGrid cols={{ base: 1, xs: 2 }}>
						<TextInput
							label="entity_id"
							description="What the event is about."
							value={entity}
							onChange={(e) => setEntity(e.currentTarget.value)}
							maxLength={255}
							error={errors.entity_id}
						/>
						<TextInput
							label="group_id"
							description="What it belongs to."
							value={group}
							onChange={(e) => setGroup(e.currentTarget.value)}
							maxLength={255}
							error={errors.group_id}
						/>
					</SimpleGrid>
					<Group>
						<Button type="submit" loading={send.isPending} disabled={data === null}>
							Send the test
						</Button>
						<AsCall call={{ method: "POST", path: `/v1/webhooks/${webhookId}/test`, body, with: "project" }} />
					</Group>
				</Stack>
			</form>
			<section aria-live="polite">
				<Title order={2} size="h4" mb="md">
					What the receiver answered
				</Title>
				{send.isError && <Failure error={send.error} what="Not sent" />}
				{send.isPending && (
					<Text size="sm" c="dimmed">
						Waiting for the receiver, for ten seconds at the most.
					</Text>
				)}
				{send.isIdle && (
					<Text size="sm" c="dimmed">
						Nothing was sent yet. To receive on this machine, run <code>steward webhook listen</code> and set the URL to
						http://127.0.0.1:9099; the server must be allowed to reach it.
					</Text>
				)}
				{send.data && <Result sendout={send.data} />}
			</section>
		</SimpleGrid>
	);
}

/** What became of a test. */
function Result({ sendout }: { sendout: SendoutShown }) {
	const good = sendout.status === "succeeded";
	const last = sendout.attempts.at(-1);
	return (
		<Paper withBorder p="md">
			<Stack gap="sm" align="stretch">
				<Group justify="space-between">
					<Group gap="xs">
						<Status state={good ? "good" : "bad"}>{good ? "Arrived" : "Failed"}</Status>
						<Text size="sm">{sendout.type}</Text>
					</Group>
					<Anchor component={Link} to="." search={{ tab: "sendouts", sendout: sendout.id } as never} size="sm" underline="always">
						Show the send-out
					</Anchor>
				</Group>
				{last && <Attempt attempt={last} />}
			</Stack>
		</Paper>
	);
}

/** parsed reads a JSON object: undefined if there is nothing, null if it is something else. */
function parsed(text: string): Record<string, unknown> | null | undefined {
	if (text.trim() === "") return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
	} catch {
		return null;
	}
}
