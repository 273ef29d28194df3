import { Button, Code, CopyButton, Group, Popover, Stack, Text } from "@mantine/core";
import { IconTerminal2 } from "@tabler/icons-react";
import { useState } from "react";
import { type Call, curl } from "@/api/curl";
import { useWindow } from "./Window";

/** The same as an API call: the console teaches what it does. */
export function AsCall({ call }: { call: Call | Call[] }) {
	const text = [call].flat().map(curl).join("\n\n");
	const [opened, setOpened] = useState(false);
	const close = useWindow(opened, () => setOpened(false));
	return (
		<Popover width={560} position="bottom-end" withinPortal trapFocus opened={opened} onDismiss={close}>
			<Popover.Target>
				<Button
					variant="subtle"
					color="gray"
					size="compact-sm"
					leftSection={<IconTerminal2 size={14} />}
					onClick={() => setOpened(!opened)}
				>
					As API call
				</Button>
			</Popover.Target>
			<Popover.Dropdown>
				<Stack gap="xs">
					<Group justify="space-between">
						<Text size="sm" fw={600}>
							The same as an API call
						</Text>
						<CopyButton value={text}>
							{({ copied, copy }) => (
								<Button size="compact-xs" variant="light" onClick={copy}>
									{copied ? "Copied" : "Copy"}
								</Button>
							)}
						</CopyButton>
					</Group>
					<Code block style={{ maxHeight: 360, overflow: "auto" }} tabIndex={0}>
						{text}
					</Code>
				</Stack>
			</Popover.Dropdown>
		</Popover>
	);
}
