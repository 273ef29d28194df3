import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { accessible, browse, operate, serve, signIn } from "./harness.mjs";

/** What an authenticator app shows, some periods from now (RFC 6238). */
function codeOf(secret, periods = 0) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + periods));
	const mac = createHmac("sha1", key).update(counter).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Goes through setting up one-time codes, from the password on; returns the secret and the recovery codes. */
async function enrol(page, password, where) {
	await page.getByLabel("Your password").fill(password);
	await accessible(page, `${where}, the password`);
	await page.getByRole("button", { name: "Next" }).click();
	await page.getByTitle("QR code with the key below").or(page.getByRole("img", { name: "QR code with the key below" })).first().waitFor();
	await accessible(page, `${where}, the device`);
	const secret = await page.locator("code", { hasText: /^[A-Z2-7]{32}$/ }).innerText();
	await page.getByRole("textbox", { name: "Code", exact: true }).fill("000000");
	await page.getByRole("button", { name: "Use one-time codes" }).click();
	await page.getByText("must be the code that the device shows now").first().waitFor();
	await page.getByRole("textbox", { name: "Code", exact: true }).fill(codeOf(secret));
	await page.getByRole("button", { name: "Use one-time codes" }).click();
	await page.getByRole("list", { name: "Recovery codes" }).waitFor();
	await accessible(page, `${where}, the recovery codes`);
	const recovery = await page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allInnerTexts();
	assert.equal(recovery.length, 10);
	await page.getByRole("button", { name: "I have kept them" }).click();
	return { secret, recovery };
}

