import { Button, Group, Paper, Table as Plain, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";

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
	/** Reads more rows; undefined if there are none. */
	more?: () => void;
	loadingMore?: boolean;
	/** Below this many pixels it scrolls sideways; 480 if it is not said. */
	minWidth?: number;
}

/** A dense table: a skeleton while it is read, a button where there is more. */
export function Table<R>({ label, columns, rows, keyOf, onOpen, more, loadingMore, minWidth = 480 }: Props<R>) {
	return (
		<Paper withBorder>
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
						{rows === undefined
							? [1, 2, 3].map((n) => (
									<Plain.Tr key={n}>
										{columns.map((c) => (
											<Plain.Td key={c.title} visibleFrom={c.wide ? "sm" : undefined}>
												<Skeleton height={16} />
											</Plain.Td>
										))}
									</Plain.Tr>
								))
							: rows.map((row) => (
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
			{more && (
				<Group justify="center" p="xs">
					<Button variant="subtle" size="xs" onClick={more} loading={loadingMore}>
						Show more
					</Button>
				</Group>
			)}
		</Paper>
	);
}
