import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface Props {
	title: string;
	/** One sentence on what this page is for. */
	about?: ReactNode;
	/** Buttons at the right of the title. */
	actions?: ReactNode;
	children: ReactNode;
}

/** A page: its title, what it is for, what can be done, and what it shows. */
export function Page({ title, about, actions, children }: Props) {
	useEffect(() => {
		document.title = `${title} · Steward`;
	}, [title]);
	return (
		<Stack gap="lg" maw={1200} mx="auto">
			<Group justify="space-between" align="flex-start" gap="md">
				<Box maw={680}>
					<Title order={1} size="h2">
						{title}
					</Title>
					{about !== undefined && (
						<Text c="dimmed" size="sm" mt={4} component="div">
							{about}
						</Text>
					)}
				</Box>
				{actions !== undefined && <Group gap="xs">{actions}</Group>}
			</Group>
			{children}
		</Stack>
	);
}
