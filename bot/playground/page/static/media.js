// Pictures, videos, sounds and files, as a client lays them out.

import { bytes, el, icon } from "./dom.js";
import { openLightbox } from "./lightbox.js";

const WIDEST = 550;
const TALLEST = 350;

/** How many tiles stand in each row of a gallery of so many. */
const ROWS = { 2: [2], 4: [2, 2], 5: [2, 3], 6: [3, 3], 7: [1, 3, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [1, 3, 3, 3] };

/** What stays the same of a signed address. */
export function fileKey(url) {
  return url.split("?")[0];
}

/** All attachments of a message: its gallery, then what cannot be looked at. */
export function drawAttachments(attachments) {
  const visual = attachments.filter((item) => item.kind === "image" || item.kind === "video");
  const rest = attachments.filter((item) => !visual.includes(item));
  return el(
    "div",
    { class: "attachments" },
    visual.length > 0 && drawGallery(visual),
    rest.map((item) => spoilable(item.kind === "audio" ? sound(item) : fileCard(item), item.spoiler)),
  );
}

/** One picture large, or several as tiles; items are `{url, filename, kind, width, height, alt, spoiler}`. */
export function drawGallery(items) {
  if (items.length === 1) return spoilable(tile(items[0], items, fit(items[0])), items[0].spoiler);
  const rows = ROWS[items.length]?.flatMap((count) => Array(count).fill(count));
  const tiles = items.map((item, at) => {
    const node = spoilable(tile(item, items), item.spoiler);
    node.classList.add(rows ? `of-${rows[at]}` : `third-${at + 1}`);
    return node;
  });
  return el("div", { class: `gallery ${rows ? "" : "gallery-three"}` }, tiles);
}

/** A picture that keeps its place when its message is drawn again. */
export function picture({ url, alt, filename, width, height }, props = {}) {
  const file = fileKey(url);
  return el("img", { src: url, alt: alt ?? filename ?? "", width, height, dataset: { file }, ...props });
}

/** A card with the file's name, its size and a way to take it. */
export function fileCard({ url, filename, size }) {
  return el(
    "div",
    { class: "file-card" },
    icon("file"),
    el("div", {}, el("a", { href: url, target: "_blank", rel: "noreferrer noopener", text: filename }), el("small", { text: size == null ? "" : bytes(size) })),
    el("a", { class: "icon-button", href: url, download: filename, "aria-label": `Download ${filename}` }, icon("download")),
  );
}

/** Cover what is marked as a spoiler until somebody wants to see it. */
export function spoilable(node, spoiler) {
  if (!spoiler) return node;
  const cover = el("button", { class: "cover", type: "button", "aria-label": "Spoiler: show it" }, el("span", { text: "Spoiler" }));
  node.inert = true;
  const box = el("div", { class: "covered" }, node, cover);
  cover.addEventListener("click", () => {
    node.inert = false;
    cover.remove();
    box.classList.add("shown");
    (node.matches("button") ? node : node.querySelector("button, a, video"))?.focus();
  });
  return box;
}

function tile(item, group, style = {}) {
  if (item.kind === "video") return video(item, style);
  const open = () => {
    const pictures = group.filter((other) => other.kind !== "video");
    openLightbox(pictures, pictures.indexOf(item));
  };
  const label = `Open picture: ${item.alt || item.filename || "untitled"}`;
  return el("button", { class: "tile", type: "button", style, "aria-label": label, on: { click: open } }, picture(item));
}

function video(item, style) {
  const props = { controls: true, playsinline: true, preload: "metadata", src: item.url, "aria-label": item.alt || item.filename };
  return el("div", { class: "tile", style }, el("video", { ...props, dataset: { file: fileKey(item.url) } }));
}

function sound(item) {
  const player = el("audio", { controls: true, src: item.url, dataset: { file: fileKey(item.url) } });
  return el("div", { class: "sound" }, fileCard(item), player);
}

function fit({ width, height }) {
  if (!width || !height) return {};
  const scale = Math.min(WIDEST / width, TALLEST / height, 1);
  return { width: `${Math.round(width * scale)}px`, "aspect-ratio": `${width} / ${height}` };
}
