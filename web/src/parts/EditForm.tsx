import { Alert, Button, Group, List, Paper, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconGitMerge } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Call } from "@/api/curl";
import { Problem, sentencesByField } from "@/api/problem";
import { AsCall } from "./AsCall";
import { Failure } from "./Failure";
import { Unsaved } from "./Unsaved";

/** One thing that saving would change. */
export interface Change {
	field: string;
	from: string;
	to: string;
}

interface Props<V extends Record<string, unknown>> {
	form: UseFormReturnType<V>;
	children: ReactNode;
	/** Saves the form's values. It sends If-Match, so that nobody's change is overwritten unseen. */
	save: (values: V) => Promise<unknown>;
	/** After it was saved; the form then takes what was entered as its ground. */
	onSaved?: () => void;
	/** Reads again what somebody else has saved meanwhile, and puts it into the form. */
	reload?: () => Promise<unknown>;
	/** The call that saving makes. */
	call: (values: V) => Call;
	/** What saving would change; shown above the button. */
	changes?: Change[];
	/** The button's word; Save if it is not said. */
	action?: string;
	/** Told once it is saved; nothing if it is empty. */
	saved?: string;
	/** The user may only look. */
	readOnly?: boolean;
	/** Another button, such as one that cancels. */
	extra?: ReactNode;
}

/**
 * A form around its fields: it sends them, puts what the API says at the field it is about, tells kindly if somebody
 * else has saved in between, and does not let what was entered get lost.
 */
export function EditForm<V extends Record<string, unknown>>(props: Props<V>) {
	const { form, children, save, onSaved, reload, call, changes = [], action = "Save", saved = "Saved", readOnly = false, extra } = props;
	const work = useMutation({
		mutationFn: save,
		onSuccess: () => {
			form.resetDirty();
			if (saved !== "") notifications.show({ message: saved, color: "green", autoClose: 3000 });
			onSaved?.();
		},
		onError: (error) => {
			if (error instanceof Problem && error.status === 400) {
				const { "": _, ...fields } = sentencesByField(error);
				form.setErrors(fields);
			}
		},
	});
	const again = useMutation({
		mutationFn: async () => reload?.(),
		onSuccess: () => work.reset(),
	});
	const conflict = work.error instanceof Problem && work.error.status === 412;
	return (
		<form onSubmit={form.onSubmit((values) => work.mutate(values))} noValidate>
			<Unsaved dirty={form.isDirty() && !work.isPending} />
			<Stack gap="lg">
				{children}
				{conflict && (
					<Alert color="yellow" icon={<IconGitMerge />} title="Somebody else has saved this meanwhile" role="alert">
						<Text size="sm">Nothing of theirs was overwritten. Load what they saved, and make your change again.</Text>
						<Button mt="sm" size="xs" onClick={() => again.mutate()} loading={again.isPending}>
							Load theirs
						</Button>
					</Alert>
				)}
				{work.isError && !conflict && <Failure error={work.error} what="Not saved" />}
				{!readOnly && (
					<Paper withBorder p="md">
						{changes.length > 0 && (
							<>
								<Text size="sm" fw={600}>
									Saving changes
								</Text>
								<List size="sm" mb="sm">
									{changes.map((c) => (
										<List.Item key={c.field}>
											{c.field}: {c.from || "nothing"} → {c.to || "nothing"}
										</List.Item>
									))}
								</List>
							</>
						)}
						<Group>
							<Button type="submit" loading={work.isPending} disabled={!form.isDirty() && action === "Save"}>
								{action}
							</Button>
							{extra}
							<AsCall call={call(form.getValues())} />
						</Group>
					</Paper>
				)}
			</Stack>
		</form>
	);
}
