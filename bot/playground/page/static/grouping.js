// How messages stand together: by day, and folded under the one before where they are by the same author.

import { el } from "./dom.js";
import { dayName, sameDay } from "./times.js";

const TOGETHER_MS = 7 * 60 * 1000;

/** Give an article its day line, and fold it under the one before if it belongs there; `dataOf(node)` tells its message. */
export function arrange(node, dataOf) {
  const data = dataOf(node);
  const previous = before(node);
  const last = previous && dataOf(previous);
  const isNewDay = !last || !sameDay(new Date(last.at), new Date(data.at));
  const line = node.previousElementSibling;
  if (isNewDay && !isDay(line)) node.before(dayLine(data.at));
  if (!isNewDay && isDay(line)) line.remove();
  node.classList.toggle("follows", !isNewDay && belongs(data, last));
}

/** Put an article before another, and before that one's day line; without another, last. */
export function insert(list, node, next) {
  const line = next?.previousElementSibling;
  list.insertBefore(node, isDay(line) ? line : (next ?? null));
}

/** Take an article away, with the day line that it stood under. */
export function drop(node) {
  if (isDay(node.previousElementSibling)) node.previousElementSibling.remove();
  node.remove();
}

/** The next article. */
export function after(node) {
  const next = node.nextElementSibling;
  return isDay(next) ? next.nextElementSibling : next;
}

/** The article before. */
export function before(node) {
  const previous = node.previousElementSibling;
  return isDay(previous) ? previous.previousElementSibling : previous;
}

function belongs(data, last) {
  const isPlain = !data.used && !data.reply && !data.use && !last.use;
  const isNear = Date.parse(data.at) - Date.parse(last.at) < TOGETHER_MS;
  return isPlain && isNear && data.author.id === last.author.id && data.ephemeral === last.ephemeral;
}

function dayLine(at) {
  return el("div", { class: "day", role: "separator" }, el("span", { text: dayName(new Date(at)) }));
}

function isDay(node) {
  return node?.matches(".day") ?? false;
}
