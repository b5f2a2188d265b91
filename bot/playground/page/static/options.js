// The fields of a command's options, each by its type, as a Discord client shows them.

import { dropZone } from "./attachments.js";
import { complaint } from "./complaint.js";
import { el, icon } from "./dom.js";
import { listbox, unique } from "./listbox.js";
import { OPTION_KINDS, pickFrom, things } from "./pickers.js";

const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;
const NUMBER = 10;
const FILE = 11;
const PAUSE = 200;

const YES_NO = [
  { id: "true", name: "True" },
  { id: "false", name: "False" },
];

/** Tell whether an option takes a file. */
export const takesFile = (option) => option.type === FILE;

/** Return what an option takes, where one cannot see that: its bounds or lengths. */
export function bounds(option) {
  const [low, high, unit] =
    option.type === STRING ? [option.min_length, option.max_length, " characters"] : [option.min_value, option.max_value, ""];
  if (low > 0 && high === undefined) return `at least ${low}${unit}`;
  if (high === undefined) return low === undefined || unit ? "" : `at least ${low}`;
  return low === undefined || (unit && !low) ? `up to ${high}${unit}` : `${low} to ${high}${unit}`;
}

/**
 * Make the field of one option.
 *
 * `form` is what it is part of: `{app, host, channel, command, given(but), next(field), remove(field)}`.
 */
export function optionField(option, form) {
  const wrong = complaint();
  const field = { option, fail, clear: () => fail("") };
  const control = makeControl(option, form, field);
  const { input, told = input } = control; // told: what has the focus, and is wrong or described

  function fail(text) {
    wrong.tell(text, field.node, told);
  }

  input.id ||= unique("option");
  input.setAttribute("aria-label", option.name);
  told.setAttribute("aria-describedby", `${form.describedBy} ${wrong.node.id}`);
  if (option.required) input.setAttribute("aria-required", "true");
  field.node = el(
    "div",
    { class: "option", dataset: { option: option.name } },
    el(
      "div",
      { class: "option-pill" },
      el("label", { for: input.id }, option.name),
      control.node,
      !option.required && removeButton(option, () => form.remove(field)),
    ),
    wrong.node,
  );
  return Object.assign(field, { focus: () => input.focus(), ...control, node: field.node });
}

/** A cross for the mouse; by keyboard it is Backspace in the empty field. */
function removeButton(option, remove) {
  const name = `Remove ${option.name}`;
  const props = { type: "button", class: "option-remove", tabindex: "-1", "aria-label": name, on: { click: remove } };
  return el("button", props, icon("close"));
}

function makeControl(option, form, field) {
  if (option.type === FILE) return fileControl(option, form, field);
  if (option.type === BOOLEAN) return listControl(option, form, field, YES_NO, (id) => id === "true");
  if (option.choices?.length) {
    const items = option.choices.map((choice) => ({ id: String(choice.value), name: choice.name }));
    return listControl(option, form, field, items, (id) => id);
  }
  if (option.type in OPTION_KINDS) {
    const source = () => things(OPTION_KINDS[option.type], form.app, option.channel_types);
    return listControl(option, form, field, source, (id) => id);
  }
  return option.autocomplete ? suggestControl(option, form, field) : textControl(option, field);
}

function makeInput(option) {
  const modes = { [INTEGER]: "numeric", [NUMBER]: "decimal" };
  const inputmode = option.min_value < 0 ? null : modes[option.type]; // a phone's number pad may lack the minus
  return el("input", { type: "text", autocomplete: "off", enterkeyhint: "send", inputmode, size: "3" });
}

/** Let a field be as wide as what is typed into it. */
const fit = (input) => (input.size = Math.max(input.value.length + 1, 3));

function textControl(option, field) {
  const input = makeInput(option);
  input.addEventListener("input", () => (fit(input), field.clear()));
  return {
    node: input,
    input,
    isEmpty: () => input.value === "",
    given: () => input.value || undefined,
    value: async () => input.value || undefined,
    set: (raw) => ((input.value = String(raw)), fit(input)),
  };
}

function listControl(option, form, field, items, raw) {
  const changed = () => field.clear();
  const pick = pickFrom(items, { label: option.name, host: form.host, onChange: changed, onDone: () => form.next(field) });
  // What fits nothing is sent as it was typed, for the server to refuse.
  const given = () => (pick.values().length ? raw(pick.values()[0]) : pick.input.value || undefined);
  return { ...pick, given, value: async () => given(), set: (value) => pick.set([String(value)]) };
}

/** Suggestions as one types; any other text may be sent as well. */
function suggestControl(option, form, field) {
  const text = textControl(option, field);
  const { input } = text;
  const list = listbox(input, { host: form.host, label: `Suggestions for ${option.name}`, onChoose: choose });
  let chosen = null;
  let asked = 0;
  let timer;

  function choose(choice) {
    asked += 1;
    chosen = choice;
    text.set(choice.name);
    field.clear();
    form.next(field);
  }

  function look() {
    const mine = ++asked;
    list.say("Loading options…");
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const found = await suggestions().catch(() => null);
      if (mine === asked) offer(found);
    }, PAUSE);
  }

  async function suggestions() {
    const options = form.given(field);
    const about = { channel: form.channel.id, command: form.command.name, focused: option.name, text: input.value, options };
    return (await form.app.ask("suggest", about)).choices;
  }

  function offer(found) {
    if (!found) list.say("Loading options failed");
    else if (!found.length) list.say("No options match your search.");
    else list.show(found, completing(found, input.value));
  }

  function leave() {
    asked += 1;
    clearTimeout(timer);
    list.close();
  }

  input.addEventListener("keydown", (event) => {
    if (!list.key(event) && event.key === "ArrowDown") look();
  });
  input.addEventListener("input", () => ((chosen = null), look()));
  input.addEventListener("focus", look);
  input.addEventListener("blur", leave);
  const given = () => (chosen ? String(chosen.value) : input.value || undefined);
  return { ...text, given, value: async () => given() };
}

/** Free text is as good as a suggestion, so Enter takes one only where it completes what was typed. */
function completing(found, text) {
  const typed = text.trim().toLowerCase();
  const at = (fits) => (typed ? found.findIndex((choice) => fits(choice.name.toLowerCase())) : -1);
  const begins = at((name) => name.startsWith(typed));
  return begins >= 0 ? begins : at((name) => name.includes(typed));
}

function fileControl(option, form, field) {
  const zone = dropZone(form.app, {
    label: option.name,
    first: form.command.name.startsWith("workflow ") ? "workflow" : "picture",
    accept: option.file_types?.join(),
    onChange: () => field.clear(),
    onRefused: (words) => field.fail(words),
    onTaken: () => form.next(field),
  });
  async function value() {
    const [upload] = await zone.uploads().catch((error) => Promise.reject(Object.assign(error, { field: option.name })));
    return upload && { upload };
  }

  return {
    node: zone.node,
    input: zone.input,
    told: zone.told,
    isEmpty: () => zone.room() > 0,
    given: () => undefined,
    value,
    set: (file) => zone.add([file]),
    take: zone.take,
    focus: zone.focus,
    empty: zone.clear,
  };
}
