import { QueryClient } from "@tanstack/react-query";
import { Problem } from "./api/problem";

/** queries holds what was read. What the caller did wrong is not asked for again. */
export const queries = new QueryClient({
	defaultOptions: {
		queries: {
			staleTime: 10_000,
			retry: (count, error) => count < 2 && !(error instanceof Problem && error.status < 500),
		},
	},
});
