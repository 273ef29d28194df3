import { Group, Paper, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { askTagged, team } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";
import { Page } from "@/parts/Page";
import { Status } from "@/parts/Status";
import { queries } from "@/queries";
import { sessionQuery, useSession } from "@/session";
import { Codes } from "./account/Codes";
import { Name } from "./account/Name";
import { Password } from "./account/Password";
import { Sessions } from "./account/Sessions";

const key = ["account"];

/** Who is signed in, and how: names, password, one-time codes, sessions. */
export default function Account() {
	const session = useSession();
	const account = useQuery({ queryKey: [...key, "self"], queryFn: () => askTagged(team.GET("/team/v1/account")) });
	const reload = async () => {
		await queries.invalidateQueries({ queryKey: key });
		await queries.invalidateQueries(sessionQuery);
	};
	return (
		<Page title="Your account">
			<Paper withBorder p="md">
				<Group gap="sm">
					<Text fw={600}>{session.login}</Text>
					{session.is_owner && <Status state="good">{`Owner of ${session.organization_name}`}</Status>}
					<Mono text={session.user_id} />
				</Group>
			</Paper>
			{account.isError && <Failure error={account.error} retry={account.refetch} />}
			{account.isPending && <Skeleton height={240} />}
			{account.data && (
				<>
					<Codes account={account.data.data} reload={reload} />
					<Name account={account.data} reload={reload} />
					<Password reload={reload} />
				</>
			)}
			<Sessions />
		</Page>
	);
}
