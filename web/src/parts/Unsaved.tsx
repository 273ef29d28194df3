import { Button, Group, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { Modal } from "./Window";

/** Warns before what was entered is lost: on leaving the page, closing the tab, or loading it anew. */
export function Unsaved({ dirty }: { dirty: boolean }) {
	const blocker = useBlocker({ shouldBlockFn: () => dirty, enableBeforeUnload: () => dirty, withResolver: true });
	if (blocker.status !== "blocked") return null;
	return (
		<Modal opened onClose={blocker.reset} title="Leave without saving?" centered>
			<Text size="sm">What you have changed on this page is not saved yet.</Text>
			<Group justify="flex-end" mt="md">
				<Button variant="default" onClick={blocker.reset} data-autofocus>
					Stay
				</Button>
				<Button color="red.9" onClick={blocker.proceed}>
					Leave
				</Button>
			</Group>
		</Modal>
	);
}
