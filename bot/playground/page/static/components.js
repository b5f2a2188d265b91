// The components of messages: rows of buttons and selects, and components V2.

import { busyDots, el, emojiOf, icon } from "./dom.js";
import { markup } from "./markup.js";
import { drawGallery, fileCard, spoilable } from "./media.js";
import { drawSelect } from "./select.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger" };
const LINK = 5;

const DRAWERS = {
  1: row,
  2: button,
  3: drawSelect,
  5: drawSelect,
  6: drawSelect,
  7: drawSelect,
  8: drawSelect,
  9: section,
  10: text,
  11: thumbnail,
  12: gallery,
  13: file,
  14: separator,
  17: container,
};

/** Draw one component of a message, with all that is in it; null for what no client knows. */
export function drawComponent(component, message, app) {
  return DRAWERS[component.type]?.(component, message, app) ?? null;
}

function all(components, message, app) {
  return (components ?? []).map((component) => drawComponent(component, message, app));
}

function row({ components }, message, app) {
  return el("div", { class: "row" }, all(components, message, app));
}

function button(component, message, app) {
  const { style, label, emoji, url, disabled, custom_id } = component;
  const content = [emojiOf(emoji), label && el("span", { text: label })];
  const name = label ? null : emoji?.name;
  if (style === LINK) {
    const props = { class: "button", href: disabled ? null : url, target: "_blank", rel: "noreferrer noopener", "aria-label": name };
    return el("a", { ...props, "aria-disabled": disabled ? "true" : null }, content, icon("outside"));
  }
  const press = () => app.uses.begin("press", message, custom_id);
  return el(
    "button",
    {
      class: `button ${STYLES[style] ?? ""}`,
      type: "button",
      disabled,
      dataset: { customId: custom_id ?? "" },
      "aria-label": name,
      "aria-busy": app.uses.isBusy(message.id, custom_id) ? "true" : null,
      on: { click: press },
    },
    content,
    busyDots(),
  );
}

function section({ components, accessory }, message, app) {
  const words = el("div", { class: "section-text" }, all(components, message, app));
  return el("div", { class: "section" }, words, accessory && drawComponent(accessory, message, app));
}

function text({ html }) {
  return el("div", { class: "text-display marked" }, markup(html));
}

function asItem({ media, description, spoiler }) {
  const isVideo = media.content_type?.startsWith("video/");
  const filename = nameOf(media.url);
  return { ...media, filename, alt: description, spoiler, kind: isVideo ? "video" : "image" };
}

function nameOf(url) {
  return decodeURIComponent(url.split("?")[0].split("/").at(-1));
}

function thumbnail(component) {
  return el("div", { class: "thumbnail" }, drawGallery([asItem(component)]));
}

function gallery({ items }) {
  return el("div", { class: "media-gallery" }, drawGallery(items.map(asItem)));
}

function file({ file: media, name, size, spoiler }) {
  return spoilable(fileCard({ url: media.url, filename: name ?? nameOf(media.url), size }), spoiler);
}

function separator({ divider = true, spacing = 1 }) {
  return el(divider ? "hr" : "div", { class: `separator ${spacing === 2 ? "wide" : ""}` });
}

function container({ components, accent_color, spoiler }, message, app) {
  const style = accent_color ? { "--bar": accent_color } : {};
  const box = el("section", { class: `container ${accent_color ? "with-bar" : ""}`, style }, all(components, message, app));
  return spoilable(box, spoiler);
}
