import { Anchor, Skeleton, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ask, team } from "@/api/client";
import { Problem } from "@/api/problem";
import { Failure } from "@/parts/Failure";
import { NewPassword } from "@/parts/NewPassword";
import { exact } from "@/parts/When";
import { Entrance } from "./Entrance";

/** Chooses a new password, for who has the link. */
export default function PasswordReset() {
	const { token } = useParams({ from: "/password-resets/$token" });
	const navigate = useNavigate();
	const reset = useQuery({
		queryKey: ["password-resets", token],
		queryFn: () => ask(team.GET("/team/v1/password-resets/{token}", { params: { path: { token } } })),
	});
	const gone = reset.error instanceof Problem && reset.error.status === 404;
	return (
		<Entrance title="Choose a new password">
			{reset.isPending && <Skeleton height={160} />}
			{gone && (
				<Text size="sm">
					This link has been used, is older than an hour, or was replaced by a newer one.{" "}
					<Anchor component={Link} to="/forgot-password" size="sm">
						Ask for another one
					</Anchor>
					.
				</Text>
			)}
			{reset.isError && !gone && <Failure error={reset.error} retry={reset.refetch} />}
			{reset.data && (
				<>
					<Text size="sm">
						For {reset.data.email}. The link works until {exact(reset.data.valid_until)}. You will be signed out everywhere.
					</Text>
					<NewPassword
						action="Save the password"
						save={(password) =>
							ask(team.POST("/team/v1/password-resets/{token}/accept", { params: { path: { token } }, body: { password } }))
						}
						onDone={() => {
							notifications.show({ message: "Your password is changed. Sign in with it.", color: "green" });
							navigate({ to: "/sign-in" });
						}}
					/>
				</>
			)}
		</Entrance>
	);
}
