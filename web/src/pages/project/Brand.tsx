import { Fieldset, Grid, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { ask, askTagged, type Management, management, type Tagged, team } from "@/api/client";
import { changesBetween } from "@/parts/changes";
import { EditForm } from "@/parts/EditForm";
import { Failure } from "@/parts/Failure";
import { Page } from "@/parts/Page";
import { useMay } from "@/permissions";
import { queries } from "@/queries";

type Branding = Management["Branding"];

const empty = {
	brand: { name: "", website_url: "", privacy_policy_url: "", terms_of_use_url: "", permission_reminder: "" },
	address: { street: "", city: "", postal: "", state: "", country: "" },
	contact: { email: "", phone: "" },
};
type Values = typeof empty;

const fields: [keyof Values, string, { name: string; label: string; about?: string; required?: boolean }[]][] = [
	[
		"brand",
		"Brand",
		[
			{ name: "name", label: "Name", required: true },
			{ name: "website_url", label: "Website", about: "May come without https://." },
			{ name: "privacy_policy_url", label: "Privacy policy" },
			{ name: "terms_of_use_url", label: "Terms of use" },
			{
				name: "permission_reminder",
				label: "Permission reminder",
				about: "Why people get e-mail from you. A usual sentence if it is empty.",
			},
		],
	],
	[
		"address",
		"Address",
		[
			{ name: "street", label: "Street", required: true },
			{ name: "city", label: "City", required: true },
			{ name: "postal", label: "Postal code", required: true },
			{ name: "state", label: "State" },
			{ name: "country", label: "Country", required: true },
		],
	],
	[
		"contact",
		"Contact",
		[
			{ name: "email", label: "E-mail", required: true },
			{ name: "phone", label: "Phone" },
		],
	],
];

/** What signs the project's e-mails, with the footer as they will carry it. */
export default function Brand() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/brand" });
	const key = useMemo(() => ["projects", projectId, "brand"], [projectId]);
	const brand = useQuery({ queryKey: key, queryFn: () => readBrand(projectId) });
	return (
		<Page title="Brand" about="Every e-mail that is sent for this project ends with the footer of its brand.">
			{brand.isError && <Failure error={brand.error} retry={brand.refetch} />}
			{brand.isSuccess && (
				<BrandForm projectId={projectId} brand={brand.data} reload={() => queries.invalidateQueries({ queryKey: key })} />
			)}
		</Page>
	);
}

/** readBrand returns the project's brand with its ETag, null if it has none. */
async function readBrand(projectId: string): Promise<Tagged<Branding> | null> {
	const list = await ask(management.GET("/management/v1/projects/{projectId}/branding", { params: { path: { projectId } } }));
	const brandingId = list.data[0]?.id;
	if (brandingId === undefined) return null;
	return askTagged(
		management.GET("/management/v1/projects/{projectId}/branding/{brandingId}", { params: { path: { projectId, brandingId } } }),
	);
}

function BrandForm({ projectId, brand, reload }: { projectId: string; brand: Tagged<Branding> | null; reload: () => Promise<void> }) {
	const may = useMay(projectId, "settings.write");
	const initial = useMemo(() => valuesOf(brand?.data), [brand]);
	const form = useForm<Values>({ initialValues: initial });
	// the form follows what is stored
	useEffect(() => {
		form.setInitialValues(initial);
		form.reset();
	}, [initial]);
	const save = (values: Values) => {
		const body = bodyOf(values);
		if (brand === null) {
			return ask(management.POST("/management/v1/projects/{projectId}/branding", { params: { path: { projectId } }, body }));
		}
		return ask(
			management.PUT("/management/v1/projects/{projectId}/branding/{brandingId}", {
				params: { path: { projectId, brandingId: brand.data.id } },
				headers: { "If-Match": brand.tag },
				body,
			}),
		);
	};
	const path = `/management/v1/projects/${projectId}/branding${brand === null ? "" : `/${brand.data.id}`}`;
	return (
		<EditForm
			form={form}
			save={save}
			onSaved={reload}
			reload={reload}
			readOnly={!may}
			call={(values) => ({ method: brand === null ? "POST" : "PUT", path, body: bodyOf(values) })}
			changes={changesBetween(initial, form.getValues(), labels)}
		>
			<Grid>
				<Grid.Col span={{ base: 12, md: 7 }}>
					<Stack gap="lg">
						{fields.map(([group, title, members]) => (
							<Fieldset key={group} legend={title}>
								<Stack gap="sm">
									{members.map((m) => (
										<TextInput
											key={m.name}
											label={m.label}
											description={m.about}
											required={m.required}
											readOnly={!may}
											{...form.getInputProps(`${group}.${m.name}`)}
										/>
									))}
								</Stack>
							</Fieldset>
						))}
					</Stack>
				</Grid.Col>
				<Grid.Col span={{ base: 12, md: 5 }}>
					<Footer projectId={projectId} stored={brand !== null} dirty={form.isDirty()} />
				</Grid.Col>
			</Grid>
		</EditForm>
	);
}

/** The footer as e-mails carry it. */
function Footer({ projectId, stored, dirty }: { projectId: string; stored: boolean; dirty: boolean }) {
	const footer = useQuery({
		queryKey: ["projects", projectId, "brand", "footer"],
		queryFn: () =>
			ask(
				team.GET("/team/v1/projects/{projectId}/branding/footer", {
					params: { path: { projectId } },
					headers: { Accept: "application/json" },
				}),
			),
		enabled: stored,
	});
	return (
		<Paper withBorder p="md">
			<Group justify="space-between">
				<Title order={2} size="h5">
					Footer
				</Title>
				{dirty && (
					<Text size="xs" c="dimmed">
						as it is saved
					</Text>
				)}
			</Group>
			{!stored && (
				<Text size="sm" c="dimmed" mt="sm">
					There is none yet. Fill in the brand and save it.
				</Text>
			)}
			{footer.data && typeof footer.data !== "string" && (
				<iframe
					title="The footer of e-mails"
					sandbox=""
					srcDoc={`<!doctype html><meta name="color-scheme" content="light"><body style="font:14px system-ui">${footer.data.content}</body>`}
					style={{ width: "100%", height: 260, border: 0, background: "white", colorScheme: "light" }}
				/>
			)}
		</Paper>
	);
}

const labels = Object.fromEntries(
	fields.flatMap(([group, title, members]) => members.map((m) => [`${group}.${m.name}`, `${title}: ${m.label}`])),
);

function valuesOf(brand: Branding | undefined): Values {
	const values = structuredClone(empty);
	for (const group of Object.keys(values) as (keyof Values)[]) {
		const from = brand?.[group] as Record<string, string | null> | undefined;
		const to = values[group] as Record<string, string>;
		for (const name of Object.keys(to)) to[name] = from?.[name] ?? "";
	}
	return values;
}

/** bodyOf leaves nothing as an empty text: what may be null is null, what has a default is left out. */
function bodyOf({ brand, address, contact }: Values) {
	const orNull = (text: string) => (text === "" ? null : text);
	return {
		brand: {
			name: brand.name,
			website_url: orNull(brand.website_url),
			privacy_policy_url: orNull(brand.privacy_policy_url),
			terms_of_use_url: orNull(brand.terms_of_use_url),
			...(brand.permission_reminder === "" ? {} : { permission_reminder: brand.permission_reminder }),
		},
		address: { ...address, state: orNull(address.state) },
		contact: { email: contact.email, phone: orNull(contact.phone) },
	};
}
