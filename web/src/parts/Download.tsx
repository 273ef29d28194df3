import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Problem, type ProblemBody } from "@/api/problem";

interface Props {
	/** The address that is read; the same that lists it. */
	path: string;
	/** The form to ask for, for example text/csv. */
	accept: string;
	/** The file's name. */
	name: string;
	children: string;
}

/** A button that reads an address in another form and keeps the answer as a file. */
export function Download({ path, accept, name, children }: Props) {
	const work = useMutation({
		mutationFn: async () => save(await read(path, accept), name),
		onError: (error) => {
			const details = error instanceof Problem ? [...error.details, error.requestId && `Request ${error.requestId}`] : [];
			notifications.show({
				color: "red",
				title: `Not downloaded: ${error.message}`,
				message: details.filter(Boolean).join(". "),
				autoClose: false,
			});
		},
	});
	return (
		<Button
			variant="default"
			size="compact-sm"
			leftSection={<IconDownload size={14} />}
			onClick={() => work.mutate()}
			loading={work.isPending}
		>
			{children}
		</Button>
	);
}

async function read(path: string, accept: string): Promise<Blob> {
	let answer: Response;
	try {
		answer = await fetch(path, { headers: { Accept: accept }, credentials: "same-origin" });
	} catch {
		throw new Problem(0, { message: "The server cannot be reached", details: "Check your connection and try again" }, "");
	}
	if (answer.ok) return answer.blob();
	const body = (await answer.json().catch(() => ({}))) as Partial<ProblemBody>;
	throw new Problem(answer.status, body, answer.headers.get("X-Request-Id") ?? "");
}

function save(blob: Blob, name: string) {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	// Some browsers read the blob only after the click has returned.
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
