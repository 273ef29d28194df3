import { ActionIcon, Code, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

/** An id or another text for machines, with a button that copies it. */
export function Mono({ text, label = "id" }: { text: string; label?: string }) {
	return (
		<Group gap={4} wrap="nowrap" display="inline-flex" maw="100%" style={{ verticalAlign: "middle" }}>
			<Code style={{ whiteSpace: "nowrap", overflow: "hidden", textOverflow: "ellipsis", minWidth: 0 }}>{text}</Code>
			<CopyButton value={text}>
				{({ copied, copy }) => (
					<Tooltip label={copied ? "Copied" : `Copy ${label}`}>
						<ActionIcon
							variant="subtle"
							color={copied ? "green" : "gray"}
							size="sm"
							onClick={copy}
							aria-label={copied ? "Copied" : `Copy ${label}`}
						>
							{copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
						</ActionIcon>
					</Tooltip>
				)}
			</CopyButton>
		</Group>
	);
}
