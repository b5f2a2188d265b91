// One message as an <article>: made of parts, of which only those that changed are drawn again.

import { drawComponent } from "./components.js";
import { avatar, busyDots, el, icon } from "./dom.js";
import { drawEmbed, grouped } from "./embed.js";
import { markup } from "./markup.js";
import { drawAttachments } from "./media.js";
import { exact, spoken } from "./times.js";

/** Make the article of a message or a note; `redraw` fills it. */
export function makeArticle(data, app) {
  const key = data.use ? { use: data.use } : { message: data.id };
  const node = el("article", { dataset: key, tabindex: "-1" });
  redraw(node, data, app);
  return node;
}

/** Bring an article up to date, leaving alone what is the same: pictures, players, open spoilers, the focus. */
export function redraw(node, data, app) {
  const known = new Map([...node.children].map((part) => [part.dataset.part, part]));
  const held = node.contains(document.activeElement) ? document.activeElement : null;
  const parts = data.use ? noteParts(data, app) : messageParts(data, app);
  const shown = parts.filter(([, about]) => about !== null).map((part) => settled(part, known));
  for (const old of known.values()) if (!shown.includes(old)) old.remove();
  shown.forEach((part, at) => node.children[at] !== part && node.insertBefore(part, node.children[at] ?? null));
  // What had the focus may be gone with its part: Tab must not begin at the top of the page again.
  if (held && !node.contains(document.activeElement)) (alike(node, held) ?? node).focus({ preventScroll: true });
  dress(node, data, app);
}

/** Show which components wait for an answer. */
export function markBusy(node, message, app) {
  for (const component of node.querySelectorAll("[data-custom-id]")) {
    const isBusy = app.uses.isBusy(message.id, component.dataset.customId);
    component.ariaBusy = isBusy ? "true" : null;
  }
}

function settled([name, about, build], known) {
  const signature = JSON.stringify(about, (_, value) => (isSigned(value) ? value.split("?")[0] : value));
  const old = known.get(name);
  if (old?.signature === signature) return old;
  const fresh = build();
  fresh.dataset.part = name;
  fresh.signature = signature;
  if (old) keepMedia(old, fresh);
  return fresh;
}

function isSigned(value) {
  return typeof value === "string" && value.startsWith("/") && value.includes("?");
}

/** The same file goes on being shown by the same element, or it would flicker. */
function keepMedia(old, fresh) {
  const kept = [...old.querySelectorAll("[data-file]")];
  for (const media of fresh.querySelectorAll("[data-file]")) {
    const at = kept.findIndex((one) => one.dataset.file === media.dataset.file && one.tagName === media.tagName);
    if (at >= 0) media.replaceWith(kept.splice(at, 1)[0]);
  }
}

/** What stands now for a component that was drawn again: the same, or one that says the same, if its id is another. */
function alike(node, old) {
  const all = [...node.querySelectorAll("[data-custom-id]:enabled")];
  const says = (component) => component.ariaLabel ?? component.textContent;
  return all.find(({ dataset }) => dataset.customId === old.dataset.customId) ?? all.find((one) => says(one) === says(old));
}

function dress(node, data, app) {
  const author = data.author?.name ?? app.state.me.name;
  node.setAttribute("aria-label", `${author}, ${spoken(new Date(data.at))}`);
  node.classList.toggle("private", Boolean(data.ephemeral || (data.use && data.text)));
  node.classList.toggle("mentions-me", Boolean(data.mentions_me));
}

