import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { accessible, browse, serve, signIn } from "./harness.mjs";

/** Keeps a picture where somebody wants to look at one. */
async function picture(page, name) {
	const dir = process.env.STEWARD_PICTURES;
	if (!dir) return;
	mkdirSync(dir, { recursive: true });
	await page.screenshot({ path: `${dir}/${name}.png` });
}

const stored = async (server, project, id) => (await server.call("GET", `/management/v1/projects/${project.id}/metadata-schemas/${id}`)).body;

async function make(server, project, related_object, properties, rest = {}) {
	const made = await server.call("POST", `/management/v1/projects/${project.id}/metadata-schemas`, { related_object, properties, ...rest });
	assert.equal(made.status, 200, JSON.stringify(made.body));
	return made.body.id;
}

const saved = (page) => page.getByText("Saved", { exact: true }).first().waitFor();
const definition = (drawer, name) => drawer.getByRole("region", { name, exact: true });

async function add(page, drawer, name, type) {
	await drawer.getByRole("button", { name: "Add a definition" }).click();
	await drawer.getByRole("textbox", { name: "Name" }).last().fill(name);
	const one = definition(drawer, name);
	if (type !== "string") {
		await one.getByRole("combobox", { name: "Type" }).click();
		await page.getByRole("option", { name: type, exact: true }).click();
	}
	return one;
}

async function values(field, list) {
	for (const value of list) {
		await field.fill(value);
		await field.press("Enter");
	}
}

test("every member of a definition can be set by hand, of every type", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const project = await server.project("Demo Shop Germany");
	await make(server, project, "parcel", { weight: { type: "number", optional: false, array: false } });
	const id = await make(server, project, "product", {});
	await page.goto(`/projects/${project.id}/metadata-schemas?schema=${id}`);
	const drawer = page.getByRole("dialog");
	await drawer.getByRole("button", { name: "Add a definition" }).waitFor();

	const code = await add(page, drawer, "code", "string");
	await code.getByLabel("Fewest characters").fill("2");
	await code.getByLabel("Most characters").fill("9");
	await values(code.getByRole("combobox", { name: "One of", exact: true }), ["web", "Web", "a, b"]);
	const exact = await add(page, drawer, "country", "string");
	await exact.getByLabel("Exactly so many").fill("2");
	const rating = await add(page, drawer, "rating", "number");
	await rating.getByLabel("At least").fill("-1.5");
	await rating.getByLabel("Less than").fill("10");
	await values(rating.getByRole("combobox", { name: "One of", exact: true }), ["1", "2.25", "-1"]);
	await values(rating.getByRole("combobox", { name: "None of" }), ["3", "4"]);
	const range = await add(page, drawer, "range", "number");
	await range.getByLabel("More than").fill("0");
	await range.getByLabel("At most").fill("5");
	await range.getByRole("switch", { name: "List" }).check({ force: true });
	const box = await add(page, drawer, "box", "object");
	await box.getByRole("combobox", { name: "Object" }).click();
	await page.getByRole("option", { name: "parcel" }).click();
	for (const type of ["boolean", "date", "datetime", "image_url", "geopoint"]) await add(page, drawer, `a_${type}`, type);
	await drawer.getByRole("region", { name: "a_date", exact: true }).getByRole("switch", { name: "Required" }).check({ force: true });
	await picture(page, "schema-1280-light");
	await drawer.getByRole("button", { name: "Save", exact: true }).click();
	await saved(page);
	const plain = { optional: true, array: false, object_type: null };
	assert.deepEqual((await stored(server, project, id)).properties, {
		code: { ...plain, type: "string", min_length: 2, max_length: 9, eq: ["web", "Web", "a, b"] },
		country: { ...plain, type: "string", exact_length: 2 },
		rating: { ...plain, type: "number", gte: -1.5, lt: 10, eq: [1, 2.25, -1], ne: [3, 4] },
		range: { ...plain, type: "number", array: true, gt: 0, lte: 5 },
		box: { ...plain, type: "object", object_type: "parcel" },
		a_boolean: { ...plain, type: "boolean" },
		a_date: { ...plain, type: "date", optional: false },
		a_datetime: { ...plain, type: "datetime" },
		a_image_url: { ...plain, type: "image_url" },
		a_geopoint: { ...plain, type: "geopoint" },
	});
});

