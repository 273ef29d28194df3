import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { Problem } from "./api/problem";
import { Shell } from "./layout/Shell";
import { Failure } from "./parts/Failure";
import { queries } from "./queries";
import { sessionQuery } from "./session";

const root = createRootRoute({
	component: Outlet,
	notFoundComponent: lazyRouteComponent(() => import("./pages/NotFound")),
	errorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
});

const open = <P extends string>(path: P, component: () => Promise<{ default: React.ComponentType }>) =>
	createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(component) });

// What needs nobody to be signed in.
const thenNext = (search: Record<string, unknown>): { next?: string } => {
	const next = search.next;
	// Only a path of this console: a link must not lead those who sign in to another site.
	return typeof next === "string" && /^\/(?![/\\])/.test(next) ? { next } : {};
};
const signIn = createRoute({
	getParentRoute: () => root,
	path: "/sign-in",
	validateSearch: thenNext,
	component: lazyRouteComponent(() => import("./pages/start/SignIn")),
});
const setUpCodes = createRoute({
	getParentRoute: () => root,
	path: "/set-up-codes",
	validateSearch: thenNext,
	component: lazyRouteComponent(() => import("./pages/start/SetUpCodes")),
});
const start = [
	signIn,
	setUpCodes,
	open("/forgot-password", () => import("./pages/start/ForgotPassword")),
	open("/password-resets/$token", () => import("./pages/start/PasswordReset")),
	open("/invitations/$token", () => import("./pages/start/Invitation")),
];

// Everything else.
const app = createRoute({
	getParentRoute: () => root,
	id: "app",
	component: Shell,
	beforeLoad: async ({ location }) => {
		const search = location.href === "/" ? {} : { next: location.href };
		const session = await queries.ensureQueryData(sessionQuery).catch((error) => {
			if (error instanceof Problem && error.status === 401) throw redirect({ to: "/sign-in", search });
			throw error;
		});
		if (session.must_enrol) throw redirect({ to: "/set-up-codes", search });
	},
	errorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
});

const page = <P extends string>(path: P, component: () => Promise<{ default: React.ComponentType }>) =>
	createRoute({ getParentRoute: () => app, path, component: lazyRouteComponent(component) });

const home = createRoute({
	getParentRoute: () => app,
	path: "/",
	beforeLoad: () => {
		throw redirect({ to: "/projects" });
	},
});

const team = [
	page("/projects", () => import("./pages/team/Projects")),
	page("/team/members", () => import("./pages/team/Members")),
	page("/team/roles", () => import("./pages/team/Roles")),
	page("/team/management-api", () => import("./pages/team/ManagementAPI")),
	page("/team/usage", () => import("./pages/team/Usage")),
	page("/team/mails", () => import("./pages/team/Mails")),
	page("/team/security", () => import("./pages/team/Security")),
	page("/team/audit-log", () => import("./pages/team/AuditLog")),
	page("/notifications", () => import("./pages/Notifications")),
	page("/account", () => import("./pages/Account")),
];

const project = [
	page("/projects/$projectId", () => import("./pages/project/General")),
	page("/projects/$projectId/members", () => import("./pages/project/Members")),
	page("/projects/$projectId/keys", () => import("./pages/project/Keys")),
	page("/projects/$projectId/webhooks", () => import("./pages/project/Webhooks")),
	page("/projects/$projectId/webhooks/$webhookId", () => import("./pages/project/Webhook")),
	page("/projects/$projectId/brand", () => import("./pages/project/Brand")),
	page("/projects/$projectId/event-schemas", () => import("./pages/project/EventSchemas")),
	page("/projects/$projectId/metadata-schemas", () => import("./pages/project/MetadataSchemas")),
	page("/projects/$projectId/stacking-rules", () => import("./pages/project/StackingRules")),
	page("/projects/$projectId/simulator", () => import("./pages/project/Simulator")),
	page("/projects/$projectId/templates", () => import("./pages/project/Templates")),
	page("/projects/$projectId/usage", () => import("./pages/project/Usage")),
];

export const router = createRouter({
	routeTree: root.addChildren([...start, app.addChildren([home, ...team, ...project])]),
	defaultPreload: "intent",
	scrollRestoration: true,
});

declare module "@tanstack/react-router" {
	interface Register {
		router: typeof router;
	}
}
