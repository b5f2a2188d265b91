// The context menus of messages and members.

import { fetchFile, nameIn } from "./attachments.js";
import { ON_MEMBER, ON_MESSAGE, ofKind } from "./commands.js";
import { trusted } from "./dom.js";
import { popUp } from "./popup.js";

/** How long a finger rests for a menu, in milliseconds; the browsers that know it are quicker. */
const LONG = 700;

/** Open the context menu of a message or a member, by mouse, long press, key, or its own button. */
export function openMenu(event, { message, member }, app) {
  event.preventDefault();
  const items = message ? messageItems(message, event.target, app) : memberItems(member, app);
  const pressed = event.currentTarget instanceof Element ? event.currentTarget : event.target;
  const byMouse = event.type !== "click" && (event.clientX || event.clientY);
  const from = event.target.closest?.("button, [tabindex], a") ?? pressed.querySelector("button") ?? pressed;
  popUp(byMouse ? { x: event.clientX, y: event.clientY, from } : from, items);
}

function messageItems(message, target, app) {
  const text = textOf(message);
  const copy = text ? [{ name: "Copy text", run: () => copyText(text, app) }] : [];
  const pictures = picturesOf(message, target).map(({ url, filename }, index, all) => ({
    name: all.length > 1 ? `Use ${filename} as attachment` : "Use as attachment",
    run: () => attach(url, filename, app),
  }));
  const id = { name: "Copy ID", run: () => copyText(message.id, app) };
  return [...copy, id, ...pictures, ...apps(ON_MESSAGE, message.id, app)];
}

function memberItems(member, app) {
  const items = [
    { name: "Copy name", run: () => copyText(member.name, app) },
    { name: "Copy ID", run: () => copyText(member.id, app) },
    ...apps(ON_MEMBER, member.id, app),
  ];
  // The people may stand over what comes of it.
  return items.map((item) => ({ ...item, run: () => (app.closeDrawer(), item.run()) }));
}

/** The app's own commands for a message or a member. */
function apps(kind, target, app) {
  return ofKind(app.state.commands ?? [], kind).map((command) => ({
    group: "Apps",
    name: command.name,
    run: async () => {
      try {
        await app.ask("menu", { channel: app.state.channel.id, command: command.name, kind, target });
      } catch (error) {
        app.toast(error.message);
      }
    },
  }));
}

function textOf(message) {
  const displays = flat(message.components ?? []).map((component) => component.html);
  const embeds = (message.embeds ?? []).flatMap((embed) => [embed.title_html, embed.html]);
  const texts = [message.html, ...embeds, ...displays].filter(Boolean);
  return texts.map((html) => trusted(html).textContent.trim()).join("\n").trim();
}

/** The pictures of a message: the one that was pointed at, or all of them. */
function picturesOf(message, target) {
  const attached = (message.attachments ?? []).filter((file) => file.kind === "image");
  const embedded = (message.embeds ?? []).map((embed) => embed.image).filter(Boolean);
  const shown = flat(message.components ?? []).flatMap((component) => component.items ?? []).map((item) => item.media);
  const all = [...attached, ...embedded, ...shown].filter((file) => file?.url?.startsWith("/"));
  const named = all.map(({ url, filename }) => ({ url, filename: filename ?? nameIn(url) }));
  const pointed = target?.closest?.("img")?.getAttribute("src");
  const one = named.find(({ url }) => url === pointed);
  return one ? [one] : named;
}

function flat(components) {
  return components.flatMap((one) => [one, ...flat(one.components ?? []), ...flat([one.accessory].filter(Boolean))]);
}

async function attach(url, filename, app) {
  try {
    app.composer.attach([await fetchFile(url, filename)]);
  } catch (error) {
    app.toast(error.message);
  }
}

async function copyText(text, app) {
  try {
    await navigator.clipboard.writeText(text);
    app.toast("Copied.");
  } catch {
    app.toast("The browser did not let the page copy that.");
  }
}

/** Make a long press a contextmenu event where the browser makes none of it, as on iOS. */
export function watchLongPress(target) {
  let timer;
  const cancel = () => clearTimeout(timer);
  target.addEventListener("pointerdown", (event) => {
    cancel();
    if (event.pointerType !== "touch") return;
    const { target: pressed, clientX, clientY } = event;
    const asked = new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX, clientY });
    timer = setTimeout(() => pressed.dispatchEvent(asked), LONG);
  });
  for (const end of ["pointerup", "pointercancel", "pointermove", "contextmenu", "scroll"]) {
    target.addEventListener(end, cancel, { capture: true, passive: true });
  }
}
