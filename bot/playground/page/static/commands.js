// The commands that are offered, and which of them somebody means by what was typed. Pure.

export const SLASH = 1;
export const ON_MEMBER = 2;
export const ON_MESSAGE = 3;

/** The commands of one kind. */
export const ofKind = (commands, kind) => commands.filter((command) => command.kind === kind);

/** Return the slash commands that fit what stands behind the slash, the best first. */
export function fitting(commands, typed) {
  const wanted = typed.trim().toLowerCase();
  return ofKind(commands, SLASH)
    .map((command) => ({ command, rank: rank(command.name.toLowerCase(), wanted) }))
    .filter((found) => found.rank < NO_MATCH)
    .sort((a, b) => a.rank - b.rank || a.command.name.localeCompare(b.command.name))
    .map((found) => found.command);
}

/** Return the command that is typed out in full with a space behind it, where no longer name begins so. */
export function typedOut(commands, typed) {
  const wanted = typed.toLowerCase();
  if (!wanted.endsWith(" ")) return undefined;
  const slash = ofKind(commands, SLASH);
  if (slash.some((command) => command.name.startsWith(wanted))) return undefined;
  return slash.find((command) => command.name === wanted.trim());
}

/** Tell whether each typed word begins the name's word at its place, somewhere in the name: "wo ad", "add". */
export function beginsWords(name, wanted) {
  const words = name.split(/[\s_-]+/);
  const starts = wanted.split(/[\s_-]+/).filter(Boolean);
  return words.some((_, at) => starts.every((start, index) => words[at + index]?.startsWith(start)));
}

const NO_MATCH = 4;

function rank(name, wanted) {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (beginsWords(name, wanted)) return 2;
  return name.includes(wanted) ? 3 : NO_MATCH;
}

/** Return the offers whose name or detail holds what was typed, those that begin so first. */
export function narrowed(items, typed) {
  const wanted = typed.trim().toLowerCase();
  const name = (item) => item.name.toLowerCase();
  const holds = items.filter((item) => name(item).includes(wanted) || item.detail?.toLowerCase().includes(wanted));
  const begins = holds.filter((item) => name(item).startsWith(wanted));
  return [...begins, ...holds.filter((item) => !begins.includes(item))];
}
