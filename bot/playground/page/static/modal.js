// The dialog of a modal that the bot opens; it stays open, with all that was typed, until the bot has taken it.

import { watchFiles } from "./attachments.js";
import { avatar, el, icon, trusted } from "./dom.js";
import { unique } from "./listbox.js";
import { modalField } from "./modal-fields.js";

const ROW = 1;
const TEXT = 10;
const LABEL = 18;
const FAILED = "Something went wrong. Try again.";
/** Longer than a bot has for its answer, so this passes only where the connection was lost. */
const PATIENCE = 6000;

/** What submitted modals came to, by their use, until their dialogs have asked. */
const outcomes = new Map();
const waiting = new Map();

/** Tell what a use came to: null if the bot answered, else the client's words; only submitted modals listen. */
export function modalOutcome(use, failure = null) {
  if (waiting.has(use)) waiting.get(use)(failure);
  else if (document.querySelector("dialog.modal[aria-busy]")) outcomes.set(use, failure);
}

/** Wait for what becomes of a use. */
function outcomeOf(use) {
  return new Promise((resolve) => {
    const settle = (failure) => {
      clearTimeout(timer);
      waiting.delete(use);
      outcomes.clear();
      resolve(failure);
    };
    const timer = setTimeout(settle, PATIENCE, FAILED);
    waiting.set(use, settle);
    if (outcomes.has(use)) settle(outcomes.get(use));
  });
}

/** Open the modal that an interaction was answered with. */
export function openModal(modal, app) {
  const bot = app.state.people.find((person) => person.bot) ?? { name: "App", bot: true };
  const title = el("h2", { id: unique("title") }, modal.title);
  const alert = el("p", { class: "field-error", role: "alert", hidden: true });
  const submit = el("button", { class: "button primary", type: "submit" }, "Submit");
  const { nodes, fields } = build(modal.components, app);
  const closing = { click: () => dialog.close() };
  const form = el(
    "form",
    { method: "dialog", novalidate: true },
    el(
      "header",
      {},
      avatar(bot, "small"),
      el("div", {}, title, el("small", {}, bot.name)),
      el("button", { class: "icon-button", type: "button", "aria-label": "Close", on: closing }, icon("close")),
    ),
    el("div", { class: "modal-body" }, nodes),
    alert,
    el("footer", {}, el("button", { class: "button", type: "button", on: closing }, "Cancel"), submit),
  );
  const dialog = el("dialog", { class: "modal", "aria-labelledby": title.id }, form);
  const before = document.activeElement;

  function fail({ message, field: name }) {
    const field = fields.find((one) => one.component.custom_id === name);
    if (field) {
      field.fail(message);
      field.focus();
    } else {
      alert.textContent = message;
      alert.hidden = !message;
    }
  }

  async function send() {
    fields.forEach((field) => field.fail(""));
    fail({ message: "" });
    busy(true);
    try {
      const raws = await Promise.all(fields.map(async (field) => [field.component.custom_id, await field.value()]));
      const given = Object.fromEntries(raws.filter(([, raw]) => raw !== undefined));
      const { use } = await app.ask("submit", { use: modal.use, fields: given });
      const failure = await outcomeOf(use);
      if (failure === null) dialog.close();
      else fail({ message: failure });
    } catch (error) {
      fail(error);
    } finally {
      busy(false);
    }
  }

  function busy(is) {
    submit.ariaDisabled = is ? "true" : null; // really disabled, it would lose the focus
    submit.textContent = is ? "Submitting…" : "Submit";
    dialog.ariaBusy = is ? "true" : null;
  }

  /** Put files where there is room: the field that has the focus, then the others in their order. */
  function take(files) {
    const places = fields.filter((field) => field.take);
    const focused = places.find((field) => field.node.contains(document.activeElement));
    let rest = files;
    for (const field of new Set([focused, ...places].filter(Boolean))) {
      const room = field.room();
      if (rest.length && room) field.take(rest.slice(0, room));
      rest = rest.slice(room);
    }
    if (rest.length) fail({ message: places.length ? "There is no room for more files." : "This form takes no files." });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!submit.ariaDisabled) send();
  });
  dialog.addEventListener("close", () => {
    fields.forEach((field) => field.empty?.());
    dialog.remove();
    if (before?.isConnected) before.focus();
    else app.composer?.focus();
  });
  watchFiles(dialog, take);
  document.body.append(dialog);
  dialog.showModal();
  (fields[0] ?? { focus: () => submit.focus() }).focus();
  return dialog;
}

/** Make what the components say: fields with their labels, and texts between them. */
function build(components, app) {
  const fields = [];
  const add = (component, words) => {
    const field = modalField(component, words, app);
    fields.push(field);
    return field.node;
  };
  const nodes = components.flatMap((part) => {
    if (part.type === TEXT) return [el("div", { class: "modal-text" }, trusted(part.html))];
    if (part.type === LABEL) return [add(part.component, part)];
    if (part.type === ROW) return part.components.map((component) => add(component, { label: component.label }));
    return [];
  });
  return { nodes, fields };
}
