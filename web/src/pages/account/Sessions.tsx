import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { AsCall } from "@/parts/AsCall";
import { Failure } from "@/parts/Failure";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { queries } from "@/queries";

const path = "/team/v1/account/sessions";
const key = ["account", "sessions"];

/** browser makes a short name of what a browser calls itself. */
export function browser(userAgent: string): string {
	const names: [RegExp, string][] = [
		[/Edg\//, "Edge"],
		[/OPR\//, "Opera"],
		[/Firefox\//, "Firefox"],
		[/Chrom(e|ium)\//, "Chrome"],
		[/Safari\//, "Safari"],
		[/^curl\//, "curl"],
	];
	const systems: [RegExp, string][] = [
		[/iPhone|iPad/, "iOS"],
		[/Android/, "Android"],
		[/Windows/, "Windows"],
		[/Mac OS/, "macOS"],
		[/Linux/, "Linux"],
	];
	const name = names.find(([sign]) => sign.test(userAgent))?.[1];
	const system = systems.find(([sign]) => sign.test(userAgent))?.[1];
	return name ? (system ? `${name} on ${system}` : name) : userAgent.slice(0, 40) || "unknown";
}

/** Where the user is signed in. */
export function Sessions() {
	const navigate = useNavigate();
	const sessions = useQuery({ queryKey: key, queryFn: async () => (await ask(team.GET(path))).data });
	const reload = () => queries.invalidateQueries({ queryKey: key });
	const end = useMutation({
		mutationFn: (sessionId: string) => ask(team.DELETE(`${path}/{sessionId}`, { params: { path: { sessionId } } })),
		onSuccess: reload,
	});
	const others = useMutation({ mutationFn: () => ask(team.DELETE(path)), onSuccess: reload });
	const failed = end.error ?? others.error;
	return (
		<Stack gap="sm">
			<Title order={2} size="h5">
				Where you are signed in
			</Title>
			{sessions.isError && <Failure error={sessions.error} retry={sessions.refetch} />}
			{failed && <Failure error={failed} what="Not ended" />}
			<Table
				label="Your sessions"
				rows={sessions.data}
				keyOf={(s) => s.id}
				columns={[
					{ title: "Browser", cell: (s) => browser(s.user_agent) },
					{ title: "Address", cell: (s) => s.address || "–" },
					{ title: "Signed in", cell: (s) => <When at={s.created_at} /> },
					{ title: "Ends", cell: (s) => <When at={s.expires_at} />, wide: true },
					{
						title: "Actions",
						cell: (s) =>
							s.current ? (
								<Text size="sm">This one</Text>
							) : (
								<Button
									size="compact-sm"
									variant="default"
									loading={end.isPending && end.variables === s.id}
									onClick={() => end.mutate(s.id)}
									aria-label={`End the session of ${browser(s.user_agent)}`}
								>
									End
								</Button>
							),
					},
				]}
			/>
			<Group gap="xs">
				{(sessions.data?.length ?? 0) > 1 && (
					<Button variant="default" onClick={() => others.mutate()} loading={others.isPending}>
						End all others
					</Button>
				)}
				<Button
					variant="default"
					onClick={async () => {
						await ask(team.DELETE("/team/v1/session"));
						queries.clear();
						await navigate({ to: "/sign-in" });
					}}
				>
					Sign out
				</Button>
				<AsCall call={{ method: "DELETE", path, with: "session" }} />
			</Group>
		</Stack>
	);
}
