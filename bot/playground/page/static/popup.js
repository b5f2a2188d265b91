// A menu that opens beside what it is for.

import { el, icon } from "./dom.js";

/**
 * Open a menu at an element or at a point `{x, y, from}`; `from` is the element that has the focus afterwards.
 *
 * An item is `{name, run, detail, group, mark, picture}`: `mark` is an icon's name, `picture` an address.
 */
export function popUp(at, items) {
  const from = at instanceof Element ? at : at.from;
  const label = (at instanceof Element && at.ariaLabel) || "Actions";
  const menu = el("div", { class: "menu", role: "menu", popover: "manual", tabindex: "-1", "aria-label": label }, ...rows(items, close));
  const entries = () => [...menu.querySelectorAll("[role=menuitem]")];

  function close(backToField = true) {
    if (!menu.isConnected) return;
    document.removeEventListener("pointerdown", outside, true);
    menu.remove();
    from.removeAttribute?.("aria-expanded");
    if (backToField) from.focus?.();
  }

  function outside(event) {
    if (!menu.contains(event.target)) close(false);
  }

  function key(event) {
    const all = entries();
    const here = all.indexOf(document.activeElement);
    const goes = { ArrowDown: here + 1, ArrowUp: here - 1 + all.length, Home: 0, End: all.length - 1 };
    if (event.key in goes) all[goes[event.key] % all.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key.length === 1 && event.key !== " ") startingWith(all, here, event.key)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  menu.addEventListener("keydown", key);
  menu.addEventListener("contextmenu", (event) => event.preventDefault());
  document.addEventListener("pointerdown", outside, true);
  // A dialog makes all that is not within it inert.
  (from.closest?.("dialog") ?? document.body).append(menu);
  menu.showPopover?.();
  place(menu, at instanceof Element ? at.getBoundingClientRect() : { left: at.x, right: at.x, top: at.y, bottom: at.y });
  if (at instanceof Element) from.setAttribute("aria-expanded", "true");
  (entries()[0] ?? menu).focus();
  return close;
}

function rows(items, close) {
  return items.flatMap((item, index) => {
    const run = () => (close(), item.run());
    const mark = item.picture ? el("img", { src: item.picture, alt: "" }) : item.mark ? icon(item.mark) : "";
    const props = { type: "button", role: "menuitem", tabindex: "-1", on: { click: run } };
    const row = el("button", props, mark, el("span", {}, item.name));
    if (item.detail) row.append(el("small", {}, item.detail));
    const begins = item.group && item.group !== items[index - 1]?.group;
    return begins ? [el("p", { class: "menu-group", role: "presentation" }, item.group), row] : [row];
  });
}

function startingWith(entries, here, letter) {
  const order = [...entries.slice(here + 1), ...entries.slice(0, here + 1)];
  return order.find((entry) => entry.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()));
}

/** Put a menu beside a rectangle, within the window. */
function place(menu, beside) {
  const { width, height } = menu.getBoundingClientRect();
  const below = beside.bottom + height + 8 <= innerHeight;
  const top = below ? beside.bottom + 4 : Math.max(8, beside.top - height - 4);
  menu.style.top = `${Math.min(top, Math.max(8, innerHeight - height - 8))}px`;
  menu.style.left = `${Math.max(8, Math.min(beside.left, innerWidth - width - 8))}px`;
}
