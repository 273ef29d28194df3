import { Skeleton, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { Problem } from "@/api/problem";
import { Failure } from "@/parts/Failure";
import { NewPassword } from "@/parts/NewPassword";
import { exact } from "@/parts/When";
import { Entrance } from "./Entrance";

/** Accepts an invitation, for who has the link. */
export default function Invitation() {
	const { token } = useParams({ from: "/invitations/$token" });
	const navigate = useNavigate();
	const invitation = useQuery({
		queryKey: ["invitations", token],
		queryFn: () => ask(team.GET("/team/v1/invitations/{token}", { params: { path: { token } } })),
	});
	const gone = invitation.error instanceof Problem && invitation.error.status === 404;
	return (
		<Entrance title={invitation.data ? `${invitation.data.organization_name} invites you` : "Invitation"}>
			{invitation.isPending && <Skeleton height={160} />}
			{gone && (
				<Text size="sm">
					This invitation has been accepted, has run out, or was replaced by a newer one. Ask who invited you for another one.
				</Text>
			)}
			{invitation.isError && !gone && <Failure error={invitation.error} retry={invitation.refetch} />}
			{invitation.data && (
				<>
					<Text size="sm">
						Choose a password, {invitation.data.first_name}. You will sign in with {invitation.data.email}. The invitation holds until{" "}
						{exact(invitation.data.expires_at)}.
					</Text>
					<NewPassword
						action="Accept the invitation"
						save={(password) => ask(team.POST("/team/v1/invitations/{token}", { params: { path: { token } }, body: { password } }))}
						onDone={() => {
							notifications.show({ message: "Welcome. Sign in with your new password.", color: "green" });
							navigate({ to: "/sign-in" });
						}}
					/>
				</>
			)}
		</Entrance>
	);
}
