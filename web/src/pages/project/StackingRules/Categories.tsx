import { ActionIcon, Button, Checkbox, Group, NumberInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { EditForm } from "@/parts/EditForm";
import { Empty } from "@/parts/Empty";
import { Table } from "@/parts/Table";
import { Drawer } from "@/parts/Window";
import { useMay } from "@/permissions";

type Category = Team["Category"];

const nameOf = (c: Category) => c.name;

interface Props {
	projectId: string;
	categories: Category[];
	reload: () => Promise<void>;
}

/** The categories that rules speak of. */
export function Categories({ projectId, categories, reload }: Props) {
	const may = useMay(projectId, "data.write");
	const search = useSearch({ strict: false }) as { category?: string; do?: string };
	const navigate = useNavigate();
	const show = (category?: string, what?: string) =>
		navigate({ to: ".", search: (category ? { category, do: what } : {}) as never, resetScroll: false });
	const close = () => show();
	const chosen = categories.find((c) => c.id === search.category);
	const edited = !may ? undefined : search.category === "new" ? "new" : search.do === "edit" ? chosen : undefined;
	const removed = may && search.do === "delete" ? chosen : undefined;
	const [force, setForce] = useState(false);
	const path = `/v1/categories/${removed?.id ?? ""}`;
	return (
		<Stack gap="sm" component="section">
			<Group justify="space-between">
				<Title order={2} size="h4">
					Categories
				</Title>
				{may && (
					<Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => show("new")}>
						New category
					</Button>
				)}
			</Group>
			{categories.length === 0 ? (
				<Empty
					title="No categories yet"
					call={{ method: "POST", path: "/v1/categories", body: { name: "Seasonal", hierarchy: 1 }, with: "project" }}
				>
					Categories sort incentives and say which of them give way to others. An incentive can be of several.
				</Empty>
			) : (
				<Table
					label="Categories"
					rows={categories}
					keyOf={(c) => c.id}
					find={nameOf}
					columns={[
						{ title: "Name", cell: (c) => c.name },
						{ title: "Hierarchy", cell: (c) => c.hierarchy, numeric: true },
						...(may
							? [
									{
										title: "Actions",
										cell: (c: Category) => (
											<Group gap={4} wrap="nowrap">
												<ActionIcon variant="subtle" color="gray" onClick={() => show(c.id, "edit")} aria-label={`Edit ${c.name}`}>
													<IconPencil size={16} />
												</ActionIcon>
												<ActionIcon variant="subtle" color="red" onClick={() => show(c.id, "delete")} aria-label={`Delete ${c.name}`}>
													<IconTrash size={16} />
												</ActionIcon>
											</Group>
										),
									},
								]
							: []),
					]}
				/>
			)}
			<Drawer
				opened={edited !== undefined}
				onClose={close}
				position="right"
				title={edited === "new" ? "New category" : "Edit the category"}
			>
				{edited && (
					<CategoryForm
						projectId={projectId}
						category={edited === "new" ? undefined : edited}
						onSaved={async () => {
							await reload();
							close();
						}}
					/>
				)}
			</Drawer>
			{removed && (
				<Danger
					opened
					onClose={close}
					title={`Delete ${removed.name}`}
					action="Delete the category"
					run={() =>
						ask(
							team.DELETE("/team/v1/projects/{projectId}/categories/{categoryId}", {
								params: { path: { projectId, categoryId: removed.id }, query: { remove_from_stacking_rules: force } },
							}),
						)
					}
					onDone={reload}
					call={{ method: "DELETE", path: force ? `${path}?remove_from_stacking_rules=true` : path, with: "project" }}
				>
					<Text size="sm" mb="sm">
						Incentives that name it lose it.
					</Text>
					<Checkbox label="Take it out of the stacking rules as well" checked={force} onChange={(e) => setForce(e.currentTarget.checked)} />
				</Danger>
			)}
		</Stack>
	);
}

function CategoryForm({ projectId, category, onSaved }: { projectId: string; category: Category | undefined; onSaved: () => void }) {
	const form = useForm({ initialValues: { name: category?.name ?? "", hierarchy: category?.hierarchy ?? 1 } });
	const save = (body: { name: string; hierarchy: number }) =>
		category
			? ask(
					team.PUT("/team/v1/projects/{projectId}/categories/{categoryId}", {
						params: { path: { projectId, categoryId: category.id } },
						body,
					}),
				)
			: ask(team.POST("/team/v1/projects/{projectId}/categories", { params: { path: { projectId } }, body }));
	return (
		<EditForm
			form={form}
			save={save}
			onSaved={onSaved}
			action={category ? "Save" : "Create the category"}
			call={(body) => ({
				method: category ? "PUT" : "POST",
				path: category ? `/v1/categories/${category.id}` : "/v1/categories",
				body,
				with: "project",
			})}
		>
			<Stack gap="sm">
				<TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
				<NumberInput
					label="Hierarchy"
					description="Lower ones are processed first, where the rules sort by hierarchy."
					required
					allowDecimal={false}
					{...form.getInputProps("hierarchy")}
				/>
			</Stack>
		</EditForm>
	);
}
