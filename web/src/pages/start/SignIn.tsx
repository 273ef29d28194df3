import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconClock } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, team } from "@/api/client";
import { Problem } from "@/api/problem";
import { clock, useLeft } from "@/parts/Countdown";
import { Failure } from "@/parts/Failure";
import { queries } from "@/queries";
import { Entrance } from "./Entrance";

export default function SignIn() {
	const navigate = useNavigate();
	const { next } = useSearch({ from: "/sign-in" });
	const form = useForm({ initialValues: { email: "", password: "", code: "" } });
	const [step, setStep] = useState<"password" | "code">("password");
	const [wait, setWait] = useState<string>();
	const left = useLeft(wait);
	const signIn = useMutation({
		mutationFn: ({ code, ...body }: typeof form.values) =>
			ask(team.POST("/team/v1/session", { body: step === "code" ? { ...body, code } : body })),
		onSuccess: async () => {
			queries.clear();
			await navigate({ href: next ?? "/projects" });
		},
		onError: (error) => {
			if (!(error instanceof Problem)) return;
			if (error.retryAfter > 0) setWait(new Date(Date.now() + error.retryAfter * 1000).toISOString());
			if (error.key === "one_time_code_required") {
				if (step === "code") form.setFieldError("code", "does not hold: it is wrong, was used already, or is out of date");
				setStep("code");
			}
		},
	});
	const asked = signIn.error instanceof Problem && (signIn.error.key === "one_time_code_required" || signIn.error.retryAfter > 0);
	return (
		<Entrance title={step === "code" ? "One-time code" : "Sign in"}>
			<form onSubmit={form.onSubmit((values) => signIn.mutate(values))} noValidate={step === "code"}>
				<Stack gap="md">
					{step === "password" ? (
						<>
							<TextInput label="E-mail" type="email" autoComplete="username" required {...form.getInputProps("email")} data-autofocus />
							<PasswordInput label="Password" autoComplete="current-password" required {...form.getInputProps("password")} />
						</>
					) : (
						<>
							<Text size="sm">
								For {form.getValues().email}: the code that your authenticator app shows, or one of your recovery codes.
							</Text>
							<TextInput label="Code" autoComplete="one-time-code" autoFocus required {...form.getInputProps("code")} />
						</>
					)}
					{signIn.isError && !asked && <Failure error={signIn.error} what="Not signed in" />}
					{left > 0 && (
						<Alert color="yellow" icon={<IconClock />} title="Too many tries" role="alert">
							<Text size="sm">
								To make guessing slow, the next try has to wait:{" "}
								<Text span inherit role="timer" aria-live="off" style={{ fontVariantNumeric: "tabular-nums" }}>
									{clock(left)}
								</Text>
							</Text>
						</Alert>
					)}
					<Button type="submit" loading={signIn.isPending} disabled={left > 0}>
						Sign in
					</Button>
					{step === "code" ? (
						<Anchor
							component="button"
							type="button"
							size="sm"
							ta="left"
							onClick={() => {
								form.reset();
								signIn.reset();
								setStep("password");
							}}
						>
							Sign in as somebody else
						</Anchor>
					) : (
						<Anchor component={Link} to="/forgot-password" size="sm">
							Forgot your password?
						</Anchor>
					)}
				</Stack>
			</form>
		</Entrance>
	);
}
