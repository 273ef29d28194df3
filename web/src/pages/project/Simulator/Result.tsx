import { Alert, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import type { Team } from "@/api/client";
import { money } from "@/parts/money";
import { type State, Status } from "@/parts/Status";
import { Waterfall } from "./Waterfall";

type Outcome = Team["Outcome"];

const states: Record<Outcome["status"], { state: State; word: string }> = {
	APPLICABLE: { state: "good", word: "Applied" },
	INAPPLICABLE: { state: "bad", word: "Refused" },
	SKIPPED: { state: "off", word: "Skipped" },
};

/** What became of each incentive and of the order. */
export function Result({ result, currency }: { result: Team["StackingEvaluation"]; currency: string }) {
	return (
		<Stack gap="md">
			<Alert
				color={result.valid ? "green" : "red"}
				icon={result.valid ? <IconCircleCheck /> : <IconCircleX />}
				title={result.valid ? `To pay: ${money(result.order.total_amount, currency)}` : "The request fails"}
			>
				{result.valid
					? `${money(result.order.total_discount_amount, currency)} off ${money(result.order.amount, currency)}.`
					: "One incentive cannot be used, and the rules let none apply then (ALL). The order stays as it was."}
			</Alert>
			<Paper withBorder p="md">
				<Title order={2} size="h5" mb="sm">
					How the total comes about
				</Title>
				<Waterfall result={result} currency={currency} />
			</Paper>
			<Paper withBorder>
				<Table.ScrollContainer minWidth={420}>
					<Table aria-label="Incentives in the order in which they were applied" verticalSpacing="xs">
						<Table.Thead>
							<Table.Tr>
								<Table.Th>Incentive</Table.Th>
								<Table.Th>Outcome</Table.Th>
								<Table.Th className="numeric">Takes off</Table.Th>
								<Table.Th className="numeric">Left to pay</Table.Th>
							</Table.Tr>
						</Table.Thead>
						<Table.Tbody>
							{result.redeemables.map((r) => (
								<Table.Tr key={`${r.object} ${r.id}`}>
									<Table.Td>
										<Text size="sm" fw={600}>
											{r.id}
										</Text>
										<Text size="xs" c="dimmed">
											{r.object}
										</Text>
									</Table.Td>
									<Table.Td>
										<Group gap={4}>
											<Status state={states[r.status].state}>{states[r.status].word}</Status>
										</Group>
										<Text size="xs" mt={4}>
											{r.result?.details?.message ?? r.result?.error?.message ?? ""}
										</Text>
									</Table.Td>
									<Table.Td className="numeric">{r.order ? money(r.order.total_applied_discount_amount, currency) : "–"}</Table.Td>
									<Table.Td className="numeric">{r.order ? money(r.order.total_amount, currency) : "–"}</Table.Td>
								</Table.Tr>
							))}
						</Table.Tbody>
					</Table>
				</Table.ScrollContainer>
			</Paper>
			{result.order.items && (
				<Paper withBorder>
					<Table.ScrollContainer minWidth={420}>
						<Table aria-label="Items" verticalSpacing="xs">
							<Table.Thead>
								<Table.Tr>
									<Table.Th>Item</Table.Th>
									<Table.Th className="numeric">Amount</Table.Th>
									<Table.Th className="numeric">Discount</Table.Th>
									<Table.Th className="numeric">Total</Table.Th>
								</Table.Tr>
							</Table.Thead>
							<Table.Tbody>
								{result.order.items.map((item) => (
									<Table.Tr key={item.id}>
										<Table.Td>
											{item.quantity} × {item.id}
										</Table.Td>
										<Table.Td className="numeric">{money(item.amount, currency)}</Table.Td>
										<Table.Td className="numeric">{money(item.discount_amount, currency)}</Table.Td>
										<Table.Td className="numeric">{money(item.total_amount, currency)}</Table.Td>
									</Table.Tr>
								))}
							</Table.Tbody>
						</Table>
					</Table.ScrollContainer>
				</Paper>
			)}
		</Stack>
	);
}
