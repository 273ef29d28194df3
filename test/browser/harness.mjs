// What the tests of the console share: the built program with its demo organization, and a real browser.
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const program = process.env.STEWARD_BINARY ?? join(root, "bin/steward");
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where a server's data are: in a new directory, and in a new database of PostgreSQL if that is what is tested. */
function storage() {
	const dir = mkdtempSync(join(tmpdir(), "steward-browser-"));
	const flags = ["--data-dir", join(dir, "data")];
	if (process.env.STEWARD_BROWSER_ENGINE === "postgresql") {
		const server = process.env.STEWARD_TEST_POSTGRES;
		if (!server) throw new Error("STEWARD_TEST_POSTGRES names no PostgreSQL server; run the tests through scripts/browser-tests");
		const name = `browser_${randomUUID().replaceAll("-", "")}`;
		execFileSync("psql", ["--quiet", "--dbname", server, "--command", `CREATE DATABASE ${name}`]);
		flags.push("--database-url", server.replace("/postgres?", `/${name}?`));
	}
	return { dir, flags };
}

/** Starts a server with the demo's data; it ends with the test. */
export async function serve(t, ...more) {
	const { dir, flags } = storage();
	const args = ["serve", "--demo", "--listen", "127.0.0.1:0", ...flags, ...more];
	const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
	let text = "";
	const said = (what) =>
		new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`the server did not say ${what}:\n${text}`)), 30_000);
			const look = () => {
				const found = what.exec(text);
				if (found) {
					clearTimeout(timer);
					resolve(found);
				}
			};
			for (const stream of [child.stdout, child.stderr]) {
				stream.on("data", (chunk) => {
					text += chunk;
					look();
				});
			}
		});
	const closing = [];
	t.after(async () => {
		for (const close of closing) await close(); // who looks leaves before what is looked at
		const ended = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGTERM");
		await ended;
		rmSync(dir, { recursive: true, force: true });
	});
	await said(/Steward listens on/);
	const value = (pattern) => pattern.exec(text)?.[1];
	const server = {
		closing,
		url: value(/Steward listens on (\S+)/),
		flags,
		owner: { email: value(/Owner\s+(\S+)/), password: value(/Password\s+(\S+)/) },
		key: { id: value(/STEWARD_MANAGEMENT_ID=(\S+)/), token: value(/STEWARD_MANAGEMENT_TOKEN=(\S+)/) },
	};
	/** Calls the Management API with the demo's key. */
	server.call = async (method, path, body, headers = {}) => {
		const answer = await fetch(server.url + path, {
			method,
			headers: {
				"X-Management-Id": server.key.id,
				"X-Management-Token": server.key.token,
				...(body === undefined ? {} : { "Content-Type": "application/json" }),
				...headers,
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		const raw = await answer.text();
		return { status: answer.status, body: raw === "" ? null : JSON.parse(raw) };
	};
	server.project = async (name) => (await server.call("GET", "/management/v1/projects")).body.data.find((p) => p.name === name);
	return server;
}

/** Runs an operator's command on the server's data and returns its JSON. */
export function operate(server, ...args) {
	return new Promise((resolve, reject) => {
		const child = spawn(program, [...args, ...server.flags, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
		let text = "";
		child.stdout.on("data", (chunk) => (text += chunk));
		child.once("exit", (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`steward ${args.join(" ")} ended with ${code}`))));
	});
}

/** Opens a browser; it ends with the test. A page's errors, warnings and calls to other hosts fail the test. */
export async function browse(t, server, options = {}) {
	const executablePath = browsers.find(existsSync);
	if (!executablePath) throw new Error("no Chromium; apt-get install chromium");
	const browser = await chromium.launch({
		executablePath,
		args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
	});
	server.closing.push(() => browser.close());
	const faults = [];
	t.after(() => {
		if (faults.length > 0) throw new Error(`the browser complains:\n${faults.join("\n")}`);
	});
	const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 900 }, ...options });
	await context.grantPermissions(["clipboard-read", "clipboard-write"]);
	const watch = (page) => {
		page.on("console", (m) => {
			// The browser itself tells of every answer that is no success; tests say which they expect.
			const told = /Failed to load resource: the server responded with a status of (\d+)/.exec(m.text());
			if (told && page.expected?.includes(Number(told[1]))) return;
			if (["error", "warning"].includes(m.type())) faults.push(`${m.type()}: ${m.text()}`);
		});
		page.on("pageerror", (e) => faults.push(`error: ${e.message}`));
		page.on("request", (r) => {
			const url = new URL(r.url());
			if (["http:", "https:"].includes(url.protocol) && url.origin !== server.url) faults.push(`a call to ${url.origin}`);
		});
	};
	context.on("page", watch);
	const page = await context.newPage();
	page.expected = [401]; // before somebody is signed in
	page.setDefaultTimeout(15_000);
	return { browser, context, page };
}

/** Signs in at the page that asks for it. */
export async function signIn(page, { email, password }) {
	await page.goto("/sign-in");
	await page.getByLabel("E-mail").fill(email);
	await page.getByLabel("Password", { exact: false }).first().fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
}

/** Fails for what axe finds to be a serious fault of accessibility. */
export async function accessible(page, where) {
	await page.evaluate(axe.source);
	// What fades in has not its colours yet.
	await page.evaluate(() => {
		const finite = document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
		return Promise.allSettled(finite.map((a) => a.finished));
	});
	const { violations } = await page.evaluate(() =>
		window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
	);
	const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
	if (serious.length > 0) {
		const told = serious.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.html.slice(0, 200)}\n  ${n.failureSummary}`).slice(0, 3).join("\n")}`);
		throw new Error(`${where}:\n${told.join("\n")}`);
	}
}
