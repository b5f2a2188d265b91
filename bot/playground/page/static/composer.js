// The box below the messages: plain text, files, and the beginning of every slash command.

import { makeTray, sampleItems, watchFiles } from "./attachments.js";
import { fitting, ofKind, SLASH, typedOut } from "./commands.js";
import { el } from "./dom.js";
import { listbox } from "./listbox.js";
import { takesFile } from "./options.js";
import { popUp } from "./popup.js";
import { commandForm } from "./slash.js";

const ADD = "workflow add";

const button = (kind, props, sign) => el("button", { type: "button", class: `icon-button ${kind}`, ...props }, sign);

/** Build the composer within `root`; what comes back is what the page and the menus do with it. */
export function mountComposer(root, app) {
  const host = el("div", { class: "offers-above", hidden: true });
  const alert = el("p", { class: "field-error", role: "alert", hidden: true });
  const text = el("textarea", { rows: "1", dir: "auto", enterkeyhint: "send", "aria-label": "Message" });
  const field = el("div", { class: "composer-field" }, text);
  const picker = el("input", { type: "file", multiple: true, hidden: true });
  const plus = button("plus", { "aria-label": "Add a file or a sample", "aria-haspopup": "menu" }, "+");
  const sendButton = button("send", { "aria-label": "Send" }, "➤");
  const tray = el("div", { class: "composer-tray" });
  const bar = el("div", { class: "composer-bar" }, plus, field, sendButton, picker);
  const list = listbox(text, { host, label: "Commands", onChoose: (item) => begin(item.command) });
  const drafts = new Map();
  let offered = [];
  let draft = null;

  root.replaceChildren(el("div", { class: "composer" }, host, tray, bar, alert));

  function fail(words) {
    alert.textContent = words;
    alert.hidden = !words;
  }

  function newDraft(channel) {
    return { channel, text: "", form: null, tray: makeTray({ onChange: () => fail(""), onRefused: fail }) };
  }

  /** The server was started anew: of what was begun there, only words are left. */
  function renew(draft, channel) {
    draft.tray.clear();
    Object.assign(draft, { channel, form: null });
  }

  // Text

  function grow() {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  }

  function typed() {
    fail("");
    draft.text = text.value;
    grow();
    if (!text.value.startsWith("/") || text.value.includes("\n")) return list.close();
    const wanted = text.value.slice(1);
    const command = typedOut(offered, wanted);
    if (command) return begin(command);
    const bot = app.state.people?.find((one) => one.bot)?.name ?? "";
    const item = (one) => ({ command: one, name: `/${one.name}`, detail: one.description, side: bot });
    const items = fitting(offered, wanted).map(item);
    if (items.length) list.show(items);
    else list.say("No commands match.");
  }

  function write(words) {
    text.value = words;
    typed();
  }

  function key(event) {
    if (list.key(event) || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      say();
    } else if (event.key === "Backspace" && !text.value) draft.tray.removeLast();
  }

  async function say() {
    const at = draft;
    const content = text.value.trim();
    if (at.busy || (!content && !at.tray.files().length)) return;
    at.busy = true;
    write("");
    try {
      const uploads = await at.tray.uploads();
      await app.ask("say", { channel: at.channel.id, content, uploads });
      at.tray.clear();
    } catch (error) {
      at.text = content + at.text;
      if (at !== draft) return;
      arrange();
      fail(error.message);
    } finally {
      at.busy = false;
    }
  }

  // Commands

  function begin(command) {
    const at = draft;
    const done = (words) => {
      Object.assign(at, { form: null, text: words });
      if (at !== draft) return;
      arrange();
      text.focus();
      if (words) typed();
    };
    at.form = commandForm(command, { app, channel: at.channel, host, onLeave: done, onSent: () => done("") });
    at.text = text.value = "";
    list.close();
    arrange();
    at.form.focus();
    return at.form;
  }

  /** Show the draft of this channel, without taking the focus from what is shown already. */
  function arrange() {
    const shown = draft.form?.node ?? text;
    if (shown.parentNode !== field) field.replaceChildren(shown);
    tray.replaceChildren(draft.tray.node);
    tray.hidden = Boolean(draft.form);
    entitle();
    if (text.value === draft.text) return;
    list.close();
    text.value = draft.text;
    grow();
  }

  function entitle() {
    const { channel } = draft;
    const words = `Message ${channel.dm ? "@" : "#"}${channel.name}`;
    text.disabled = channel.can_write === false && !offered.length;
    text.placeholder = text.disabled ? "You do not have permission to send messages in this channel." : words;
    text.setAttribute("aria-label", words);
  }

  /** Begin a command by its name, with some of its options; tells whether it is offered here. */
  function fill(name, values = {}) {
    const command = ofKind(offered, SLASH).find((one) => one.name === name);
    if (!command) return hunt(name);
    const form = begin(command);
    form.fill(values);
    form.focus();
    return true;
  }

  /** Type the beginning of a command; there may be subcommands. */
  function hunt(name) {
    if (!fitting(offered, name).length) app.toast(`/${name} is not among your commands here.`);
    else if (!draft.form) {
      text.focus();
      write(`/${name} `);
    }
    return false;
  }

  // Files

  /** Put files where they belong: options of the command in the making, or the message. */
  function attach(files) {
    if (!draft.form) {
      draft.tray.add(files);
      text.focus();
    } else if (draft.form.take(files).length) {
      app.toast(`/${draft.form.command.name} has no place for more files.`);
    }
  }

  function sample(file, kind) {
    const takes = draft.form?.command.name.startsWith("workflow ");
    if (kind !== "workflow" || takes) return attach([file]);
    const command = offered.find((one) => one.name === ADD);
    const option = command?.options.find(takesFile);
    fill(ADD, option && { [option.name]: file });
  }

  function addMenu() {
    const upload = { name: "Upload a file", mark: "file", run: () => picker.click() };
    popUp(plus, [upload, ...sampleItems(app, sample)]);
  }

  function focus() {
    if (draft?.form) draft.form.focus();
    else text.focus();
  }

  text.addEventListener("input", typed);
  text.addEventListener("keydown", key);
  text.addEventListener("blur", () => list.close());
  text.addEventListener("focus", () => text.value.startsWith("/") && typed());
  plus.addEventListener("click", addMenu);
  sendButton.addEventListener("click", () => (draft?.form ? draft.form.send() : say()));
  picker.addEventListener("change", () => (attach([...picker.files]), (picker.value = "")));
  watchFiles(document.body, (files) => draft && attach(files));

  return {
    focus,
    fill,
    attach,
    show(channel) {
      const key = app.address({ channel }); // another person's drafts are not this one's
      draft = drafts.get(key) ?? newDraft(channel);
      if (draft.channel.id !== channel.id) renew(draft, channel);
      drafts.set(key, draft);
      fail("");
      arrange();
    },
    commands(found) {
      offered = found;
      if (draft) entitle();
      if (document.activeElement === text && text.value.startsWith("/")) typed();
    },
  };
}
