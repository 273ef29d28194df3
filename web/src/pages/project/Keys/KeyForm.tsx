import { Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { changesBetween } from "@/parts/changes";
import { EditForm } from "@/parts/EditForm";
import type { Key } from "../Keys";
import { Shown } from "./Token";

interface Props {
	projectId: string;
	/** The key that is edited; a new one is made without. */
	existing?: Key;
	onSaved: () => Promise<void>;
	onClose: () => void;
}

/** Makes a key and shows its token, or changes one. */
export function KeyForm({ projectId, existing, onSaved, onClose }: Props) {
	const [minted, setMinted] = useState<Team["ProjectKeyMinted"]>();
	const initial = {
		kind: existing?.kind ?? ("server" as Key["kind"]),
		name: existing?.name ?? "",
		allowed_ips: existing?.allowed_ips ?? [],
	};
	const form = useForm({ initialValues: initial });
	const base = `/team/v1/projects/${projectId}/keys`;
	const save = async ({ kind, ...rest }: typeof initial) => {
		if (existing) {
			await ask(
				team.PUT("/team/v1/projects/{projectId}/keys/{keyId}", { params: { path: { projectId, keyId: existing.id } }, body: rest }),
			);
			await onSaved();
			form.resetDirty();
			onClose();
			return;
		}
		setMinted(await ask(team.POST("/team/v1/projects/{projectId}/keys", { params: { path: { projectId } }, body: { kind, ...rest } })));
		await onSaved();
	};
	if (minted) return <Shown id={minted.id} token={minted.token} until={minted.token_visible_until} client={minted.kind === "client"} />;
	return (
		<EditForm
			form={form}
			save={save}
			action={existing ? "Save" : "Create the key"}
			saved={existing ? "Saved" : ""}
			changes={existing ? changesBetween(initial, form.getValues(), { name: "Name", allowed_ips: "Addresses" }) : []}
			call={({ kind, ...rest }) => ({
				method: existing ? "PUT" : "POST",
				path: existing ? `${base}/${existing.id}` : base,
				body: existing ? rest : { kind, ...rest },
				with: "session",
			})}
		>
			<Stack gap="sm">
				<TextInput label="Name" description="What the key is for." required data-autofocus {...form.getInputProps("name")} />
				{!existing && (
					<Select
						label="Opens"
						data={[
							{ value: "server", label: "the Project API, from servers" },
							{ value: "client", label: "the client side, from pages on trusted domains" },
							{ value: "integration", label: "the Project API, for an integration" },
						]}
						allowDeselect={false}
						{...form.getInputProps("kind")}
					/>
				)}
				<TagsInput
					label="Addresses"
					description="Addresses and CIDRs it may be used from, v4 or v6. Empty for any. Press Enter after each."
					{...form.getInputProps("allowed_ips")}
				/>
			</Stack>
		</EditForm>
	);
}
