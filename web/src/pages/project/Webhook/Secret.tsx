import { Anchor, Button, Code, CopyButton, Group, NumberInput, Paper, SegmentedControl, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, type Management, management } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { useLeft } from "@/parts/Countdown";
import { Danger } from "@/parts/Danger";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { type Column, Table } from "@/parts/Table";
import { exact, When } from "@/parts/When";
import { plain, type Sample, standard } from "./samples";

type Shown = Management["WebhookSecret"];

interface Props {
	projectId: string;
	webhookId: string;
	zone: string | undefined;
}

/** What signs the deliveries: shown when asked for, exchanged without missing any, and how to verify with it. */
export function Secret({ projectId, webhookId, zone }: Props) {
	const search = useSearch({ strict: false }) as { do?: unknown };
	const navigate = useNavigate();
	const show = (what?: string) => navigate({ to: ".", search: { tab: "secret", do: what } as never, replace: true });
	const [overlap, setOverlap] = useState(24);
	const params = { params: { path: { projectId, webhookId } } };
	const address = `/management/v1/projects/${projectId}/webhooks/${webhookId}/secret`;
	// It is asked for, not read: nothing keeps it longer than it is looked at.
	const secret = useMutation({
		gcTime: 0,
		mutationFn: (rotate?: number) =>
			ask(
				rotate === undefined
					? management.GET("/management/v1/projects/{projectId}/webhooks/{webhookId}/secret", params)
					: management.POST("/management/v1/projects/{projectId}/webhooks/{webhookId}/secret/rotate", {
							...params,
							body: { overlap_hours: rotate },
						}),
			),
	});
	return (
		<Stack gap="xl" maw={820}>
			<section>
				<Title order={2} size="h4">
					Signing secret
				</Title>
				<Text size="sm" c="dimmed" mt={4} mb="md">
					Signs every delivery to this webhook, after Standard Webhooks. Keep it where your receiver alone can read it.
				</Text>
				{secret.isError && !secret.variables && <Failure error={secret.error} what="Not shown" />}
				{secret.isPending && <Skeleton height={120} />}
				{secret.data && <Secrets secret={secret.data} zone={zone} />}
				<Group mt="md">
					{!secret.data && (
						<Button onClick={() => secret.mutate(undefined)} loading={secret.isPending}>
							Show the secret
						</Button>
					)}
					{secret.data && (
						<Button variant="default" onClick={() => secret.reset()}>
							Hide
						</Button>
					)}
					<Button variant="default" onClick={() => show("rotate")}>
						Rotate
					</Button>
					<AsCall call={{ method: "GET", path: address }} />
				</Group>
			</section>
			<section>
				<Title order={2} size="h4">
					Verify deliveries
				</Title>
				<Text size="sm" c="dimmed" mt={4} mb="md">
					Every request is signed twice, over the exact bytes of its body. Verify either one, before you read the body.
				</Text>
				<Stack gap="lg">
					<Samples
						title="Standard Webhooks"
						about="Uses the secret above. It also proves when the request was made: what is older than five minutes is refused. While two secrets are good, knowing either is enough."
						samples={standard}
					/>
					<Samples
						title="Plain HMAC"
						about={
							<>
								X-Steward-Signature is the hexadecimal HMAC-SHA256 of the body. Its key is the project's webhook token, which stands on the{" "}
								<Anchor component={Link} to="/projects/$projectId" params={{ projectId } as never} inherit underline="always">
									general page
								</Anchor>
								.
							</>
						}
						samples={plain}
					/>
				</Stack>
			</section>
			{search.do === "rotate" && (
				<Danger
					opened
					onClose={() => show()}
					title="Rotate the secret"
					action="Rotate"
					run={() => secret.mutateAsync(overlap)}
					onDone={() => show()}
					call={{ method: "POST", path: `${address}/rotate`, body: { overlap_hours: overlap } }}
				>
					<Stack gap="md">
						<Text size="sm">
							A new secret is made and shown.{" "}
							{overlap === 0
								? "The old one signs nothing from now on: receivers that know it alone refuse what comes."
								: "Until the overlap ends, deliveries carry a signature of each, so that a receiver that knows either accepts them."}
						</Text>
						<NumberInput
							label="Overlap in hours"
							description="0 to 168. Change your receiver over in this time."
							min={0}
							max={168}
							allowDecimal={false}
							clampBehavior="strict"
							value={overlap}
							onChange={(v) => setOverlap(Number(v) || 0)}
							data-autofocus
						/>
					</Stack>
				</Danger>
			)}
		</Stack>
	);
}

/** The secret that is shown, and which ones sign until when. */
function Secrets({ secret, zone }: { secret: Shown; zone: string | undefined }) {
	const left = useLeft(secret.previous_valid_until);
	const rows = [
		{ which: "This one", since: secret.rotated_at, until: null },
		...(left > 0 ? [{ which: "The one before", since: null, until: secret.previous_valid_until }] : []),
	];
	const columns: Column<(typeof rows)[number]>[] = [
		{ title: "Secret", cell: (r) => r.which },
		{
			title: "Signs since",
			cell: (r) => (r.since ? <When at={r.since} zone={zone} /> : r.until ? "before the rotation" : "the webhook was made"),
		},
		{ title: "Signs until", cell: (r) => (r.until ? exact(r.until, zone) : "it is rotated") },
	];
	return (
		<Stack gap="md">
			<div style={{ overflowX: "auto" }}>
				<Mono text={secret.secret} label="secret" />
			</div>
			<Table label="Which secrets sign deliveries" columns={columns} rows={rows} keyOf={(r) => r.which} />
		</Stack>
	);
}

/** Code in one of several languages. */
function Samples({ title, about, samples }: { title: string; about: React.ReactNode; samples: Sample[] }) {
	const [language, setLanguage] = useState(samples[0]?.value ?? "");
	const sample = samples.find((s) => s.value === language);
	if (!sample) return null;
	return (
		<Paper withBorder p="md">
			<Title order={3} size="h5">
				{title}
			</Title>
			<Text size="sm" c="dimmed" mt={4} component="div">
				{about}
			</Text>
			<Group justify="space-between" my="sm">
				<SegmentedControl
					aria-label={`Language: ${title}`}
					data={samples.map(({ value, label }) => ({ value, label }))}
					value={language}
					onChange={setLanguage}
					size="xs"
				/>
				<CopyButton value={sample.code}>
					{({ copied, copy }) => (
						<Button variant="light" size="compact-sm" onClick={copy}>
							{copied ? "Copied" : "Copy"}
						</Button>
					)}
				</CopyButton>
			</Group>
			{sample.install !== "" && (
				<Code block mb="xs">
					{sample.install}
				</Code>
			)}
			<Code block style={{ maxHeight: 420, overflow: "auto" }} tabIndex={0} aria-label={`${title}: ${sample.label}`}>
				{sample.code}
			</Code>
		</Paper>
	);
}
