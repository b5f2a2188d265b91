// A slash command in the making: its pill, the fields of its options, and sending it.

import { narrowed } from "./commands.js";
import { el } from "./dom.js";
import { listbox, unique } from "./listbox.js";
import { bounds, optionField, takesFile } from "./options.js";

/**
 * Make the form of one command, for one channel.
 *
 * `host` is where lists are shown; `onLeave(text)` puts text in its place, `onSent()` hears that it was accepted.
 */
export function commandForm(command, { app, channel, host, onLeave, onSent }) {
  const describedBy = unique("about");
  const about = el("p", { class: "about", id: describedBy });
  const alert = el("p", { class: "field-error", role: "alert", hidden: true });
  const words = { "aria-label": `More options of /${command.name}`, "aria-describedby": describedBy };
  const tail = el("input", { type: "text", class: "tail", size: "3", enterkeyhint: "send", ...words });
  const more = el("button", { type: "button", class: "more", tabindex: "-1", on: { click: () => (tail.focus(), offer()) } });
  const row = el("div", { class: "slash-row" }, el("span", { class: "slash-name" }, `/${command.name}`), tail, more);
  const node = el("div", { class: "slash", role: "group", "aria-label": `/${command.name}` }, about, row, alert);
  const list = listbox(tail, { host, label: "Optional options", onChoose: (item) => add(item.option).focus() });
  const form = { app, host, channel, command, describedBy, given, next, remove };
  let fields = [];
  let busy = false;

  const options = command.options ?? [];
  const left = () => options.filter((option) => !fields.some((field) => field.option === option));

  function add(option) {
    const field = optionField(option, form);
    fields.push(field);
    tail.before(field.node);
    list.close();
    tail.value = "";
    field.node.addEventListener("keydown", (event) => fieldKey(event, field));
    field.node.addEventListener("focusin", () => tell(option));
    count();
    return field;
  }

  function remove(field) {
    field.empty?.();
    fields = fields.filter((other) => other !== field);
    field.node.remove();
    count();
    tail.focus();
  }

  function count() {
    const optional = left().length;
    more.textContent = `+${optional} optional`;
    more.hidden = !optional;
  }

  function tell(option) {
    const takes = option && [option.required ? "" : "optional", bounds(option)].filter(Boolean).join(", ");
    const [name, words] = option ? [option.name, option.description] : [`/${command.name}`, command.description];
    about.replaceChildren(el("b", {}, name), ` ${words} `, takes ? el("span", { class: "bounds" }, takes) : "");
  }

  // Walking through the fields

  /** Go on from a field: to the next that must be filled in, or behind them all. */
  function next(from) {
    const after = fields.slice(fields.indexOf(from) + 1);
    const empty = after.find((field) => field.isEmpty()) ?? fields.find((field) => field.option.required && field.isEmpty());
    (empty ?? { focus: () => tail.focus() }).focus();
  }

  function fieldKey(event, field) {
    const isButton = event.target.matches("button");
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") leave("");
    else if (event.key === "Enter" && !isButton) send();
    else if (event.key === "Backspace" && field.isEmpty()) back(field);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function back(field) {
    if (!field.option.required) return remove(field);
    const before = fields[fields.indexOf(field) - 1];
    if (before) before.focus();
    else leave(`/${command.name}`);
  }

  function tailKey(event) {
    if (list.key(event) || event.isComposing) return;
    if (event.key === "Escape") leave("");
    else if (event.key === "Enter") send();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") offer();
    else if (event.key === "Backspace" && !tail.value) shorten();
    else return;
    event.preventDefault();
  }

  /** Take one thing away from the end: an optional field, or the command itself. */
  function shorten() {
    const last = fields.at(-1);
    if (!last) leave(`/${command.name}`);
    else if (last.option.required) last.focus();
    else remove(last);
  }

  function offer() {
    const items = left().map((option) => ({ option, name: option.name, detail: option.description, group: "Optional" }));
    const found = narrowed(items, tail.value.replace(":", ""));
    const named = tail.value.endsWith(":") && found.find((item) => `${item.name}:` === tail.value);
    tail.size = Math.max(tail.value.length, 3);
    if (named) add(named.option).focus();
    else if (found.length) list.show(found, tail.value ? 0 : -1);
    else if (tail.value) list.say("No options match your search.");
    else list.close();
  }

  function leave(text) {
    fields.forEach((field) => field.empty?.());
    onLeave(text);
  }

  tail.addEventListener("keydown", tailKey);
  tail.addEventListener("input", offer);
  tail.addEventListener("focus", () => (tell(null), offer()));
  tail.addEventListener("blur", () => list.close());

  // What it holds, and sending it

  function given(but) {
    const others = fields.filter((field) => field !== but).map((field) => [field.option.name, field.given()]);
    return Object.fromEntries(others.filter(([, raw]) => raw !== undefined));
  }

  async function send() {
    if (busy) return;
    busy = true;
    fail("");
    fields.forEach((field) => field.clear());
    node.setAttribute("aria-busy", "true");
    try {
      const raws = await Promise.all(fields.map(async (field) => [field.option.name, await field.value()]));
      const given = Object.fromEntries(raws.filter(([, raw]) => raw !== undefined));
      await app.ask("slash", { channel: channel.id, command: command.name, options: given });
      fields.forEach((field) => field.empty?.());
      onSent();
    } catch (error) {
      refuse(error);
    } finally {
      busy = false;
      node.removeAttribute("aria-busy");
    }
  }

  function refuse({ message, field: name }) {
    const option = options.find((one) => one.name === name);
    if (!option) return fail(message);
    const field = fields.find((one) => one.option === option) ?? add(option);
    field.focus();
    field.fail(message);
  }

  function fail(text) {
    alert.textContent = text;
    alert.hidden = !text;
  }

  /** Fill in options by name: text as typed, ids, or files. */
  function fill(values) {
    for (const [name, raw] of Object.entries(values)) {
      const option = options.find((one) => one.name === name);
      if (option) (fields.find((field) => field.option === option) ?? add(option)).set(raw);
    }
  }

  /** Put files where files go: the focused field, then those that are empty; the answer is what found no place. */
  function take(files) {
    const focused = fields.find((field) => field.take && field.node.contains(document.activeElement));
    const open = [focused, ...fields.filter((field) => field !== focused)].filter((field) => field?.take && field.isEmpty());
    const places = [...open.map((field) => () => field), ...left().filter(takesFile).map((option) => () => add(option))];
    files.slice(0, places.length).forEach((file, index) => places[index]().take([file]));
    return files.slice(places.length);
  }

  function focus() {
    const field = fields.find((one) => one.isEmpty() && one.option.required);
    (field ?? tail).focus();
  }

  options.filter((option) => option.required).forEach(add);
  count();
  tell(options.find((option) => option.required));
  return { node, command, focus, fill, take, send };
}
