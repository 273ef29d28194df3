import { Select, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { EditForm } from "@/parts/EditForm";
import type { Key } from "../Keys";
import { Shown } from "./Token";

const overlaps = [
	{ value: "0", label: "stops at once" },
	{ value: "3600", label: "stays good for an hour" },
	{ value: "86400", label: "stays good for a day" },
	{ value: "604800", label: "stays good for seven days" },
];

/** Gives a key a fresh token. */
export function Regenerate({ projectId, of, onSaved }: { projectId: string; of: Key; onSaved: () => Promise<void> }) {
	const [minted, setMinted] = useState<Team["ProjectKeyMinted"]>();
	const form = useForm({ initialValues: { overlap: "3600" } });
	const bodyOf = ({ overlap }: { overlap: string }) => ({ overlap_seconds: Number(overlap) });
	const save = async (values: { overlap: string }) => {
		setMinted(
			await ask(
				team.POST("/team/v1/projects/{projectId}/keys/{keyId}/regenerate", {
					params: { path: { projectId, keyId: of.id } },
					body: bodyOf(values),
				}),
			),
		);
		await onSaved();
	};
	if (minted) return <Shown id={minted.id} token={minted.token} until={minted.token_visible_until} client={minted.kind === "client"} />;
	return (
		<EditForm
			form={form}
			save={save}
			action="Regenerate the token"
			saved=""
			call={(values) => ({
				method: "POST",
				path: `/team/v1/projects/${projectId}/keys/${of.id}/regenerate`,
				body: bodyOf(values),
				with: "session",
			})}
		>
			<Text size="sm">The new token is shown for 15 minutes.</Text>
			<Select label="The old token" data={overlaps} allowDeselect={false} {...form.getInputProps("overlap")} />
		</EditForm>
	);
}
