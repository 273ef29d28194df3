import { useState } from "react";
import { ask, type Team, team } from "@/api/client";
import { Danger } from "@/parts/Danger";
import { Drawer } from "@/parts/Window";
import { EditKey, NewKey } from "./KeyForm";
import type { Key } from "./Keys";
import { Rotate } from "./Rotate";
import { Shown, Token } from "./Token";

interface Props {
	/** The key that the address names. */
	chosen: Key | undefined;
	/** What the address says is done with it. */
	what: string | undefined;
	open: (key: string | undefined, what: string | undefined) => Promise<void>;
	reload: () => Promise<void>;
	/** No more keys can be made. */
	full: boolean;
}

/** What is open beside the list: each has an address of its own. */
export function Windows({ chosen, what, open, reload, full }: Props) {
	const [minted, setMinted] = useState<Team["Minted"]>();
	const close = async () => {
		await open(undefined, undefined);
		// Not before: what is still open would read the token, and that goes into the audit log.
		setMinted(undefined);
	};
	const show = async (fresh: Team["Minted"]) => {
		setMinted(fresh);
		await reload();
		open(fresh.id, "token");
	};
	const drawer = { onClose: close, position: "right", size: "lg", closeButtonProps: { "aria-label": "Close" } } as const;
	return (
		<>
			<Drawer {...drawer} opened={what === "new" && !full} title="New key">
				<NewKey onMinted={show} />
			</Drawer>
			<Drawer {...drawer} opened={!!chosen && what === "edit"} title={`Edit ${chosen?.name ?? "the key"}`}>
				{chosen && <EditKey keyId={chosen.id} onSaved={reload} onClose={close} />}
			</Drawer>
			<Drawer {...drawer} opened={!!chosen && what === "token"} title={`Token of ${chosen?.name ?? "the key"}`}>
				{chosen &&
					(minted?.id === chosen.id ? (
						<Shown id={minted.id} token={minted.token} until={minted.token_visible_until} forget={() => setMinted(undefined)} />
					) : (
						<Token of={chosen} />
					))}
			</Drawer>
			<Drawer {...drawer} opened={!!chosen && what === "rotate"} title={`Rotate the token of ${chosen?.name ?? "the key"}`}>
				{chosen && <Rotate of={chosen} onMinted={show} />}
			</Drawer>
			{chosen && what === "delete" && (
				<Danger
					opened
					onClose={close}
					title={`Delete ${chosen.name}`}
					typed={chosen.name}
					action="Delete the key"
					run={() => ask(team.DELETE("/team/v1/management-keys/{keyId}", { params: { path: { keyId: chosen.id } } }))}
					onDone={reload}
					call={{ method: "DELETE", path: `/team/v1/management-keys/${chosen.id}`, with: "session" }}
				>
					Every call with this key is refused from now on. This cannot be undone.
				</Danger>
			)}
		</>
	);
}
