import { Button, Skeleton, Stack, Switch, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { ask, askTagged, type Tagged, type Team, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { queries } from "@/queries";
import { sessionQuery, useSession } from "@/session";

const path = "/team/v1/organization";
const organizationKey = ["team", "organization"];
const holdersKey = ["team", "one-time-codes"];
const pageSize = 50;

/** How people of the organization sign in. */
export default function Security() {
	const organization = useQuery({ queryKey: organizationKey, queryFn: () => askTagged(team.GET(path)) });
	return (
		<Page title="Security" about="How the people of your organization sign in.">
			{organization.isError && <Failure error={organization.error} retry={organization.refetch} />}
			{organization.isPending && <Skeleton height={160} />}
			{organization.data && <Requirement organization={organization.data} />}
			<Holders />
		</Page>
	);
}

/** Whether everybody must have one-time codes. */
function Requirement({ organization: { data, tag } }: { organization: Tagged<Team["Organization"]> }) {
	const form = useForm({ initialValues: { require_one_time_codes: data.require_one_time_codes } });
	// what was read becomes the form's ground
	useEffect(() => {
		form.setInitialValues({ require_one_time_codes: data.require_one_time_codes });
		form.setValues({ require_one_time_codes: data.require_one_time_codes });
	}, [data.require_one_time_codes]);
	const router = useRouter();
	const reload = async () => {
		await queries.invalidateQueries({ queryKey: organizationKey });
		await queries.invalidateQueries(sessionQuery);
		await router.invalidate(); // who has no codes yet is led to them
	};
	const asked = form.getValues().require_one_time_codes;
	return (
		<EditForm
			form={form}
			save={(body) => ask(team.PUT(path, { body, params: { header: { "If-Match": tag } } }))}
			onSaved={reload}
			reload={reload}
			call={(body) => ({ method: "PUT", path, body, with: "session" })}
			changes={
				asked === data.require_one_time_codes
					? []
					: [{ field: "One-time codes", from: asked ? "as everybody likes" : "required", to: asked ? "required" : "as everybody likes" }]
			}
		>
			<Switch
				label="Require one-time codes of everybody"
				description="Who has none yet can do nothing but set them up, from the moment you save; that goes for you, too. Keys are not concerned."
				{...form.getInputProps("require_one_time_codes", { type: "checkbox" })}
			/>
		</EditForm>
	);
}

/** Who has one-time codes, and who has not. */
function Holders() {
	const session = useSession();
	const search = useSearch({ strict: false }) as { lost?: string };
	const navigate = useNavigate();
	const show = (lost?: string) => navigate({ to: "/team/security", search: { lost } as never });
	const holders = useInfiniteQuery({
		queryKey: holdersKey,
		queryFn: ({ pageParam: page }) => ask(team.GET("/team/v1/one-time-codes", { params: { query: { page, limit: pageSize } } })),
		initialPageParam: 1,
		getNextPageParam: (last, all) => (all.length * pageSize < last.total ? all.length + 1 : undefined),
	});
	const rows = holders.data?.pages.flatMap((p) => p.data);
	const chosen = rows?.find((h) => h.user_id === search.lost);
	return (
		<Stack gap="sm">
			<Title order={2} size="h4">
				Who has one-time codes
			</Title>
			<Text size="sm" c="dimmed">
				Your own are set up in your account.
			</Text>
			{holders.isError && <Failure error={holders.error} retry={holders.refetch} />}
			<Table
				label="People and their one-time codes"
				rows={rows}
				keyOf={(h) => h.user_id}
				more={holders.hasNextPage ? () => holders.fetchNextPage() : undefined}
				loadingMore={holders.isFetchingNextPage}
				columns={[
					{
						title: "Person",
						cell: (h) => (
							<>
								<Text size="sm">{`${h.first_name} ${h.last_name}`}</Text>
								<Text size="xs" c="dimmed">
									{h.login}
								</Text>
							</>
						),
					},
					{
						title: "One-time codes",
						cell: (h) => <Status state={h.enabled_at ? "good" : "off"}>{h.enabled_at ? "On" : "None"}</Status>,
					},
					{ title: "Since", cell: (h) => <When at={h.enabled_at} />, wide: true },
					{
						title: "Actions",
						cell: (h) =>
							h.enabled_at && h.user_id !== session.user_id ? (
								<Button size="compact-sm" variant="default" onClick={() => show(h.user_id)} aria-label={`Device lost: ${h.login}`}>
									Device lost
								</Button>
							) : (
								"–"
							),
					},
				]}
			/>
			<Danger
				opened={chosen !== undefined}
				onClose={() => show()}
				title={`Take the codes of ${chosen?.login ?? ""} away`}
				action="Take them away"
				run={() => ask(team.DELETE("/team/v1/users/{userId}/one-time-codes", { params: { path: { userId: chosen?.user_id ?? "" } } }))}
				onDone={() => queries.invalidateQueries({ queryKey: holdersKey })}
				call={{ method: "DELETE", path: `/team/v1/users/${chosen?.user_id ?? ""}/one-time-codes`, with: "session" }}
			>
				Do this for who has lost the device and the recovery codes. Their password alone is enough to sign in then, so make sure that it is
				they who ask.
			</Danger>
		</Stack>
	);
}
