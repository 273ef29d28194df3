import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { queries } from "@/queries";
import { sessionQuery } from "@/session";
import { Enrol } from "../account/Enrol";
import { Entrance } from "./Entrance";

/** Sets up the one-time codes that the organization requires; until then nothing else can be done. */
export default function SetUpCodes() {
	const navigate = useNavigate();
	const { next } = useSearch({ from: "/set-up-codes" });
	const session = useQuery(sessionQuery);
	const leave = async (to: string) => {
		queries.clear();
		await navigate({ href: to });
	};
	const signOut = async () => {
		await ask(team.DELETE("/team/v1/session"));
		await leave("/sign-in");
	};
	return (
		<Entrance title="Set up one-time codes">
			{session.isError && <Failure error={session.error} retry={session.refetch} />}
			{session.data && (
				<>
					<Text size="sm">{session.data.organization_name} requires one-time codes of everybody. You have none yet.</Text>
					<Enrol login={session.data.login} enabled={false} onDone={() => leave(next ?? "/projects")} />
					<Anchor component="button" type="button" size="sm" onClick={signOut} ta="left">
						Sign out
					</Anchor>
				</>
			)}
		</Entrance>
	);
}
