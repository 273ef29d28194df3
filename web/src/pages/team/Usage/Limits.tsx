import { Group, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { Status } from "@/parts/Status";
import { When } from "@/parts/When";
import { type Limit, limitNames } from "./usage";

interface Props {
	limits: Limit[];
	zone: string | undefined;
	/** They are a project's own. */
	project: boolean;
}

/** Where the organization, or a project, stands in the window of each limit that is running. */
export function Limits({ limits, zone, project }: Props) {
	const together = !project && limits.some((l) => l.name.startsWith("api_calls"));
	return (
		<Paper withBorder p="md">
			<Title order={2} size="h5">
				Limits
			</Title>
			<Text size="xs" c="dimmed" mb="sm">
				{project ? "Of this project alone" : "Of the whole organization"}, in the windows that are running.
				{together && " API calls count the Management API and the Project API together."}
			</Text>
			{limits.length === 0 && <Text size="sm">Nothing limits this metric.</Text>}
			<Stack gap="md">
				{limits.map((l) => {
					const part = Math.min(100, (100 * l.used) / l.limit);
					return (
						<div key={l.name}>
							<Group justify="space-between" gap="xs">
								<Text size="sm" fw={500}>
									{limitNames[l.name] ?? l.name}
								</Text>
								{l.remaining === 0 ? (
									<Status state="bad">Used up</Status>
								) : part >= 80 ? (
									<Status state="waiting">Nearly used up</Status>
								) : null}
							</Group>
							<Progress
								value={part}
								color={l.remaining === 0 ? "red" : part >= 80 ? "yellow" : undefined}
								my={4}
								aria-label={`${limitNames[l.name] ?? l.name}: ${Math.floor(part)} percent used`}
							/>
							<Group justify="space-between" gap="xs">
								<Text size="xs" style={{ fontVariantNumeric: "tabular-nums" }}>
									{l.used.toLocaleString("en")} of {l.limit.toLocaleString("en")}
								</Text>
								<Text size="xs" c="dimmed" component="div">
									resets <When at={l.resets_at} zone={zone} />
								</Text>
							</Group>
						</div>
					);
				})}
			</Stack>
		</Paper>
	);
}
