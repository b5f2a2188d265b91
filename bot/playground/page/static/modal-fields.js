// The fields of a modal, each by its component's type.

import { dropZone } from "./attachments.js";
import { complaint } from "./complaint.js";
import { el } from "./dom.js";
import { unique } from "./listbox.js";
import { pickFrom, pickThings, SELECT_KINDS } from "./pickers.js";

const STRING_SELECT = 3;
const TEXT_INPUT = 4;
const FILE_UPLOAD = 19;
const RADIO = 21;
const CHECKBOXES = 22;
const CHECKBOX = 23;
const PARAGRAPH = 2;
const MOST_TEXT = 4000;

/**
 * Make the field of one component: `{component, node, focus, value, fail}`.
 *
 * `value()` gives what is sent, or undefined where the field is left as the bot made it.
 */
export function modalField(component, { label, description }, app) {
  const wrong = complaint();
  const hint = description && el("p", { class: "field-hint", id: unique("hint") }, description);
  const field = { component, fail };
  const mark = component.required === false || component.type === CHECKBOX ? "" : star();
  const name = el(isGroup(component) ? "legend" : "label", { class: "field-label" }, label, mark);
  const control = makeControl(component, label, app, field);
  const { told = control.input } = control; // what has the focus, and is wrong or described

  function fail(text) {
    wrong.tell(text, field.node, told);
  }

  if (!isGroup(component)) name.htmlFor = control.input.id ||= unique("field");
  told.setAttribute("aria-describedby", [hint && hint.id, wrong.node.id].filter(Boolean).join(" "));
  field.node = el(
    isGroup(component) ? "fieldset" : "div",
    { class: "field", dataset: { field: component.custom_id } },
    component.type === CHECKBOX ? [control.node, hint] : [name, hint, control.node],
    wrong.node,
  );
  return Object.assign(field, { focus: () => control.input.focus(), ...control, node: field.node });
}

const isGroup = (component) => component.type === RADIO || component.type === CHECKBOXES;

const star = () => el("span", { class: "required", "aria-hidden": "true" }, " *");

function makeControl(component, label, app, field) {
  const cleared = () => field.fail("");
  if (component.type === TEXT_INPUT) return textControl(component, label, cleared);
  if (component.type === FILE_UPLOAD) return fileControl(component, label, app, field);
  if (component.type === CHECKBOX) return checkbox(component, label, cleared);
  if (isGroup(component)) return ticks(component, cleared);
  return selectControl(component, label, app, cleared);
}

function textControl(component, label, cleared) {
  const isLong = component.style === PARAGRAPH;
  const { min_length: low = 0, max_length: high = MOST_TEXT, placeholder, value = "" } = component;
  const props = { dir: "auto", "aria-label": label, placeholder, maxlength: String(high) };
  const input = isLong ? el("textarea", { rows: "4", ...props }) : el("input", { type: "text", ...props });
  const counter = el("span", { class: "counter", "aria-hidden": "true" });
  const count = () => {
    const length = input.value.length;
    // Of a line that may be as long as a page, the bound matters only to who comes near it.
    counter.hidden = !isLong && !low && high > 1000 && length < high - 100;
    counter.textContent = low && length < low ? `${length}/${low} at least` : `${length}/${high}`;
  };
  if (component.required !== false) input.setAttribute("aria-required", "true");
  input.value = value;
  input.addEventListener("input", () => (count(), cleared()));
  count();
  return { input, node: el("div", { class: "text-field" }, input, counter), value: async () => input.value };
}

function selectControl(component, label, app, cleared) {
  const { type, min_values: min, max_values: max = 1, placeholder, channel_types: channelTypes } = component;
  const options = component.options ?? [];
  const items = options.map((option) => ({ id: option.value, name: option.label, detail: option.description }));
  const defaults = options.filter((option) => option.default).map((option) => option.value);
  const chosen = [...defaults, ...(component.default_values ?? []).map((one) => one.id)];
  const about = { label, values: chosen, max, channelTypes, quiet: true, onChange: cleared };
  const words = max > 1 ? `Choose ${min > 1 ? `${min} to` : "up to"} ${max}` : "Choose an option";
  const pick =
    type === STRING_SELECT
      ? pickFrom(items, { ...about, placeholder: placeholder || words })
      : pickThings(SELECT_KINDS[type], app, placeholder ? { ...about, placeholder } : about);
  return { input: pick.input, node: pick.node, value: async () => leftOut(pick.values(), chosen) };
}

/** Return the values, or undefined where there are none and were none: the field is left alone. */
const leftOut = (values, before) => (values.length || before.length ? values : undefined);

function fileControl(component, label, app, field) {
  const accept = component.file_types?.join();
  const max = component.max_values ?? 1;
  const zone = dropZone(app, { label, max, accept, onChange: () => field.fail(""), onRefused: field.fail });

  async function value() {
    const about = { field: component.custom_id };
    const ids = await zone.uploads().catch((error) => Promise.reject(Object.assign(error, about)));
    return ids.length ? ids.map((upload) => ({ upload })) : undefined;
  }

  const { node, input, told, focus, take, room, clear } = zone;
  return { input, told, node, value, focus, take, room, empty: clear };
}

/** Radio buttons, or several checkboxes. */
function ticks(component, cleared) {
  const type = component.type === RADIO ? "radio" : "checkbox";
  const group = unique("group");
  const rows = component.options.map((option) => {
    const input = el("input", { type, name: group, value: option.value });
    input.checked = Boolean(option.default);
    const words = el("span", {}, option.label, option.description && el("small", {}, option.description));
    return el("label", { class: "tick" }, input, words);
  });
  const inputs = rows.map((row) => row.firstChild);
  const before = component.options.filter((option) => option.default);
  const node = el("div", { class: "ticks", on: { change: cleared } }, rows);

  async function value() {
    const values = inputs.filter((input) => input.checked).map((input) => input.value);
    return type === "radio" ? leftOut(values, before)?.[0] : leftOut(values, before);
  }

  const focus = () => (inputs.find((input) => input.checked) ?? inputs[0]).focus();
  return { input: inputs[0], node, value, focus };
}

function checkbox(component, label, cleared) {
  const input = el("input", { type: "checkbox", on: { change: cleared } });
  input.checked = Boolean(component.default);
  return { input, node: el("label", { class: "tick" }, input, el("span", {}, label)), value: async () => input.checked };
}
