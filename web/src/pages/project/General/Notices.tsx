import { Fieldset, Group, NumberInput, Stack, Switch, TagsInput, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { metrics, type Values } from "./values";

/** Whom to tell when a limit is near, and when a webhook is switched off. */
export function Notices({ form, disabled }: { form: UseFormReturnType<Values>; disabled: boolean }) {
	const values = form.getValues();
	return (
		<>
			<Fieldset legend="Warnings before a limit is reached" disabled={disabled}>
				<Stack gap="md">
					{metrics.map(([metric, title]) => {
						const at = `api_usage_notifications.${metric}`;
						return (
							<Stack key={metric} gap="xs">
								<Switch label={title} {...form.getInputProps(`${at}.enabled`, { type: "checkbox" })} />
								{values.api_usage_notifications[metric].enabled && (
									<Group align="flex-end" pl="xl" gap="md">
										<NumberInput
											label="From percent"
											aria-label={`${title}: from percent`}
											min={10}
											max={90}
											suffix=" %"
											w={120}
											{...form.getInputProps(`${at}.value`)}
										/>
										<TagsInput
											label="E-mail addresses"
											aria-label={`${title}: e-mail addresses`}
											flex={1}
											miw={220}
											{...form.getInputProps(`${at}.emails`)}
										/>
										<Switch
											label="In the console"
											aria-label={`${title}: in the console`}
											pb={8}
											{...form.getInputProps(`${at}.in_app`, { type: "checkbox" })}
										/>
									</Group>
								)}
							</Stack>
						);
					})}
				</Stack>
			</Fieldset>
			<Fieldset legend="When a webhook is switched off" disabled={disabled}>
				<Stack gap="sm">
					<Text size="sm" c="dimmed">
						Members are told both ways unless you choose one.
					</Text>
					<Switch label="By e-mail" {...form.getInputProps("webhooks_callout_notifications.webhooks.email", { type: "checkbox" })} />
					<Switch label="In the console" {...form.getInputProps("webhooks_callout_notifications.webhooks.in_app", { type: "checkbox" })} />
					<TagsInput label="More e-mail addresses" {...form.getInputProps("webhooks_callout_notifications.webhooks.emails")} />
				</Stack>
			</Fieldset>
		</>
	);
}
