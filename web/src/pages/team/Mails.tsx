import { Accordion, Button, Code, Group, Select, Skeleton, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ask, type Team, team } from "@/api/client";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { type State, Status } from "@/parts/Status";
import { When } from "@/parts/When";

type Mail = Team["OutboxMail"];

const states: Record<Mail["status"], { state: State; word: string }> = {
	queued: { state: "waiting", word: "Waiting" },
	sent: { state: "good", word: "Sent" },
	failed: { state: "bad", word: "Failed" },
	kept: { state: "off", word: "Kept here" },
};

/** The e-mails that were written for the organization, and what became of them. */
export default function Mails() {
	const search = useSearch({ strict: false }) as { status?: unknown };
	const navigate = useNavigate();
	const status = Object.keys(states).find((s) => s === search.status) as Mail["status"] | undefined;
	const mails = useInfiniteQuery({
		queryKey: ["team", "mails", status],
		queryFn: ({ pageParam: after }) => {
			const query = { limit: 50, ...(status ? { status } : {}), ...(after ? { starting_after_id: after } : {}) };
			return ask(team.GET("/team/v1/mails", { params: { query } }));
		},
		initialPageParam: "",
		getNextPageParam: (last) => last.more_starting_after,
	});
	const rows = mails.data?.pages.flatMap((p) => p.data);
	return (
		<Page
			title="E-mail"
			about="The e-mails that were written for the organization, the newest first. Without a mail server they are kept here instead of being sent."
		>
			<Select
				label="Show"
				data={[{ value: "", label: "All" }, ...Object.entries(states).map(([value, { word }]) => ({ value, label: word }))]}
				value={status ?? ""}
				onChange={(value) => navigate({ to: "/team/mails", search: { status: value || undefined } as never, replace: true })}
				allowDeselect={false}
				maw={200}
			/>
			{mails.isError && <Failure error={mails.error} retry={mails.refetch} />}
			{mails.isPending && <Skeleton height={120} />}
			{rows?.length === 0 && status && <Text size="sm">No e-mail stands so.</Text>}
			{rows?.length === 0 && !status && (
				<Empty title="No e-mail yet" call={{ method: "GET", path: "/team/v1/mails", with: "session" }}>
					Invitations, links to new passwords, warnings before a limit is reached and webhooks that were switched off are written here.
				</Empty>
			)}
			<Accordion variant="separated" order={2}>
				{rows?.map((m) => (
					<Accordion.Item key={m.id} value={m.id}>
						<Accordion.Control>
							<Group gap="sm">
								<Status state={states[m.status].state}>{states[m.status].word}</Status>
								<Text size="sm" fw={600}>
									{m.subject}
								</Text>
								<Text size="sm" c="dimmed">
									to {m.to}
								</Text>
							</Group>
						</Accordion.Control>
						<Accordion.Panel>
							<Text size="sm">
								Written <When at={m.created_at} />
								{m.sent_at && (
									<>
										, sent <When at={m.sent_at} />
									</>
								)}
								{m.last_error !== "" && `, after ${m.attempts} tries: ${m.last_error}`}
							</Text>
							{m.text === null ? (
								<Text size="sm" c="dimmed" mt="xs">
									Its text is not shown: it was sent, or its link is for one person alone.
								</Text>
							) : (
								<Code block mt="xs" tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
									{m.text}
								</Code>
							)}
						</Accordion.Panel>
					</Accordion.Item>
				))}
			</Accordion>
			{mails.hasNextPage && (
				<Button variant="default" onClick={() => mails.fetchNextPage()} loading={mails.isFetchingNextPage} style={{ alignSelf: "center" }}>
					Show more
				</Button>
			)}
		</Page>
	);
}
