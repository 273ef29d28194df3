import { Input, Stack, Switch, type SwitchProps, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { EventPicker } from "./EventPicker";
import { HeadersInput } from "./HeadersInput";
import type { Values } from "./values";

/** The fields of a webhook, new or not. */
export function Fields({ form, readOnly = false }: { form: UseFormReturnType<Values>; readOnly?: boolean }) {
	const values = form.getValues();
	const errors = form.errors;
	return (
		<Stack gap="lg">
			<TextInput
				label="URL"
				description="Where events are sent: http or https, at a public address."
				placeholder="https://shop.example/hooks"
				type="url"
				required={!readOnly}
				readOnly={readOnly}
				autoComplete="off"
				spellCheck={false}
				data-autofocus
				{...form.getInputProps("target_url")}
			/>
			<EventPicker
				value={values.events}
				readOnly={readOnly}
				error={Object.entries(errors).find(([path]) => path === "events" || path.startsWith("events."))?.[1]}
				onChange={(events) => {
					form.setFieldValue("events", events);
					form.clearFieldError("events");
				}}
			/>
			<OnOff
				label="Active"
				description="While it is off, nothing is sent: what waits is cancelled, and what is published meanwhile is not kept for it."
				readOnly={readOnly}
				{...form.getInputProps("active", { type: "checkbox" })}
			/>
			<OnOff
				label="In order"
				description="Events of one group_id go out one after the other. One that fails holds up its group, for a day at the most; other groups, and events without one, go on. Without it, deliveries go out side by side and can overtake each other."
				readOnly={readOnly}
				{...form.getInputProps("ordered", { type: "checkbox" })}
			/>
			<HeadersInput
				value={values.headers}
				readOnly={readOnly}
				errors={errors}
				onChange={(headers) => {
					form.setFieldValue("headers", headers);
					for (const path of Object.keys(errors)) if (path.startsWith("headers")) form.clearFieldError(path);
				}}
			/>
		</Stack>
	);
}

/** A switch, or its state in a word for those who may only look: a disabled switch is hard to read. */
function OnOff({ readOnly, ...props }: SwitchProps & { readOnly: boolean }) {
	if (!readOnly) return <Switch {...props} />;
	return (
		<Input.Wrapper
			label={props.label}
			labelElement="div"
			description={props.description}
			inputWrapperOrder={["label", "input", "description"]}
		>
			<Text size="sm">{props.checked ? "On" : "Off"}</Text>
		</Input.Wrapper>
	);
}
