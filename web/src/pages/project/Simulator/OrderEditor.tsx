import { ActionIcon, Button, Fieldset, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { MoneyInput } from "@/parts/MoneyInput";
import type { Line } from "./scenario";

interface Props {
	lines: Line[];
	currency: string;
	onChange: (lines: Line[]) => void;
}

/** Builds the order. */
export function OrderEditor({ lines, currency, onChange }: Props) {
	const change = (i: number, with_: Partial<Line>) => onChange(lines.map((l, at) => (at === i ? { ...l, ...with_ } : l)));
	return (
		<Fieldset legend="Order">
			<Stack gap="xs">
				{lines.map((line, i) => (
					// a line has no name of its own while it is being written
					<Group key={i} align="flex-end" gap="xs" wrap="nowrap">
						<TextInput label="Item" value={line.id} onChange={(e) => change(i, { id: e.currentTarget.value })} flex={2} />
						<NumberInput
							label="Quantity"
							value={line.quantity}
							onChange={(v) => change(i, { quantity: Number(v) || 0 })}
							min={1}
							allowDecimal={false}
							flex={1}
						/>
						<MoneyInput
							label="Price of one"
							currency={currency}
							value={line.price}
							onChange={(v) => change(i, { price: v ?? 0 })}
							flex={1.5}
						/>
						<ActionIcon
							variant="subtle"
							color="gray"
							size="lg"
							disabled={lines.length === 1}
							onClick={() => onChange(lines.filter((_, at) => at !== i))}
							aria-label={`Remove item ${line.id}`}
						>
							<IconTrash size={16} />
						</ActionIcon>
					</Group>
				))}
				<Button
					variant="light"
					size="compact-sm"
					leftSection={<IconPlus size={14} />}
					onClick={() => onChange([...lines, { id: `item-${lines.length + 1}`, quantity: 1, price: 1000 }])}
				>
					Add an item
				</Button>
			</Stack>
		</Fieldset>
	);
}
