// Embeds: colour bar, author, title, text, fields by three, pictures, footer.

import { el } from "./dom.js";
import { markup } from "./markup.js";
import { drawGallery, picture } from "./media.js";
import { exact, spoken } from "./times.js";

/** Embeds that share an address show their pictures together in the first of them, as a client does. */
export function grouped(embeds) {
  const shown = [];
  for (const embed of embeds) {
    const first = shown.find((other) => embed.url && embed.image && other.url === embed.url);
    if (first) first.images.push(embed.image);
    else shown.push({ ...embed, images: embed.image ? [embed.image] : [] });
  }
  return shown;
}

/** One embed of `grouped`. */
export function drawEmbed(embed) {
  return el(
    "section",
    { class: `embed ${embed.thumbnail ? "with-thumbnail" : ""}`, style: embed.color ? { "--bar": embed.color } : {} },
    el(
      "div",
      { class: "embed-text" },
      embed.author && author(embed.author),
      embed.title_html && el("div", { class: "embed-title" }, linked(embed.url, markup(embed.title_html))),
      embed.html && el("div", { class: "embed-description marked" }, markup(embed.html)),
      embed.fields.length > 0 && fields(embed.fields),
    ),
    embed.thumbnail && el("div", { class: "embed-thumbnail" }, drawGallery([asItem(embed.thumbnail)])),
    embed.images.length > 0 && el("div", { class: "embed-image" }, drawGallery(embed.images.map(asItem))),
    (embed.footer || embed.timestamp) && footer(embed),
  );
}

function asItem(image) {
  return { filename: "", kind: "image", ...image };
}

function linked(url, content) {
  return url ? el("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, content) : content;
}

function face(url) {
  return url && picture({ url, width: 24, height: 24, alt: "" });
}

function author({ name, icon_url, url }) {
  return el("div", { class: "embed-author" }, face(icon_url), linked(url, el("span", { text: name })));
}

/** Inline fields stand by three in a row; two alone share it evenly; any other takes the whole width. */
function fields(list) {
  const rows = [];
  for (const field of list) {
    const row = rows.at(-1);
    if (field.inline && row?.[0].inline && row.length < 3) row.push(field);
    else rows.push([field]);
  }
  const cells = rows.flatMap((row) => row.map((field) => cell(field, field.inline ? row.length : 1)));
  return el("dl", { class: "embed-fields" }, cells);
}

function cell({ name_html, value_html }, count) {
  const name = el("dt", {}, markup(name_html));
  return el("div", { class: `of-${count}` }, name, el("dd", { class: "marked" }, markup(value_html)));
}

function footer({ footer: words, timestamp }) {
  const at = timestamp && new Date(timestamp);
  const time = at && el("time", { datetime: timestamp, title: exact(at), text: spoken(at) });
  const dot = words?.text && time ? " • " : "";
  return el("footer", { class: "embed-footer" }, face(words?.icon_url), el("span", {}, words?.text ?? "", dot, time));
}
