import {
	type Icon,
	IconBraces,
	IconBuildingStore,
	IconCalendarEvent,
	IconChartBar,
	IconCopy,
	IconHistory,
	IconKey,
	IconMail,
	IconPalette,
	IconPlugConnected,
	IconSettings,
	IconShieldLock,
	IconStack2,
	IconTestPipe,
	IconUsers,
	IconUsersGroup,
	IconWebhook,
} from "@tabler/icons-react";

/** An entry of the rail. */
export interface Entry {
	to: string;
	label: string;
	icon: Icon;
	/** Only this very address makes it the current one. */
	exact?: boolean;
}

export const teamPages: Entry[] = [
	{ to: "/team/members", label: "Team", icon: IconUsersGroup },
	{ to: "/team/roles", label: "Roles", icon: IconUsers },
	{ to: "/team/management-api", label: "Management API", icon: IconPlugConnected },
	{ to: "/team/usage", label: "Usage", icon: IconChartBar },
	{ to: "/team/mails", label: "E-mail", icon: IconMail },
	{ to: "/team/security", label: "Security", icon: IconShieldLock },
	{ to: "/team/audit-log", label: "Audit log", icon: IconHistory },
];

export function projectPages(projectId: string): Entry[] {
	const at = `/projects/${projectId}`;
	return [
		{ to: at, label: "General", icon: IconSettings, exact: true },
		{ to: `${at}/members`, label: "Members", icon: IconUsers },
		{ to: `${at}/keys`, label: "API keys", icon: IconKey },
		{ to: `${at}/webhooks`, label: "Webhooks", icon: IconWebhook },
		{ to: `${at}/brand`, label: "Brand", icon: IconPalette },
		{ to: `${at}/event-schemas`, label: "Event schemas", icon: IconCalendarEvent },
		{ to: `${at}/metadata-schemas`, label: "Metadata schemas", icon: IconBraces },
		{ to: `${at}/stacking-rules`, label: "Stacking rules", icon: IconStack2 },
		{ to: `${at}/simulator`, label: "Simulator", icon: IconTestPipe },
		{ to: `${at}/templates`, label: "Campaign templates", icon: IconCopy },
		{ to: `${at}/usage`, label: "API usage", icon: IconBuildingStore },
	];
}
