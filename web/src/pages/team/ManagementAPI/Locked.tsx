import { Box, Button, Code, CopyButton, Group, Paper, Text, Title } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Failure } from "@/parts/Failure";

/** Says what the Management API is, and how it is unlocked. */
export function Locked({ organizationId, check }: { organizationId: string; check: () => Promise<{ management_api: boolean }> }) {
	const command = `steward org unlock ${organizationId} management-api`;
	const work = useMutation({ mutationFn: check });
	return (
		<Paper withBorder p="xl">
			<Box maw={640}>
				<Group gap="xs">
					<IconLock size={20} aria-hidden />
					<Title order={2} size="h4">
						The Management API is locked
					</Title>
				</Group>
				<Text size="sm" mt="xs">
					The Management API does from scripts what this console does by hand: it makes and changes projects, users, schemas, stacking
					rules, brands and webhooks. It is opened by keys that belong to the organization.
				</Text>
				<Text size="sm" mt="xs">
					It stays locked for an organization until an operator, who has a shell on the server, unlocks it there. Until then every call of
					it is refused with 402. Send your operator this command:
				</Text>
				<Code block my="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
					{command}
				</Code>
				<CopyButton value={command}>
					{({ copied, copy }) => (
						<Button size="compact-sm" variant="light" onClick={copy}>
							{copied ? "Copied" : "Copy the command"}
						</Button>
					)}
				</CopyButton>
				{work.isError && (
					<Box mt="md">
						<Failure error={work.error} />
					</Box>
				)}
				<Group mt="md">
					<Button variant="default" onClick={() => work.mutate()} loading={work.isPending}>
						Check again
					</Button>
					<Text size="sm" c="dimmed" role="status">
						{work.data?.management_api === false ? "It is still locked." : ""}
					</Text>
				</Group>
			</Box>
		</Paper>
	);
}
