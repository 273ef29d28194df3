import { MultiSelect, Skeleton, Stack, TagsInput, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { ask, askTagged, type Tagged, type Team, team } from "@/api/client";
import { changesBetween } from "@/parts/changes";
import { EditForm } from "@/parts/EditForm";
import { Failure } from "@/parts/Failure";
import { localOf, timeOf } from "@/parts/local";
import { queries } from "@/queries";
import { projectsQuery } from "@/session";
import type { Key } from "./Keys";

const resources = {
	projects: "Projects",
	users: "Users",
	"metadata-schemas": "Metadata schemas",
	"custom-event-schemas": "Event schemas",
	webhooks: "Webhooks",
	"stacking-rules": "Stacking rules",
	branding: "Brand",
	"campaign-templates": "Campaign templates",
};

const scopes = [
	{ group: "Everything", items: [{ value: "read", label: "Read everything" }] },
	{ group: "Read and write", items: Object.entries(resources).map(([value, label]) => ({ value, label })) },
	{ group: "Read", items: Object.entries(resources).map(([name, label]) => ({ value: `${name}.read`, label: `${label}, to read` })) },
];

const empty = { name: "", scopes: [] as string[], project_ids: [] as string[], allowed_ips: [] as string[], expires_at: "" };
type Values = typeof empty;

const labels = { name: "Name", scopes: "Scopes", project_ids: "Projects", allowed_ips: "Addresses", expires_at: "Expires" };

function valuesOf(key: Key): Values {
	const { name, scopes, project_ids, allowed_ips, expires_at } = key;
	return { name, scopes, project_ids, allowed_ips, expires_at: localOf(expires_at) };
}

function bodyOf({ expires_at, ...rest }: Values) {
	return { ...rest, expires_at: timeOf(expires_at) };
}

/** What a key's owner chooses. */
function Fields({ form }: { form: UseFormReturnType<Values> }) {
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const known = projects.map((p) => ({ value: p.id, label: p.name }));
	// A project that is gone stays in the list, so that it can be taken out.
	const gone = form.getValues().project_ids.filter((id) => !known.some((p) => p.value === id));
	return (
		<Stack gap="sm">
			<TextInput label="Name" description="What the key is for." required maxLength={255} data-autofocus {...form.getInputProps("name")} />
			<MultiSelect
				label="Scopes"
				description="What the key may do. Empty for everything."
				data={scopes}
				searchable
				clearable
				hidePickedOptions
				{...listProps(form, "scopes")}
			/>
			<MultiSelect
				label="Projects"
				description="Where it may do it. Empty for all projects, also those to come."
				data={[...known, ...gone.map((id) => ({ value: id, label: id }))]}
				searchable
				clearable
				{...listProps(form, "project_ids")}
			/>
			<TagsInput
				label="Addresses"
				description="Addresses and CIDRs it may be used from, v4 or v6. Empty for any. Press Enter after each."
				placeholder={form.getValues().allowed_ips.length === 0 ? "203.0.113.0/24" : ""}
				acceptValueOnBlur
				{...listProps(form, "allowed_ips")}
			/>
			<TextInput
				type="datetime-local"
				label="Expires"
				description="When it stops being good, in your own time zone. Empty for never."
				{...form.getInputProps("expires_at")}
			/>
		</Stack>
	);
}

/** listProps binds a list: what was wrong with an entry is forgotten when the list changes. */
function listProps(form: UseFormReturnType<Values>, field: "scopes" | "project_ids" | "allowed_ips") {
	return {
		...form.getInputProps(field),
		error: errorAt(form, field),
		onChange: (entries: string[]) => {
			form.setErrors(Object.fromEntries(Object.entries(form.errors).filter(([path]) => !path.startsWith(`${field}.`))));
			form.setFieldValue(field, entries);
		},
	};
}

/** errorAt returns what is wrong with a list: the API names the entry, as in allowed_ips.0. */
function errorAt(form: UseFormReturnType<Values>, field: keyof Values): string | undefined {
	const wrong = Object.entries(form.errors).filter(([path]) => path === field || path.startsWith(`${field}.`));
	const entries = form.getValues()[field];
	const texts = wrong.map(([path, text]) => {
		const entry = Array.isArray(entries) ? entries[Number(path.slice(field.length + 1))] : undefined;
		return path === field || entry === undefined ? text : `${entry} ${text}`;
	});
	return texts.length === 0 ? undefined : texts.join("; ");
}

/** Makes a key. */
export function NewKey({ onMinted }: { onMinted: (fresh: Team["Minted"]) => Promise<void> }) {
	const form = useForm<Values>({ initialValues: empty, validate: { expires_at: ahead } });
	return (
		<EditForm
			form={form}
			save={async (values) => onMinted(await ask(team.POST("/team/v1/management-keys", { body: bodyOf(values) })))}
			action="Create the key"
			saved=""
			call={(values) => ({ method: "POST", path: "/team/v1/management-keys", body: bodyOf(values), with: "session" })}
		>
			<Fields form={form} />
		</EditForm>
	);
}

interface EditProps {
	keyId: string;
	onSaved: () => Promise<void>;
	onClose: () => void;
}

/** Changes a key; its token stays. */
export function EditKey({ keyId, ...rest }: EditProps) {
	const queryKey = useMemo(() => ["team", "management-keys", keyId], [keyId]);
	const key = useQuery({
		queryKey,
		queryFn: () => askTagged(team.GET("/team/v1/management-keys/{keyId}", { params: { path: { keyId } } })),
		staleTime: Number.POSITIVE_INFINITY, // what is being edited does not change under the hands
		gcTime: 0,
	});
	if (key.isError) return <Failure error={key.error} retry={key.refetch} />;
	if (!key.data) return <Skeleton height={320} />;
	return <Edit of={key.data} reload={() => queries.invalidateQueries({ queryKey })} {...rest} />;
}

function Edit({ of, reload, onSaved, onClose }: { of: Tagged<Key>; reload: () => Promise<void> } & Omit<EditProps, "keyId">) {
	const initial = useMemo(() => valuesOf(of.data), [of]);
	const form = useForm<Values>({ initialValues: initial, validate: { expires_at: (v) => (v === initial.expires_at ? null : ahead(v)) } });
	// the form follows what is stored
	useEffect(() => {
		form.setInitialValues(initial);
		form.reset();
	}, [initial]);
	// An expiry that was not touched is sent as it is stored: the input knows minutes only.
	const body = (values: Values) => ({
		...bodyOf(values),
		...(values.expires_at === initial.expires_at ? { expires_at: of.data.expires_at } : {}),
	});
	return (
		<EditForm
			form={form}
			save={async (values) => {
				const params = { path: { keyId: of.data.id } };
				await ask(team.PUT("/team/v1/management-keys/{keyId}", { params, headers: { "If-Match": of.tag }, body: body(values) }));
				await onSaved();
				form.resetDirty();
				onClose();
			}}
			reload={reload}
			changes={changesBetween(initial, form.getValues(), labels)}
			call={(values) => ({ method: "PUT", path: `/team/v1/management-keys/${of.data.id}`, body: body(values), with: "session" })}
		>
			<Fields form={form} />
		</EditForm>
	);
}

function ahead(local: string): string | null {
	const at = timeOf(local);
	if (local === "") return null;
	return at !== null && Date.parse(at) > Date.now() ? null : "must be in the future";
}
