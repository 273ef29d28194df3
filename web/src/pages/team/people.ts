import { useQuery } from "@tanstack/react-query";
import { ask, team } from "@/api/client";

/** usePeople returns the first hundred people of the organization, and how somebody is called. */
export function usePeople() {
	const people = useQuery({
		queryKey: ["team", "users", "all"],
		queryFn: () => ask(team.GET("/team/v1/users", { params: { query: { limit: 100 } } })),
		staleTime: 60_000,
	});
	const list = people.data?.data ?? [];
	const nameOf = (id: string) => {
		const person = list.find((u) => u.id === id);
		return person ? `${person.first_name} ${person.last_name}`.trim() || person.login : id;
	};
	return { list, nameOf };
}
