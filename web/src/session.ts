import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { ask, type Management, management, team } from "./api/client";

/** Who is signed in. */
export const sessionQuery = queryOptions({
	queryKey: ["session"],
	queryFn: () => ask(team.GET("/team/v1/session")),
	staleTime: 60_000,
});

/** useSession returns who is signed in; pages behind the sign-in can rely on it. */
export function useSession() {
	return useSuspenseQuery(sessionQuery).data;
}

/** The projects that the user can see. */
export const projectsQuery = queryOptions({
	queryKey: ["projects"],
	queryFn: () => ask(management.GET("/management/v1/projects")),
});

export type Project = Management["Project"];

/** projectQuery reads a project with its ETag. */
export function projectQuery(projectId: string) {
	return queryOptions({
		queryKey: ["projects", projectId],
		queryFn: () => ask(management.GET("/management/v1/projects/{projectId}", { params: { path: { projectId } } })),
	});
}
