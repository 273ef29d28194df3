import { useQueries, useQuery } from "@tanstack/react-query";
import { ask, team } from "@/api/client";
import { accessQuery } from "@/permissions";
import { projectsQuery, useSession } from "@/session";
import type { GroupBy, Metric } from "./usage";

/** How many projects' keys are read for their names; where there are more, keys are shown by their ids. */
const maxProjects = 20;

/**
 * useNames returns how groups are called: keys and projects by their names, as far as they are still there and the user
 * may read them. Of keys, only those of one project are meant if it is given.
 */
export function useNames(by: GroupBy | undefined, metric: Metric, projectId?: string): (group: string) => string {
	const owner = useSession().is_owner;
	const manager = useQuery({ ...accessQuery(projectId ?? ""), enabled: projectId !== undefined && !owner }).data?.permissions.includes(
		"keys.manage",
	);
	const mayName = owner || manager === true;
	const projects = useQuery({ ...projectsQuery, enabled: by === "key" || by === "project" }).data?.data ?? [];
	const managementKeys = useQuery({
		queryKey: ["team", "management-keys"],
		queryFn: () => ask(team.GET("/team/v1/management-keys")),
		enabled: owner && by === "key" && metric === "management_api_calls",
	});
	// Keys of the Project API belong to projects; there is no list of them all.
	const meant = projectId ? projects.filter((p) => p.id === projectId) : projects;
	const ofProjects = by === "key" && metric !== "management_api_calls" && mayName && meant.length <= maxProjects ? meant : [];
	const projectKeys = useQueries({
		queries: ofProjects.map(({ id }) => ({
			queryKey: ["projects", id, "keys"],
			queryFn: () => ask(team.GET("/team/v1/projects/{projectId}/keys", { params: { path: { projectId: id } } })),
			staleTime: 60_000,
			retry: false,
		})),
	});
	const names = new Map<string, string>();
	for (const p of projects) names.set(p.id, p.name);
	for (const k of managementKeys.data?.data ?? []) names.set(k.id, k.name);
	projectKeys.forEach((keys, i) => {
		for (const k of keys.data?.data ?? []) names.set(k.id, projectId ? k.name : `${k.name} (${ofProjects[i]?.name})`);
	});
	// A key that is on no list is deleted only if all lists could be read.
	const complete =
		by === "project" ||
		(metric === "management_api_calls"
			? managementKeys.isSuccess
			: meant.length === ofProjects.length && projectKeys.every((q) => q.isSuccess));
	return (group) => {
		if (by === undefined) return "All";
		if (group === "") return by === "project" ? "No project" : by === "key" ? "No key" : "Other";
		if (by === "operation" || by === "status") return group;
		return names.get(group) ?? (complete ? `${group} (deleted)` : group);
	};
}
