import { Alert, Button, Group, Text } from "@mantine/core";
import { IconInfoCircle, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { queries } from "@/queries";
import { sessionQuery, useSession } from "@/session";
import { Keys } from "./ManagementAPI/Keys";
import { Locked } from "./ManagementAPI/Locked";
import { Windows } from "./ManagementAPI/Windows";

const queryKey = ["team", "management-keys"];

/** The organization's keys of the Management API, or how to unlock it. */
export default function ManagementAPI() {
	const { management_api: unlocked, organization_id } = useSession();
	if (!unlocked) {
		return (
			<Page title="Management API">
				<Locked organizationId={organization_id} check={() => queries.fetchQuery({ ...sessionQuery, staleTime: 0 })} />
			</Page>
		);
	}
	return <Unlocked />;
}

function Unlocked() {
	const search = useSearch({ strict: false }) as { key?: unknown; do?: unknown };
	const navigate = useNavigate();
	const open = (key: string | undefined, what: string | undefined) => navigate({ to: ".", search: { key, do: what } as never });
	const keys = useQuery({ queryKey, queryFn: () => ask(team.GET("/team/v1/management-keys")) });
	const organization = useQuery({ queryKey: ["team", "organization"], queryFn: () => ask(team.GET("/team/v1/organization")) });
	const limit = organization.data?.management_key_limit;
	const count = keys.data?.data.length;
	const full = limit !== undefined && count !== undefined && count >= limit;
	const create = (
		<Button
			leftSection={<IconPlus size={16} />}
			disabled={full || count === undefined}
			onClick={() => open(undefined, "new")}
			aria-describedby={full ? "management-keys-limit" : undefined}
		>
			New key
		</Button>
	);
	return (
		<Page
			title="Management API"
			about={
				<>
					A key opens the Management API: everything that the console does to projects, from scripts. Each key can be held to some scopes,
					projects and addresses. What is done with a key is not in the audit log.
				</>
			}
			actions={
				<Group gap="sm">
					{count !== undefined && limit !== undefined && (
						<Text size="sm" c="dimmed">
							{count} of {limit} keys
						</Text>
					)}
					{create}
				</Group>
			}
		>
			{full && (
				<Alert color="gray" icon={<IconInfoCircle />} id="management-keys-limit" role="note">
					<Text size="sm">
						The organization has {count} of the {limit} keys it may have. Delete one to make another, or ask an operator to raise the limit.
					</Text>
				</Alert>
			)}
			{keys.isError && <Failure error={keys.error} retry={keys.refetch} />}
			{organization.isError && <Failure error={organization.error} retry={organization.refetch} />}
			{!keys.isError && <Keys keys={keys.data?.data} open={open} create={() => open(undefined, "new")} />}
			<Windows
				chosen={keys.data?.data.find((k) => k.id === search.key)}
				what={typeof search.do === "string" ? search.do : undefined}
				open={open}
				reload={() => queries.invalidateQueries({ queryKey })}
				full={full}
			/>
		</Page>
	);
}
