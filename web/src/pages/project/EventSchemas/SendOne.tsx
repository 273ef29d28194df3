import { Alert, Button, Group, List, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, type Management, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { JsonInput, parseJson } from "@/parts/JsonInput";
import { type Definition } from "@/parts/schema/definitions";
import { sampleOf } from "@/parts/schema/samples";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import { Samples } from "./Samples";

interface Props {
	projectId: string;
	event: string;
	properties: Record<string, Definition>;
	/** Holds metadata against the properties as they are entered, and changes nothing; undefined for those who may not. */
	check: ((metadata: Record<string, unknown>) => Promise<Management["CustomEventSchemaDryRun"]>) | undefined;
}

/** Tries a sample, or sends it as an event, which is then stored as every other one. */
export function SendOne({ projectId, event, properties, check }: Props) {
	const mayRead = useMay(projectId, "data.read");
	const maySend = useMay(projectId, "data.write");
	const [customer, setCustomer] = useState("try-it");
	const [text, setText] = useState(() => sampleOf(properties));
	const metadata = parseJson(text).value;
	const body = { event, customer: { source_id: customer }, metadata };
	const send = useMutation({
		mutationFn: () => ask(team.POST("/team/v1/projects/{projectId}/events", { params: { path: { projectId } }, body })),
		onSettled: () => queries.invalidateQueries({ queryKey: ["projects", projectId, "events"] }),
	});
	const trial = useMutation({
		mutationFn: async () => check?.(metadata ?? {}),
	});
	const violations = trial.data?.failures[0]?.violations ?? [];
	return (
		<Stack gap="sm">
			{mayRead && (
				<Samples
					projectId={projectId}
					event={event}
					onPick={(e) => {
						setText(JSON.stringify(e.metadata, null, 2));
						if (e.customer.source_id) setCustomer(e.customer.source_id);
						trial.reset();
						send.reset();
					}}
				/>
			)}
			<JsonInput label="Metadata" value={text} onChange={(e) => setText(e.currentTarget.value)} />
			{check && (
				<Group>
					<Button
						variant="default"
						onClick={() => {
							send.reset();
							trial.mutate();
						}}
						disabled={!metadata}
						loading={trial.isPending}
					>
						Validate
					</Button>
					<Text size="sm" c="dimmed">
						Holds it against the properties above, also those not saved yet. Nothing is stored.
					</Text>
				</Group>
			)}
			{trial.isError && <Failure error={trial.error} what="Not tried" />}
			{trial.data && (
				<Alert color={trial.data.valid ? "green" : "red"} title={trial.data.valid ? "It obeys the properties" : "It breaks the properties"}>
					{!trial.data.valid && (
						<List size="sm">
							{violations.map((v) => (
								<List.Item key={`${v.path} ${v.rule}`}>
									{v.path}: {v.rule}, expected {JSON.stringify(v.expected)}, found {JSON.stringify(v.actual)}
								</List.Item>
							))}
						</List>
					)}
				</Alert>
			)}
			{maySend && (
				<>
					<TextInput
						label="Customer"
						description="The id in your own system. A customer who is not known is made."
						value={customer}
						onChange={(e) => setCustomer(e.currentTarget.value)}
					/>
					<Group>
						<Button
							variant="default"
							onClick={() => {
								trial.reset();
								send.mutate();
							}}
							disabled={!metadata || customer === ""}
							loading={send.isPending}
						>
							Send and store it
						</Button>
						<AsCall call={{ method: "POST", path: "/v1/events", body, with: "project" }} />
					</Group>
				</>
			)}
			{send.isError && <Failure error={send.error} what="Refused" />}
			{send.isSuccess && (
				<Alert color="green" title="It obeys the schema">
					It is stored as an event of {customer}.
				</Alert>
			)}
		</Stack>
	);
}
