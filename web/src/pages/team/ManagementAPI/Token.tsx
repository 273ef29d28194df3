import { Alert, Button, Code, CopyButton, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconEyeOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { ask, team } from "@/api/client";
import { curl } from "@/api/curl";
import { Problem } from "@/api/problem";
import { Countdown, useLeft } from "@/parts/Countdown";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { ahead, type Key } from "./Keys";

/** Shows a key's token again, inside its window. */
export function Token({ of }: { of: Key }) {
	const visible = ahead(of.token_visible_until);
	const token = useQuery({
		queryKey: ["team", "management-keys", of.id, "token", of.token_visible_until],
		queryFn: () => ask(team.GET("/team/v1/management-keys/{keyId}/token", { params: { path: { keyId: of.id } } })),
		enabled: visible,
		retry: false,
		// Every look is in the audit log: it is read once, and not kept longer than it is looked at.
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 0,
	});
	if (!visible || (token.error instanceof Problem && token.error.status === 410)) return <Gone />;
	if (token.isError) return <Failure error={token.error} retry={token.refetch} />;
	if (!token.data) return <Skeleton height={160} />;
	return <Shown id={of.id} token={token.data.token} until={token.data.token_visible_until} />;
}

interface Props {
	id: string;
	token: string;
	until: string;
	/** Called when the time is over: whoever keeps the token lets go of it. */
	forget?: () => void;
}

/** A token with the id it belongs to, a call that uses it, and how long it can still be shown. */
export function Shown({ id, token, until, forget }: Props) {
	const over = useLeft(until) === 0;
	// it is let go of once
	useEffect(() => {
		if (over) forget?.();
	}, [over]);
	if (over) return <Gone />;
	const example = curl({ method: "GET", path: "/management/v1/projects" })
		.replace("$STEWARD_MANAGEMENT_ID", id)
		.replace("$STEWARD_MANAGEMENT_TOKEN", token)
		.replace("$STEWARD_URL", window.location.origin);
	return (
		<Stack gap="md">
			<Alert color="yellow" title="Keep the token now">
				<Text size="sm">It can be shown again for 15 minutes after it was made. Then it is erased, and nobody can read it any more.</Text>
				<Text component="div" mt="xs" fw={600}>
					<Countdown until={until} what="Can be shown" />
				</Text>
			</Alert>
			<Kept label="Id" text={id} what="X-Management-Id" />
			<Kept label="Token" text={token} what="X-Management-Token" />
			<div>
				<Group justify="space-between" mb={4}>
					<Text size="sm" fw={600}>
						A call with it
					</Text>
					<CopyButton value={example}>
						{({ copied, copy }) => (
							<Button size="compact-xs" variant="light" onClick={copy}>
								{copied ? "Copied" : "Copy the call"}
							</Button>
						)}
					</CopyButton>
				</Group>
				<Code block tabIndex={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
					{example}
				</Code>
				<Text size="xs" c="dimmed" mt="xs">
					It works at once. What is done with the key is not in the audit log; the usage page counts its calls.
				</Text>
			</div>
		</Stack>
	);
}

function Kept({ label, text, what }: { label: string; text: string; what: string }) {
	return (
		<div>
			<Text size="sm" fw={600}>
				{label}
			</Text>
			<Text size="xs" c="dimmed" mb={4}>
				Sent as the header {what}
			</Text>
			<Mono text={text} label={label.toLowerCase()} />
		</div>
	);
}

function Gone() {
	return (
		<Alert color="gray" icon={<IconEyeOff />} title="The token can no longer be shown">
			<Text size="sm">Its 15 minutes are over and it is erased; the key itself goes on working. Rotate the token if it is lost.</Text>
		</Alert>
	);
}
