// Selects within messages: a closed face, and a list over the page while it is open.

import { busyDots, el, emojiOf, icon } from "./dom.js";
import { pickThings, SELECT_KINDS } from "./pickers.js";

const NOUNS = { 3: "an option", 5: "a user", 6: "a role", 7: "a user or role", 8: "a channel" };
let lists = 0;

/** Draw a select of any kind. */
export function drawSelect(component, message, app) {
  const { type, custom_id, disabled, placeholder } = component;
  const words = placeholder || `Select ${NOUNS[type]}`;
  const face = el("button", {
    class: "select",
    type: "button",
    disabled,
    dataset: { customId: custom_id },
    "aria-haspopup": type === 3 ? "listbox" : "dialog",
    "aria-expanded": "false",
    "aria-busy": app.uses.isBusy(message.id, custom_id) ? "true" : null,
  });
  const send = (values, labels) => {
    dress(face, labels, words);
    app.uses.begin("choose", message, custom_id, { values });
  };
  if (type === 3) wireOptions(face, component, words, send);
  else wireThings(face, component, words, send, app);
  return face;
}

/** What the closed select shows: the labels chosen, or its placeholder; its name tells both. */
function dress(face, labels, placeholder) {
  const shown = labels.length ? labels.map((label) => el("span", { class: "chosen" }, label)) : [placeholder];
  const texts = labels.map((label) => (typeof label === "string" ? label : label.at(-1)));
  face.setAttribute("aria-label", [placeholder, ...texts].join(", "));
  face.classList.toggle("empty", labels.length === 0);
  face.replaceChildren(el("span", { class: "select-face" }, shown), busyDots(), icon("down"));
}

function labelOf({ emoji, label }) {
  return emoji ? [emojiOf(emoji), label] : label;
}

function wireOptions(face, component, placeholder, send) {
  const { options, min_values: min = 1, max_values: max = 1 } = component;
  let chosen = options.filter((option) => option.default).map((option) => option.value);
  const labels = () => options.filter((option) => chosen.includes(option.value)).map(labelOf);
  dress(face, labels(), placeholder);

  face.addEventListener("click", () => {
    if (face.ariaBusy === "true") return;
    const list = listOf(options, chosen, max > 1, placeholder);
    const before = chosen.join();
    const settle = (values) => {
      if (values.length < min || values.length > max || (max > 1 && values.join() === before)) return;
      chosen = values;
      send(chosen, labels());
    };
    const popup = openPopup(face, list, () => max > 1 && settle(picked(list)));
    list.addEventListener("pick", ({ detail: option }) => {
      const isOn = option.ariaSelected === "true";
      if (max > 1) {
        if (isOn || picked(list).length < max) option.ariaSelected = String(!isOn);
      } else {
        popup.close();
        settle(isOn && min === 0 ? [] : [option.dataset.value]);
      }
    });
    (list.querySelector('[aria-selected="true"]') ?? list.firstElementChild).focus();
  });
}

function picked(list) {
  return [...list.querySelectorAll('[aria-selected="true"]')].map((option) => option.dataset.value);
}

/** An open list; fires "pick" with the option that was clicked or taken by Enter or Space. */
function listOf(options, chosen, isMulti, label) {
  const list = el(
    "ul",
    { role: "listbox", class: "select-list", "aria-label": label, "aria-multiselectable": isMulti ? "true" : null },
    options.map((option) => optionRow(option, chosen.includes(option.value))),
  );
  const pick = (option) => option && list.dispatchEvent(new CustomEvent("pick", { detail: option }));
  list.addEventListener("click", (event) => pick(event.target.closest("[role=option]")));
  list.addEventListener("pointermove", (event) => event.target.closest("[role=option]")?.focus());
  list.addEventListener("keydown", (event) => {
    const rows = [...list.children];
    const here = rows.indexOf(document.activeElement);
    const goes = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 };
    if (event.key in goes) rows.at(goes[event.key] % rows.length).focus();
    else if (event.key === "Enter" || event.key === " ") pick(rows[here]);
    else if (event.key.length === 1) startingWith(rows, here, event.key)?.focus();
    else return;
    event.preventDefault();
  });
  return list;
}

function startingWith(rows, here, letter) {
  const order = [...rows.slice(here + 1), ...rows.slice(0, here + 1)];
  return order.find((row) => row.dataset.label.toLowerCase().startsWith(letter.toLowerCase()));
}

function optionRow({ label, value, description, emoji }, isChosen) {
  return el(
    "li",
    { role: "option", tabindex: "-1", "aria-selected": String(isChosen), dataset: { value, label } },
    emojiOf(emoji),
    el("span", { class: "option-words" }, el("span", { text: label }), description && el("small", { text: description })),
    icon("check"),
  );
}

function wireThings(face, component, placeholder, send, app) {
  const { type, default_values = [], min_values: min = 1, max_values: max = 1, channel_types } = component;
  const names = new Map(default_values.map(({ id, label }) => [id, label ?? id]));
  let chosen = [...names.keys()];
  const labels = () => chosen.map((id) => names.get(id));
  dress(face, labels(), placeholder);

  face.addEventListener("click", () => {
    if (face.ariaBusy === "true") return;
    const before = chosen.join();
    const settle = () => {
      const values = picker.values();
      if (values.length < min || values.join() === before) return;
      chosen = values;
      const known = [...app.state.people, ...(app.state.ready.roles ?? []), ...app.state.channels];
      for (const id of chosen) names.set(id, known.find((thing) => thing.id === id)?.name ?? names.get(id) ?? id);
      send(chosen, labels());
    };
    const picker = pickThings(SELECT_KINDS[type], app, {
      label: placeholder,
      placeholder: "Search",
      values: chosen,
      max,
      channelTypes: channel_types,
      onDone: () => popup.close(),
    });
    const box = el("div", { role: "dialog", class: "select-things", "aria-label": placeholder }, picker.node);
    const popup = openPopup(face, box, settle);
    picker.input.focus();
  });
}

/** Show `content` under `face` until something else is wanted; `onClose` hears of it once. */
function openPopup(face, content, onClose) {
  content.id = `select-${++lists}`;
  content.popover = "auto";
  const close = () => content.hidePopover();
  const sizes = new ResizeObserver(() => place(content, face.getBoundingClientRect()));
  content.addEventListener("keydown", (event) => {
    if (event.key === "Tab") close();
    event.stopPropagation();
  });
  content.addEventListener("toggle", ({ newState }) => {
    face.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "open" || !content.isConnected) return;
    sizes.disconnect();
    onClose();
    content.remove();
  });
  face.setAttribute("aria-controls", content.id);
  document.body.append(content);
  content.showPopover();
  for (const one of [content, document.documentElement]) sizes.observe(one);
  return { close };
}

function place(popup, beside) {
  popup.style.width = `${Math.min(beside.width, innerWidth - 16)}px`;
  popup.style.left = `${Math.max(8, Math.min(beside.left, innerWidth - beside.width - 8))}px`;
  popup.style.maxHeight = "";
  const below = innerHeight - beside.bottom - 12;
  const above = beside.top - 12;
  const isBelow = popup.offsetHeight <= below || below >= above;
  popup.style.maxHeight = `${Math.max(120, Math.min(popup.offsetHeight, isBelow ? below : above))}px`;
  popup.style.top = `${Math.max(4, isBelow ? beside.bottom + 4 : beside.top - popup.offsetHeight - 4)}px`;
}
