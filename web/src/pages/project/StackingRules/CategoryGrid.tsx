import { Button, Fieldset, Group, NumberInput, Select, Table, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import type { Team } from "@/api/client";
import { type Base, type Company, type NoEffect, type OfCategory, type Values, withCategory } from "./rules";

const companies: { value: Company; label: string }[] = [
	{ value: "common", label: "common" },
	{ value: "exclusive", label: "exclusive" },
	{ value: "joint", label: "joint" },
];
const bases: { value: Base; label: string }[] = [
	{ value: "general", label: "as above" },
	{ value: "initial", label: "initial amount" },
	{ value: "discounted", label: "discounted amount" },
];
const without: { value: NoEffect; label: string }[] = [
	{ value: "general", label: "as above" },
	{ value: "redeem", label: "redeemed" },
	{ value: "skip", label: "skipped" },
];

/** How many categories are drawn at first, and with every further portion. */
const portion = 10;

/** How many categories the grid of pairs has at most: of more, nobody sees the lines. */
const widest = 12;

interface Props {
	form: UseFormReturnType<Values>;
	categories: Team["Category"][];
	disabled: boolean;
}

/** What holds for incentives of each category, and which of two categories can be together. */
export function CategoryGrid({ form, categories, disabled }: Props) {
	const values = form.getValues().categories;
	const [wanted, setWanted] = useState("");
	const [drawn, setDrawn] = useState(portion);
	const found = categories.filter((c) => c.name.toLowerCase().includes(wanted.trim().toLowerCase()));
	const shown = found.slice(0, drawn);
	const set = (id: string, with_: Partial<OfCategory>) => form.setFieldValue("categories", withCategory(values, id, with_));
	return (
		<>
			<Fieldset legend="By category" disabled={disabled}>
				<Text size="sm" c="dimmed" mb="sm">
					A valid incentive of an exclusive category makes all common ones give way. Joint ones apply beside both.
				</Text>
				{categories.length > portion && (
					<TextInput
						label="Category contains"
						value={wanted}
						onChange={(e) => {
							setWanted(e.currentTarget.value);
							setDrawn(portion);
						}}
						maw={320}
						mb="sm"
					/>
				)}
				<Table.ScrollContainer minWidth={720}>
					<Table aria-label="Rules by category">
						<Table.Thead>
							<Table.Tr>
								<Table.Th>Category</Table.Th>
								<Table.Th>Beside others</Table.Th>
								<Table.Th>Percentages of the</Table.Th>
								<Table.Th>Without an effect</Table.Th>
								<Table.Th>At most</Table.Th>
							</Table.Tr>
						</Table.Thead>
						<Table.Tbody>
							{shown.map((c) => (
								<Table.Tr key={c.id}>
									<Table.Th scope="row">{c.name}</Table.Th>
									<Table.Td>
										<Select
											aria-label={`${c.name}: beside others`}
											data={companies}
											value={values[c.id]?.company ?? "common"}
											onChange={(v) => set(c.id, { company: v as Company })}
											allowDeselect={false}
											size="xs"
										/>
									</Table.Td>
									<Table.Td>
										<Select
											aria-label={`${c.name}: percentages`}
											data={bases}
											value={values[c.id]?.base ?? "general"}
											onChange={(v) => set(c.id, { base: v as Base })}
											allowDeselect={false}
											size="xs"
										/>
									</Table.Td>
									<Table.Td>
										<Select
											aria-label={`${c.name}: without an effect`}
											data={without}
											value={values[c.id]?.noEffect ?? "general"}
											onChange={(v) => set(c.id, { noEffect: v as NoEffect })}
											allowDeselect={false}
											size="xs"
										/>
									</Table.Td>
									<Table.Td>
										<NumberInput
											aria-label={`${c.name}: at most`}
											placeholder="as above"
											value={values[c.id]?.limit ?? ""}
											onChange={(v) => set(c.id, { limit: v === "" ? null : Number(v) })}
											min={1}
											max={10}
											allowDecimal={false}
											size="xs"
											w={100}
										/>
									</Table.Td>
								</Table.Tr>
							))}
						</Table.Tbody>
					</Table>
				</Table.ScrollContainer>
				{shown.length < found.length && (
					<Group justify="center" p="xs">
						<Button variant="subtle" size="xs" onClick={() => setDrawn(drawn + portion)}>
							{`Show more of ${found.length.toLocaleString("en")} categories`}
						</Button>
					</Group>
				)}
			</Fieldset>
			<Compatibility categories={found} values={values} />
		</>
	);
}

/** together tells whether incentives of two categories apply beside each other, and why not. */
function together(a: Company, b: Company): string {
	const pair = [a, b].sort().join(" ");
	return pair === "common exclusive" ? "the common one gives way" : "together";
}

/** Which categories can be together: a grid to be read, which follows the form. */
function Compatibility({ categories: all, values }: { categories: Team["Category"][]; values: Values["categories"] }) {
	if (all.length < 2) return null;
	const categories = all.slice(0, widest);
	return (
		<Fieldset legend="Who applies beside whom">
			{all.length > widest && (
				<Text size="sm" c="dimmed" mb="sm">
					Shows the first {widest} of {all.length.toLocaleString("en")} categories. Search above for those you want to see.
				</Text>
			)}
			<Table.ScrollContainer minWidth={480}>
				<Table aria-label="Compatibility of categories" withColumnBorders withTableBorder>
					<Table.Thead>
						<Table.Tr>
							<Table.Td />
							{categories.map((c) => (
								<Table.Th key={c.id} scope="col">
									{c.name}
								</Table.Th>
							))}
						</Table.Tr>
					</Table.Thead>
					<Table.Tbody>
						{categories.map((row) => (
							<Table.Tr key={row.id}>
								<Table.Th scope="row">{row.name}</Table.Th>
								{categories.map((column) => {
									const text = together(values[row.id]?.company ?? "common", values[column.id]?.company ?? "common");
									return (
										<Table.Td key={column.id}>
											<Text size="xs" fw={text === "together" ? 400 : 700}>
												{text === "together" ? "✓ together" : `✕ ${text}`}
											</Text>
										</Table.Td>
									);
								})}
							</Table.Tr>
						))}
					</Table.Tbody>
				</Table>
			</Table.ScrollContainer>
		</Fieldset>
	);
}
