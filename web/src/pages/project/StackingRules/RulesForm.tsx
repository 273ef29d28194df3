import { Alert, Button, Fieldset, NumberInput, Radio, SimpleGrid, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect, useMemo, useState } from "react";
import { ask, management, type Tagged, type Team } from "@/api/client";
import { changesBetween } from "@/parts/changes";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { useMay } from "@/permissions";
import { CategoryGrid } from "./CategoryGrid";
import { choices, differences, filled, labels, type Rules, type Values, valuesOf } from "./rules";

interface Props {
	projectId: string;
	rules: Tagged<Rules>;
	categories: Team["Category"][];
	reload: () => Promise<void>;
}

/** The rules, grouped as people think of them. */
export function RulesForm({ projectId, rules, categories, reload }: Props) {
	const may = useMay(projectId, "settings.write");
	const [resetting, setResetting] = useState(false);
	const initial = useMemo(() => valuesOf(rules.data), [rules]);
	const form = useForm<Values>({ initialValues: initial });
	// the form follows what is stored
	useEffect(() => {
		form.setInitialValues(initial);
		form.reset();
	}, [initial]);
	const stackingRulesId = rules.data.id;
	const params = { path: { projectId, stackingRulesId: stackingRulesId ?? "" } };
	const path = `/management/v1/projects/${projectId}/stacking-rules${stackingRulesId ? `/${stackingRulesId}` : ""}`;
	const save = (values: Values) => {
		const body = differences(initial, values);
		return stackingRulesId
			? ask(
					management.PUT("/management/v1/projects/{projectId}/stacking-rules/{stackingRulesId}", {
						params,
						headers: { "If-Match": rules.tag },
						body,
					}),
				)
			: ask(management.POST("/management/v1/projects/{projectId}/stacking-rules", { params: { path: { projectId } }, body }));
	};
	const values = form.getValues();
	const [from, to] = [filled(initial, values), filled(values, initial)];
	const names = Object.fromEntries(
		categories.flatMap((c) =>
			to.categories[c.id] === undefined
				? []
				: [
						[`categories.${c.id}.company`, `${c.name}: beside others`],
						[`categories.${c.id}.base`, `${c.name}: percentages`],
						[`categories.${c.id}.noEffect`, `${c.name}: without an effect`],
						[`categories.${c.id}.limit`, `${c.name}: limit`],
					],
		),
	);
	const number = (name: keyof Values & string, max: number, description?: string, orNone = false) => (
		<NumberInput
			label={labels[name]}
			description={description ?? `1 to ${max}.`}
			min={1}
			max={max}
			allowDecimal={false}
			{...form.getInputProps(name)}
			value={(form.getValues()[name] as number | null) ?? ""}
			onChange={(v) => form.setFieldValue(name, v === "" ? (orNone ? null : 1) : Number(v))}
		/>
	);
	const choice = (name: keyof typeof choices) => (
		<Radio.Group label={labels[name]} {...form.getInputProps(name)}>
			<Stack gap={6} mt={6}>
				{choices[name].map(([value, label]) => (
					<Radio key={value} value={value} label={label} disabled={!may} />
				))}
			</Stack>
		</Radio.Group>
	);
	return (
		<>
			{!stackingRulesId && (
				<Alert color="gray" title="The defaults hold">
					This project has no rules of its own yet. Saving makes them.
				</Alert>
			)}
			<EditForm
				form={form}
				save={save}
				onSaved={reload}
				reload={reload}
				readOnly={!may}
				call={(values) => ({ method: stackingRulesId ? "PUT" : "POST", path, body: differences(initial, values) })}
				changes={changesBetween(from, to, { ...labels, ...names })}
				extra={
					stackingRulesId && (
						<Button variant="subtle" color="red" onClick={() => setResetting(true)}>
							Restore the defaults
						</Button>
					)
				}
			>
				<Fieldset legend="How many" disabled={!may}>
					<SimpleGrid cols={{ base: 1, sm: 2 }}>
						{number("redeemables_limit", 30, "A request with more is refused. 1 to 30.")}
						{number("applicable_redeemables_limit", 30, "Those above are skipped. At most the number on the left.")}
						{number("applicable_redeemables_per_category_limit", 30, "At most the number above. Empty for no limit by category.", true)}
						{number("applicable_exclusive_redeemables_limit", 5)}
						{number("applicable_exclusive_redeemables_per_category_limit", 5, "Empty for no limit by category.", true)}
					</SimpleGrid>
				</Fieldset>
				<Fieldset legend="In which order, and whether at all">
					<SimpleGrid cols={{ base: 1, sm: 3 }}>
						{choice("redeemables_application_mode")}
						{choice("redeemables_sorting_rule")}
						{choice("grouped_redeemables_sorting_rule")}
					</SimpleGrid>
				</Fieldset>
				<Fieldset legend="How much">
					<SimpleGrid cols={{ base: 1, sm: 2 }}>
						{choice("discount_calculation_mode")}
						{choice("redeemables_products_application_mode")}
						{choice("redeemables_no_effect_rule")}
						{choice("redeemables_rollback_order_mode")}
					</SimpleGrid>
				</Fieldset>
				{categories.length > 0 && <CategoryGrid form={form} categories={categories} disabled={!may} />}
			</EditForm>
			{stackingRulesId && (
				<Danger
					opened={resetting}
					onClose={() => setResetting(false)}
					title="Restore the defaults"
					action="Restore the defaults"
					run={() => ask(management.DELETE("/management/v1/projects/{projectId}/stacking-rules/{stackingRulesId}", { params }))}
					onDone={reload}
					call={{ method: "DELETE", path }}
				>
					The project's own rules are deleted, and the defaults hold at once. Categories stay.
				</Danger>
			)}
		</>
	);
}
