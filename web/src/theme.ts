import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

// One accent colour, dark enough for white text on it and light enough on a dark ground.
const accent: MantineColorsTuple = [
	"#eef1ff",
	"#dbe0fb",
	"#b5bef2",
	"#8d9aea",
	"#6c7ce3",
	"#5769df",
	"#4455c7",
	"#3748b3",
	"#2f3fa1",
	"#24338f",
];

export const theme = createTheme({
	primaryColor: "accent",
	colors: { accent },
	primaryShade: { light: 6, dark: 6 },
	autoContrast: true,
	defaultRadius: "sm",
	fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
	fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
	headings: { fontWeight: "600" },
	components: {
		Modal: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
		Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
		// Of a long list, what is typed finds the rest. A list opens when it is wanted, not by a focus that a window gives.
		Select: { defaultProps: { limit: 100, openOnFocus: false } },
		MultiSelect: { defaultProps: { limit: 100, openOnFocus: false } },
		Autocomplete: { defaultProps: { limit: 100, openOnFocus: false } },
		// The first item takes the focus, and nothing that is no item stands in the menu.
		Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
		// A list that says that there is nothing is still a list.
		ComboboxEmpty: { defaultProps: { role: "option", "aria-disabled": true } },
		// A header of their own would be a second banner of the page.
		ModalHeader: { defaultProps: { component: "div" } },
		DrawerHeader: { defaultProps: { component: "div" } },
		Notification: { defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } },
		// What scrolls can be scrolled with the keyboard.
		TableScrollContainer: { defaultProps: { type: "native", tabIndex: 0 } },
	},
});

/** Quiet and coloured text keeps a contrast of 4.5 to 1 on its ground (WCAG 2.2 AA). */
export const variables: CSSVariablesResolver = () => ({
	variables: {},
	light: {
		"--mantine-color-dimmed": "#5c636a",
		"--mantine-color-placeholder": "#6b7278",
		"--mantine-color-error": "#c92a2a",
		"--mantine-color-green-light-color": "#1b5e2a",
		"--mantine-color-yellow-light-color": "#6b4700",
		"--mantine-color-red-light-color": "#9c1c1c",
		"--mantine-color-gray-light-color": "#495057",
	},
	dark: {
		"--mantine-color-dimmed": "#a6a7ab",
		"--mantine-color-placeholder": "#909296",
		"--mantine-color-error": "#ff8787",
		"--mantine-color-anchor": "#a3aef0",
		"--mantine-color-accent-light-color": "#b5bef2",
		"--mantine-color-green-light-color": "#8ce99a",
		"--mantine-color-yellow-light-color": "#ffe066",
		"--mantine-color-red-light-color": "#ffa8a8",
		"--mantine-color-gray-light-color": "#ced4da",
	},
});
