import { Badge, type MantineColor } from "@mantine/core";
import { type Icon, IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX } from "@tabler/icons-react";

/** The four states that things are in; they differ by icon and word as well as by colour. */
export type State = "good" | "waiting" | "bad" | "off";

const look: Record<State, { color: MantineColor; icon: Icon }> = {
	good: { color: "green", icon: IconCircleCheck },
	waiting: { color: "yellow", icon: IconAlertTriangle },
	bad: { color: "red", icon: IconCircleX },
	off: { color: "gray", icon: IconCircleDashed },
};

/** A state, told in a word. */
export function Status({ state, children }: { state: State; children: string }) {
	const { color, icon: Sign } = look[state];
	return (
		<Badge
			variant="light"
			color={color}
			autoContrast
			leftSection={<Sign size={12} aria-hidden />}
			tt="none"
			fw={500}
			style={{ flexShrink: 0, minWidth: "max-content" }}
		>
			{children}
		</Badge>
	);
}
