import { Box, Group, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { Call } from "@/api/curl";
import { AsCall } from "./AsCall";

interface Props {
	title: string;
	/** What this is, and why one wants it. */
	children: ReactNode;
	/** The one button. */
	action?: ReactNode;
	call?: Call;
}

/** A page that has nothing to show yet teaches what to do next. */
export function Empty({ title, children, action, call }: Props) {
	return (
		<Paper withBorder p="xl">
			<Box maw={560}>
				<Title order={2} size="h4">
					{title}
				</Title>
				<Text c="dimmed" size="sm" mt="xs" component="div">
					{children}
				</Text>
				{(action || call) && (
					<Group mt="md">
						{action}
						{call && <AsCall call={call} />}
					</Group>
				)}
			</Box>
		</Paper>
	);
}
