import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Status } from "@/parts/Status";
import { When } from "@/parts/When";
import { Modal } from "@/parts/Window";
import { Enrol } from "./Enrol";
import { ProofForm } from "./ProofForm";
import { RecoveryCodes } from "./RecoveryCodes";

const path = "/team/v1/account/one-time-codes";

/** The second thing that the user signs in with. */
export function Codes({ account, reload }: { account: Team["Account"]; reload: () => Promise<unknown> }) {
	const { do: doing } = useSearch({ strict: false }) as { do?: string };
	const navigate = useNavigate();
	const show = (what?: string) => navigate({ to: "/account", search: { do: what } as never });
	const [fresh, setFresh] = useState<string[]>();
	const { enabled_at: since, recovery_codes_left: left } = account.one_time_codes;
	const enabled = since !== null;
	const close = async () => {
		setFresh(undefined);
		await show();
	};
	return (
		<Paper withBorder p="md">
			<Stack gap="sm" align="flex-start">
				<Group gap="sm">
					<Title order={2} size="h5">
						One-time codes
					</Title>
					<Status state={enabled ? "good" : "off"}>{enabled ? "On" : "Off"}</Status>
				</Group>
				<Text size="sm" component="div">
					{enabled ? (
						<>
							You have signed in with your password and a code since <When at={since} />.{" "}
							{left === 1 ? "One recovery code is" : `${left} recovery codes are`} left.
						</>
					) : (
						"Ask for a code from your phone as well as your password, so that a password that somebody has learned is not enough."
					)}
				</Text>
				<Group gap="xs">
					<Button variant={enabled ? "default" : "filled"} onClick={() => show("codes")}>
						{enabled ? "Change the device" : "Set up one-time codes"}
					</Button>
					{enabled && (
						<>
							<Button variant="default" onClick={() => show("recovery")}>
								New recovery codes
							</Button>
							<Button variant="default" onClick={() => show("disable")}>
								Turn off
							</Button>
						</>
					)}
					<AsCall
						call={[
							{ method: "POST", path, body: { password: "…" }, with: "session" },
							{ method: "POST", path: `${path}/confirm`, body: { code: "287082" }, with: "session" },
						]}
					/>
				</Group>
			</Stack>
			<Modal opened={doing === "codes"} onClose={close} title="Set up one-time codes" centered closeOnClickOutside={false}>
				<Enrol login={account.login} enabled={enabled} onEnabled={reload} onDone={close} onCancel={close} />
			</Modal>
			<Modal opened={doing === "recovery" && enabled} onClose={close} title="New recovery codes" centered closeOnClickOutside={false}>
				{fresh ? (
					<RecoveryCodes codes={fresh} login={account.login} onDone={close} />
				) : (
					<Stack gap="md">
						<Text size="sm">Ten new codes take the place of those that are left.</Text>
						<ProofForm
							code
							action="Make new codes"
							run={async (body) => {
								setFresh((await ask(team.POST("/team/v1/account/recovery-codes", { body }))).recovery_codes);
								await reload();
							}}
							onCancel={close}
						/>
					</Stack>
				)}
			</Modal>
			<Modal opened={doing === "disable" && enabled} onClose={close} title="Turn off one-time codes" centered>
				<Stack gap="md">
					<Text size="sm">Your password alone is enough to sign in then. Your recovery codes are void.</Text>
					<ProofForm
						code
						danger
						action="Turn off"
						run={async (body) => {
							await ask(team.POST(`${path}/disable`, { body }));
							await close();
							await reload();
							notifications.show({ message: "One-time codes are off", color: "green", autoClose: 3000 });
						}}
						onCancel={close}
					/>
				</Stack>
			</Modal>
		</Paper>
	);
}
