import { queryOptions, useQuery } from "@tanstack/react-query";
import { ask, team } from "./api/client";
import { useSession } from "./session";

/** The built-in roles and what they are for (CONTRACT 5). */
export const builtIn: Record<string, { label: string; about: string; permissions: string[] }> = {
	ADMIN: {
		label: "Admin",
		about: "Everything in the project.",
		permissions: [
			"settings.read",
			"settings.write",
			"data.read",
			"data.write",
			"members.read",
			"members.write",
			"keys.manage",
			"webhooks.retry",
			"incentives.read",
			"incentives.evaluate",
		],
	},
	USER: {
		label: "User",
		about: "Reads and writes data, reads settings.",
		permissions: ["settings.read", "data.read", "data.write", "members.read", "incentives.read", "incentives.evaluate"],
	},
	VIEWER: { label: "Viewer", about: "Reads.", permissions: ["settings.read", "data.read", "members.read", "incentives.read"] },
	MERCHANT: { label: "Merchant", about: "Reads incentives and evaluates.", permissions: ["incentives.read", "incentives.evaluate"] },
	USER_RESTRICTED: { label: "Restricted user", about: "Reads data only. By invitation alone.", permissions: ["data.read"] },
};

/** What a role can allow, in words. */
export const permissions: Record<string, string> = {
	"settings.read": "Read settings",
	"settings.write": "Change settings",
	"data.read": "Read data",
	"data.write": "Write data",
	"members.read": "See members",
	"members.write": "Change members",
	"keys.manage": "Manage API keys",
	"webhooks.retry": "Retry and test webhooks",
	"incentives.read": "Read incentives",
	"incentives.evaluate": "Evaluate incentives",
};

/** The organization's custom roles; owners alone can read them. */
export const rolesQuery = queryOptions({
	queryKey: ["roles"],
	queryFn: async () => (await ask(team.GET("/team/v1/roles"))).data,
});

/** useRoles returns what roles can be given, and how each is called. */
export function useRoles() {
	const { is_owner: owner } = useSession();
	const custom = useQuery({ ...rolesQuery, enabled: owner });
	const named = [
		...Object.entries(builtIn).map(([value, { label }]) => ({ value, label })),
		...(custom.data ?? []).map((r) => ({ value: r.id, label: r.name })),
	];
	return {
		/** Roles that members can be given; a restricted user is made by an invitation alone. */
		assignable: named.filter((r) => r.value !== "USER_RESTRICTED"),
		invitable: named,
		nameOf: (role: string) => named.find((r) => r.value === role)?.label ?? role,
	};
}
