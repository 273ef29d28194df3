import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { browse, serve, signIn } from "./harness.mjs";

/** A receiver of webhooks that answers as it is told. */
async function receive(t) {
	const receiver = { status: 200, got: [] };
	const server = createServer((req, res) => {
		let body = "";
		req.on("data", (chunk) => (body += chunk));
		req.on("end", () => {
			receiver.got.push({ headers: req.headers, body: JSON.parse(body) });
			res.statusCode = receiver.status;
			res.end("told");
		});
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.after(() => server.close());
	receiver.url = `http://127.0.0.1:${server.address().port}/hooks`;
	return receiver;
}

test("a webhook is made, tested, fails, and is retried, all by hand", async (t) => {
	const server = await serve(t);
	const receiver = await receive(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const project = await server.project("Demo Shop Poland");
	await page.goto(`/projects/${project.id}/webhooks?do=new`);
	const drawer = page.getByRole("dialog");
	await drawer.getByLabel("URL").fill(receiver.url);
	await drawer.getByLabel("Search events").fill("redemption.succeeded");
	await drawer.getByRole("checkbox", { name: "redemption.succeeded", exact: true }).check();
	await drawer.getByRole("button", { name: /Create/ }).click();
	const made = await until(async () =>
		(await server.call("GET", `/management/v1/projects/${project.id}/webhooks`)).body.data.find((w) => w.target_url === receiver.url),
	);
	await page.goto(`/projects/${project.id}/webhooks/${made.id}?tab=test`);
	await page.getByRole("button", { name: "Send the test" }).click();
	await until(() => receiver.got.length === 1);
	assert.ok(receiver.got[0].headers["webhook-signature"].startsWith("v1,"));
	assert.equal(receiver.got[0].body.source.id, made.id);

	receiver.status = 500;
	const published = await page.evaluate(
		async (path) =>
			(await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"type":"redemption.succeeded","data":{"id":"r_1"}}' })).status,
		`/team/v1/projects/${project.id}/webhook-events`,
	);
	assert.equal(published, 202);
	await until(() => receiver.got.length === 2);
	receiver.status = 200;
	const sendout = receiver.got[1].body.id;
	const status = () =>
		page.evaluate(async (path) => (await (await fetch(path)).json()).status, `/team/v1/projects/${project.id}/webhook-sendouts/${sendout}`);
	await until(async () => (await status()) === "retrying");
	await page.goto(`/projects/${project.id}/webhooks/${made.id}?tab=sendouts`);
	await page.getByRole("table").getByRole("button", { name: "redemption.succeeded" }).or(page.getByRole("table").getByText("redemption.succeeded")).first().click();
	await page.getByRole("button", { name: "Retry now" }).click();
	await until(() => receiver.got.length === 3);
	assert.equal(receiver.got[2].body.id, sendout);
	await until(async () => (await status()) === "succeeded");
});

test("a schema that is made by hand judges events at once", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [400];
	const project = await server.project("Demo Shop Germany");
	await page.goto(`/projects/${project.id}/event-schemas?schema=new`);
	const drawer = page.getByRole("dialog");
	await drawer.getByLabel("Event", { exact: false }).first().fill("visit");
	await drawer.getByRole("button", { name: "Add a definition" }).click();
	await drawer.getByLabel("Name").fill("minutes");
	await drawer.getByRole("combobox", { name: "Type" }).click();
	await page.getByRole("option", { name: "number" }).click();
	await drawer.getByRole("switch", { name: "Required" }).check({ force: true });
	await drawer.getByRole("button", { name: "Create the event" }).click();
	await page.getByRole("button", { name: "visit", exact: true }).click();
	const send = page.getByRole("region", { name: "Send one" });
	await send.getByRole("textbox", { name: "Metadata" }).fill('{"minutes": "many"}');
	await send.getByRole("button", { name: "Send and store it" }).click();
	await send.getByText("minutes: must be a number (actual value is 'many')").waitFor();
	await send.getByRole("textbox", { name: "Metadata" }).fill('{"minutes": 5}');
	await send.getByRole("button", { name: "Send and store it" }).click();
	await send.getByText("It obeys the schema").waitFor();
});

test("a change of a metadata schema is tried before it is made, and merges", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const project = await server.project("Demo Shop Germany");
	const made = await server.call("POST", `/management/v1/projects/${project.id}/metadata-schemas`, {
		related_object: "voucher",
		properties: { note: { type: "string", optional: true, array: false } },
	});
	assert.equal(made.status, 200);
	await page.goto(`/projects/${project.id}/metadata-schemas?schema=${made.body.id}`);
	const drawer = page.getByRole("dialog");
	await drawer.getByRole("button", { name: "Add a definition" }).click();
	await drawer.getByRole("textbox", { name: "Name" }).fill("batch");
	await drawer.getByRole("button", { name: "Remove note" }).click();
	await drawer.getByRole("button", { name: "Try the change on what is stored" }).click();
	await drawer.getByText("Nothing was changed.").waitFor();
	await drawer.getByRole("button", { name: "Save", exact: true }).click();
	await page.getByText("Saved", { exact: true }).waitFor();
	const stored = (await server.call("GET", `/management/v1/projects/${project.id}/metadata-schemas/${made.body.id}`)).body;
	assert.equal(stored.properties.note.deleted, true);
	assert.equal(stored.properties.batch.type, "string");
	const sample = page.getByRole("region", { name: "Try a sample" });
	await sample.getByLabel("Metadata").fill('{"batch": 7}');
	await sample.getByRole("button", { name: "Validate" }).click();
	await sample.getByText("batch: type").waitFor();
});

/** until waits for something to be so, at most ten seconds. */
async function until(holds) {
	for (const end = Date.now() + 10_000; ; ) {
		const found = await holds();
		if (found) return found;
		if (Date.now() > end) throw new Error(`it did not come to be: ${holds}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
