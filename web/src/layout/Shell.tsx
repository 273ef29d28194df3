import { ActionIcon, AppShell, Burger, Group, Indicator, Menu, NavLink, ScrollArea, Select, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBell, IconBook2, IconMoon, IconSun, IconUserCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { ask, team } from "@/api/client";
import { queries } from "@/queries";
import { projectsQuery, sessionQuery, useSession } from "@/session";
import { useDark } from "./dark";
import { type Entry, projectPages, teamPages } from "./pages";

/** The frame of every page: one rail at the left, one column of content. */
export function Shell() {
	const [opened, { toggle, close }] = useDisclosure();
	const { pathname } = useLocation();
	// on a phone the rail closes when the page changes
	useEffect(close, [pathname]);
	return (
		<AppShell header={{ height: 56 }} navbar={{ width: 240, breakpoint: "sm", collapsed: { mobile: !opened } }} padding="lg">
			<AppShell.Header>
				<a href="#content" className="skip">
					Skip to the content
				</a>
				<Group h="100%" px="md" justify="space-between" wrap="nowrap">
					<Group gap="sm" wrap="nowrap">
						<Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={opened ? "Close the menu" : "Open the menu"} />
						<Text component={Link} to="/projects" fw={700} c="inherit" td="none">
							Steward
						</Text>
					</Group>
					<Group gap="xs" wrap="nowrap">
						<Tooltip label="API reference">
							<ActionIcon component="a" href="/docs" variant="subtle" color="gray" size="lg" aria-label="API reference">
								<IconBook2 size={18} />
							</ActionIcon>
						</Tooltip>
						<Bell />
						<Light />
						<Account />
					</Group>
				</Group>
			</AppShell.Header>
			<AppShell.Navbar>
				<ScrollArea type="auto" scrollbarSize={6}>
					<Rail />
				</ScrollArea>
			</AppShell.Navbar>
			<AppShell.Main id="content" tabIndex={-1}>
				<Outlet />
			</AppShell.Main>
		</AppShell>
	);
}

function Rail() {
	const session = useSession();
	const { projectId } = useParams({ strict: false });
	return (
		<nav aria-label="Pages">
			<Switcher current={projectId} />
			{projectId !== undefined && <Entries title="Project settings" entries={projectPages(projectId)} />}
			{session.is_owner && <Entries title="Team settings" entries={teamPages} />}
		</nav>
	);
}

/** Chooses the project to work in. */
function Switcher({ current }: { current: string | undefined }) {
	const navigate = useNavigate();
	const projects = useQuery(projectsQuery);
	const options = projects.data?.data.map((p) => ({ value: p.id, label: p.name })) ?? [];
	return (
		<Group p="md" pb={0} gap="xs">
			<Select
				aria-label="Project"
				placeholder="Choose a project"
				data={options}
				value={current ?? null}
				onChange={(projectId) => projectId && navigate({ to: "/projects/$projectId", params: { projectId } })}
				searchable
				nothingFoundMessage="No project of this name"
				w="100%"
			/>
			<NavLink component={Link} to="/projects" activeOptions={{ exact: true }} label="All projects" px="xs" py={4} />
		</Group>
	);
}

function Entries({ title, entries }: { title: string; entries: Entry[] }) {
	return (
		<>
			<Text size="xs" c="dimmed" fw={600} px="md" pt="md" pb={4} component="h2">
				{title}
			</Text>
			{entries.map(({ to, label, icon: Sign, exact }) => (
				<NavLink
					key={to}
					component={Link}
					to={to}
					activeOptions={{ exact: exact ?? false }}
					label={label}
					leftSection={<Sign size={16} aria-hidden />}
					px="md"
					py={6}
				/>
			))}
		</>
	);
}

/** Tells how many notifications are unread. */
function Bell() {
	const unread = useQuery({
		queryKey: ["notifications", "unread"],
		queryFn: () => ask(team.GET("/team/v1/notifications", { params: { query: { unread_only: true, limit: 1 } } })),
		refetchInterval: 60_000,
	});
	const count = unread.data?.unread ?? 0;
	const label = count === 0 ? "Notifications" : `Notifications, ${count} unread`;
	return (
		<Tooltip label={label}>
			<Indicator disabled={count === 0} label={count > 99 ? "99+" : count} size={16} offset={4} color="red.8">
				<ActionIcon component={Link} to="/notifications" variant="subtle" color="gray" size="lg" aria-label={label}>
					<IconBell size={18} />
				</ActionIcon>
			</Indicator>
		</Tooltip>
	);
}

function Light() {
	const { dark, toggle } = useDark();
	const label = dark ? "Light colours" : "Dark colours";
	return (
		<Tooltip label={label}>
			<ActionIcon variant="subtle" color="gray" size="lg" onClick={toggle} aria-label={label}>
				{dark ? <IconSun size={18} /> : <IconMoon size={18} />}
			</ActionIcon>
		</Tooltip>
	);
}

function Account() {
	const session = useSession();
	const navigate = useNavigate();
	const signOut = async () => {
		await ask(team.DELETE("/team/v1/session"));
		queries.clear();
		queries.removeQueries(sessionQuery);
		await navigate({ to: "/sign-in" });
	};
	return (
		<Menu position="bottom-end" width={220}>
			<Menu.Target>
				<ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Account of ${session.login}`}>
					<IconUserCircle size={20} />
				</ActionIcon>
			</Menu.Target>
			<Menu.Dropdown>
				<Menu.Label>{session.login}</Menu.Label>
				<Menu.Item component={Link} to="/account">
					Your account
				</Menu.Item>
				<Menu.Item onClick={signOut}>Sign out</Menu.Item>
			</Menu.Dropdown>
		</Menu>
	);
}
