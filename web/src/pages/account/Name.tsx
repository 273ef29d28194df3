import { Group, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect } from "react";
import { ask, type Tagged, type Team, team } from "@/api/client";
import { EditForm } from "@/parts/EditForm";

const path = "/team/v1/account";

/** The user's own names. */
export function Name({ account: { data, tag }, reload }: { account: Tagged<Team["Account"]>; reload: () => Promise<unknown> }) {
	const form = useForm({ initialValues: { first_name: data.first_name, last_name: data.last_name } });
	// what was read becomes the form's ground, unless something was entered
	useEffect(() => {
		const ground = { first_name: data.first_name, last_name: data.last_name };
		const entered = form.isDirty();
		form.setInitialValues(ground);
		if (!entered) form.setValues(ground);
	}, [data.first_name, data.last_name]);
	return (
		<EditForm
			form={form}
			save={(body) => ask(team.PUT(path, { body, params: { header: { "If-Match": tag } } }))}
			onSaved={reload}
			reload={reload}
			call={(body) => ({ method: "PUT", path, body, with: "session" })}
		>
			<Title order={2} size="h5">
				Name
			</Title>
			<Group grow align="flex-start" preventGrowOverflow={false}>
				<TextInput label="First name" autoComplete="given-name" required {...form.getInputProps("first_name")} />
				<TextInput label="Last name" autoComplete="family-name" required {...form.getInputProps("last_name")} />
			</Group>
		</EditForm>
	);
}
