import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import axe from "axe-core";
import { accessible, browse, serve, signIn } from "./harness.mjs";

/** Keeps a picture where somebody wants to look at one. */
async function picture(page, name) {
	const dir = process.env.STEWARD_LOOK;
	if (!dir) return;
	mkdirSync(dir, { recursive: true });
	await page.screenshot({ path: `${dir}/${name.replaceAll(/[^\w]+/g, "-")}.png` });
}

/** Fails for landmarks and headings that lead those astray who go by them. */
async function landmarks(page, where) {
	await page.evaluate(axe.source);
	const { violations } = await page.evaluate(() =>
		window.axe.run(document, {
			runOnly: ["landmark-no-duplicate-banner", "landmark-no-duplicate-main", "landmark-unique", "aria-dialog-name", "heading-order"],
		}),
	);
	assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`), [], where);
}

const focusIn = (page, window) =>
	window.evaluate(
		(element) =>
			new Promise((resolve, reject) => {
				const end = Date.now() + 3000;
				const look = () => {
					if (element.contains(document.activeElement)) resolve();
					else if (Date.now() > end) reject(new Error(`the focus is on ${document.activeElement?.outerHTML.slice(0, 150)}`));
					else setTimeout(look, 20);
				};
				look();
			}),
	);

/** Where a menu was looked at already. */
const menus = new Set();

/** Looks at one window: opens it by keyboard, and leaves it by Escape. */
async function look(page, name, where, opener, { item, inside, title } = {}) {
	try {
		const before = await page.getByRole("dialog").count();
		await opener.focus();
		const from = await opener.elementHandle(); // what is named so may be in the window as well
		await page.keyboard.press("Enter");
		if (item) {
			const entry = page.getByRole("menuitem", { name: item });
			await entry.waitFor();
			if (!menus.has(page.url())) await accessible(page, `the menu before ${where} (${name})`);
			menus.add(page.url());
			await entry.focus();
			await page.keyboard.press("Enter");
			await page.getByRole("menu").waitFor({ state: "detached" });
		}
		await page.waitForFunction((before) => document.querySelectorAll("[role=dialog]").length > before, before);
		const window = page.getByRole("dialog", title ? { name: title } : {}).last();
		await window.waitFor();
		await focusIn(page, window);
		await page.waitForLoadState("networkidle");
		await accessible(page, `${where} (${name})`);
		await landmarks(page, `${where} (${name})`);
		await picture(page, `${name} ${where}`);
		const wide = await window.evaluate((element) => element.scrollWidth - element.clientWidth);
		assert.ok(wide <= 1, `${where} is ${wide} px wider than its window (${name})`);
		const shown = await window.elementHandle();
		await inside?.(window);
		await page.keyboard.press("Escape");
		await page.waitForFunction(([shown, before]) => !shown.isConnected && document.querySelectorAll("[role=dialog]").length <= before, [shown, before]);
		assert.equal(await page.getByRole("dialog").count(), before, `Escape closes more than ${where}`);
		await ((await from.evaluate((element) => element.isConnected)) ? from : opener).evaluate(
			(element) =>
				new Promise((resolve, reject) => {
					const end = Date.now() + 3000;
					const look = () => {
						if (document.activeElement === element) resolve();
						else if (Date.now() > end) reject(new Error(`the focus is on ${document.activeElement?.outerHTML.slice(0, 150)}`));
						else setTimeout(look, 20);
					};
					look();
				}),
		);
	} catch (error) {
		throw new Error(`${where} (${name}): ${error.message}`, { cause: error });
	}
}

for (const [name, options] of [
	["light, at a desk", { colorScheme: "light" }],
	["dark, on a phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
]) {
	const begin = async (t) => {
		const server = await serve(t);
		const { page } = await browse(t, server, options);
		await signIn(page, server.owner);
		page.expected = [];
		const project = await server.project("Demo Shop Poland");
		/** Calls as the person who is signed in. */
		const by = (method, path, body) =>
			page.evaluate(
				async ([method, path, body]) => {
					const headers = body === undefined ? {} : { "Content-Type": "application/json" };
					const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
					const text = await answer.text();
					if (!answer.ok) throw new Error(`${path}: ${text}`);
					return text === "" ? null : JSON.parse(text);
				},
				[method, path, body],
			);
		const go = async (path) => {
			await page.goto(path);
			await page.getByRole("heading", { level: 1 }).first().waitFor();
			await page.waitForLoadState("networkidle");
		};
		const button = (text) => page.getByRole("main").getByRole("button", { name: text }).first();
		const see = (where, opener, more) => look(page, name, where, opener, more);
		/** A window in a window, opened by a button of the lower one. */
		const within = (where, text, more) => async (window) => see(where, window.getByRole("button", { name: text }).first(), more);
		return { server, page, project, by, go, button, see, within };
	};

	test(`every window of the team's pages can be used: ${name}`, { timeout: 200_000 }, async (t) => {
		const { server, page, by, go, button, see, within } = await begin(t);
		await by("POST", "/team/v1/roles", { name: "Keeper", permissions: ["settings.read"] });
		const project = await server.project("Demo Shop Poland");
		await by("POST", "/management/v1/projects/users/invite", {
			email: "wanda@demo.example",
			first_name: "Wanda",
			last_name: "Waiting",
			projects: { [project.id]: "USER" },
		});

		await go("/projects");
		await see("a new project", button("New project"), { inside: within("as an API call", "As API call") });
		await see("the clone of a project", button("Actions on Demo Shop Germany"), { item: "Clone" });
		await see("the end of a project", button("Actions on Demo Shop Germany"), { item: "Delete" });

		await go("/team/roles");
		await see("a new role", button("New role"));
		await see("a role", button("Edit Keeper"));
		await see("the end of a role", button("Delete Keeper"));

		await go("/team/members");
		await see("an invitation", button("Invite"));
		await see("a person", page.getByRole("table").first().getByRole("button").first());
		await see("the end of an invitation", button(/^Withdraw the invitation/));

		await go("/team/management-api");
		await see("a new Management API key", button("New key"));
		const actions = page.getByRole("main").getByRole("button", { name: /^Actions on/ }).first();
		await see("a Management API key", page.getByRole("table").first().getByRole("button").first());
		await see("the rotation of a Management API key", actions, { item: /Rotate/ });
		await see("the end of a Management API key", actions, { item: "Delete" });
		await button("New key").focus();
		await page.keyboard.press("Enter");
		await page.getByRole("dialog").getByLabel("Name").fill("fresh");
		await page.getByRole("dialog").getByRole("button", { name: "Create the key" }).click();
		await page.getByText("Keep the token now").waitFor();
		await accessible(page, `a Management API key that was made (${name})`);
		await landmarks(page, `a Management API key that was made (${name})`);
		await page.keyboard.press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });

		await go("/team/audit-log");
		await see("an entry of the audit log", page.getByRole("table").first().getByRole("button").first());

		await go("/account");
		await see("one-time codes", button(/Set up/));
	});

	test(`every window of a project's pages can be used: ${name}`, { timeout: 200_000 }, async (t) => {
		const { server, page, project, by, go, button, see, within } = await begin(t);
		const at = `/projects/${project.id}`;
		const api = `/team/v1${at}`;
		const receiver = createServer((_, res) => res.writeHead(500).end()).listen(0, "127.0.0.1");
		t.after(() => receiver.close());
		await new Promise((resolve) => receiver.once("listening", resolve));
		await by("POST", `${api}/categories`, { name: "Seasonal", hierarchy: 1 });
		await by("POST", `${api}/templates/campaigns`, { name: "Spring", campaign: { campaign_type: "DISCOUNT_COUPONS" } });
		const webhook = await server.call("POST", `/management/v1${at}/webhooks`, {
			target_url: `http://127.0.0.1:${receiver.address().port}/hooks`,
			events: ["redemption.succeeded"],
		});
		assert.equal(webhook.status, 200, JSON.stringify(webhook.body));
		await by("POST", `${api}/webhook-events`, { type: "redemption.succeeded", data: { id: "r_1" } });

		await go(`${at}/members`);
		await see("an invitation", button("Invite"));
		await see("who is in the team", button("Add from the team"));
		const member = page.getByRole("main").getByRole("button", { name: /^Actions on/ }).last();
		await see("the role of a member", member, { item: "Change the role" });
		await see("the end of a membership", member, { item: "Remove from the project" });

		await go(`${at}/keys`);
		await see("a new key", button("New key"));
		const key = page.getByRole("main").getByRole("button", { name: /^Actions on/ }).first();
		await see("the token of a key", key, { item: "Show the token" });
		await see("a key", key, { item: "Edit" });
		await see("a key's fresh token", key, { item: "Regenerate the token" });
		await see("the end of a key", key, { item: "Delete" });

		await go(`${at}/webhooks`);
		await see("a new webhook", button("New webhook"));
		await go(`${at}/webhooks/${webhook.body.id}?tab=secret`);
		await see("another secret", button("Rotate"));
		await go(`${at}/webhooks/${webhook.body.id}?tab=settings`);
		await see("the end of a webhook", button("Delete the webhook"));
		await go(`${at}/webhooks/${webhook.body.id}?tab=sendouts`);
		await see("a send-out", page.getByRole("table").getByRole("button", { name: "redemption.succeeded" }).first());
		await see("another try of many send-outs", button(/[Rr]etry by filter|Retry all|Retry/));

		await go(`${at}/event-schemas`);
		await see("a new event", button("New event"), { inside: within("as an API call", "As API call") });
		await see("an event", page.getByRole("table", { name: "Event schemas" }).getByRole("button").first(), {
			inside: within("the end of an event", "Delete"),
		});
		await go(`${at}/metadata-schemas`);
		await see("a new schema", button("New schema"));
		await see("a schema", page.getByRole("table", { name: "Metadata schemas" }).getByRole("button").first(), {
			inside: async (window) => {
				await within("the end of a schema", "Delete")(window);
				await window.getByRole("button", { name: "Add a definition" }).click();
				await window.getByRole("textbox", { name: "Name" }).fill("fresh");
				await window.getByRole("button", { name: "Try the change on what is stored" }).click();
				await window.getByText("Nothing was changed.").waitFor();
				await accessible(page, `the trial of a change (${name})`);
				await page.keyboard.press("Escape");
				const leaving = page.getByRole("dialog", { name: "Leave without saving?" });
				await leaving.waitFor();
				await focusIn(page, leaving);
				await accessible(page, `what is not saved (${name})`);
				await page.keyboard.press("Escape");
				await leaving.waitFor({ state: "detached" });
				assert.equal(await window.getByRole("textbox", { name: "Name" }).inputValue(), "fresh");
				await page.keyboard.press("Escape");
				await page.getByRole("button", { name: "Leave" }).click();
			},
		});

		await go(`${at}/stacking-rules`);
		await see("a new category", button("New category"));
		await see("a category", button("Edit Seasonal"));
		await see("the end of a category", button("Delete Seasonal"));
		if ((await button("Restore the defaults").count()) > 0) await see("the defaults", button("Restore the defaults"));

		await go(`${at}/templates`);
		await see("a new template", button("New template"));
		await see("a template", page.getByRole("table").getByRole("button", { name: "Spring" }), {
			inside: within("the end of a template", "Delete"),
		});
	});
}

