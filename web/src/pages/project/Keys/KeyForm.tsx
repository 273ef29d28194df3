import { Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { changesBetween } from "@/parts/changes";
import { EditForm } from "@/parts/EditForm";
import { localOf, timeOf } from "@/parts/local";
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
		expires_at: localOf(existing?.expires_at),
	};
	const form = useForm({
		initialValues: initial,
		// An expired key may still be renamed.
		validate: { expires_at: (v) => (v === "" || v === initial.expires_at || ahead(v) ? null : "must be in the future") },
	});
	const bodyOf = ({ kind, expires_at, ...rest }: typeof initial) => ({
		...(existing ? {} : { kind }),
		...rest,
		// An expiry that was not touched is sent as it is stored: the input knows minutes only.
		expires_at: existing && expires_at === initial.expires_at ? existing.expires_at : timeOf(expires_at),
	});
	const base = `/team/v1/projects/${projectId}/keys`;
	const save = async (values: typeof initial) => {
		if (existing) {
			await ask(
				team.PUT("/team/v1/projects/{projectId}/keys/{keyId}", {
					params: { path: { projectId, keyId: existing.id } },
					body: bodyOf(values),
				}),
			);
			await onSaved();
			form.resetDirty();
			onClose();
			return;
		}
		const body = { ...bodyOf(values), kind: values.kind };
		setMinted(await ask(team.POST("/team/v1/projects/{projectId}/keys", { params: { path: { projectId } }, body })));
		await onSaved();
	};
	if (minted) return <Shown id={minted.id} token={minted.token} until={minted.token_visible_until} client={minted.kind === "client"} />;
	return (
		<EditForm
			form={form}
			save={save}
			action={existing ? "Save" : "Create the key"}
			saved={existing ? "Saved" : ""}
			changes={existing ? changesBetween(initial, form.getValues(), { name: "Name", allowed_ips: "Addresses", expires_at: "Expires" }) : []}
			call={(values) => ({
				method: existing ? "PUT" : "POST",
				path: existing ? `${base}/${existing.id}` : base,
				body: bodyOf(values),
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
				<TextInput
					type="datetime-local"
					label="Expires"
					description="When it stops being good, in your own time zone. Empty for never."
					{...form.getInputProps("expires_at")}
				/>
			</Stack>
		</EditForm>
	);
}

function ahead(local: string): boolean {
	const at = timeOf(local);
	return at !== null && Date.parse(at) > Date.now();
}
