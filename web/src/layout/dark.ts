import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";

/** useDark tells whether the page is dark, and changes that. */
export function useDark() {
	const { setColorScheme } = useMantineColorScheme();
	const dark = useComputedColorScheme("light") === "dark";
	return { dark, toggle: () => setColorScheme(dark ? "light" : "dark") };
}
