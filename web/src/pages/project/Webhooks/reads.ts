import { queryOptions } from "@tanstack/react-query";
import { ask, askTagged, type Management, management, type Team, team } from "@/api/client";

export type Webhook = Management["Webhook"];
export type Sendout = Team["WebhookSendout"];
export type SendoutShown = Team["WebhookSendoutShown"];
export type Replay = Team["WebhookReplay"];
export type ReplayFilter = Team["WebhookReplayFilter"];
export type Statistics = Team["WebhookStatistics"];

/** The project's webhooks. What changes one of them invalidates this key. */
export const webhooksKey = (projectId: string) => ["projects", projectId, "webhooks"];

/** What is known of one webhook's send-outs and tries: it changes by itself. */
export const deliveriesKey = (projectId: string, webhookId: string) => ["projects", projectId, "deliveries", webhookId];

export function webhooksQuery(projectId: string) {
	return queryOptions({
		queryKey: webhooksKey(projectId),
		queryFn: () => ask(management.GET("/management/v1/projects/{projectId}/webhooks", { params: { path: { projectId } } })),
	});
}

/** webhookQuery reads one webhook with its ETag. */
export function webhookQuery(projectId: string, webhookId: string) {
	return queryOptions({
		queryKey: [...webhooksKey(projectId), webhookId],
		queryFn: () =>
			askTagged(management.GET("/management/v1/projects/{projectId}/webhooks/{webhookId}", { params: { path: { projectId, webhookId } } })),
	});
}

/** A span of time that tries are summed up over. */
export interface Span {
	hours: number;
	interval: "hour" | "day";
}

/** The last day, which the list shows. */
export const lastDay: Span = { hours: 24, interval: "hour" };

export function statisticsQuery(projectId: string, webhookId: string, { hours, interval }: Span) {
	return queryOptions({
		queryKey: [...deliveriesKey(projectId, webhookId), "statistics", hours, interval],
		queryFn: () =>
			ask(
				team.GET("/team/v1/projects/{projectId}/webhooks/{webhookId}/statistics", {
					params: {
						path: { projectId, webhookId },
						query: { from: new Date(Date.now() - hours * 3_600_000).toISOString(), interval },
					},
				}),
			),
	});
}

/** percent writes a rate as people read it: 99.8 %, and 100 % only if nothing failed. */
export function percent(rate: number): string {
	return `${(Math.floor(rate * 1000) / 10).toFixed(rate === 1 || rate === 0 ? 0 : 1)} %`;
}

/** hostOf returns what a URL leads to; the URL itself if it cannot be read. */
export function hostOf(url: string): string {
	try {
		return new URL(url).host;
	} catch {
		return url;
	}
}
