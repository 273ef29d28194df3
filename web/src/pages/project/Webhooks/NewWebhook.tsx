import { useForm } from "@mantine/form";
import { ask, management } from "@/api/client";
import { EditForm } from "@/parts/EditForm";
import { queries } from "@/queries";
import { Fields } from "./Fields";
import { webhooksKey } from "./reads";
import { bodyOf, checkHeaders, type Values, valuesOf } from "./values";

/** Makes a webhook. */
export function NewWebhook({ projectId, onMade }: { projectId: string; onMade: (webhookId: string) => void }) {
	const form = useForm<Values>({ initialValues: valuesOf(), validate: { headers: checkHeaders } });
	const save = async (values: Values) => {
		const made = await ask(
			management.POST("/management/v1/projects/{projectId}/webhooks", { params: { path: { projectId } }, body: bodyOf(values) }),
		);
		await queries.invalidateQueries({ queryKey: webhooksKey(projectId) });
		form.resetDirty();
		onMade(made.id);
	};
	return (
		<EditForm
			form={form}
			save={save}
			action="Create the webhook"
			saved="The webhook is created"
			call={(values) => ({ method: "POST", path: `/management/v1/projects/${projectId}/webhooks`, body: bodyOf(values) })}
		>
			<Fields form={form} />
		</EditForm>
	);
}
