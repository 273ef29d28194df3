import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { browse, operate, serve, signIn } from "./harness.mjs";

const minute = 60_000;

async function makeKey(page, name) {
	await page.getByRole("button", { name: "New key" }).first().click();
	const drawer = page.getByRole("dialog", { name: "New key" });
	await drawer.getByLabel("Name").fill(name);
	await drawer.getByRole("button", { name: /Create/ }).click();
	await page.getByText("Keep the token now").waitFor();
	const texts = await page.getByRole("dialog").locator("code").allTextContents();
	return { id: texts.find((t) => t.startsWith("mk_")), token: texts.find((t) => t.startsWith("stm_")) };
}

const calling = (server, key) =>
	fetch(`${server.url}/management/v1/projects`, { headers: { "X-Management-Id": key.id, "X-Management-Token": key.token } });

/** Calls the API as a script would. */
function curl(server, key) {
	const args = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", `${server.url}/management/v1/projects`];
	return execFileSync("curl", [...args, "-H", `X-Management-Id: ${key.id}`, "-H", `X-Management-Token: ${key.token}`]).toString();
}

for (const [name, options] of [
	["at a desk", {}],
	["on a phone", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: "dark" }],
]) {
	test(`from the first sign-in to a key that curl uses, whose calls the chart shows and the audit log does not: ${name}`, async (t) => {
		const server = await serve(t);
		const { page } = await browse(t, server, options);
		await signIn(page, server.owner);
		page.expected = [];
		if (options.isMobile) await page.getByRole("button", { name: "Open the menu" }).tap();
		await page.getByRole("link", { name: "Management API" }).click();
		const key = await makeKey(page, "terraform");
		for (let i = 0; i < 7; i++) assert.equal(curl(server, key), "200");
		await page.keyboard.press("Escape");
		await page.getByText("terraform").first().waitFor();

		const counted = () =>
			page.evaluate(async (id) => {
				const report = await (await fetch("/team/v1/usage?metric=management_api_calls&interval=hour&group_by=key")).json();
				return report.data.find((p) => p.group === id)?.calls ?? 0;
			}, key.id);
		const deadline = Date.now() + 10_000; // calls are written twice a second
		while ((await counted()) < 7 && Date.now() < deadline) await page.waitForTimeout(100);
		assert.equal(await counted(), 7);
		await page.goto("/team/usage?by=key");
		await page.getByRole("heading", { level: 1, name: "Usage" }).waitFor();
		await page.getByRole("table", { name: "Calls by key" }).getByRole("row", { name: /terraform 7/ }).waitFor();

		await page.goto("/team/audit-log");
		await page.getByRole("table", { name: "Audit log" }).waitFor();
		await page.getByText("not in it").first().waitFor();
		const log = await page.evaluate(async () => (await fetch("/team/v1/audit-log?limit=100")).json());
		assert.ok(log.data.some((e) => e.action === "create-management-key"), "what was done by hand is not in the audit log");
		assert.ok(!log.data.some((e) => e.action === "list-projects"), "what was done with a key is in the audit log");
	});
}

test("the audit log is empty after a walk with a key, and full after the same walk by hand", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	const project = await server.project("Demo Shop Poland");
	const renamed = await server.call("PUT", `/management/v1/projects/${project.id}`, { description: "By a key" });
	assert.equal(renamed.status, 200);
	await signIn(page, server.owner);
	page.expected = [];
	const entries = () =>
		page.evaluate(async () => (await (await fetch("/team/v1/audit-log?limit=100&action=update-project")).json()).data.length);
	assert.equal(await entries(), 0);
	await page.goto(`/projects/${project.id}`);
	await page.getByLabel("Description").fill("By hand");
	await page.getByRole("button", { name: "Save", exact: true }).click();
	await page.getByText("Saved", { exact: true }).waitFor();
	assert.equal(await entries(), 1);
});

test("a token is shown for fifteen minutes and then no more", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await page.clock.install();
	await signIn(page, server.owner);
	page.expected = [];
	await page.goto("/team/management-api");
	const key = await makeKey(page, "short-lived");
	await page.getByText(/Can be shown for 1[45]:/).waitFor();
	await page.clock.fastForward(16 * minute);
	await page.getByText(key.token).waitFor({ state: "detached" });
	assert.equal(await page.getByText(key.token).count(), 0);
});

test("of a sixth key the button says why there is none", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	const [org] = (await operate(server, "org", "list")).data;
	for (let i = 2; i <= 5; i++) await operate(server, "key", "create", "--org", org.id, "--name", `key ${i}`); // the demo has made one
	await signIn(page, server.owner);
	page.expected = [];
	await page.goto("/team/management-api");
	await page.getByText("5 of 5 keys").waitFor();
	assert.ok(await page.getByRole("button", { name: "New key" }).first().isDisabled());
	await page.getByText("The organization has 5 of the 5 keys it may have").waitFor();
	await operate(server, "org", "limits", org.id, "--management-keys", "6");
	await page.reload();
	await page.getByText("5 of 6 keys").waitFor();
	await makeKey(page, "the sixth");
});

test("a locked organization is told how to unlock, and goes on by hand", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	const [org] = (await operate(server, "org", "list")).data;
	await operate(server, "org", "lock", org.id, "management-api");
	await signIn(page, server.owner);
	page.expected = [];
	await page.goto("/team/management-api");
	await page.getByText(`steward org unlock ${org.id} management-api`).waitFor();
	await page.goto("/projects");
	await page.getByRole("link", { name: "Demo Shop Poland" }).waitFor();
	assert.equal((await calling(server, server.key)).status, 402);
});
