import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.STEWARD_URL ?? "http://127.0.0.1:8080";

// The console is built into the Go binary: see internal/console.
export default defineConfig({
	plugins: [react()],
	resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
	build: {
		outDir: "../internal/console/dist",
		emptyOutDir: true,
		// Everything is a file of its own: the Content-Security-Policy allows no inline script.
		assetsInlineLimit: 0,
		chunkSizeWarningLimit: 2000, // the API reference is large, and loaded at /docs alone
		modulePreload: { polyfill: false },
		rolldownOptions: { input: ["index.html", "docs.html"] },
	},
	server: {
		proxy: Object.fromEntries(["/management", "/team/v1", "/v1", "/openapi"].map((path) => [path, server])),
	},
});
