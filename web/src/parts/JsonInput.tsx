import { Textarea, type TextareaProps } from "@mantine/core";

/** parseJson reads a JSON object, or says what is wrong with the text. */
export function parseJson(text: string): { value?: Record<string, unknown>; error?: string } {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value !== "object" || value === null || Array.isArray(value)) return { error: "must be an object: { … }" };
		return { value: value as Record<string, unknown> };
	} catch (error) {
		return { error: error instanceof Error ? error.message : "is not JSON" };
	}
}

/** Takes JSON; what is wrong with it otherwise can be told as well. The Tab key moves on, as everywhere. */
export function JsonInput({ wrong, ...props }: Omit<TextareaProps, "error"> & { value: string; wrong?: string }) {
	const { error = wrong } = parseJson(props.value);
	return (
		<Textarea
			autosize
			minRows={5}
			maxRows={24}
			spellCheck={false}
			styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
			error={error}
			{...props}
		/>
	);
}