test("saving one thing loses nothing of the others, and what is wrong is told where it is entered", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	await signIn(page, server.owner);
	page.expected = [];
	const project = await server.project("Demo Shop Germany");
	await make(server, project, "parcel", {});
	const properties = {
		many: { type: "string", optional: false, array: true, eq: Array.from({ length: 300 }, (_, i) => `value, ${i}`) },
		odd: { type: "string", optional: true, array: false, eq: ["", " padded ", "a,b"] },
		price: { type: "number", optional: true, array: false, gt: 0, ne: [13, 13.5] },
		box: { type: "object", optional: true, array: true, object_type: "parcel" },
		gone: { type: "number", optional: true, array: false, lt: 3, deleted: true },
	};
	const id = await make(server, project, "reward", properties, { allow_defined_only: true });
	const before = await stored(server, project, id);
	await page.goto(`/projects/${project.id}/metadata-schemas?schema=${id}`);
	const drawer = page.getByRole("dialog");
	// a touched definition keeps what its form was not used for
	await drawer.getByRole("button", { name: "Edit odd" }).click();
	await definition(drawer, "odd").getByRole("switch", { name: "Required" }).check({ force: true });
	await drawer.getByRole("button", { name: "Edit box" }).click();
	await definition(drawer, "box").getByRole("switch", { name: "Required" }).check({ force: true });
	await drawer.getByRole("button", { name: "Edit price" }).click();
	const price = definition(drawer, "price");
	await price.getByLabel("Less than").fill("-1");
	await price.getByText("leaves no number").waitFor();
	const save = drawer.getByRole("button", { name: "Save", exact: true });
	await save.click();
	await price.getByText("leaves no number").waitFor();
	assert.deepEqual(await stored(server, project, id), before);
	await price.getByLabel("Less than").fill("20.5");
	await values(price.getByRole("combobox", { name: "None of" }), ["many"]);
	await price.getByText("many is no number").waitFor();
	await drawer.getByRole("button", { name: "Add a definition" }).click();
	await drawer.getByRole("textbox", { name: "Name" }).fill("many");
	await drawer.getByText("is taken by another definition").waitFor();
	await drawer.getByRole("textbox", { name: "Name" }).fill("extra");
	const extra = definition(drawer, "extra");
	await extra.getByRole("button", { name: "As JSON" }).click();
	const json = extra.getByLabel("Definition of extra");
	await json.fill('{"type": "number", "optional": false, "array": false, "eq": [1, 2');
	await save.click();
	assert.deepEqual(await stored(server, project, id), before);
	await json.fill('{"type": "number", "optional": false, "array": false, "eq": [1, 2]}');
	await drawer.getByRole("button", { name: "Restore gone" }).click();
	await save.click();
	await saved(page);
	const after = await stored(server, project, id);
	const { deleted: _, ...restored } = before.properties.gone;
	assert.deepEqual(after.properties, {
		...before.properties,
		odd: { ...before.properties.odd, optional: false },
		box: { ...before.properties.box, optional: false },
		price: { ...before.properties.price, lt: 20.5 },
		gone: restored,
		extra: { type: "number", optional: false, array: false, object_type: null, eq: [1, 2] },
	});
	assert.equal(after.allow_defined_only, true);
});

for (const [name, options] of [
	["light, at a desk", { colorScheme: "light" }],
	["dark, on a phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
]) {
	test(`a stored event is taken as a sample, and tried against what is not saved yet: ${name}`, async (t) => {
		const server = await serve(t);
		const { page } = await browse(t, server, options);
		await signIn(page, server.owner);
		page.expected = [];
		const project = await server.project("Demo Shop Germany");
		const made = await server.call("POST", `/management/v1/projects/${project.id}/custom-event-schemas`, {
			name: "visit",
			schema: { properties: { minutes: { type: "number", optional: true } } },
		});
		assert.equal(made.status, 200);
		await page.evaluate(
			async ([path, events]) => {
				const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ events }) });
				if (!answer.ok) throw new Error(await answer.text());
			},
			[
				`/team/v1/projects/${project.id}/events`,
				Array.from({ length: 12 }, (_, i) => ({ event: "visit", customer: { source_id: `customer-${i}` }, metadata: { minutes: i } })),
			],
		);
		await page.goto(`/projects/${project.id}/event-schemas?schema=${made.body.id}`);
		const drawer = page.getByRole("dialog");
		const samples = drawer.getByRole("table", { name: "The latest events" });
		await samples.getByText("customer-11").waitFor();
		assert.equal(await samples.getByRole("row").count(), 11); // ten, and the head
		await samples.getByRole("row", { name: /customer-7/ }).getByRole("button", { name: "Take as sample" }).click();
		assert.deepEqual(JSON.parse(await drawer.getByLabel("Metadata", { exact: true }).inputValue()), { minutes: 7 });
		assert.equal(await drawer.getByLabel("Customer", { exact: true }).inputValue(), "customer-7");
		await drawer.getByRole("button", { name: "Validate" }).click();
		await drawer.getByText("It obeys the properties").waitFor();
		// the type of an event's property may change, and is tried before it does
		await drawer.getByRole("button", { name: "Edit minutes" }).click();
		await definition(drawer, "minutes").getByRole("combobox", { name: "Type" }).click();
		await page.getByRole("option", { name: "string", exact: true }).click();
		await drawer.getByRole("button", { name: "Validate" }).click();
		await drawer.getByText("minutes: type").waitFor();
		await accessible(page, `an event's schema (${name})`);
		await picture(page, `event-schema-${name.split(",")[0]}`);
		const kept = (await server.call("GET", `/management/v1/projects/${project.id}/custom-event-schemas/${made.body.id}`)).body;
		assert.equal(kept.schema.properties.minutes.type, "number");
	});
}
