import { Accordion, Badge, Box, Checkbox, Group, Input, List, SimpleGrid, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { type EventName, eventGroups, rightName } from "./events";

interface Props {
	/** As they are stored: of two spellings, that which was chosen stays. */
	value: EventName[];
	onChange: (events: EventName[]) => void;
	error?: React.ReactNode;
	readOnly?: boolean;
}

/** Chooses events, by the object that they are about. */
export function EventPicker({ value, onChange, error, readOnly = false }: Props) {
	const chosen = new Set(value.map(rightName));
	const [search, setSearch] = useState("");
	const [open, setOpen] = useState(() => eventGroups.filter((g) => g.events.some((e) => chosen.has(e))).map((g) => g.object));
	const words = search.toLowerCase().split(/\s+/).filter(Boolean);
	const found = eventGroups
		.map((g) => ({ ...g, shown: g.events.filter((e) => words.every((w) => e.includes(w) || g.title.toLowerCase().includes(w))) }))
		.filter((g) => g.shown.length > 0);
	const set = (events: EventName[], on: boolean) => {
		const rest = value.filter((e) => !events.includes(rightName(e)));
		onChange(on ? [...value, ...events.filter((e) => !chosen.has(e))] : rest);
	};
	if (readOnly) return <Chosen events={[...chosen]} />;
	return (
		<Input.Wrapper
			label="Events"
			labelElement="div"
			required
			description={`${chosen.size === 0 ? "None" : chosen.size} chosen. Only these are sent.`}
			error={error}
			role="group"
			aria-label="Events"
		>
			<TextInput
				aria-label="Search events"
				placeholder="Search, for example gift or redemption failed"
				leftSection={<IconSearch size={16} />}
				value={search}
				onChange={(e) => setSearch(e.currentTarget.value)}
				my="xs"
			/>
			<Accordion
				multiple
				variant="contained"
				chevronPosition="right"
				value={words.length > 0 ? found.map((g) => g.object) : open}
				onChange={(next) => words.length === 0 && setOpen(next)}
			>
				{found.map((g) => {
					const on = g.shown.filter((e) => chosen.has(e)).length;
					return (
						<Accordion.Item key={g.object} value={g.object}>
							<Group gap={0} wrap="nowrap" pl="md">
								<Checkbox
									size="md"
									aria-label={`All events of ${g.title}${words.length > 0 ? " that were found" : ""}`}
									checked={on === g.shown.length}
									indeterminate={on > 0 && on < g.shown.length}
									onChange={() => set(g.shown, on < g.shown.length)}
								/>
								<Accordion.Control>
									<Group gap="xs">
										<Text size="sm" fw={600}>
											{g.title}
										</Text>
										<Badge variant="default" tt="none">
											{on} of {g.shown.length}
										</Badge>
									</Group>
								</Accordion.Control>
							</Group>
							<Accordion.Panel>
								<SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" verticalSpacing={8}>
									{g.shown.map((e) => (
										<Checkbox
											key={e}
											size="xs"
											label={<Box style={{ overflowWrap: "anywhere" }}>{e}</Box>}
											checked={chosen.has(e)}
											onChange={() => set([e], !chosen.has(e))}
										/>
									))}
								</SimpleGrid>
							</Accordion.Panel>
						</Accordion.Item>
					);
				})}
			</Accordion>
			{found.length === 0 && (
				<Text size="sm" c="dimmed" role="status">
					No event is named so.
				</Text>
			)}
		</Input.Wrapper>
	);
}

/** The events for those who may only look. */
function Chosen({ events }: { events: EventName[] }) {
	return (
		<Input.Wrapper label="Events" labelElement="div" description="Only these are sent.">
			<List size="sm" mt={4}>
				{events.map((e) => (
					<List.Item key={e} style={{ overflowWrap: "anywhere" }}>
						{e}
					</List.Item>
				))}
			</List>
		</Input.Wrapper>
	);
}