test("until when a key is good is chosen, shown, and kept to the second when something else is changed", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const project = await server.project("Demo Shop Poland");
	const keys = () => page.evaluate(async (path) => (await (await fetch(path)).json()).data, `/team/v1/projects/${project.id}/keys`);
	await page.goto(`/projects/${project.id}/keys`);
	await page.getByRole("button", { name: "New key" }).click();
	const drawer = page.getByRole("dialog");
	await drawer.getByLabel("Name").fill("Short");
	await drawer.getByLabel("Expires").fill("2020-01-01T10:00");
	await drawer.getByRole("button", { name: "Create the key" }).click();
	await drawer.getByText("must be in the future").waitFor();
	const at = new Date(Date.now() + 3 * 86_400_000 + 3_600_000);
	const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
	await drawer.getByLabel("Expires").fill(local);
	await drawer.getByRole("button", { name: "Create the key" }).click();
	await drawer.getByText("It can be shown again").first().waitFor();
	await page.keyboard.press("Escape");
	const row = page.getByRole("table", { name: "API keys" }).getByRole("row", { name: /Short/ });
	await row.getByText("in 3 days").waitFor();
	await row.getByText("Expires soon").waitFor();
	const made = (await keys()).find((k) => k.name === "Short");
	assert.equal(made.expires_at.slice(0, 16), at.toISOString().slice(0, 16));

	const exact = new Date(Date.now() + 30_000 * 86_400).toISOString().replace(/\.\d+Z/, ".123Z");
	await page.evaluate(
		async ([path, body]) => fetch(path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
		[`/team/v1/projects/${project.id}/keys/${made.id}`, { expires_at: exact }],
	);
	await page.goto(`/projects/${project.id}/keys?key=${made.id}&do=edit`);
	await drawer.getByLabel("Name").fill("Renamed");
	await drawer.getByRole("button", { name: "Save", exact: true }).click();
	await page.getByText("Renamed").first().waitFor();
	assert.equal((await keys()).find((k) => k.id === made.id).expires_at, exact);
	await page.goto(`/projects/${project.id}/keys?key=${made.id}&do=edit`);
	await drawer.getByLabel("Expires").fill("");
	await drawer.getByRole("button", { name: "Save", exact: true }).click();
	await page.getByRole("table", { name: "API keys" }).getByRole("row", { name: /Renamed/ }).getByText("never", { exact: true }).waitFor();
	assert.equal((await keys()).find((k) => k.id === made.id).expires_at, null);
});
