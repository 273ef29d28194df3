import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { browse, serve, signIn } from "./harness.mjs";

// The README's pictures: STEWARD_PICTURES=1 scripts/browser-tests writes them.
const kept = join(dirname(fileURLToPath(import.meta.url)), "../../docs/images");

test("the pages that the README shows can be drawn", async (t) => {
	const server = await serve(t);
	const { page } = await browse(t, server);
	const project = await server.project("Demo Shop Poland");
	for (let i = 0; i < 40; i++) {
		await server.call("GET", i % 3 === 0 ? `/management/v1/projects/${project.id}` : `/management/v1/projects/${project.id}/webhooks`);
		if (i % 8 === 0) await server.call("GET", "/management/v1/projects/proj_none");
	}
	await signIn(page, server.owner);
	page.expected = [];
	for (const [name, path, shows] of [
		["simulator", `/projects/${project.id}/simulator`, "How the total comes about"],
		["usage", "/team/usage?by=operation", "Calls"],
	]) {
		await page.goto(path);
		await page.getByText(shows).first().waitFor();
		await page.waitForLoadState("networkidle");
		const picture = await page.screenshot({ animations: "disabled" });
		if (picture.length < 10_000) throw new Error(`the picture of ${name} is empty`);
		if (process.env.STEWARD_PICTURES) {
			mkdirSync(kept, { recursive: true });
			await page.screenshot({ path: join(kept, `${name}.png`), animations: "disabled" });
		}
	}
});
