import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { JsonInput, parseJson } from "@/parts/JsonInput";
import { queries } from "@/queries";

/** Sends an event, which is then stored as every other one. */
export function SendOne({ projectId, event }: { projectId: string; event: string }) {
	const [customer, setCustomer] = useState("try-it");
	const [text, setText] = useState("{}");
	const metadata = parseJson(text).value;
	const body = { event, customer: { source_id: customer }, metadata };
	const send = useMutation({
		mutationFn: () => ask(team.POST("/team/v1/projects/{projectId}/events", { params: { path: { projectId } }, body })),
		onSettled: () => queries.invalidateQueries({ queryKey: ["projects", projectId, "events"] }),
	});
	return (
		<Stack gap="sm">
			<TextInput
				label="Customer"
				description="The id in your own system. A customer who is not known is made."
				value={customer}
				onChange={(e) => setCustomer(e.currentTarget.value)}
			/>
			<JsonInput label="Metadata" value={text} onChange={(e) => setText(e.currentTarget.value)} />
			<Group>
				<Button variant="default" onClick={() => send.mutate()} disabled={!metadata || customer === ""} loading={send.isPending}>
					Send and store it
				</Button>
				<AsCall call={{ method: "POST", path: "/v1/events", body, with: "project" }} />
			</Group>
			{send.isError && <Failure error={send.error} what="Refused" />}
			{send.isSuccess && (
				<Alert color="green" title="It obeys the schema">
					It is stored as an event of {customer}.
				</Alert>
			)}
		</Stack>
	);
}
