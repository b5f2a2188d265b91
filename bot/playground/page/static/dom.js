// Making elements: the only place where the page touches HTML as text.

/** Make an element; `on: {click: f}` listens, `dataset` and `style` take objects, the rest are attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) set(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "text") node.textContent = value;
  else if (name === "class") node.className = value;
  else if (name === "dataset") Object.assign(node.dataset, value);
  else if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
  else if (name === "style") for (const [key, item] of Object.entries(value)) node.style.setProperty(key, item);
  else node.setAttribute(name, value === true ? "" : value);
}

/** The server's own HTML, made safe there, as nodes. */
export function trusted(html) {
  const template = document.createElement("template");
  template.innerHTML = html ?? "";
  return template.content;
}

const ICONS = {
  hash: "M4 9h16M4 15h16M10 3 8 21M16 3l-2 18",
  at: "M16 8v5a3 3 0 0 0 6 0v-1a10 10 0 1 0-4 8M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0",
  menu: "M4 6h16M4 12h16M4 18h16",
  people: "M16 20v-1a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v1M13 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0M22 20v-1a4 4 0 0 0-3-3.9M16 3.2a4 4 0 0 1 0 7.6",
  gauge: "M12 14l4-5M3.5 19a10 10 0 1 1 17 0z",
  dots: "M5 12h.01M12 12h.01M19 12h.01",
  down: "M6 9l6 6 6-6",
  left: "M15 18l-6-6 6-6",
  right: "M9 18l6-6-6-6",
  close: "M18 6 6 18M6 6l12 12",
  check: "M20 6 9 17l-5-5",
  eye: "M1 12s4-7 11-7 11 7 11 7-4 7-11 7S1 12 1 12M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0",
  file: "M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8zM14 2v6h6",
  download: "M12 3v12M7 11l5 5 5-5M4 21h16",
  outside: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  alert: "M12 8v5M12 16.5h.01M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0",
};

/** One of the page's own line icons, for decoration only. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A person's round picture: an initial on their colour, the bot's own face for the bot. */
export function avatar(person, size = "") {
  const face = person.bot ? el("img", { src: "/static/familiar.svg", alt: "", width: "40", height: "40" }) : person.name[0];
  return el("span", { class: `avatar ${size}`, style: { "--person": person.color ?? "#5a5fe0" }, "aria-hidden": "true" }, face);
}

/** Draw anew what is in `root`; what had the focus there has it again, where it is still there. */
export function keepingFocus(root, draw) {
  const keyOf = (node) => node.ariaLabel ?? node.getAttribute("href");
  const held = root.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  draw();
  if (held) [...root.querySelectorAll("a, button, select")].find((node) => keyOf(node) === held)?.focus();
}

/** A size in bytes as people read it. */
export function bytes(size) {
  if (size < 1024) return `${size} bytes`;
  const units = ["KB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log2(size) / 10), units.length);
  return `${(size / 1024 ** power).toFixed(2)} ${units[power - 1]}`;
}

/** A component's emoji; one of a server's own shows by its name, for its picture is Discord's. */
export function emojiOf(emoji) {
  if (!emoji) return null;
  return el("span", { class: "emoji", "aria-hidden": "true", text: emoji.id ? `:${emoji.name}:` : emoji.name });
}

/** Three dots that move while something is awaited. */
export function busyDots(name = "busy-dots") {
  return el("span", { class: name, "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}
