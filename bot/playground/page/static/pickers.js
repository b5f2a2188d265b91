// Choosing from a list by typing and by arrows: offered values, and members, roles and channels of the server.

import { narrowed } from "./commands.js";
import { avatar, el, icon } from "./dom.js";
import { listbox, unique } from "./listbox.js";

/** The component types of selects, by what they list; the option types of slash commands likewise. */
export const SELECT_KINDS = { 5: "member", 6: "role", 7: "mentionable", 8: "channel" };
export const OPTION_KINDS = { 6: "member", 7: "channel", 8: "role", 9: "mentionable" };

/** Return what can be chosen of a kind, as items of a list. */
export function things(kind, app, channelTypes) {
  const { people = [], channels = [], ready = {} } = app.state;
  const members = () => people.map((person) => ({ id: person.id, name: person.name, face: person }));
  const roles = () => (ready.roles ?? []).map((role) => ({ id: role.id, name: role.name, detail: "Role" }));
  const fits = (channel) => !channel.dm && (!channelTypes?.length || channelTypes.includes(channel.type ?? 0));
  const rooms = () => channels.filter(fits).map((channel) => ({ id: channel.id, name: channel.name, mark: "hash" }));
  if (kind === "mentionable") return [...members(), ...roles()];
  return { member: members, role: roles, channel: rooms }[kind]();
}

/** Make a picker of members, roles or channels; `options` are those of `pickFrom`. */
export function pickThings(kind, app, options = {}) {
  return pickFrom(() => things(kind, app, options.channelTypes), { placeholder: `Choose a ${kind}`, ...options });
}

/**
 * Make a field that chooses from items `{id, name, detail}`, one or up to `max` of them.
 *
 * `values` are the ids chosen at first, `onChange(ids)` hears of each change. `host` is where the list is shown (its
 * own place below the field if left out), `onDone` is called once the field has all that it can take. A `quiet` field
 * waits for an arrow, a letter or a click before it lists anything, as Tab would choose from an open list.
 */
export function pickFrom(source, { label, placeholder = "", values = [], max = 1, host, quiet, onChange, onDone } = {}) {
  const items = typeof source === "function" ? source : () => source;
  const input = el("input", { type: "text", "aria-label": label, placeholder, id: unique("pick") });
  const chips = el("span", { class: "chips" });
  const own = host ? null : el("div", { class: "offers-below", hidden: true });
  const node = el("div", { class: max > 1 ? "pick many" : "pick" }, chips, input, icon("down"), own);
  const list = listbox(input, { host: host ?? own, label: label ?? "Choices", onChoose: choose });
  let chosen = [...values];

  const named = (id) => items().find((item) => item.id === id)?.name ?? id;

  function settle() {
    if (max > 1) chips.replaceChildren(...chosen.map(chip));
    input.value = max === 1 && chosen.length ? named(chosen[0]) : "";
    input.size = Math.max(input.value.length, max > 1 && chosen.length ? 4 : placeholder.length, 4);
  }

  function change(ids) {
    chosen = ids;
    settle();
    onChange?.(chosen);
  }

  function chip(id) {
    const remove = () => (change(chosen.filter((other) => other !== id)), input.focus());
    const props = { type: "button", class: "chip", "aria-label": `Remove ${named(id)}`, on: { click: remove } };
    return el("button", props, named(id), icon("close"));
  }

  function choose(item) {
    change(max === 1 ? [item.id] : [...chosen, item.id]);
    if (chosen.length >= max) onDone?.();
    else offer("");
  }

  function offer(typed) {
    const left = items().filter((item) => max === 1 || !chosen.includes(item.id));
    const found = narrowed(left, typed).map(dressed);
    if (chosen.length >= max && max > 1) list.close();
    else if (found.length) list.show(found, Math.max(0, found.findIndex((item) => chosen.includes(item.id))));
    else list.say("No options match your search.");
  }

  function typed() {
    if (max === 1) onChange?.((chosen = []));
    offer(input.value);
  }

  function left() {
    const exact = items().find((item) => item.name.toLowerCase() === input.value.trim().toLowerCase());
    list.close();
    if (exact && !chosen.includes(exact.id) && chosen.length < max) change([...chosen, exact.id]);
    else if (chosen.length || !host) settle();
  }

  function key(event) {
    if (list.key(event)) return;
    const isEmpty = input.value === "";
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.isOpen()) {
      event.preventDefault();
      offer("");
    } else if (event.key === "Backspace" && isEmpty && max > 1 && chosen.length) {
      event.stopPropagation();
      change(chosen.slice(0, -1));
    }
  }

  input.addEventListener("keydown", key);
  input.addEventListener("input", typed);
  input.addEventListener("focus", () => (input.select(), quiet || offer("")));
  input.addEventListener("click", () => list.isOpen() || offer(""));
  input.addEventListener("blur", left);
  settle();
  const isEmpty = () => !chosen.length && !input.value;
  return { node, input, values: () => [...chosen], set: (ids) => change([...ids]), isEmpty };
}

function dressed(item) {
  const face = item.face ? avatar(item.face, "tiny") : item.mark ? icon(item.mark) : undefined;
  return { ...item, icon: face };
}
