import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { ask, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { useSession } from "@/session";

/** Who is signed in, and the way to a new password. */
export default function Account() {
	const session = useSession();
	const reset = useMutation({ mutationFn: () => ask(team.POST("/team/v1/password-resets", { body: { email: session.login } })) });
	return (
		<Page title="Your account">
			<Paper withBorder p="md">
				<Stack gap="xs">
					<Group gap="xs">
						<Text fw={600}>{session.login}</Text>
						{session.is_owner && <Status state="good">Owner</Status>}
					</Group>
					<Mono text={session.user_id} />
				</Stack>
			</Paper>
			<Paper withBorder p="md">
				<Stack gap="sm" align="flex-start">
					<Title order={2} size="h5">
						Password
					</Title>
					<Text size="sm">A link to choose a new one goes to {session.login}. Choosing it ends all your sessions, this one included.</Text>
					{reset.isError && <Failure error={reset.error} />}
					{reset.isSuccess ? (
						<Text size="sm" role="status">
							The link is on its way. It works once, within an hour.
						</Text>
					) : (
						<Button variant="default" onClick={() => reset.mutate()} loading={reset.isPending}>
							Send me the link
						</Button>
					)}
				</Stack>
			</Paper>
		</Page>
	);
}
