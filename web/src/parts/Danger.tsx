import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Call } from "@/api/curl";
import { AsCall } from "./AsCall";
import { Failure } from "./Failure";
import { Modal } from "./Window";

interface Props {
	opened: boolean;
	onClose: () => void;
	/** For example "Delete the project". */
	title: string;
	/** What it does, and what cannot be undone. */
	children: ReactNode;
	/** What has to be typed before the button works; nothing if it is empty. */
	typed?: string;
	/** The button's word, for example "Delete". */
	action: string;
	run: () => Promise<unknown>;
	onDone: () => void;
	call?: Call;
}

/** Asks before something that cannot be undone. */
export function Danger({ opened, onClose, title, children, typed = "", action, run, onDone, call }: Props) {
	const [text, setText] = useState("");
	const work = useMutation({
		mutationFn: run,
		onSuccess: () => {
			close();
			onDone();
		},
	});
	const close = () => {
		setText("");
		work.reset();
		onClose();
	};
	return (
		<Modal opened={opened} onClose={close} title={title} centered>
			<form
				onSubmit={(e) => {
					e.preventDefault();
					if (text === typed) work.mutate();
				}}
			>
				<Stack gap="md">
					<Text size="sm" component="div">
						{children}
					</Text>
					{typed !== "" && (
						<TextInput
							label={`Type ${typed} to go on`}
							value={text}
							onChange={(e) => setText(e.currentTarget.value)}
							autoComplete="off"
							data-autofocus
						/>
					)}
					{work.isError && <Failure error={work.error} />}
					<Group justify="flex-end">
						{call && <AsCall call={call} />}
						<Button variant="default" onClick={close}>
							Cancel
						</Button>
						<Button type="submit" color="red.9" loading={work.isPending} disabled={text !== typed}>
							{action}
						</Button>
					</Group>
				</Stack>
			</form>
		</Modal>
	);
}
