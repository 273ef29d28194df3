import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./main.css";

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./queries";
import { router } from "./router";
import { theme, variables } from "./theme";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");

createRoot(root).render(
	<StrictMode>
		<MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
			<QueryClientProvider client={queries}>
				<Notifications position="bottom-right" />
				<RouterProvider router={router} />
			</QueryClientProvider>
		</MantineProvider>
	</StrictMode>,
);
