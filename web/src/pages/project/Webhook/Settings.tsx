import { Alert, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconInfoCircle } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ask, management, type Tagged } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import { Fields } from "../Webhooks/Fields";
import { hostOf, type Webhook, webhookQuery, webhooksKey } from "../Webhooks/reads";
import { changedBody, changesOf, checkHeaders, type Values, valuesOf } from "../Webhooks/values";

interface Props {
	projectId: string;
	webhookId: string;
	webhook: Tagged<Webhook>;
}

/** Changes the webhook, switches it on or off, or deletes it. */
export function Settings({ projectId, webhookId, webhook }: Props) {
	const may = useMay(projectId, "settings.write");
	const search = useSearch({ strict: false }) as { do?: unknown };
	const navigate = useNavigate();
	const show = (what?: string) => navigate({ to: ".", search: { tab: "settings", do: what } as never });
	// What the form began with: what others save meanwhile does not change what is being entered, and is found out on saving.
	const [base, setBase] = useState(webhook);
	const initial = valuesOf(base.data);
	const form = useForm<Values>({ initialValues: initial, validate: { headers: checkHeaders } });
	const begin = (from: Tagged<Webhook>) => {
		setBase(from);
		form.setInitialValues(valuesOf(from.data));
		form.reset();
	};
	// the form follows what is stored, unless something was entered
	useEffect(() => {
		if (webhook !== base && !form.isDirty()) begin(webhook);
	}, [webhook]);
	const path = { projectId, webhookId };
	const save = async (values: Values) => {
		await ask(
			management.PUT("/management/v1/projects/{projectId}/webhooks/{webhookId}", {
				params: { path },
				headers: { "If-Match": base.tag },
				body: changedBody(initial, values),
			}),
		);
		begin(await queries.fetchQuery({ ...webhookQuery(projectId, webhookId), staleTime: 0 }));
		await queries.invalidateQueries({ queryKey: webhooksKey(projectId) });
	};
	const reload = async () => begin(await queries.fetchQuery({ ...webhookQuery(projectId, webhookId), staleTime: 0 }));
	const address = `/management/v1/projects/${projectId}/webhooks/${webhookId}`;
	const host = hostOf(base.data.target_url);
	return (
		<Stack gap="xl" maw={820}>
			{!base.data.active && (
				<Alert color="yellow" icon={<IconInfoCircle />} title="The webhook is off">
					Nothing is sent. It was switched off here, or because a send-out failed for a whole day.
					{may && " Switch it on below and save; then send again what it missed, on the Send-outs tab."}
				</Alert>
			)}
			<section>
				<Title order={2} size="h4" mb="md">
					What is sent, and where to
				</Title>
				<EditForm
					form={form}
					save={save}
					reload={reload}
					readOnly={!may}
					call={(values) => ({ method: "PUT", path: address, body: changedBody(initial, values) })}
					changes={changesOf(initial, form.getValues())}
				>
					<Fields form={form} readOnly={!may} />
				</EditForm>
			</section>
			{may && (
				<section>
					<Title order={2} size="h4" mb="md">
						Delete
					</Title>
					<Paper withBorder p="md">
						<Group justify="space-between">
							<Text size="sm" maw={520}>
								Nothing is sent to it any more, and its secret is gone. To stop for a while, switch it off instead.
							</Text>
							<Button color="red" c="var(--mantine-color-error)" variant="outline" onClick={() => show("delete")}>
								Delete the webhook
							</Button>
						</Group>
					</Paper>
				</section>
			)}
			{may && search.do === "delete" && (
				<Danger
					opened
					onClose={() => show()}
					title="Delete the webhook"
					typed={host}
					action="Delete the webhook"
					run={() => ask(management.DELETE("/management/v1/projects/{projectId}/webhooks/{webhookId}", { params: { path } }))}
					onDone={() => {
						navigate({ to: "/projects/$projectId/webhooks", params: { projectId } });
						queries.removeQueries({ queryKey: [...webhooksKey(projectId), webhookId] });
						queries.invalidateQueries({ queryKey: webhooksKey(projectId), exact: true });
					}}
					call={{ method: "DELETE", path: address }}
				>
					Events are no longer sent to {base.data.target_url}, and what is on its way is given up. This cannot be undone.
				</Danger>
			)}
		</Stack>
	);
}
