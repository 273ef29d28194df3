import { Alert, Button, Code, List, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Problem } from "@/api/problem";

interface Props {
	error: unknown;
	/** What could not be done, for example "The webhook was not saved". */
	what?: string;
	retry?: () => void;
}

/** What went wrong, as the API tells it: every sentence of the details, and the request id to ask an operator about. */
export function Failure({ error, what, retry }: Props) {
	const problem = error instanceof Problem ? error : null;
	const message = problem?.message ?? (error instanceof Error ? error.message : String(error));
	return (
		<Alert color="red" icon={<IconAlertTriangle />} title={what ? `${what}: ${message}` : message} role="alert">
			<Stack gap="xs" align="flex-start">
				{problem && problem.details.length === 1 && <Text size="sm">{problem.details[0]}</Text>}
				{problem && problem.details.length > 1 && (
					<List size="sm">
						{problem.details.map((sentence) => (
							<List.Item key={sentence}>{sentence}</List.Item>
						))}
					</List>
				)}
				{problem?.requestId && (
					<Text size="xs" c="dimmed">
						Request <Code>{problem.requestId}</Code>
					</Text>
				)}
				{retry && (
					<Button size="xs" variant="default" onClick={retry}>
						Try again
					</Button>
				)}
			</Stack>
		</Alert>
	);
}
