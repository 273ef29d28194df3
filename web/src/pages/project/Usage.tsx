import { Anchor } from "@mantine/core";
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
		<Page
			title="API usage"
			about={
				<>
					How many calls are made for this project, with its own keys and with keys of the Management API.{" "}
					{session.is_owner && (
						<>
							The limits of the organization are on the{" "}
							<Anchor component={Link} to="/team/usage" size="sm" underline="always">
								usage of the team
							</Anchor>
							.
						</>
					)}
				</>
			}
		>
			<Reported key={projectId} metric="api_calls" projectId={projectId} zone={project.data?.timezone} />
		</Page>
	);
}
