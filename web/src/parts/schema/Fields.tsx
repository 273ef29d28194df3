import { Button, Fieldset, Group, NumberInput, Select, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { IconBraces, IconForms } from "@tabler/icons-react";
import { useState } from "react";
import { JsonInput, parseJson } from "@/parts/JsonInput";
import { type Definition, type Row, retyped } from "./definitions";
import type { Faults } from "./faults";

interface Props {
	row: Row;
	faults: Faults;
	types: string[];
	/** Undefined where there are no objects, lists and constraints. */
	objects: string[] | undefined;
	fixedType: boolean;
	onChange: (with_: Partial<Row>) => void;
}

/** Everything that a definition can hold: as a form, or as the JSON that the API takes. */
export function Fields(props: Props) {
	const { row, faults, objects, onChange } = props;
	const [json, setJson] = useState(false);
	const hidden = Object.entries(faults).filter(([field]) => !(field in row.definition) && !["name", "object_type", "json"].includes(field));
	return (
		<Stack gap="xs">
			{!row.stored && (
				<TextInput
					label="Name"
					value={row.name}
					onChange={(e) => onChange({ name: e.currentTarget.value })}
					error={faults.name}
					required
					data-autofocus
					autoFocus
				/>
			)}
			{json ? <Raw {...props} /> : <Form {...props} />}
			{!json && faults.json && <Wrong>{faults.json}</Wrong>}
			{!json && hidden.map(([field, text]) => <Wrong key={field}>{`${field} ${text}`}</Wrong>)}
			{objects && (
				<Button
					variant="subtle"
					color="gray"
					size="compact-xs"
					leftSection={json ? <IconForms size={14} /> : <IconBraces size={14} />}
					onClick={() => {
						onChange({ unread: undefined });
						setJson(!json);
					}}
					style={{ alignSelf: "flex-start" }}
				>
					{json ? "As a form" : "As JSON"}
				</Button>
			)}
		</Stack>
	);
}

function Wrong({ children }: { children: string }) {
	return (
		<Text size="xs" c="var(--mantine-color-error)" role="alert">
			{children}
		</Text>
	);
}

/** The definition as the API takes it, for those who paste. */
function Raw({ row, faults, fixedType, types, onChange }: Props) {
	const { deleted: _, ...d } = row.definition;
	const [text, setText] = useState(row.unread ?? JSON.stringify(d, null, 2));
	const misshapen = (value: Record<string, unknown>) => {
		const type = value.type;
		if (typeof type !== "string" || !types.includes(type)) return `type must be one of ${types.join(", ")}`;
		if (fixedType && type !== d.type) return `type must stay ${d.type}`;
		if (typeof value.optional !== "boolean") return "optional must be true or false";
		const list = ["eq", "ne"].find((name) => value[name] !== undefined && !Array.isArray(value[name]));
		return list && `${list} must be a list`;
	};
	const take = (next: string) => {
		setText(next);
		const { value } = parseJson(next);
		if (!value || misshapen(value)) onChange({ unread: next });
		else onChange({ definition: value as unknown as Definition, unread: undefined });
	};
	const { value } = parseJson(text);
	const told = Object.entries(faults).filter(([field]) => field !== "name" && field !== "json");
	const wrong = value && (misshapen(value) ?? told.map(([field, said]) => `${field} ${said}`).join("; "));
	return (
		<JsonInput
			label={`Definition of ${row.name || "the new one"}`}
			value={text}
			onChange={(e) => take(e.currentTarget.value)}
			wrong={wrong || undefined}
		/>
	);
}

function Form({ row, faults, types, objects, fixedType, onChange }: Props) {
	const d = row.definition;
	const set = (with_: Partial<Definition>) => onChange({ definition: { ...d, ...with_ } });
	// One that is gone stays in the list, so that saving does not lose it.
	const known = d.object_type && objects && !objects.includes(d.object_type) ? [...objects, d.object_type] : objects;
	return (
		<>
			<SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
				<Select
					label="Type"
					description={fixedType ? "Cannot be changed." : undefined}
					data={types.includes(d.type) ? types : [...types, d.type]}
					value={d.type}
					onChange={(type) => type && onChange({ definition: retyped(d, type) })}
					disabled={fixedType}
					error={faults.type}
					allowDeselect={false}
				/>
				{d.type === "object" && known && (
					<Select
						label="Object"
						description={fixedType ? "The custom schema it follows." : undefined}
						data={known}
						value={d.object_type ?? null}
						onChange={(object_type) => set({ object_type })}
						nothingFoundMessage="Make a schema of a custom object first"
						error={faults.object_type}
						searchable
						allowDeselect={false}
					/>
				)}
			</SimpleGrid>
			<Group gap="lg">
				<Switch label="Required" checked={!d.optional} onChange={(e) => set({ optional: !e.currentTarget.checked })} />
				{objects && <Switch label="List" checked={d.array ?? false} onChange={(e) => set({ array: e.currentTarget.checked })} />}
			</Group>
			{objects && d.type === "string" && <OfStrings d={d} faults={faults} set={set} />}
			{objects && d.type === "number" && <OfNumbers d={d} faults={faults} set={set} />}
		</>
	);
}

interface Constraints {
	d: Definition;
	faults: Faults;
	set: (with_: Partial<Definition>) => void;
}

const legend = (d: Definition) => (d.array ? "Each element" : "Constraints");

function OfStrings({ d, faults, set }: Constraints) {
	const length = (name: "min_length" | "max_length" | "exact_length", label: string) => (
		<Amount label={label} value={d[name]} set={(v) => set({ [name]: v })} error={faults[name]} whole />
	);
	return (
		<Fieldset legend={legend(d)}>
			<SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
				{length("min_length", "Fewest characters")}
				{length("max_length", "Most characters")}
				{length("exact_length", "Exactly so many")}
			</SimpleGrid>
			<TagsInput
				label="One of"
				description="The allowed values, as they are spelled. Press Enter after each, or paste one a line."
				value={(d.eq ?? []).map(String)}
				onChange={(eq) => set({ eq: eq as Definition["eq"] })}
				splitChars={["\n"]}
				isDuplicate={(value, values) => values.includes(value)}
				maxTags={1000}
				error={faults.eq}
				acceptValueOnBlur
				clearable
				styles={tall}
				mt="xs"
			/>
		</Fieldset>
	);
}

function OfNumbers({ d, faults, set }: Constraints) {
	const bound = (name: "lt" | "lte" | "gt" | "gte", label: string) => (
		<Amount label={label} value={d[name]} set={(v) => set({ [name]: v })} error={faults[name]} />
	);
	return (
		<Fieldset legend={legend(d)}>
			<SimpleGrid cols={{ base: 2, xs: 4 }} spacing="sm">
				{bound("gte", "At least")}
				{bound("gt", "More than")}
				{bound("lte", "At most")}
				{bound("lt", "Less than")}
			</SimpleGrid>
			<Numbers
				label="One of"
				description="The allowed values."
				values={d.eq as number[] | undefined}
				set={(eq) => set({ eq })}
				error={faults.eq}
			/>
			<Numbers label="None of" description="Values that it must not have." values={d.ne} set={(ne) => set({ ne })} error={faults.ne} />
		</Fieldset>
	);
}

interface AmountProps {
	label: string;
	value: number | null | undefined;
	set: (value: number | undefined) => void;
	error: string | undefined;
	/** A count, from 0 to 10,000. */
	whole?: boolean;
}

function Amount({ label, value, set, error, whole = false }: AmountProps) {
	return (
		<NumberInput
			label={label}
			value={value ?? ""}
			onChange={(v) => set(v === "" || Number.isNaN(Number(v)) ? undefined : Number(v))}
			error={error}
			{...(whole ? { allowDecimal: false, allowNegative: false, max: 10_000 } : { decimalScale: 2 })}
			hideControls
		/>
	);
}

interface NumbersProps {
	label: string;
	description: string;
	values: number[] | undefined;
	set: (values: number[]) => void;
	error: string | undefined;
}

function Numbers({ label, description, values, set, error }: NumbersProps) {
	const [wrong, setWrong] = useState("");
	const numberOf = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));
	return (
		<TagsInput
			label={label}
			description={`${description} Press Enter after each.`}
			value={(values ?? []).map(String)}
			onChange={(texts) => {
				setWrong(texts.filter((text) => Number.isNaN(numberOf(text))).join(", "));
				set([...new Set(texts.map(numberOf).filter((n) => !Number.isNaN(n)))]);
			}}
			splitChars={[",", ";", "\n"]}
			maxTags={1000}
			error={wrong ? `${wrong} is no number` : error}
			inputMode="decimal"
			acceptValueOnBlur
			clearable
			styles={tall}
			mt="xs"
		/>
	);
}

/** Many values scroll within their field. */
const tall = { input: { maxHeight: 160, overflowY: "auto" as const } };
