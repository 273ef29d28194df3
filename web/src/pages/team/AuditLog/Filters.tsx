import { Autocomplete, Button, Grid, Group, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { localOf, timeOf } from "@/parts/local";
import { projectsQuery } from "@/session";
import { useFoundPeople } from "../people";
import type { Filter } from "./filter";

interface Props {
	filter: Filter;
	apply: (changes: Filter) => void;
	/** Operations and kinds of resources to offer; others can be typed. */
	actions: string[];
	kinds: string[];
}

/** What the list is narrowed down by: it stands in the address. */
export function Filters({ filter, apply, actions, kinds }: Props) {
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const people = useFoundPeople(filter.actor_id);
	const offered = (list: { value: string; label: string }[], value: string | undefined) =>
		value === undefined || list.some((o) => o.value === value) ? list : [...list, { value, label: value }];
	return (
		<Grid gap="sm" align="flex-end">
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Select
					label="Who"
					placeholder="Anybody"
					{...people}
					value={filter.actor_id ?? null}
					onChange={(v) => apply({ actor_id: v ?? undefined })}
					clearable
				/>
			</Grid.Col>
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Typed label="Action" placeholder="Any" options={actions} value={filter.action} apply={(action) => apply({ action })} />
			</Grid.Col>
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Typed
					label="Kind of resource"
					placeholder="Any"
					options={kinds}
					value={filter.resource_type}
					apply={(resource_type) => apply({ resource_type })}
				/>
			</Grid.Col>
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Typed
					label="Resource"
					placeholder="Any id"
					options={[]}
					value={filter.resource_id}
					apply={(resource_id) => apply({ resource_id })}
				/>
			</Grid.Col>
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Select
					label="Project"
					placeholder="Any or none"
					data={offered(
						projects.map((p) => ({ value: p.id, label: p.name })),
						filter.project_id,
					)}
					value={filter.project_id ?? null}
					onChange={(v) => apply({ project_id: v ?? undefined })}
					searchable
					clearable
				/>
			</Grid.Col>
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Time label="From" value={filter.from} apply={(from) => apply({ from })} />
			</Grid.Col>
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Time label="To" value={filter.to} apply={(to) => apply({ to })} />
			</Grid.Col>
			<Grid.Col span={{ base: 12, xs: 6, md: 3 }}>
				<Group>
					<Button
						variant="default"
						disabled={Object.values(filter).every((v) => v === undefined)}
						onClick={() => apply(Object.fromEntries(Object.keys(filter).map((name) => [name, undefined])))}
					>
						Clear the filter
					</Button>
				</Group>
			</Grid.Col>
		</Grid>
	);
}

interface TypedProps {
	label: string;
	placeholder: string;
	options: string[];
	value: string | undefined;
	apply: (value: string | undefined) => void;
}

/** A text that is applied when it is complete: chosen, or left with Enter or Tab. */
function Typed({ value = "", ...props }: TypedProps) {
	return <TypedFrom key={value} value={value} {...props} />;
}

function TypedFrom({ label, placeholder, options, value, apply }: TypedProps & { value: string }) {
	const [text, setText] = useState(value);
	const done = (next: string) => next.trim() !== value && apply(next.trim() || undefined);
	return (
		<Autocomplete
			label={label}
			placeholder={placeholder}
			data={options}
			limit={50}
			value={text}
			onChange={setText}
			onOptionSubmit={done}
			onBlur={() => done(text)}
			onKeyDown={(e) => e.key === "Enter" && done(e.currentTarget.value)}
			clearable
			onClear={() => apply(undefined)}
		/>
	);
}

function Time({ value, ...props }: { label: string; value: string | undefined; apply: (value: string | undefined) => void }) {
	return <TimeFrom key={value} value={value} {...props} />;
}

function TimeFrom({ label, value, apply }: { label: string; value: string | undefined; apply: (value: string | undefined) => void }) {
	const [local, setLocal] = useState(localOf(value));
	return (
		<TextInput
			type="datetime-local"
			label={label}
			value={local}
			onChange={(e) => setLocal(e.currentTarget.value)}
			onBlur={() => local !== localOf(value) && apply(timeOf(local) ?? undefined)}
			onKeyDown={(e) => e.key === "Enter" && local !== localOf(value) && apply(timeOf(local) ?? undefined)}
		/>
	);
}
