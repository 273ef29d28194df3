import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, browse, serve, signIn } from "./harness.mjs";

const teamPages = ["/projects", "/team/members", "/team/roles", "/team/management-api", "/team/usage", "/team/mails", "/team/security", "/team/audit-log", "/notifications", "/account"];
const projectPages = ["", "/members", "/keys", "/webhooks", "/brand", "/event-schemas", "/metadata-schemas", "/stacking-rules", "/simulator", "/templates", "/usage"];

for (const [name, options] of [
	["light, at a desk", { colorScheme: "light" }],
	["dark, on a phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
]) {
	test(`every page is accessible and quiet: ${name}`, async (t) => {
		const server = await serve(t);
		const { page } = await browse(t, server, options);
		await page.goto("/sign-in");
		await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
		await accessible(page, "/sign-in");
		await signIn(page, server.owner);
		page.expected = [];
		const project = await server.project("Demo Shop Poland");
		const webhooks = await server.call("GET", `/management/v1/projects/${project.id}/webhooks`);
		const paths = [...teamPages, ...projectPages.map((p) => `/projects/${project.id}${p}`)];
		for (const w of webhooks.body.data.slice(0, 1)) paths.push(`/projects/${project.id}/webhooks/${w.id}`);
		for (const path of paths) {
			await page.goto(path);
			await page.getByRole("heading", { level: 1 }).first().waitFor();
			await page.waitForLoadState("networkidle");
			await accessible(page, `${path} (${name})`);
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
			assert.ok(wide <= 1, `${path} is ${wide} px wider than the window (${name})`);
		}
	});
}

test("the API reference is drawn by files of this server alone", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await page.goto("/docs");
	await page.getByRole("heading", { name: "Steward Management API" }).waitFor();
	await page.waitForLoadState("networkidle");
});

test("the first page is ready within a second, with at most 300 kB of compressed script", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	let script = 0;
	page.on("response", async (answer) => {
		if (new URL(answer.url()).pathname.endsWith(".js")) script += (await answer.request().sizes()).responseBodySize;
	});
	await page.goto("/sign-in"); // the server compresses each file once
	await page.waitForLoadState("networkidle");
	const times = [];
	for (let i = 0; i < 3; i++) {
		await page.context().clearCookies();
		script = 0;
		const fresh = await page.context().browser().newContext({ baseURL: server.url });
		const one = await fresh.newPage();
		one.on("response", async (answer) => {
			if (new URL(answer.url()).pathname.endsWith(".js")) script += (await answer.request().sizes()).responseBodySize;
		});
		const began = performance.now();
		await one.goto("/sign-in");
		await one.getByRole("button", { name: "Sign in" }).waitFor();
		times.push(performance.now() - began);
		await one.waitForLoadState("networkidle");
		await fresh.close();
	}
	times.sort((a, b) => a - b);
	t.diagnostic(`ready after ${times.map((ms) => `${Math.round(ms)} ms`).join(", ")}; ${Math.round(script / 1000)} kB of script`);
	assert.ok(script > 0 && script <= 300_000, `${script} bytes of script`);
	assert.ok(times[0] <= 1000, `ready after ${times[0]} ms`);
});
