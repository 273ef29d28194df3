import { NativeSelect, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ask, type Team, team } from "@/api/client";
import { EditForm } from "@/parts/EditForm";
import type { Key } from "./Keys";

const overlaps = [
	{ value: "0", label: "stops at once" },
	{ value: "3600", label: "stays good for an hour" },
	...[1, 2, 3, 4, 5, 6, 7].map((n) => ({ value: String(n * 86_400), label: `stays good for ${n === 1 ? "a day" : `${n} days`}` })),
];

/** Gives a key a new token. */
export function Rotate({ of, onMinted }: { of: Key; onMinted: (fresh: Team["Minted"]) => Promise<void> }) {
	const form = useForm({ initialValues: { overlap_seconds: "3600" } });
	const bodyOf = (values: { overlap_seconds: string }) => ({ overlap_seconds: Number(values.overlap_seconds) });
	return (
		<EditForm
			form={form}
			save={async (values) => {
				const path = { keyId: of.id };
				await onMinted(await ask(team.POST("/team/v1/management-keys/{keyId}/rotate", { params: { path }, body: bodyOf(values) })));
			}}
			action="Rotate the token"
			saved=""
			call={(values) => ({ method: "POST", path: `/team/v1/management-keys/${of.id}/rotate`, body: bodyOf(values), with: "session" })}
		>
			<Stack gap="sm">
				<Text size="sm">
					The key gets a new token, which is shown for 15 minutes. Id, scopes and addresses stay. Let the old token live on until everything
					that uses it has the new one.
				</Text>
				<NativeSelect label="The old token" data={overlaps} {...form.getInputProps("overlap_seconds")} />
			</Stack>
		</EditForm>
	);
}
