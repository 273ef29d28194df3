import { ActionIcon, Button, Group, Input, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { type Header, kept } from "./values";

interface Props {
	value: Header[];
	onChange: (headers: Header[]) => void;
	/** What the API says, by "headers" or "headers.<name>". */
	errors: Record<string, ReactNode>;
	readOnly?: boolean;
}

const most = 20;
let made = 0;

/** The headers of a webhook's own. A stored value is never shown; it stays, or a new one takes its place. */
export function HeadersInput({ value, onChange, errors, readOnly = false }: Props) {
	const change = (i: number, what: Partial<Header>) => onChange(value.map((h, j) => (j === i ? { ...h, ...what } : h)));
	return (
		<Input.Wrapper
			label="Headers of your own"
			labelElement="div"
			description="Sent with every delivery, for a gateway that asks for a token, say. A value is sealed once it is saved, and not shown again."
			error={errors.headers}
			role="group"
			aria-label="Headers of your own"
		>
			<Stack gap="xs" mt="xs">
				{value.map((h, i) => {
					const stored = h.value === kept;
					const what = h.name || `header ${i + 1}`;
					return (
						<Group key={h.key} gap="xs" align="flex-start">
							<TextInput
								flex={1}
								miw={140}
								aria-label={`Name of ${what}`}
								placeholder="X-Gateway-Token"
								value={h.name}
								readOnly={readOnly || stored}
								error={errors[`headers.${h.name.trim()}`]}
								onChange={(e) => change(i, { name: e.currentTarget.value })}
								autoComplete="off"
								spellCheck={false}
							/>
							<TextInput
								flex={1}
								miw={140}
								aria-label={`Value of ${what}${stored ? ", which is kept" : ""}`}
								placeholder="Value"
								value={h.value}
								readOnly={readOnly || stored}
								onChange={(e) => change(i, { value: e.currentTarget.value })}
								autoComplete="off"
								spellCheck={false}
							/>
							{!readOnly && stored && (
								<Button variant="default" size="sm" onClick={() => change(i, { value: "" })} aria-label={`Replace the value of ${what}`}>
									Replace
								</Button>
							)}
							{!readOnly && (
								<ActionIcon
									variant="subtle"
									color="gray"
									size={36}
									onClick={() => onChange(value.filter((_, j) => j !== i))}
									aria-label={`Remove ${what}`}
								>
									<IconTrash size={16} />
								</ActionIcon>
							)}
						</Group>
					);
				})}
				{readOnly && value.length === 0 && (
					<Text size="sm" c="dimmed">
						None.
					</Text>
				)}
				{!readOnly && value.length < most && (
					<Button
						variant="light"
						size="compact-sm"
						leftSection={<IconPlus size={14} />}
						onClick={() => onChange([...value, { key: `new ${++made}`, name: "", value: "" }])}
						style={{ alignSelf: "flex-start" }}
					>
						Another header
					</Button>
				)}
			</Stack>
		</Input.Wrapper>
	);
}
