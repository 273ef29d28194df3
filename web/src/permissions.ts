import { queryOptions, useQuery } from "@tanstack/react-query";
import { ask, team } from "./api/client";

/** What somebody may do in a project (CONTRACT 5). */
export type Permission = string;

/** accessQuery reads what the user may do in a project. */
export function accessQuery(projectId: string) {
	return queryOptions({
		queryKey: ["projects", projectId, "access"],
		queryFn: () => ask(team.GET("/team/v1/access", { params: { query: { project_id: projectId } } })),
		staleTime: 60_000,
	});
}

/** useMay tells whether the user holds a permission in a project; not, until it is known. */
export function useMay(projectId: string, permission: Permission): boolean {
	const access = useQuery(accessQuery(projectId));
	return access.data?.permissions.includes(permission) ?? false;
}
