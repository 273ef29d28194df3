import { Button, Group, Paper, Table as Plain, Skeleton, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from "react";

/** One column of a table. */
export interface Column<R> {
	title: string;
	cell: (row: R) => ReactNode;
	/** Numbers stand at the right. */
	numeric?: boolean;
	/** Too little room hides it. */
	wide?: boolean;
}

interface Props<R> {
	/** What the table holds, for those who cannot see it. */
	label: string;
	columns: Column<R>[];
	/** Undefined while they are being read. */
	rows: R[] | undefined;
	keyOf: (row: R) => string;
	/** Makes rows open something. The first column should hold a link or button that does the same. */
	onOpen?: (row: R) => void;
	/** Reads more rows; undefined if there are none. Without it, a long list is drawn in portions. */
	more?: () => void;
	loadingMore?: boolean;
	/** What a row is found by, where the rows are all there is; a long list then has a field to search it. */
	find?: (row: R) => string;
	/** Below this many pixels it scrolls sideways; 480 if it is not said. */
	minWidth?: number;
}

/** How many rows are drawn at first, and with every further portion. */
const portion = 50;

/** A dense table: a skeleton while it is read, a button where there is more. */
export function Table<R>({ label, columns, rows, keyOf, onOpen, more, loadingMore, find, minWidth = 480 }: Props<R>) {
	const [wanted, setWanted] = useState("");
	const [drawn, setDrawn] = useState(portion);
	const text = useDeferredValue(wanted.trim().toLowerCase());
	// What was read in pages is all wanted, also once the last page is there.
	const paged = useRef(false);
	if (more) paged.current = true;
	const searchable = find !== undefined && !paged.current && (rows?.length ?? 0) > portion;
	const found = useMemo(
		() => (searchable && text !== "" ? rows?.filter((row) => find(row).toLowerCase().includes(text)) : rows),
		[rows, searchable, find, text],
	);
	const shown = paged.current ? found : found?.slice(0, Math.max(drawn, portion));
	const rest = (found?.length ?? 0) - (shown?.length ?? 0);
	return (
		<Paper withBorder>
			{searchable && (
				<Group p="xs" gap="sm">
					<TextInput
						aria-label={`Search: ${label}`}
						placeholder="Search"
						leftSection={<IconSearch size={16} />}
						size="xs"
						value={wanted}
						onChange={(e) => {
							setWanted(e.currentTarget.value);
							setDrawn(portion);
						}}
					/>
					<Text size="xs" c="dimmed" role="status">
						{found?.length === rows?.length
							? `${rows?.length.toLocaleString("en")} in all`
							: `${found?.length.toLocaleString("en")} of ${rows?.length.toLocaleString("en")}`}
					</Text>
				</Group>
			)}
			<Plain.ScrollContainer minWidth={minWidth}>
				<Plain verticalSpacing="xs" highlightOnHover={onOpen !== undefined} aria-label={label} aria-busy={rows === undefined}>
					<Plain.Thead>
						<Plain.Tr>
							{columns.map((c) => (
								<Plain.Th key={c.title} className={c.numeric ? "numeric" : undefined} visibleFrom={c.wide ? "sm" : undefined}>
									{c.title}
								</Plain.Th>
							))}
						</Plain.Tr>
					</Plain.Thead>
					<Plain.Tbody>
						{shown === undefined
							? [1, 2, 3].map((n) => (
									<Plain.Tr key={n}>
										{columns.map((c) => (
											<Plain.Td key={c.title} visibleFrom={c.wide ? "sm" : undefined}>
												<Skeleton height={16} />
											</Plain.Td>
										))}
									</Plain.Tr>
								))
							: shown.map((row) => (
									<Plain.Tr key={keyOf(row)} onClick={onOpen && (() => onOpen(row))} style={onOpen && { cursor: "pointer" }}>
										{columns.map((c) => (
											<Plain.Td key={c.title} className={c.numeric ? "numeric" : undefined} visibleFrom={c.wide ? "sm" : undefined}>
												{c.cell(row)}
											</Plain.Td>
										))}
									</Plain.Tr>
								))}
					</Plain.Tbody>
				</Plain>
			</Plain.ScrollContainer>
			{(more || rest > 0) && (
				<Group justify="center" p="xs">
					<Button variant="subtle" size="xs" onClick={more ?? (() => setDrawn(drawn + portion))} loading={loadingMore}>
						Show more
					</Button>
				</Group>
			)}
		</Paper>
	);
}
