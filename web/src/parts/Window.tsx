import { Drawer as PlainDrawer, type DrawerProps, Modal as PlainModal, type ModalProps } from "@mantine/core";
import { useEffect, useRef } from "react";

/** What was in focus last outside of menus, which go as soon as something in them is chosen. */
let last: HTMLElement | null = null;
document.addEventListener("focusin", ({ target }) => {
	if (!(target instanceof HTMLElement)) return;
	const menu = target.closest("[role=menu]");
	last = menu ? (document.getElementById(menu.getAttribute("aria-labelledby") ?? "") ?? last) : target;
});

/** The windows that are open, the latest last, each with what opened it, what opened the one below it, and so on. */
let open: { id: number; openers: HTMLElement[] }[] = [];
let opened = 0;
/** The key press that has closed a window: one press closes one. */
let handled: Event | undefined;

/** A drawer that gives the focus back to what opened it, and that Escape closes only while nothing lies on top of it. */
export function Drawer(props: DrawerProps) {
	return <PlainDrawer {...props} returnFocus={false} onClose={useWindow(props.opened, props.onClose)} />;
}

/** A dialog that gives the focus back to what opened it, and that Escape closes only while nothing lies on top of it. */
export function Modal(props: ModalProps) {
	return <PlainModal {...props} returnFocus={false} onClose={useWindow(props.opened, props.onClose)} />;
}

/**
 * useWindow returns how a window, or a popover that takes the focus, closes. It also holds for windows that are taken away at once instead of being closed,
 * and for those that an item of a menu has opened.
 */
export function useWindow(shown: boolean, onClose: () => void): () => void {
	const openers = useRef<HTMLElement[]>([]);
	const was = useRef(false);
	const id = useRef(0);
	const timer = useRef(0);
	if (shown && !was.current) openers.current = [...(last ? [last] : []), ...(open.at(-1)?.openers ?? [])]; // before the focus moves in
	was.current = shown;
	useEffect(() => {
		if (!shown) return;
		clearTimeout(timer.current);
		const mine = ++opened;
		id.current = mine;
		open.push({ id: mine, openers: openers.current });
		return () => {
			open = open.filter((other) => other.id !== mine);
			const held = document.activeElement;
			timer.current = window.setTimeout(() => {
				// Who has gone on to something else meanwhile is left there.
				const moved = document.activeElement !== held && document.activeElement !== document.body;
				if (!moved && !open.some((other) => other.id > mine)) giveBack(openers.current);
			});
		};
	}, [shown]);
	return () => {
		const press = window.event;
		if (press instanceof KeyboardEvent && press.key === "Escape") {
			if (press === handled || open.at(-1)?.id !== id.current) return;
			handled = press;
		}
		onClose();
	};
}

/** What opened a window may be gone: with the window that it stood in, or as the row of something that was deleted. */
function giveBack(openers: HTMLElement[]) {
	const to = openers.find((opener) => opener.isConnected && opener !== document.body) ?? document.getElementById("content");
	to?.focus({ preventScroll: true });
}
