import {
	ActionIcon,
	Button,
	Fieldset,
	Group,
	NumberInput,
	Paper,
	Select,
	SimpleGrid,
	Stack,
	Switch,
	TagsInput,
	Text,
	TextInput,
} from "@mantine/core";
import { IconPlus, IconRestore, IconTrash } from "@tabler/icons-react";
import { Status } from "@/parts/Status";
import { type Definition, type Row, told } from "./definitions";

interface Props {
	rows: Row[];
	types: string[];
	/** The names of custom objects that a definition can be of; undefined where there are no objects and lists. */
	objects?: string[];
	/** A stored definition keeps its type. */
	fixedTypes: boolean;
	readOnly: boolean;
	onChange: (rows: Row[]) => void;
}

/** Adds, changes, removes and restores definitions. */
export function Editor({ rows, types, objects, fixedTypes, readOnly, onChange }: Props) {
	const change = (i: number, with_: Partial<Row>) => onChange(rows.map((r, at) => (at === i ? { ...r, ...with_ } : r)));
	return (
		<Stack gap="sm">
			{rows.length === 0 && (
				<Text size="sm" c="dimmed">
					No definitions yet.
				</Text>
			)}
			{rows.map((row, i) => (
				// a new definition has no name yet
				<Paper key={i} withBorder p="sm" component="section" aria-label={row.name || "New definition"}>
					<Group justify="space-between" mb="xs">
						<Group gap="xs">
							<Text size="sm" fw={600} ff="monospace">
								{row.name || "new"}
							</Text>
							<Text size="xs" c="dimmed">
								{told(row.definition)}
							</Text>
							{row.definition.deleted && <Status state="off">Removed</Status>}
						</Group>
						{!readOnly &&
							(row.definition.deleted ? (
								<Button
									size="compact-xs"
									variant="default"
									leftSection={<IconRestore size={14} />}
									onClick={() => change(i, { definition: { ...row.definition, deleted: undefined } })}
								>
									Restore
								</Button>
							) : (
								<ActionIcon
									variant="subtle"
									color="gray"
									onClick={() =>
										row.stored
											? change(i, { definition: { ...row.definition, deleted: true } })
											: onChange(rows.filter((_, at) => at !== i))
									}
									aria-label={`Remove ${row.name || "the new definition"}`}
								>
									<IconTrash size={16} />
								</ActionIcon>
							))}
					</Group>
					{!readOnly && !row.definition.deleted && (
						<Fields row={row} types={types} objects={objects} fixedTypes={fixedTypes} onChange={(changed) => change(i, changed)} />
					)}
				</Paper>
			))}
			{!readOnly && (
				<Button
					variant="light"
					size="compact-sm"
					leftSection={<IconPlus size={14} />}
					style={{ alignSelf: "flex-start" }}
					onClick={() =>
						onChange([
							...rows,
							{ name: "", stored: false, definition: { type: types[0] ?? "string", optional: true, array: objects ? false : undefined } },
						])
					}
				>
					Add a definition
				</Button>
			)}
		</Stack>
	);
}

function Fields({
	row,
	types,
	objects,
	fixedTypes,
	onChange,
}: Pick<Props, "types" | "objects" | "fixedTypes"> & { row: Row; onChange: (with_: Partial<Row>) => void }) {
	const d = row.definition;
	const set = (with_: Partial<Definition>) => onChange({ definition: { ...d, ...with_ } });
	const number = (name: "min_length" | "max_length" | "exact_length" | "lt" | "lte" | "gt" | "gte", label: string) => (
		<NumberInput label={label} value={d[name] ?? ""} onChange={(v) => set({ [name]: v === "" ? undefined : Number(v) })} hideControls />
	);
	return (
		<Stack gap="xs">
			<Group align="flex-end" gap="sm">
				{!row.stored && (
					<TextInput label="Name" value={row.name} onChange={(e) => onChange({ name: e.currentTarget.value })} required data-autofocus />
				)}
				<Select
					label="Type"
					description={fixedTypes && row.stored ? "Cannot be changed." : undefined}
					data={types}
					value={d.type}
					onChange={(type) => type && set({ type })}
					disabled={fixedTypes && row.stored}
					allowDeselect={false}
				/>
				{d.type === "object" && objects && (
					<Select
						label="Object"
						data={objects}
						value={d.object_type ?? null}
						onChange={(object_type) => set({ object_type })}
						nothingFoundMessage="Make a schema of a custom object first"
						searchable
					/>
				)}
				<Switch label="Required" checked={!d.optional} onChange={(e) => set({ optional: !e.currentTarget.checked })} pb={8} />
				{objects && <Switch label="List" checked={d.array ?? false} onChange={(e) => set({ array: e.currentTarget.checked })} pb={8} />}
			</Group>
			{objects && d.type === "string" && (
				<Fieldset legend="Constraints">
					<SimpleGrid cols={{ base: 1, sm: 3 }}>
						{number("min_length", "Fewest characters")}
						{number("max_length", "Most characters")}
						{number("exact_length", "Exactly so many")}
					</SimpleGrid>
					<TagsInput label="One of" value={(d.eq ?? []).map(String)} onChange={(eq) => set({ eq } as Partial<Definition>)} mt="xs" />
				</Fieldset>
			)}
			{objects && d.type === "number" && (
				<Fieldset legend="Constraints">
					<SimpleGrid cols={{ base: 2, sm: 4 }}>
						{number("gte", "At least")}
						{number("gt", "More than")}
						{number("lte", "At most")}
						{number("lt", "Less than")}
					</SimpleGrid>
					<TagsInput
						label="One of"
						value={(d.eq ?? []).map(String)}
						onChange={(eq) => set({ eq: eq.map(Number).filter((n) => !Number.isNaN(n)) } as Partial<Definition>)}
						mt="xs"
					/>
				</Fieldset>
			)}
		</Stack>
	);
}
