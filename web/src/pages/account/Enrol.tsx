import { Box, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { Problem, sentencesByField } from "@/api/problem";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { ProofForm } from "./ProofForm";
import { RecoveryCodes } from "./RecoveryCodes";

type Enrolment = Team["CodesEnrolment"];

interface Props {
	login: string;
	/** Whether the user has one-time codes already, and changes the device. */
	enabled: boolean;
	onDone: () => void;
	/** Told once the codes count; the recovery codes are still to be kept. */
	onEnabled?: () => void;
	onCancel?: () => void;
}

/** Sets up one-time codes: the password, the device and its first code, the recovery codes. */
export function Enrol({ login, enabled, onDone, onEnabled, onCancel }: Props) {
	const [enrolment, setEnrolment] = useState<Enrolment>();
	const [codes, setCodes] = useState<string[]>();
	if (codes) return <RecoveryCodes codes={codes} login={login} onDone={onDone} />;
	if (enrolment) {
		return (
			<Device
				enrolment={enrolment}
				onConfirmed={(recovery) => {
					setCodes(recovery);
					onEnabled?.();
				}}
			/>
		);
	}
	return (
		<Stack gap="md">
			<Text size="sm">
				An authenticator app on your phone makes a new code every 30 seconds. From then on, signing in takes your password and a code. Your
				other sessions end.
			</Text>
			<ProofForm
				code={enabled}
				action="Next"
				run={async (body) => setEnrolment(await ask(team.POST("/team/v1/account/one-time-codes", { body })))}
				onCancel={onCancel}
			/>
		</Stack>
	);
}

/** Shows the secret to the device, and takes its first code. */
function Device({ enrolment, onConfirmed }: { enrolment: Enrolment; onConfirmed: (recovery: string[]) => void }) {
	const form = useForm({ initialValues: { code: "" } });
	const work = useMutation({
		mutationFn: (body: { code: string }) => ask(team.POST("/team/v1/account/one-time-codes/confirm", { body })),
		onSuccess: (answer) => onConfirmed(answer.recovery_codes),
		onError: (error) => {
			if (error instanceof Problem && error.status === 400) form.setErrors(sentencesByField(error));
		},
	});
	return (
		<form onSubmit={form.onSubmit((values) => work.mutate(values))} noValidate>
			<Stack gap="md">
				<Text size="sm">Scan this with your authenticator app, or type the key into it. Then type the code that it shows.</Text>
				{/* Cameras want dark on light, in dark colours too. */}
				<Box bg="white" p="sm" style={{ alignSelf: "center", lineHeight: 0, borderRadius: 8 }}>
					<QRCodeSVG value={enrolment.uri} size={184} title="QR code with the key below" />
				</Box>
				<Box ta="center">
					<Mono text={enrolment.secret} label="key" />
				</Box>
				<TextInput
					label="Code"
					inputMode="numeric"
					autoComplete="one-time-code"
					maxLength={7}
					required
					data-autofocus
					autoFocus
					{...form.getInputProps("code")}
				/>
				{work.isError && <Failure error={work.error} what="Not set up yet" />}
				<Group justify="flex-end">
					<Button type="submit" loading={work.isPending}>
						Use one-time codes
					</Button>
				</Group>
			</Stack>
		</form>
	);
}
