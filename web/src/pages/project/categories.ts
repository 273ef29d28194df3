import { queryOptions } from "@tanstack/react-query";
import { ask, team } from "@/api/client";

/** categoriesQuery reads the categories of a project. */
export function categoriesQuery(projectId: string) {
	return queryOptions({
		queryKey: ["projects", projectId, "categories"],
		queryFn: async () => (await ask(team.GET("/team/v1/projects/{projectId}/categories", { params: { path: { projectId } } }))).data,
	});
}
