import { Button, Code, CopyButton, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ask, team } from "@/api/client";
import { curl } from "@/api/curl";
import { Countdown, useLeft } from "@/parts/Countdown";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import type { Key } from "../Keys";

/** Shows the token of a key while it can be shown. */
export function Token({ projectId, of }: { projectId: string; of: Key }) {
	const token = useQuery({
		queryKey: ["projects", projectId, "keys", of.id, "token"],
		queryFn: () => ask(team.GET("/team/v1/projects/{projectId}/keys/{keyId}/token", { params: { path: { projectId, keyId: of.id } } })),
		staleTime: 0,
		gcTime: 0, // it is not kept longer than it is looked at
	});
	if (token.isError) return <Failure error={token.error} retry={token.refetch} />;
	if (!token.data) return <Skeleton height={80} />;
	return <Shown id={of.id} token={token.data.token} until={token.data.token_visible_until} client={of.kind === "client"} />;
}

interface ShownProps {
	id: string;
	token: string;
	/** Null for always. */
	until: string | null;
	client: boolean;
}

/** A token with the id it belongs to, a call that uses it, and how long it can still be shown. */
export function Shown({ id, token, until, client }: ShownProps) {
	const left = useLeft(until);
	if (until !== null && left === 0) return <Text size="sm">The token can no longer be shown. Regenerate it if it is lost.</Text>;
	const example = client
		? `curl -sS -X POST "$STEWARD_URL/client/v1/events" \\\n  -H "X-Client-Application-Id: ${id}" \\\n  -H "X-Client-Token: ${token}" …`
		: curl({ method: "GET", path: "/v1/configuration", with: "project" })
				.replace("$STEWARD_APP_ID", id)
				.replace("$STEWARD_APP_TOKEN", token)
				.replace("$STEWARD_URL", window.location.origin);
	return (
		<Stack gap="md">
			<div>
				<Text size="xs" c="dimmed">
					Id
				</Text>
				<Mono text={id} />
			</div>
			<div>
				<Text size="xs" c="dimmed">
					Token
				</Text>
				<Mono text={token} label="token" />
			</div>
			{until !== null && <Countdown until={until} what="It can be shown again" />}
			<div>
				<Text size="xs" c="dimmed" mb={4}>
					A call with it
				</Text>
				<Code block tabIndex={0}>
					{example}
				</Code>
				<CopyButton value={example}>
					{({ copied, copy }) => (
						<Button mt="xs" size="compact-xs" variant="light" onClick={copy}>
							{copied ? "Copied" : "Copy"}
						</Button>
					)}
				</CopyButton>
			</div>
		</Stack>
	);
}
