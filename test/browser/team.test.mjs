import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, browse, operate, serve, signIn } from "./harness.mjs";

for (const [name, options] of [
	["light, at a desk", { colorScheme: "light" }],
	["dark, on a phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
]) {
	test(`somebody is invited, the invitation is sent again and withdrawn, and its link is dead: ${name}`, async (t) => {
		const server = await serve(t);
		const { page, browser } = await browse(t, server, options);
		await signIn(page, server.owner);
		page.expected = [];
		await page.goto("/team/members");
		await page.getByRole("button", { name: "Invite" }).click();
		await page.getByLabel("E-mail").fill("sam@acme.example");
		await page.getByLabel("First name").fill("Sam");
		await page.getByLabel("Last name").fill("Jones");
		await page.getByRole("dialog").getByRole("combobox", { name: "Project" }).click();
		await page.getByRole("option", { name: "Demo Shop Poland" }).click();
		await accessible(page, "inviting");
		await page.getByRole("button", { name: "Send the invitation" }).click();
		const pending = page.getByRole("table", { name: "Pending invitations" }).getByRole("row", { name: /sam@acme.example/ });
		await pending.waitFor();
		await accessible(page, "/team/members with an invitation");

		await page.getByRole("button", { name: "Send again to sam@acme.example" }).click();
		await page.getByText("Another link is on its way").waitFor();
		await page.goto("/team/mails");
		await page.getByRole("button", { name: /sam@acme.example/ }).first().click();
		const text = await page.locator("pre, code").filter({ hasText: "/invitations/" }).first().innerText();
		const link = new URL(/https?:\/\/\S+\/invitations\/\S+/.exec(text)[0]).pathname;
		const visitor = await browser.newContext({ baseURL: server.url, ...options });
		const guest = await visitor.newPage();
		await guest.goto(link);
		await guest.getByLabel("New password").waitFor();

		await page.goto("/team/members");
		await page.getByRole("button", { name: "Withdraw the invitation of sam@acme.example" }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).waitFor();
		await accessible(page, "withdrawing");
		await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
		await pending.waitFor({ state: "detached" });
		await guest.reload();
		await guest.getByLabel("New password").waitFor({ state: "detached" });
		await visitor.close();
	});
}

test("who is removed from the team is signed out at once and can be found no more", async (t) => {
	const server = await serve(t);
	const { page, browser } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const [organization] = (await operate(server, "org", "list")).data;
	const made = await operate(server, "user", "create", "--org", organization.id, "--email", "zoe@acme.example", "--first-name", "Zoë", "--last-name", "Ångström");
	const other = await browser.newContext({ baseURL: server.url });
	const zoe = await other.newPage();
	await signIn(zoe, { email: "zoe@acme.example", password: made.password });

	await page.goto("/team/audit-log");
	const who = page.getByRole("combobox", { name: "Who" });
	await who.fill("ångs");
	await page.getByRole("option", { name: "Zoë Ångström (zoe@acme.example)" }).click();
	await page.getByRole("table", { name: "Audit log" }).getByRole("row", { name: /create-session/ }).waitFor();
	await page.reload(); // the filter is in the address
	await page.waitForFunction(() => [...document.querySelectorAll("input")].some((i) => i.value === "Zoë Ångström (zoe@acme.example)"));
	await who.fill("olivia"); // another search finds others
	await page.getByRole("option", { name: /^Olivia Owner/ }).waitFor();

	await page.goto("/team/members");
	await page.getByLabel("Search the team").fill("ÅNGSTRÖM");
	await page.getByRole("button", { name: "Zoë Ångström" }).waitFor();
	await page.getByRole("button", { name: "Olivia Owner" }).waitFor({ state: "detached" });
	await page.reload(); // the search is in the address
	await page.getByRole("button", { name: "Zoë Ångström" }).click();
	await page.getByRole("button", { name: "Remove from the team" }).click();
	const dialog = page.getByRole("dialog", { name: /Remove zoe@acme.example/ });
	await dialog.getByRole("button", { name: "Remove" }).waitFor();
	assert.ok(await dialog.getByRole("button", { name: "Remove" }).isDisabled());
	await accessible(page, "removing somebody");
	await dialog.getByLabel("Type zoe@acme.example to go on").fill("zoe@acme.example");
	await dialog.getByRole("button", { name: "Remove" }).click();
	await page.getByText("Nobody's name or login has").waitFor();
	await zoe.goto("/notifications");
	await zoe.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
	await other.close();
});
