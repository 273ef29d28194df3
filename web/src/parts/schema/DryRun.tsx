import { Alert, Button, List, Stack, Text } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { Management } from "@/api/client";
import { Failure } from "@/parts/Failure";
import { Mono } from "@/parts/Mono";

type Result = Pick<Management["MetadataSchemaDryRun"], "valid" | "checked" | "failed" | "failures">;

/** Tries a change of a schema on what is stored, and changes nothing. */
export function DryRun({ run, what }: { run: () => Promise<Result>; what: string }) {
	const trial = useMutation({ mutationFn: run });
	const r = trial.data;
	return (
		<Stack gap="sm" align="flex-start">
			<Button variant="default" leftSection={<IconFlask size={16} />} onClick={() => trial.mutate()} loading={trial.isPending}>
				Try the change on what is stored
			</Button>
			{trial.isError && <Failure error={trial.error} what="Not tried" />}
			{r && (
				<Alert
					color={r.valid ? "green" : "yellow"}
					title={r.valid ? `All ${r.checked} ${what} obey` : `${r.failed} of ${r.checked} ${what} do not obey`}
					w="100%"
				>
					{r.checked === 0 && "There is nothing stored to try it on."}
					{!r.valid && (
						<List size="sm">
							{r.failures.slice(0, 10).map((f) => (
								<List.Item key={f.index}>
									{f.id && <Mono text={f.id} />} {f.violations.map((v) => `${v.path}: ${v.rule}`).join("; ")}
								</List.Item>
							))}
						</List>
					)}
					<Text size="xs" mt="xs">
						Nothing was changed.
					</Text>
				</Alert>
			)}
		</Stack>
	);
}
