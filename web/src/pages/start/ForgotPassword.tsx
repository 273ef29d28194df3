import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Entrance } from "./Entrance";

/** Asks for a link to choose a new password with. */
export default function ForgotPassword() {
	const form = useForm({ initialValues: { email: "" } });
	const work = useMutation({ mutationFn: (body: { email: string }) => ask(team.POST("/team/v1/password-resets", { body })) });
	return (
		<Entrance title="Choose a new password">
			{work.isSuccess ? (
				<Text size="sm" role="status">
					If {form.getValues().email} is a user's address, a link is on its way to it. It works once, within an hour.
				</Text>
			) : (
				<form onSubmit={form.onSubmit((values) => work.mutate(values))}>
					<Stack gap="md">
						<Text size="sm">We send a link to the address that you sign in with.</Text>
						<TextInput label="E-mail" type="email" autoComplete="username" required data-autofocus {...form.getInputProps("email")} />
						{work.isError && <Failure error={work.error} />}
						<Button type="submit" loading={work.isPending}>
							Send the link
						</Button>
					</Stack>
				</form>
			)}
			<Anchor component={Link} to="/sign-in" size="sm">
				Back to the sign-in
			</Anchor>
		</Entrance>
	);
}
