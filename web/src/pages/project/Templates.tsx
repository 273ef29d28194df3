import { Anchor, Button, Code, Group, Select, Skeleton, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, askTagged, management, type Tagged, type Team, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { Empty } from "@/parts/Empty";
import { Failure } from "@/parts/Failure";
import { JsonInput, parseJson } from "@/parts/JsonInput";
import { Page } from "@/parts/Page";
import { Table } from "@/parts/Table";
import { When } from "@/parts/When";
import { Drawer } from "@/parts/Window";
import { useMay } from "@/permissions";
import { queries } from "@/queries";
import { projectsQuery } from "@/session";

type Template = Team["CampaignTemplate"];
type Details = Team["CampaignTemplateDetails"];

/** Campaigns that others are made from. */
export default function Templates() {
	const { projectId } = useParams({ from: "/app/projects/$projectId/templates" });
	const may = useMay(projectId, "data.write");
	const search = useSearch({ strict: false }) as { template?: string; name?: string };
	const navigate = useNavigate();
	const show = (template?: string) => navigate({ to: ".", search: { name: search.name, template } as never });
	const [name, setName] = useState(search.name ?? "");
	const [settled] = useDebouncedValue(name, 300);
	const queryKey = ["projects", projectId, "templates"];
	const list = useInfiniteQuery({
		queryKey: [...queryKey, "list", settled],
		queryFn: ({ pageParam }) =>
			ask(
				team.GET("/team/v1/projects/{projectId}/templates/campaigns", {
					params: {
						path: { projectId },
						query: {
							limit: 50,
							starting_after_id: pageParam,
							...(settled === "" ? {} : { "filters[name][conditions][$contains]": settled }),
						} as never,
					},
				}),
			),
		initialPageParam: undefined as string | undefined,
		getNextPageParam: (page) => page.more_starting_after,
	});
	const rows = list.data?.pages.flatMap((p) => p.data);
	const reload = () => queries.invalidateQueries({ queryKey });
	return (
		<Page
			title="Campaign templates"
			about="Campaigns to make others from, in this project or copied to another one."
			actions={
				may && (
					<Button leftSection={<IconPlus size={16} />} onClick={() => show("new")}>
						New template
					</Button>
				)
			}
		>
			<TextInput
				label="Name contains"
				value={name}
				onChange={(e) => setName(e.currentTarget.value)}
				maw={320}
				onBlur={() => navigate({ to: ".", search: (name ? { name } : {}) as never, replace: true })}
			/>
			{list.isError && <Failure error={list.error} retry={list.refetch} />}
			{rows?.length === 0 ? (
				<Empty
					title={settled === "" ? "No templates yet" : "No template of such a name"}
					call={{
						method: "POST",
						path: "/v1/templates/campaigns",
						body: { name: "Spring", campaign: { campaign_type: "DISCOUNT_COUPONS" } },
						with: "project",
					}}
				>
					A template keeps how a campaign is set up, so that the next one need not be set up by hand.
				</Empty>
			) : (
				!list.isError && (
					<Table<Template>
						label="Campaign templates"
						rows={rows}
						keyOf={(t) => t.id}
						more={list.hasNextPage ? () => list.fetchNextPage() : undefined}
						loadingMore={list.isFetchingNextPage}
						columns={[
							{
								title: "Name",
								cell: (t) => (
									<Anchor component="button" size="sm" fw={600} onClick={() => show(t.id)}>
										{t.name}
									</Anchor>
								),
							},
							{ title: "Type", cell: (t) => t.campaign_type },
							{ title: "Made", cell: (t) => <When at={t.created_at} />, wide: true },
						]}
					/>
				)
			)}
			<Drawer opened={may && search.template === "new"} onClose={() => show()} position="right" size="lg" title="New template">
				<NewTemplate
					projectId={projectId}
					onSaved={async () => {
						await reload();
						show();
					}}
				/>
			</Drawer>
			<Drawer
				opened={!!search.template && search.template !== "new"}
				onClose={() => show()}
				position="right"
				size="lg"
				title="Campaign template"
			>
				{search.template && search.template !== "new" && (
					<One projectId={projectId} id={search.template} reload={reload} onClose={() => show()} />
				)}
			</Drawer>
		</Page>
	);
}

function One({ projectId, id, reload, onClose }: { projectId: string; id: string; reload: () => Promise<void>; onClose: () => void }) {
	const path = { projectId, campaignTemplateId: id };
	const template = useQuery({
		queryKey: ["projects", projectId, "templates", id],
		queryFn: () => askTagged(team.GET("/team/v1/projects/{projectId}/templates/campaigns/{campaignTemplateId}", { params: { path } })),
		staleTime: 0,
	});
	if (template.isError) return <Failure error={template.error} retry={template.refetch} />;
	if (!template.data) return <Skeleton height={240} />;
	return <Shown key={template.data.tag} projectId={projectId} stored={template.data} reload={reload} onClose={onClose} />;
}

function Shown({
	projectId,
	stored: { data: template, tag },
	reload,
	onClose,
}: {
	projectId: string;
	stored: Tagged<Details>;
	reload: () => Promise<void>;
	onClose: () => void;
}) {
	const may = useMay(projectId, "data.write");
	const [removing, setRemoving] = useState(false);
	const path = { projectId, campaignTemplateId: template.id };
	const form = useForm({ initialValues: { name: template.name, description: template.description ?? "" } });
	return (
		<Stack gap="lg">
			<EditForm
				form={form}
				save={(body) =>
					ask(
						team.PUT("/team/v1/projects/{projectId}/templates/campaigns/{campaignTemplateId}", {
							params: { path },
							headers: { "If-Match": tag },
							body,
						}),
					)
				}
				onSaved={reload}
				reload={reload}
				readOnly={!may}
				call={(body) => ({ method: "PUT", path: `/v1/templates/campaigns/${template.id}`, body, with: "project" })}
				extra={
					<Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
						Delete
					</Button>
				}
			>
				<TextInput label="Name" required readOnly={!may} {...form.getInputProps("name")} />
				<TextInput label="Description" readOnly={!may} {...form.getInputProps("description")} />
			</EditForm>
			<Code block tabIndex={0} style={{ maxHeight: 360, overflow: "auto" }}>
				{JSON.stringify(template, null, 2)}
			</Code>
			<Copy projectId={projectId} template={template} />
			<Danger
				opened={removing}
				onClose={() => setRemoving(false)}
				title={`Delete ${template.name}`}
				typed={template.name}
				action="Delete the template"
				run={() => ask(team.DELETE("/team/v1/projects/{projectId}/templates/campaigns/{campaignTemplateId}", { params: { path } }))}
				onDone={async () => {
					onClose();
					await reload();
				}}
				call={{ method: "DELETE", path: `/v1/templates/campaigns/${template.id}`, with: "project" }}
			>
				Campaigns that were made from it stay as they are.
			</Danger>
		</Stack>
	);
}

/** Copies a template to another project of the organization. */
function Copy({ projectId, template }: { projectId: string; template: Details }) {
	const may = useMay(projectId, "settings.write");
	const projects = useQuery(projectsQuery).data?.data ?? [];
	const form = useForm({ initialValues: { name: template.name, destination_project_id: "" } });
	if (!may) return null;
	const path = { projectId, campaignTemplateId: template.id };
	return (
		<section aria-label="Copy to another project">
			<EditForm
				form={form}
				save={(body) =>
					ask(
						management.POST("/management/v1/projects/{projectId}/templates/campaigns/{campaignTemplateId}/copy", {
							params: { path },
							body,
						}),
					)
				}
				action="Copy"
				saved="Copied"
				call={(body) => ({ method: "POST", path: `/management/v1/projects/${projectId}/templates/campaigns/${template.id}/copy`, body })}
			>
				<Group align="flex-end" grow>
					<Select
						label="Copy to"
						data={projects.filter((p) => p.id !== projectId).map((p) => ({ value: p.id, label: p.name }))}
						searchable
						{...form.getInputProps("destination_project_id")}
					/>
					<TextInput label="Name there" {...form.getInputProps("name")} />
				</Group>
			</EditForm>
		</section>
	);
}

function NewTemplate({ projectId, onSaved }: { projectId: string; onSaved: () => void }) {
	const form = useForm({
		initialValues: { name: "", description: "", campaign: '{\n  "campaign_type": "DISCOUNT_COUPONS"\n}' },
		validate: { campaign: (text) => parseJson(text).error ?? null },
	});
	const bodyOf = (v: typeof form.values) => ({ name: v.name, description: v.description, campaign: parseJson(v.campaign).value ?? {} });
	return (
		<EditForm
			form={form}
			save={(v) =>
				ask(team.POST("/team/v1/projects/{projectId}/templates/campaigns", { params: { path: { projectId } }, body: bodyOf(v) as never }))
			}
			onSaved={onSaved}
			action="Create the template"
			saved="Created"
			call={(v) => ({ method: "POST", path: "/v1/templates/campaigns", body: bodyOf(v), with: "project" })}
		>
			<TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
			<TextInput label="Description" {...form.getInputProps("description")} />
			<JsonInput
				label="Campaign"
				description="The definition of a campaign, as JSON."
				value={form.getValues().campaign}
				onChange={(e) => form.setFieldValue("campaign", e.currentTarget.value)}
			/>
		</EditForm>
	);
}
