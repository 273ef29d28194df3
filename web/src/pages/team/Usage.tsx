import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Page } from "@/parts/Page";
import { projectsQuery } from "@/session";
import { Reported } from "./Usage/Reported";

/** What the organization has used, or one of its projects, and how far the limits reach. */
export default function Usage() {
	const { project } = useSearch({ strict: false }) as { project?: unknown };
	const navigate = useNavigate();
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const chosen = projects.find((p) => p.id === project);
	return (
		<Page
			title="Usage"
			about="How many calls the organization makes, through which key, to which project, and how they end."
			actions={
				<Select
					aria-label="Project"
					placeholder="All projects"
					data={projects.map((p) => ({ value: p.id, label: p.name }))}
					value={chosen?.id ?? null}
					onChange={(id) =>
						navigate({ to: "/team/usage", search: ((old: object) => ({ ...old, project: id ?? undefined })) as never, replace: true })
					}
					searchable
					clearable
					limit={50}
					nothingFoundMessage="No project of this name"
				/>
			}
		>
			<Reported key={chosen?.id} metric="management_api_calls" projectId={chosen?.id} />
		</Page>
	);
}