/** Each part: its name, what it shows (null: nothing), and how it is drawn. */
function messageParts(message, app) {
  const { author, at, reply, used, attachments, components, loading } = message;
  const failure = app.uses.failureOf(message.id);
  return [
    ["above", reply || used ? { reply, used } : null, () => above(message, app)],
    ["avatar", author, () => avatar(author)],
    ["head", { author, at }, () => head(author, at)],
    ["content", content(message) && { html: message.html, edited: message.edited }, () => words(message)],
    ["edited", isBareEdit(message) && !message.v2 ? message.edited : null, () => editedLine(message)],
    ["thinking", loading && !failure ? author.name : null, () => thinking(author)],
    ["attachments", attachments.length ? attachments : null, () => drawAttachments(attachments)],
    ...grouped(message.embeds).map((embed, index) => [`embed-${index}`, embed, () => drawEmbed(embed)]),
    ...components.map((component, index) => [
      `component-${index}`,
      component,
      () => drawComponent(component, message, app) ?? el("span", { hidden: true }),
    ]),
    ["edited-v2", isBareEdit(message) && message.v2 ? message.edited : null, () => editedLine(message)],
    ["failed", failure, () => el("p", { class: "failed", role: "alert" }, icon("alert"), failure)],
    ["private", message.ephemeral ? true : null, () => onlyYou(() => app.dismissMessage(message))],
    ["tools", {}, () => tools(message, app)],
  ];
}

function noteParts(note, app) {
  const { text, at, name } = note;
  const bot = app.state.people.find((person) => person.bot) ?? { name: "Familiar", bot: true };
  const menu = app.state.commands.some((command) => command.name === name && command.kind !== 1);
  const used = { user: app.state.me.name, name, menu };
  return [
    ["above", name ? used : null, () => above({ used }, app)],
    ["avatar", bot, () => avatar(bot)],
    ["head", { bot, at }, () => head(bot, at)],
    ["sending", text ? null : true, () => el("p", { class: "sending" }, "Sending command…")],
    ["failed", text, () => el("p", { class: "failed", role: "alert" }, icon("alert"), text)],
    ["private", text ? true : null, () => onlyYou(() => app.uses.dismiss(note.id))],
  ];
}

function content({ html, loading }) {
  return Boolean(html) && !loading ? true : null;
}

function above({ reply, used }, app) {
  if (reply) {
    return el("div", { class: "above" }, el("strong", { text: reply.name }), el("span", { class: "reply-text" }, markup(reply.html)));
  }
  const person = app.state.people.find(({ name }) => name === used.user) ?? { name: used.user };
  const name = el("span", { class: "used-name", text: used.menu ? used.name : `/${used.name}` });
  return el("div", { class: "above" }, avatar(person, "tiny"), el("strong", { text: used.user }), " used ", name);
}

function head(author, at) {
  const date = new Date(at);
  return el(
    "h3",
    { class: "head", style: author.color && !author.bot ? { "--person": author.color } : {} },
    el("span", { class: "author", text: author.name }),
    author.bot && el("span", { class: "badge", text: "APP" }),
    el("time", { datetime: at, title: exact(date), text: spoken(date) }),
  );
}

function words(message) {
  return el("div", { class: "content marked" }, markup(message.html), message.edited && edited(message));
}

function edited({ edited: at }) {
  return el("span", { class: "edited", title: exact(new Date(at)), text: " (edited)" });
}

/** Edited, with no text of its own to say so behind: said above embeds, and below components V2. */
function isBareEdit({ edited: at, html, loading }) {
  return Boolean(at) && !html && !loading;
}

function editedLine(message) {
  return el("div", { class: "edited-line" }, edited(message));
}

function thinking(author) {
  return el("p", { class: "thinking" }, busyDots("dots"), `${author.name} is thinking…`);
}

function onlyYou(dismiss) {
  const button = el("button", { class: "as-link", type: "button", text: "Dismiss message", on: { click: dismiss } });
  return el("p", { class: "only-you" }, icon("eye"), "Only you can see this • ", button);
}

function tools(message, app) {
  const open = (event) => app.openMenu(event, { messageId: message.id });
  const label = `More about ${message.author.name}'s message`;
  const props = { class: "icon-button", type: "button", tabindex: "-1", "aria-haspopup": "menu", "aria-label": label };
  return el("div", { class: "tools" }, el("button", { ...props, on: { click: open } }, icon("dots")));
}
