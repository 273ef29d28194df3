import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

/** The frame of the pages before somebody is signed in. */
export function Entrance({ title, children }: { title: string; children: ReactNode }) {
	useEffect(() => {
		document.title = `${title} · Steward`;
	}, [title]);
	return (
		<Center component="main" mih="100dvh" p="md">
			<Paper withBorder p="xl" w="100%" maw={400}>
				<Stack gap="lg">
					<div>
						<Text fw={700}>Steward</Text>
						<Title order={1} size="h3">
							{title}
						</Title>
					</div>
					{children}
				</Stack>
			</Paper>
		</Center>
	);
}
