// A list of offers that belongs to a text field: the field keeps the focus, the arrows move through the list.

import { el } from "./dom.js";

let count = 0;

/** Return an id that no other element has. */
export const unique = (word) => `${word}-${++count}`;

/**
 * Give a text field its list, which is shown within `host`.
 *
 * An item is `{name, detail, side, group, icon}` and whatever else its chooser needs.
 */
export function listbox(input, { host, label, onChoose }) {
  const id = unique("list");
  const list = el("ul", { class: "offers", role: "listbox", id, "aria-label": label });
  const note = el("p", { class: "offers-note", role: "status" });
  let items = [];
  let active = -1;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", id);
  input.setAttribute("autocomplete", "off");

  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(index) {
    active = index;
    options().forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) option.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${id}-${index}`);
  }

  function row(item, index) {
    return el(
      "li",
      {
        role: "option",
        id: `${id}-${index}`,
        "aria-selected": "false",
        on: {
          pointerdown: (event) => event.preventDefault(), // the field keeps the focus
          pointermove: () => active !== index && mark(index),
          click: () => choose(index),
        },
      },
      item.icon ?? "",
      el("span", { class: "offer-name" }, item.name),
      el("span", { class: "offer-detail" }, item.detail ?? ""),
      el("span", { class: "offer-side" }, item.side ?? ""),
    );
  }

  function open(...content) {
    host.replaceChildren(...content);
    host.hidden = false;
  }

  /** Show these items; the one at `chosen` is what Enter takes, at first. */
  function show(found, chosen = 0) {
    items = found;
    const rows = items.flatMap((item, index) => {
      const begins = item.group && item.group !== items[index - 1]?.group;
      const heading = begins ? [el("li", { role: "presentation", class: "offers-group" }, item.group)] : [];
      return [...heading, row(item, index)];
    });
    list.replaceChildren(...rows);
    open(list);
    input.setAttribute("aria-expanded", "true");
    mark(items.length ? chosen : -1);
  }

  /** Show a sentence where the list would be. */
  function say(text) {
    close();
    note.textContent = text;
    open(note);
  }

  function close() {
    items = [];
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren();
    if (host.contains(list) || host.contains(note)) {
      host.replaceChildren();
      host.hidden = true;
    }
  }

  function choose(index) {
    const item = items[index];
    close();
    if (item) onChoose(item);
  }

  function move(step) {
    const last = items.length - 1;
    if (active < 0) mark(step > 0 ? 0 : last);
    else mark((active + step + items.length) % items.length);
  }

  /** Take a key if it is for the list; the answer tells whether it was. */
  function key(event) {
    if (event.isComposing) return false;
    if (event.key === "Escape" && (items.length || host.contains(note))) close();
    else if (!items.length) return false;
    else if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if ((event.key === "Enter" || event.key === "Tab") && active >= 0 && !event.shiftKey) choose(active);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  return { show, say, close, key, isOpen: () => items.length > 0, hasActive: () => active >= 0 };
}
