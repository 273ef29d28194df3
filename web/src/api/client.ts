import createClient from "openapi-fetch";
import type { components as ManagementParts, paths as ManagementPaths } from "./management.gen";
import { Problem, type ProblemBody } from "./problem";
import type { components as TeamParts, paths as TeamPaths } from "./team.gen";

/** The Management API, called with the session's cookie: the user's own permissions hold. */
export const management = createClient<ManagementPaths>({ credentials: "same-origin" });

/** The Team API, and at /team/v1/projects/{projectId}/… the Project API for people. */
export const team = createClient<TeamPaths>({ credentials: "same-origin" });

/** The shapes of resources, by the names that the OpenAPI documents give them. */
export type Management = ManagementParts["schemas"];
export type Team = TeamParts["schemas"];

interface Answer<D> {
	data?: D;
	error?: unknown;
	response: Response;
}

/** ask returns what a call answered, and throws a Problem for anything but success. */
export async function ask<D>(call: Promise<Answer<D>>): Promise<D> {
	return (await askTagged(call)).data;
}

/** Something that was read, with the ETag that a change of it sends as If-Match. */
export interface Tagged<D> {
	data: D;
	tag: string;
}

/** askTagged is ask with the answer's ETag. */
export async function askTagged<D>(call: Promise<Answer<D>>): Promise<Tagged<D>> {
	let answer: Answer<D>;
	try {
		answer = await call;
	} catch {
		throw new Problem(0, { message: "The server cannot be reached", details: "Check your connection and try again" }, "");
	}
	const { data, error, response } = answer;
	if (!response.ok) {
		const body = typeof error === "object" && error !== null ? (error as Partial<ProblemBody>) : {};
		throw new Problem(
			response.status,
			body,
			response.headers.get("X-Request-Id") ?? "",
			Number(response.headers.get("Retry-After") ?? 0) || 0,
		);
	}
	return { data: data as D, tag: response.headers.get("ETag") ?? "" };
}
