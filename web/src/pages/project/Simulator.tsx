import { Button, Grid, Group, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ask, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { projectQuery } from "@/session";
import { categoriesQuery } from "./categories";
import { OrderEditor } from "./Simulator/OrderEditor";
import { Result } from "./Simulator/Result";
import { StackEditor } from "./Simulator/StackEditor";
import { bodyOf, example, parse, type Scenario } from "./Simulator/scenario";

/** Prices an order that is built here by the project's stacking rules, as the API does. */
export default function Simulator() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/simulator" });
	const navigate = useNavigate();
	const search = useSearch({ strict: false }) as { scenario?: unknown };
	const [scenario, setScenario] = useState<Scenario>(() => parse(search.scenario) ?? example);
	const [settled] = useDebouncedValue(scenario, 300);
	const body = bodyOf(settled);
	const project = useQuery(projectQuery(projectId));
	const currency = project.data?.currency ?? "EUR";
	const categories = useQuery(categoriesQuery(projectId));
	const result = useQuery({
		queryKey: ["projects", projectId, "evaluate", body],
		queryFn: () => ask(team.POST("/team/v1/projects/{projectId}/stacking/evaluate", { params: { path: { projectId } }, body })),
		placeholderData: keepPreviousData,
		staleTime: 0,
	});
	// The address holds what is simulated.
	useEffect(() => {
		if (settled !== example) navigate({ to: ".", search: { scenario: settled } as never, replace: true });
	}, [settled, navigate]);
	return (
		<Page
			title="Simulator"
			about="Build an order and a stack of incentives, and see what the stacking rules make of them. Nothing is stored; the address holds what you build."
			actions={
				<>
					<Button variant="default" onClick={() => setScenario(structuredClone(example))}>
						Begin anew
					</Button>
					<AsCall call={{ method: "POST", path: "/v1/stacking/evaluate", body, with: "project" }} />
				</>
			}
		>
			<Grid gap="lg">
				<Grid.Col span={{ base: 12, lg: 6 }}>
					<Stack gap="md">
						<OrderEditor lines={scenario.lines} currency={currency} onChange={(lines) => setScenario({ ...scenario, lines })} />
						<StackEditor
							incentives={scenario.incentives}
							items={scenario.lines.map((l) => l.id)}
							categories={categories.data ?? []}
							currency={currency}
							onChange={(incentives) => setScenario({ ...scenario, incentives })}
						/>
					</Stack>
				</Grid.Col>
				<Grid.Col span={{ base: 12, lg: 6 }} aria-live="polite">
					{result.isError && <Failure error={result.error} what="Not evaluated" />}
					{result.data && !result.isError && <Result result={result.data} currency={currency} />}
					{result.isFetching && (
						<Group mt="sm">
							<Text size="xs" c="dimmed">
								Evaluating…
							</Text>
						</Group>
					)}
				</Grid.Col>
			</Grid>
		</Page>
	);
}
