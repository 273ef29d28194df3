import { Accordion, Code, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
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
	const mails = useQuery({ queryKey: ["team", "mails"], queryFn: async () => (await ask(team.GET("/team/v1/mails"))).data });
	return (
		<Page
			title="E-mail"
			about="The newest hundred e-mails that were written for the organization. Without a mail server they are kept here instead of being sent."
		>
			{mails.isError && <Failure error={mails.error} retry={mails.refetch} />}
			{mails.data?.length === 0 && (
				<Empty title="No e-mail yet" call={{ method: "GET", path: "/team/v1/mails", with: "session" }}>
					Invitations, links to new passwords, warnings before a limit is reached and webhooks that were switched off are written here.
				</Empty>
			)}
			<Accordion variant="separated" order={2}>
				{mails.data?.map((m) => (
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
		</Page>
	);
}
