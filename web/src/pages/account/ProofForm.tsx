import { Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Problem, sentencesByField } from "@/api/problem";
import { Failure } from "@/parts/Failure";

/** What shows that it is the user who asks. */
export interface Proof {
	password: string;
	code?: string;
}

interface Props {
	/** Whether the user has one-time codes, and must send one. */
	code: boolean;
	action: string;
	danger?: boolean;
	run: (proof: Proof) => Promise<unknown>;
	onCancel?: () => void;
}

/** Asks for the password, and for a code of who has them, before something that concerns signing in. */
export function ProofForm({ code, action, danger = false, run, onCancel }: Props) {
	const form = useForm({ initialValues: { password: "", code: "" } });
	const work = useMutation({
		mutationFn: (values: typeof form.values) => run({ password: values.password, ...(code ? { code: values.code } : {}) }),
		onError: (error) => {
			if (error instanceof Problem && error.status === 400) form.setErrors(sentencesByField(error));
		},
	});
	return (
		<form onSubmit={form.onSubmit((values) => work.mutate(values))} noValidate>
			<Stack gap="md">
				<PasswordInput label="Your password" autoComplete="current-password" required data-autofocus {...form.getInputProps("password")} />
				{code && (
					<TextInput
						label="One-time code"
						description="From your authenticator app, or a recovery code."
						autoComplete="one-time-code"
						required
						{...form.getInputProps("code")}
					/>
				)}
				{work.isError && <Failure error={work.error} what="Not done" />}
				<Group justify="flex-end">
					{onCancel && (
						<Button variant="default" onClick={onCancel}>
							Cancel
						</Button>
					)}
					<Button type="submit" loading={work.isPending} color={danger ? "red.9" : undefined}>
						{action}
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
