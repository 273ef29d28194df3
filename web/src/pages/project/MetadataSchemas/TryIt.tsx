import { Alert, Button, Group, List, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { JsonInput, parseJson } from "@/parts/JsonInput";
import type { Definition } from "@/parts/schema/definitions";
import { sampleOf } from "@/parts/schema/samples";

interface Props {
	projectId: string;
	resource: string;
	properties: Record<string, Definition>;
}

/** Holds a sample of metadata against the schema as it is stored. */
export function TryIt({ projectId, resource, properties }: Props) {
	const [text, setText] = useState(() => sampleOf(properties));
	const metadata = parseJson(text).value;
	const check = useMutation({
		mutationFn: async () =>
			(await ask(
				team.POST("/team/v1/projects/{projectId}/metadata-schemas/{resource}/validate", {
					params: { path: { projectId, resource } },
					body: { metadata },
				}),
			)) as Team["MetadataValidation"],
	});
	return (
		<Stack gap="sm">
			<JsonInput label="Metadata" value={text} onChange={(e) => setText(e.currentTarget.value)} />
			<Group>
				<Button variant="default" onClick={() => check.mutate()} disabled={!metadata} loading={check.isPending}>
					Validate
				</Button>
				<AsCall
					call={{ method: "POST", path: `/v1/metadata-schemas/${resource}/validate`, body: { metadata: metadata ?? {} }, with: "project" }}
				/>
			</Group>
			{check.isError && <Failure error={check.error} />}
			{check.data && (
				<Alert color={check.data.valid ? "green" : "red"} title={check.data.valid ? "It obeys the schema" : "It breaks the schema"}>
					{!check.data.valid && (
						<List size="sm">
							{check.data.violations.map((v) => (
								<List.Item key={`${v.path} ${v.rule}`}>
									{v.path}: {v.rule}, expected {JSON.stringify(v.expected)}, found {JSON.stringify(v.actual)}
								</List.Item>
							))}
						</List>
					)}
				</Alert>
			)}
		</Stack>
	);
}