/** Enters login and password, and the code that is then asked for. */
async function signInWithCode(page, { email, password }, code) {
	await page.goto("/sign-in");
	await page.getByLabel("E-mail").fill(email);
	await page.getByLabel("Password").first().fill(password);
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
	await page.getByRole("heading", { level: 1, name: "One-time code" }).waitFor();
	await page.getByRole("textbox", { name: "Code", exact: true }).fill(code);
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

for (const [name, options] of [
	["light, at a desk", { colorScheme: "light" }],
	["dark, on a phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
]) {
	test(`one-time codes: set up, signed in with, required of everybody, taken away: ${name}`, async (t) => {
		const server = await serve(t);
		const { page, browser } = await browse(t, server, options);
		await signIn(page, server.owner);
		page.expected = [400, 401];
		await page.goto("/account");
		await page.getByRole("button", { name: "Set up one-time codes" }).click();
		const { secret, recovery } = await enrol(page, server.owner.password, "/account");
		await page.getByText("10 recovery codes are left").waitFor();

		await page.getByRole("button", { name: "Sign out", exact: true }).click();
		await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
		await signInWithCode(page, server.owner, "123456");
		await page.getByText("does not hold").waitFor();
		await accessible(page, "/sign-in, a wrong code");
		await page.getByRole("textbox", { name: "Code", exact: true }).fill(codeOf(secret, 1)); // that of now was used to set it up
		await page.getByRole("button", { name: "Sign in", exact: true }).click();
		await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();

		await page.goto("/team/security");
		await page.getByLabel("Require one-time codes of everybody").check({ force: true });
		await page.getByRole("button", { name: "Save" }).click();
		await page.getByText("Saved").waitFor();

		const [organization] = (await operate(server, "org", "list")).data;
		const made = await operate(server, "user", "create", "--org", organization.id, "--email", "ann@acme.example", "--first-name", "Ann", "--last-name", "A");
		const other = await browser.newContext({ baseURL: server.url, ...options });
		const ann = await other.newPage();
		await ann.goto("/sign-in");
		await ann.getByLabel("E-mail").fill("ann@acme.example");
		await ann.getByLabel("Password").first().fill(made.password);
		await ann.getByRole("button", { name: "Sign in", exact: true }).click();
		await ann.getByRole("heading", { level: 1, name: "Set up one-time codes" }).waitFor();
		await ann.goto("/notifications"); // nothing else is open
		await ann.getByRole("heading", { level: 1, name: "Set up one-time codes" }).waitFor();
		await enrol(ann, made.password, "/set-up-codes");
		await ann.getByRole("heading", { level: 1, name: "Notifications" }).waitFor();

		await page.reload();
		await page.getByRole("button", { name: "Device lost: ann@acme.example" }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Take them away" }).waitFor();
		await accessible(page, "/team/security, taking codes away");
		await page.getByRole("button", { name: "Take them away" }).click();
		await page.getByRole("row", { name: /ann@acme.example/ }).getByText("None").waitFor();
		await ann.goto("/notifications");
		await ann.getByRole("heading", { level: 1, name: "Set up one-time codes" }).waitFor();
		await other.close();

		// A recovery code takes the place of a code, once.
		await page.context().clearCookies();
		await signInWithCode(page, server.owner, recovery[0].toUpperCase());
		await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
		await page.goto("/account?do=disable");
		await page.getByLabel("Your password").fill(server.owner.password);
		await page.getByRole("textbox", { name: "One-time code" }).fill(recovery[0]);
		await page.getByRole("button", { name: "Turn off" }).last().click();
		await page.getByText("must be a one-time code or a recovery code that holds").first().waitFor();
		await accessible(page, "/account, turning codes off");
	});
}

test("a wrong password makes the next try wait, and says for how long", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	page.expected = [401, 429];
	await page.goto("/sign-in");
	await page.getByLabel("E-mail").fill("nobody@acme.example");
	await page.getByLabel("Password").first().fill("wrong");
	const answered = () => page.waitForResponse((r) => r.url().endsWith("/team/v1/session") && r.request().method() === "POST");
	for (let i = 0; i < 12; i++) {
		const answer = answered();
		await page.getByRole("button", { name: "Sign in", exact: true }).click();
		if ((await answer).status() === 429) break;
	}
	await page.getByText("To make guessing slow, the next try has to wait").waitFor();
	assert.ok(await page.getByRole("button", { name: "Sign in", exact: true }).isDisabled());
	await accessible(page, "/sign-in, waiting");
	await page.getByRole("button", { name: "Sign in", disabled: false }).waitFor(); // once the time is over
});

test("a changed password ends the other sessions, and names and sessions are one's own to change", async (t) => {
	const server = await serve(t);
	const { page, browser } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const other = await browser.newContext({ baseURL: server.url });
	const elsewhere = await other.newPage();
	await signIn(elsewhere, server.owner);

	await page.goto("/account");
	await page.getByLabel("First name").fill("Olive");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("Saved").waitFor();
	await page.reload();
	assert.equal(await page.getByLabel("First name").inputValue(), "Olive");
	const sessions = page.getByRole("table", { name: "Your sessions" }).getByRole("row", { name: /Chrome/ });
	await sessions.nth(1).waitFor();
	assert.equal(await sessions.count(), 2);

	page.expected = [400];
	await page.getByLabel("Current password").fill("wrong");
	await page.getByLabel("New password").fill("a new good password");
	await page.getByLabel("The same again").fill("a new good password");
	await page.getByRole("button", { name: "Change the password" }).click();
	await page.getByText("must be your password").first().waitFor();
	await page.getByLabel("Current password").fill(server.owner.password);
	await page.getByRole("button", { name: "Change the password" }).click();
	await page.getByText("Your password is changed").waitFor();
	await page.reload();
	await sessions.first().waitFor();
	assert.equal(await sessions.count(), 1);
	await elsewhere.goto("/account");
	await elsewhere.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
	await signIn(elsewhere, { email: server.owner.email, password: "a new good password" });
	await page.reload();
	await page.getByRole("button", { name: /^End the session/ }).click();
	await page.getByRole("row", { name: /This one/ }).waitFor();
	await page.getByRole("button", { name: /^End the session/ }).waitFor({ state: "detached" });
	await elsewhere.goto("/account");
	await elsewhere.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
	await other.close();
});

test("an owner who requires codes and has none is led to setting them up", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [403];
	await page.goto("/team/security");
	await page.getByLabel("Require one-time codes of everybody").check({ force: true });
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByRole("heading", { level: 1, name: "Set up one-time codes" }).waitFor();
});
