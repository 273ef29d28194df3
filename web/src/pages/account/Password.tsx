import { Group, PasswordInput, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ask, team } from "@/api/client";
import { EditForm } from "@/parts/EditForm";

const path = "/team/v1/account/password";
const empty = { current_password: "", password: "", again: "" };

/** Changes the user's password. */
export function Password({ reload }: { reload: () => Promise<unknown> }) {
	const form = useForm({
		initialValues: empty,
		validate: { again: (value, { password }) => (value === password ? null : "is not the same") },
	});
	return (
		<EditForm
			form={form}
			action="Change the password"
			saved="Your password is changed"
			save={async ({ current_password, password }) => {
				await ask(team.PUT(path, { body: { current_password, password } }));
				form.setValues(empty);
			}}
			onSaved={reload}
			call={() => ({ method: "PUT", path, body: { current_password: "…", password: "…" }, with: "session" })}
		>
			<Title order={2} size="h5">
				Password
			</Title>
			<Text size="sm">All your other sessions end when it is changed.</Text>
			<PasswordInput
				label="Current password"
				autoComplete="current-password"
				required
				{...form.getInputProps("current_password")}
				maw={360}
			/>
			<Group grow align="flex-start" preventGrowOverflow={false}>
				<PasswordInput label="New password" autoComplete="new-password" required {...form.getInputProps("password")} />
				<PasswordInput label="The same again" autoComplete="new-password" required {...form.getInputProps("again")} />
			</Group>
		</EditForm>
	);
}
