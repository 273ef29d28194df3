import { ActionIcon, Box, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconPlus, IconRestore, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Status } from "@/parts/Status";
import { maxDefinitions, newRow, type Row, told } from "./definitions";
import { Fields } from "./Fields";
import { type Faults, faultsOf } from "./faults";

interface Props {
	rows: Row[];
	types: string[];
	/** The names of custom objects that a definition can be of; undefined where there are no objects, lists and constraints. */
	objects?: string[];
	/** A stored definition keeps its type. */
	fixedTypes: boolean;
	readOnly: boolean;
	/** What was wrong when it was sent, by paths such as "channel.eq.0". */
	refused?: Record<string, string>;
	/** Somebody has tried to save: also what is missing yet is told. */
	tried?: boolean;
	onChange: (rows: Row[]) => void;
}

/** Adds, changes, removes and restores definitions. */
export function Editor({ rows, types, objects, fixedTypes, readOnly, refused = {}, tried = false, onChange }: Props) {
	const [open, setOpen] = useState<string[]>([]);
	const change = (row: Row, with_: Partial<Row>) => onChange(rows.map((r) => (r === row ? { ...r, ...with_ } : r)));
	const add = () => {
		const row = newRow(types[0] ?? "string", objects !== undefined);
		setOpen([...open, row.key]);
		onChange([...rows, row]);
	};
	return (
		<Stack gap="xs">
			{rows.length === 0 && (
				<Text size="sm" c="dimmed">
					No definitions yet.
				</Text>
			)}
			{rows.map((row) => (
				<One
					key={row.key}
					row={row}
					faults={{ ...shownFaults(row, rows, tried), ...refusedOf(refused, row) }}
					types={types}
					objects={objects}
					fixedType={fixedTypes && row.stored}
					readOnly={readOnly}
					opened={open.includes(row.key)}
					toggle={() => setOpen(open.includes(row.key) ? open.filter((key) => key !== row.key) : [...open, row.key])}
					onChange={(with_) => change(row, with_)}
					onDrop={() => onChange(rows.filter((r) => r !== row))}
				/>
			))}
			{!readOnly && (
				<Group>
					<Button
						variant="light"
						size="compact-sm"
						leftSection={<IconPlus size={14} />}
						disabled={rows.length >= maxDefinitions}
						onClick={add}
					>
						Add a definition
					</Button>
					{rows.length >= maxDefinitions && (
						<Text size="sm" c="dimmed">
							A schema has at most {maxDefinitions} definitions, removed ones included.
						</Text>
					)}
				</Group>
			)}
		</Stack>
	);
}

interface OneProps {
	row: Row;
	faults: Faults;
	types: string[];
	objects: string[] | undefined;
	fixedType: boolean;
	readOnly: boolean;
	opened: boolean;
	toggle: () => void;
	onChange: (with_: Partial<Row>) => void;
	onDrop: () => void;
}

/** A definition in a line, which opens to its fields. */
function One({ row, faults, types, objects, fixedType, readOnly, opened, toggle, onChange, onDrop }: OneProps) {
	const { name, definition: d } = row;
	const editable = !readOnly && !d.deleted;
	// What is wrong does not hide.
	const shown = editable && (opened || Object.keys(faults).length > 0);
	return (
		<Paper withBorder p="xs" component="section" aria-label={name || "New definition"}>
			<Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs">
				<Group gap="xs" wrap="nowrap" align="flex-start" miw={0} flex={1}>
					{editable && (
						<ActionIcon
							variant="subtle"
							color="gray"
							onClick={toggle}
							aria-expanded={shown}
							aria-label={`Edit ${name || "the new definition"}`}
						>
							{shown ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
						</ActionIcon>
					)}
					<Box miw={0} pt={3}>
						<Text span size="sm" fw={600} ff="monospace" mr="xs" style={{ overflowWrap: "anywhere" }}>
							{name || "new"}
						</Text>
						<Text span size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
							{told(d)}
						</Text>
					</Box>
					{d.deleted && <Status state="off">Removed</Status>}
				</Group>
				{!readOnly && d.deleted && (
					<Button
						size="compact-xs"
						variant="default"
						leftSection={<IconRestore size={14} />}
						onClick={() => onChange({ definition: { ...d, deleted: undefined } })}
						aria-label={`Restore ${name}`}
						style={{ flexShrink: 0 }}
					>
						Restore
					</Button>
				)}
				{editable && (
					<ActionIcon
						variant="subtle"
						color="gray"
						onClick={() => (row.stored ? onChange({ definition: { ...d, deleted: true }, unread: undefined }) : onDrop())}
						aria-label={`Remove ${name || "the new definition"}`}
					>
						<IconTrash size={16} />
					</ActionIcon>
				)}
			</Group>
			{shown && (
				<Box mt="xs">
					<Fields row={row} faults={faults} types={types} objects={objects} fixedType={fixedType} onChange={onChange} />
				</Box>
			)}
		</Paper>
	);
}

/** What is missing from a new definition is not held against it until somebody saves. */
function shownFaults(row: Row, rows: Row[], tried: boolean): Faults {
	const faults = faultsOf(row, rows);
	if (tried) return faults;
	const { name, object_type, ...rest } = faults;
	return { ...rest, ...(row.name.trim() !== "" && name && { name }), ...(row.stored && object_type && { object_type }) };
}

/** refusedOf sorts what the API said of a definition by its fields. */
function refusedOf(refused: Record<string, string>, row: Row): Faults {
	const faults: Record<string, string> = {};
	for (const [path, text] of Object.entries(refused)) {
		if (row.name === "" || (path !== row.name && !path.startsWith(`${row.name}.`))) continue;
		const field = path.slice(row.name.length + 1).split(".")[0] || "json";
		faults[field] = text;
	}
	return faults;
}
