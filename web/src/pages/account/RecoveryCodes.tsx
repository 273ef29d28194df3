import { Button, Code, CopyButton, Group, SimpleGrid, Stack, Text } from "@mantine/core";

/** Recovery codes, which are shown this once. */
export function RecoveryCodes({ codes, login, onDone }: { codes: string[]; login: string; onDone: () => void }) {
	const text = `Recovery codes for Steward, ${login}. Each takes the place of a one-time code, once.\n\n${codes.join("\n")}\n`;
	return (
		<Stack gap="md">
			<Text size="sm">
				Keep these where you will find them without your device. Each takes the place of a one-time code, once. They are not shown again.
			</Text>
			<SimpleGrid
				cols={{ base: 1, xs: 2 }}
				spacing="xs"
				component="ul"
				p={0}
				m={0}
				style={{ listStyle: "none" }}
				aria-label="Recovery codes"
			>
				{codes.map((code) => (
					<Code key={code} component="li" fz="sm" ta="center" p="xs">
						{code}
					</Code>
				))}
			</SimpleGrid>
			<Group justify="space-between">
				<Group gap="xs">
					<CopyButton value={text}>
						{({ copied, copy }) => (
							<Button variant="default" onClick={copy}>
								{copied ? "Copied" : "Copy"}
							</Button>
						)}
					</CopyButton>
					<Button
						component="a"
						variant="default"
						href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
						download="steward-recovery-codes.txt"
					>
						Download
					</Button>
				</Group>
				<Button onClick={onDone}>I have kept them</Button>
			</Group>
		</Stack>
	);
}
