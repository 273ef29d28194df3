import "@scalar/api-reference/style.css";
import { createApiReference } from "@scalar/api-reference";

// The reference is drawn from the documents that this server serves, by files of this server alone.
createApiReference("#reference", {
	sources: [
		{ title: "Management API", slug: "management", url: "/openapi/management.json", default: true },
		{ title: "Project API", slug: "project", url: "/openapi/project.json" },
		{ title: "Team API", slug: "team", url: "/openapi/team.json" },
	],
	withDefaultFonts: false,
	telemetry: false,
	hideClientButton: true,
	showDeveloperTools: "never",
	agent: { disabled: true },
	mcp: { disabled: true },
	documentDownloadType: "both",
});
