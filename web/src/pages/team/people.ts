import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ask, type Team, team } from "@/api/client";

type User = Team["TeamUser"];

const read = (search: string) => () =>
	ask(team.GET("/team/v1/users", { params: { query: { limit: 100, ...(search ? { search } : {}) } } }));

/** usePeople returns how somebody of the organization is called: of the first hundred people their names, of others the id. */
export function usePeople() {
	const people = useQuery({ queryKey: ["team", "users", "search", ""], queryFn: read(""), staleTime: 60_000 });
	const nameOf = (id: string) => {
		const person = people.data?.data.find((u) => u.id === id);
		return person ? `${person.first_name} ${person.last_name}`.trim() || person.login : id;
	};
	return { nameOf };
}

/** useFoundPeople returns what a Select of people takes: the whole organization is searched as somebody types. */
export function useFoundPeople(chosen: string | undefined) {
	const [typed, setTyped] = useState("");
	const [wanted] = useDebouncedValue(typed.trim(), 200);
	const seen = useRef(new Map<string, User>());
	const labelOf = (id: string) => {
		const u = seen.current.get(id);
		return u ? `${u.first_name} ${u.last_name} (${u.login})` : id;
	};
	// What is shown of the chosen one is no search.
	const search = chosen !== undefined && (wanted === chosen || wanted === labelOf(chosen)) ? "" : wanted.slice(0, 100);
	const found = useQuery({ queryKey: ["team", "users", "search", search], queryFn: read(search), placeholderData: keepPreviousData });
	const people = found.data?.data ?? [];
	for (const u of people) seen.current.set(u.id, u);
	const ids = people.map((u) => u.id);
	if (chosen !== undefined && !ids.includes(chosen)) ids.push(chosen);
	return {
		data: ids.map((id) => ({ value: id, label: labelOf(id) })),
		searchable: true,
		searchValue: typed,
		onSearchChange: setTyped,
		filter: <O>({ options }: { options: O[] }) => options,
		nothingFoundMessage: "Nobody of this name",
	};
}
