import { ActionIcon, Button, Fieldset, Group, MultiSelect, NumberInput, Paper, Select, Stack, Switch, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import type { Team } from "@/api/client";
import { MoneyInput } from "@/parts/MoneyInput";
import { effects, type Incentive, objects } from "./scenario";

interface Props {
	incentives: Incentive[];
	items: string[];
	categories: Team["Category"][];
	currency: string;
	onChange: (incentives: Incentive[]) => void;
}

/** Builds the stack of incentives, in the order in which they are requested. */
export function StackEditor({ incentives, items, categories, currency, onChange }: Props) {
	const move = (from: number, to: number) => {
		const moved = [...incentives];
		const [one] = moved.splice(from, 1);
		if (one) moved.splice(to, 0, one);
		onChange(moved);
	};
	return (
		<Fieldset legend="Incentives, in the order of the request">
			<Stack gap="sm">
				{incentives.map((incentive, i) => (
					// an incentive has no name of its own while it is being written
					<Paper key={i} withBorder p="sm">
						<Group justify="flex-end" gap={4} mb={-8}>
							<ActionIcon
								variant="subtle"
								color="gray"
								disabled={i === 0}
								onClick={() => move(i, i - 1)}
								aria-label={`Move ${incentive.id} up`}
							>
								<IconArrowUp size={16} />
							</ActionIcon>
							<ActionIcon
								variant="subtle"
								color="gray"
								disabled={i === incentives.length - 1}
								onClick={() => move(i, i + 1)}
								aria-label={`Move ${incentive.id} down`}
							>
								<IconArrowDown size={16} />
							</ActionIcon>
							<ActionIcon
								variant="subtle"
								color="gray"
								onClick={() => onChange(incentives.filter((_, at) => at !== i))}
								aria-label={`Remove ${incentive.id}`}
							>
								<IconTrash size={16} />
							</ActionIcon>
						</Group>
						<OneIncentive
							incentive={incentive}
							items={items}
							categories={categories}
							currency={currency}
							onChange={(changed) => onChange(incentives.map((old, at) => (at === i ? changed : old)))}
						/>
					</Paper>
				))}
				<Button
					variant="light"
					size="compact-sm"
					leftSection={<IconPlus size={14} />}
					onClick={() =>
						onChange([
							...incentives,
							{
								id: `CODE-${incentives.length + 1}`,
								object: "voucher",
								categories: [],
								type: "AMOUNT",
								value: 100,
								limit: null,
								target: "ORDER",
								items: [],
								valid: true,
							},
						])
					}
				>
					Add an incentive
				</Button>
			</Stack>
		</Fieldset>
	);
}

function OneIncentive({
	incentive: one,
	items,
	categories,
	currency,
	onChange,
}: Omit<Props, "incentives" | "onChange"> & { incentive: Incentive; onChange: (changed: Incentive) => void }) {
	const change = (with_: Partial<Incentive>) => onChange({ ...one, ...with_ });
	return (
		<Stack gap="xs">
			<Group grow gap="xs" align="flex-end">
				<TextInput label="Id" value={one.id} onChange={(e) => change({ id: e.currentTarget.value })} />
				<Select
					label="What it is"
					data={objects}
					value={one.object}
					onChange={(object) => object && change({ object })}
					allowDeselect={false}
				/>
			</Group>
			<Group grow gap="xs" align="flex-end">
				<Select
					label="Effect"
					data={Object.entries(effects).map(([value, { label }]) => ({ value, label }))}
					value={one.type}
					onChange={(type) => type && change({ type: type as Incentive["type"] })}
					allowDeselect={false}
				/>
				{one.type === "PERCENT" ? (
					<NumberInput
						label={effects.PERCENT.value}
						value={one.value}
						onChange={(v) => change({ value: Number(v) || 0 })}
						min={0}
						max={100}
						decimalScale={2}
						suffix=" %"
						hideControls
					/>
				) : (
					<MoneyInput label={effects[one.type].value} currency={currency} value={one.value} onChange={(v) => change({ value: v ?? 0 })} />
				)}
				{one.type === "PERCENT" && (
					<MoneyInput
						label="At most"
						placeholder="no limit"
						currency={currency}
						value={one.limit}
						onChange={(limit) => change({ limit })}
					/>
				)}
			</Group>
			{one.type !== "GIFT" && (
				<Group grow gap="xs" align="flex-end">
					<Select
						label="Works on"
						data={[
							{ value: "ORDER", label: "the order" },
							{ value: "ITEMS", label: "items" },
						]}
						value={one.target}
						onChange={(target) => change({ target: target === "ITEMS" ? "ITEMS" : "ORDER" })}
						allowDeselect={false}
					/>
					{one.target === "ITEMS" && (
						<MultiSelect
							label="Which items"
							searchable
							placeholder={one.items.length === 0 ? "all" : ""}
							data={[...new Set([...items, ...one.items])]}
							value={one.items}
							onChange={(chosen) => change({ items: chosen })}
						/>
					)}
				</Group>
			)}
			{categories.length > 0 && (
				<MultiSelect
					label="Categories"
					searchable
					nothingFoundMessage="No category of this name"
					data={categories.map((c) => ({ value: c.id, label: c.name }))}
					value={one.categories.filter((id) => categories.some((c) => c.id === id))}
					onChange={(chosen) => change({ categories: chosen })}
				/>
			)}
			<Switch label="It can be used" checked={one.valid} onChange={(e) => change({ valid: e.currentTarget.checked })} />
		</Stack>
	);
}
