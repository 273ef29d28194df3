import { Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { queries } from "@/queries";
import { Entrance } from "./Entrance";

export default function SignIn() {
	const navigate = useNavigate();
	const { next } = useSearch({ from: "/sign-in" });
	const form = useForm({ initialValues: { email: "", password: "" } });
	const signIn = useMutation({
		mutationFn: (body: typeof form.values) => ask(team.POST("/team/v1/session", { body })),
		onSuccess: async () => {
			queries.clear();
			await navigate({ href: next ?? "/projects" });
		},
	});
	return (
		<Entrance title="Sign in">
			<form onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
				<Stack gap="md">
					<TextInput label="E-mail" type="email" autoComplete="username" required {...form.getInputProps("email")} data-autofocus />
					<PasswordInput label="Password" autoComplete="current-password" required {...form.getInputProps("password")} />
					{signIn.isError && <Failure error={signIn.error} what="Not signed in" />}
					<Button type="submit" loading={signIn.isPending}>
						Sign in
					</Button>
					<Anchor component={Link} to="/forgot-password" size="sm">
						Forgot your password?
					</Anchor>
				</Stack>
			</form>
		</Entrance>
	);
}
