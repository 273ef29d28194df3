import { Alert, Anchor, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Reported } from "@/pages/team/Usage/Reported";
import { Page } from "@/parts/Page";
import { projectQuery, useSession } from "@/session";

/** What one project has used. */
export default function Usage() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/usage" });
	const session = useSession();
	const project = useQuery(projectQuery(projectId));
	return (
		<Page title="API usage" about="How many calls are made for this project, with its own keys and with keys of the Management API.">
			{session.is_owner ? (
				<Reported
					key={projectId}
					metric="api_calls"
					projectId={projectId}
					zone={project.data?.timezone}
					note={
						<Text size="sm" c="dimmed">
							The file has the calls of all projects, by project. The{" "}
							<Anchor component={Link} to="/team/usage" underline="always">
								usage of the team
							</Anchor>{" "}
							can be stacked by key, operation and status as well.
						</Text>
					}
				/>
			) : (
				<Alert icon={<IconInfoCircle />} title="Owners see what was used" color="gray">
					<Text size="sm">
						Usage belongs to the whole organization, and its owners can look at it. Ask one of them, or let yourself be told when a limit
						comes near: the general settings of the project say who is.
					</Text>
				</Alert>
			)}
		</Page>
	);
}
