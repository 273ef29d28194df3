import { useQueries, useQuery } from "@tanstack/react-query";
import { ask, team } from "@/api/client";
import { projectsQuery } from "@/session";
import type { GroupBy, Metric } from "./usage";

/** useNames returns how groups are called: keys and projects by their names, as far as they are still there. */
export function useNames(by: GroupBy | undefined, metric: Metric): (group: string) => string {
	const projects = useQuery({ ...projectsQuery, enabled: by === "key" || by === "project" }).data?.data ?? [];
	const managementKeys = useQuery({
		queryKey: ["team", "management-keys"],
		queryFn: () => ask(team.GET("/team/v1/management-keys")),
		enabled: by === "key" && metric === "management_api_calls",
	});
	// Keys of the Project API belong to projects; there is no list of them all.
	const ofProjects = by === "key" && metric !== "management_api_calls" ? projects : [];
	const projectKeys = useQueries({
		queries: ofProjects.map(({ id }) => ({
			queryKey: ["projects", id, "keys"],
			queryFn: () => ask(team.GET("/team/v1/projects/{projectId}/keys", { params: { path: { projectId: id } } })),
			staleTime: 60_000,
		})),
	});
	const names = new Map<string, string>();
	for (const p of projects) names.set(p.id, p.name);
	for (const k of managementKeys.data?.data ?? []) names.set(k.id, k.name);
	projectKeys.forEach((keys, i) => {
		for (const k of keys.data?.data ?? []) names.set(k.id, `${k.name} (${ofProjects[i]?.name})`);
	});
	const loading = managementKeys.isLoading || projectKeys.some((q) => q.isLoading);
	return (group) => {
		if (by === undefined) return "All";
		if (group === "") return by === "project" ? "No project" : by === "key" ? "No key" : "Other";
		if (by === "operation" || by === "status") return group;
		return names.get(group) ?? (loading ? group : `${group} (deleted)`);
	};
}
