import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ask, askTagged, management, type Tagged } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { queries } from "@/queries";
import { categoriesQuery } from "./categories";
import { Categories } from "./StackingRules/Categories";
import { RulesForm } from "./StackingRules/RulesForm";
import type { Rules } from "./StackingRules/rules";

/** Which incentives apply together, and in which order. */
export default function StackingRules() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/stacking-rules" });
	const rules = useQuery({ queryKey: ["projects", projectId, "stacking-rules"], queryFn: () => readRules(projectId) });
	const categories = useQuery(categoriesQuery(projectId));
	const reload = async () => {
		await Promise.all([
			queries.invalidateQueries({ queryKey: ["projects", projectId, "stacking-rules"] }),
			queries.invalidateQueries({ queryKey: ["projects", projectId, "categories"] }),
			queries.invalidateQueries({ queryKey: ["projects", projectId, "evaluate"] }),
		]);
	};
	const error = rules.error ?? categories.error;
	return (
		<Page
			title="Stacking rules"
			about="Which incentives apply together to an order, how many, and in which order. They price orders from the moment they are saved."
			actions={
				<Button component={Link} to={`/projects/${projectId}/simulator`} variant="default">
					Try them in the simulator
				</Button>
			}
		>
			{error && <Failure error={error} retry={reload} />}
			{rules.data && categories.data ? (
				<>
					<RulesForm projectId={projectId} rules={rules.data} categories={categories.data} reload={reload} />
					<Categories projectId={projectId} categories={categories.data} reload={reload} />
				</>
			) : (
				!error && <Skeleton height={320} />
			)}
		</Page>
	);
}

/** readRules returns the rules that hold, with their ETag; the defaults have none. */
async function readRules(projectId: string): Promise<Tagged<Rules>> {
	const list = await ask(management.GET("/management/v1/projects/{projectId}/stacking-rules", { params: { path: { projectId } } }));
	const held = list.data[0];
	if (held === undefined) throw new Error("the project has no stacking rules");
	if (held.id === undefined) return { data: held, tag: "" };
	return askTagged(
		management.GET("/management/v1/projects/{projectId}/stacking-rules/{stackingRulesId}", {
			params: { path: { projectId, stackingRulesId: held.id } },
		}),
	);
}
