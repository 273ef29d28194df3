import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, operate, serve, signIn } from "./harness.mjs";

test("a project that is made by hand works with the key it comes with", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	await page.getByRole("button", { name: "New project" }).click();
	const drawer = page.getByRole("dialog");
	await drawer.getByLabel("Name").fill("Winter Shop");
	await drawer.getByLabel("Currency").fill("PLN");
	await drawer.getByRole("button", { name: "Create the project" }).click();
	await page.getByText("Winter Shop is ready").waitFor();
	const [id, token] = await drawer.locator("code").allTextContents();
	const answer = await fetch(`${server.url}/v1/configuration`, { headers: { "X-App-Id": id, "X-App-Token": token } });
	assert.equal(answer.status, 200);
	assert.equal((await answer.json()).project.currency, "PLN");
});

test("a clone is told what it has, and a project is deleted by its typed name alone", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	await page.getByRole("button", { name: "Actions on Demo Shop Germany" }).click();
	await page.getByRole("menuitem", { name: "Clone" }).click();
	await page.getByRole("dialog").getByLabel("Name").fill("Demo Shop Austria");
	await page.getByRole("button", { name: "Clone the project" }).click();
	await page.getByRole("heading", { level: 1, name: "Demo Shop Austria" }).waitFor();
	await page.goto("/projects");
	await page.getByRole("button", { name: "Actions on Demo Shop Austria" }).click();
	await page.getByRole("menuitem", { name: "Delete" }).click();
	const remove = page.getByRole("button", { name: "Delete the project" });
	assert.ok(await remove.isDisabled());
	await page.getByLabel("Type Demo Shop Austria to go on").fill("Demo Shop Austria");
	await remove.click();
	await page.getByRole("link", { name: "Demo Shop Austria" }).waitFor({ state: "detached" });
	assert.equal(await server.project("Demo Shop Austria"), undefined);
});

test("of two tabs in conflict the second is told kindly, and overwrites nothing", async (t) => {
	const server = await serve(t);
	const { context, page } = await browse(t, server);
	await signIn(page, server.owner);
	const project = await server.project("Demo Shop Poland");
	const other = await context.newPage();
	page.expected = other.expected = [412];
	for (const tab of [page, other]) {
		await tab.goto(`/projects/${project.id}/brand`);
		await tab.getByLabel("City").waitFor();
	}
	await page.getByLabel("City").fill("Gdynia");
	await page.getByRole("button", { name: "Save", exact: true }).click();
	await page.getByText("Saved", { exact: true }).waitFor();
	await other.getByLabel("Street").fill("2 Harbour Road");
	await other.getByRole("button", { name: "Save", exact: true }).click();
	await other.getByText("Somebody else has saved this meanwhile").waitFor();
	await other.getByRole("button", { name: "Load theirs" }).click();
	await other.waitForFunction(() => [...document.querySelectorAll("input")].some((i) => i.value === "Gdynia"));
	await other.getByLabel("Street").fill("2 Harbour Road");
	await other.getByRole("button", { name: "Save", exact: true }).click();
	await other.getByText("Saved", { exact: true }).waitFor();
	const stored = (await server.call("GET", `/management/v1/projects/${project.id}/branding`)).body.data[0];
	assert.deepEqual([stored.address.city, stored.address.street], ["Gdynia", "2 Harbour Road"]);
});

test("what the API refuses stands at its field, with the request id, and nothing that was entered is lost", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [400];
	const project = await server.project("Demo Shop Poland");
	await page.goto(`/projects/${project.id}`);
	await page.getByRole("combobox", { name: "Currency" }).fill("EURO");
	await page.getByLabel("Description").fill("Kept");
	await page.getByRole("button", { name: "Save", exact: true }).click();
	await page.getByRole("alert").getByText(/Property \.currency must match format currency/).waitFor();
	await page.getByRole("alert").getByText(/v-/).waitFor();
	assert.equal(await page.getByRole("combobox", { name: "Currency" }).getAttribute("aria-invalid"), "true");
	await page.getByRole("link", { name: "Brand" }).click();
	await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor();
	await page.getByRole("button", { name: "Stay" }).click();
	assert.equal(await page.getByLabel("Description").inputValue(), "Kept");
});

test("a viewer sees everything and can change nothing", async (t) => {
	const server = await serve(t);
	const project = await server.project("Demo Shop Poland");
	const [org] = (await operate(server, "org", "list")).data;
	const viewer = await operate(server, "user", "create", "--org", org.id, "--email", "vera@demo.example", "--first-name", "Vera", "--last-name", "Viewer");
	const assigned = await server.call("POST", `/management/v1/projects/${project.id}/users`, { id: viewer.id, role: "VIEWER" });
	assert.equal(assigned.status, 200);
	const { page } = await browse(t, server);
	await signIn(page, viewer);
	page.expected = [];
	assert.equal(await page.getByRole("button", { name: "New project" }).count(), 0);
	assert.equal(await page.getByRole("link", { name: "Management API" }).count(), 0);
	for (const path of ["", "/members", "/webhooks", "/brand", "/stacking-rules", "/event-schemas", "/metadata-schemas"]) {
		await page.goto(`/projects/${project.id}${path}`);
		await page.getByRole("heading", { level: 1 }).waitFor();
		await page.waitForLoadState("networkidle");
		const offered = page.getByRole("button", { name: /^(Save|New|Create|Delete|Invite|Add)/ });
		assert.equal(await offered.count(), 0, `${path} offers ${await offered.allTextContents()}`);
	}
	await page.goto(`/projects/${project.id}/usage?metric=management_api_calls&by=operation`);
	await page.getByRole("table", { name: "Calls by operation" }).getByRole("row", { name: /assign-user/ }).waitFor(); // the call above
	page.expected = [403];
	const refused = await page.evaluate(
		async (path) => (await fetch(path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: '{"name":"Mine"}' })).status,
		`/management/v1/projects/${project.id}`,
	);
	assert.equal(refused, 403);
});

test("the simulator agrees with the API", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const project = await server.project("Demo Shop Poland");
	const asked = page.waitForRequest((r) => r.url().endsWith("/stacking/evaluate") && r.postData()?.includes('"percent_off":25'));
	await page.goto(`/projects/${project.id}/simulator`);
	await page.getByLabel("Percent", { exact: true }).fill("25");
	const request = await asked;
	const told = await (await request.response()).json();
	await page.getByText("−PLN 2.50").waitFor();
	const shown = await page.getByRole("alert").first().textContent();
	assert.equal(told.valid, true);
	assert.ok(shown.includes((told.order.total_amount / 100).toFixed(2)), `${shown} is not ${told.order.total_amount}`);
	for (const r of told.redeemables) {
		const row = page.getByRole("row").filter({ hasText: r.id }).first();
		await row.getByText(`PLN ${(r.order.total_applied_discount_amount / 100).toFixed(2)}`).first().waitFor();
	}
	await page.reload(); // the address holds what was built
	assert.equal(await page.getByLabel("Percent", { exact: true }).inputValue(), "25 %");
});
