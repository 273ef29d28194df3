import type { Management } from "@/api/client";
import type { Project } from "@/session";

type Switched =
	| "client_redeem_enabled"
	| "client_publish_enabled"
	| "client_list_vouchers_enabled"
	| "client_create_customer_enabled"
	| "client_loyalty_events_enabled"
	| "client_set_voucher_expiration_date_enabled";

/** What client-side keys can be allowed. */
export const switches: [Switched, string][] = [
	["client_redeem_enabled", "Redeem vouchers"],
	["client_publish_enabled", "Publish vouchers"],
	["client_list_vouchers_enabled", "List vouchers"],
	["client_create_customer_enabled", "Create customers"],
	["client_loyalty_events_enabled", "Send custom events"],
	["client_set_voucher_expiration_date_enabled", "Set the expiration date of vouchers"],
];

type Usage = Project["api_usage_notifications"];
type Callouts = Project["webhooks_callout_notifications"];

/** The metrics whose limits can be warned of; nothing is counted under redemptions. */
export const metrics: [keyof Usage, string][] = [
	["api_calls", "API calls in an hour"],
	["bulk_api_calls", "Bulk API calls in an hour"],
	["webhook_calls", "Webhook calls in a day"],
	["messages", "Messages in a day"],
	["cycle_calls", "API calls in a billing cycle"],
];

/** A project's settings as the form holds them. */
export type Values = Pick<Project, "name" | "description" | "timezone" | "currency" | "client_trusted_domains" | Switched> & {
	dial_code: string;
	charset: string;
	api_usage_notifications: Usage;
	webhooks_callout_notifications: Callouts;
};

export function valuesOf(p: Project): Values {
	return {
		name: p.name,
		description: p.description,
		timezone: p.timezone,
		currency: p.currency,
		dial_code: p.dial_code ?? "",
		charset: p.default_code_config.charset ?? "",
		client_trusted_domains: p.client_trusted_domains,
		...(Object.fromEntries(switches.map(([name]) => [name, p[name]])) as Pick<Project, Switched>),
		api_usage_notifications: p.api_usage_notifications,
		webhooks_callout_notifications: p.webhooks_callout_notifications,
	};
}

/** differences returns the members of an update that differ from what is stored: an update changes only what is sent. */
export function differences(before: Values, after: Values): Management["ProjectUpdate"] {
	const body: Record<string, unknown> = {};
	for (const name of Object.keys(after) as (keyof Values)[]) {
		if (JSON.stringify(before[name]) === JSON.stringify(after[name])) continue;
		if (name === "charset") body.default_code_config = { charset: after.charset === "" ? null : after.charset };
		else if (name === "dial_code") body.dial_code = after.dial_code === "" ? null : after.dial_code;
		else body[name] = after[name];
	}
	return body as Management["ProjectUpdate"];
}

export const labels: Record<string, string> = {
	name: "Name",
	description: "Description",
	timezone: "Time zone",
	currency: "Currency",
	dial_code: "Dial code",
	charset: "Characters of codes",
	client_trusted_domains: "Trusted domains",
	...Object.fromEntries(switches),
	...Object.fromEntries(
		metrics.flatMap(([metric, title]) => [
			[`api_usage_notifications.${metric}.enabled`, `${title}: warning`],
			[`api_usage_notifications.${metric}.value`, `${title}: percent`],
			[`api_usage_notifications.${metric}.emails`, `${title}: e-mail addresses`],
			[`api_usage_notifications.${metric}.in_app`, `${title}: in the console`],
		]),
	),
	"webhooks_callout_notifications.webhooks.email": "Webhooks switched off: by e-mail",
	"webhooks_callout_notifications.webhooks.in_app": "Webhooks switched off: in the console",
	"webhooks_callout_notifications.webhooks.emails": "Webhooks switched off: more addresses",
};
