import { Button, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Problem, sentencesByField } from "@/api/problem";
import { Failure } from "./Failure";

interface Props {
	action: string;
	save: (password: string) => Promise<unknown>;
	onDone: () => void;
}

/** Takes a new password, twice. */
export function NewPassword({ action, save, onDone }: Props) {
	const form = useForm({
		initialValues: { password: "", again: "" },
		validate: { again: (value, { password }) => (value === password ? null : "is not the same") },
	});
	const work = useMutation({
		mutationFn: ({ password }: { password: string }) => save(password),
		onSuccess: onDone,
		onError: (error) => {
			if (error instanceof Problem && error.status === 400) form.setErrors(sentencesByField(error));
		},
	});
	return (
		<form onSubmit={form.onSubmit((values) => work.mutate(values))} noValidate>
			<Stack gap="md">
				<PasswordInput label="New password" autoComplete="new-password" required data-autofocus {...form.getInputProps("password")} />
				<PasswordInput label="The same again" autoComplete="new-password" required {...form.getInputProps("again")} />
				{work.isError && <Failure error={work.error} what="Not saved" />}
				<Button type="submit" loading={work.isPending}>
					{action}
				</Button>
			</Stack>
		</form>
	);
}
