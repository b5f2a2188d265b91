// Files on their way to a message or a field: picked, dropped, pasted, or one of the bundled samples.

import { bytes, el, icon } from "./dom.js";
import { popUp } from "./popup.js";

/** The most files that one message takes. */
export const MOST_FILES = 10;

const button = (kind, props, ...content) => el("button", { type: "button", class: kind, ...props }, ...content);

/** Return the files that a drop or a paste brings. */
export const filesOf = (transfer) => [...(transfer?.files ?? [])];

/** Return the file's name at the end of an address. */
export const nameIn = (url) => decodeURIComponent(new URL(url, location.href).pathname.split("/").pop());

/** Fetch something of this page's own server as a file. */
export async function fetchFile(url, name) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error("That file is not there any more.");
  const data = await answer.blob();
  return new File([data], name ?? nameIn(url), { type: data.type });
}

/** Send one file ahead to the server; the answer is its id there, or an error in the server's words. */
async function sendAhead(file) {
  const headers = { "X-Filename": encodeURIComponent(file.name), "Content-Type": "application/octet-stream" };
  const answer = await fetch("/uploads", { method: "POST", body: file, headers }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!answer?.ok || !told?.upload) throw new Error(told?.refused ?? "The upload failed. Try again.");
  return told.upload;
}

/**
 * Hold up to `max` files, shown as previews that can be removed.
 *
 * `uploads()` waits for all of them and answers with their ids; `onRefused(words)` hears what the server refuses.
 */
export function makeTray({ max = MOST_FILES, onChange, onRefused }) {
  const node = el("ul", { class: "tray", "aria-label": "Attached files", hidden: true });
  let held = [];

  function changed() {
    node.hidden = !held.length;
    onChange?.();
  }

  function add(files) {
    const taken = files.slice(0, max - held.length);
    for (const file of taken) hold(file);
    changed();
    if (taken.length < files.length) onRefused(max === 1 ? "One file fits here." : `No more than ${max} files fit here.`);
  }

  function hold(file) {
    const one = { file, sent: sendAhead(file), url: file.type.startsWith("image/") ? URL.createObjectURL(file) : null };
    one.node = preview(one, () => drop(one));
    held.push(one);
    node.append(one.node);
    one.sent.then(
      () => one.node.removeAttribute("aria-busy"),
      (error) => held.includes(one) && (drop(one), onRefused(error.message)),
    );
  }

  function drop(one) {
    held = held.filter((other) => other !== one);
    one.node.remove();
    if (one.url) URL.revokeObjectURL(one.url);
    changed();
  }

  return {
    node,
    add,
    files: () => held.map((one) => one.file),
    room: () => max - held.length,
    uploads: () => Promise.all(held.map((one) => one.sent)),
    clear: () => [...held].forEach(drop),
    removeLast: () => held.length && drop(held.at(-1)),
  };
}

function preview({ file, url }, remove) {
  return el(
    "li",
    { class: "held", tabindex: "-1", "aria-busy": "true" },
    url ? el("img", { src: url, alt: "" }) : icon("file"),
    el("span", { class: "held-name" }, file.name, el("small", {}, bytes(file.size))),
    button("icon-button", { "aria-label": `Remove ${file.name}`, on: { click: remove } }, icon("close")),
  );
}

/**
 * Make a field that takes files: Enter opens the file picker, "Samples" lists what is bundled.
 *
 * `accept` is a file input's; `first` is the kind of sample that is meant, if known; `onTaken()`, if given, moves the focus on after new files; the rest goes to its tray.
 */
export function dropZone(app, { label, max = 1, accept, first, onChange, onRefused, onTaken }) {
  const tray = makeTray({ max, onChange: arranged, onRefused });
  const about = { type: "file", class: "unseen", tabindex: "-1", "aria-hidden": "true", "aria-label": label, multiple: max > 1, accept };
  const picker = el("input", about);
  const what = max > 1 ? `up to ${max} files` : "a file";
  const words = matchMedia("(hover: none)").matches ? `Choose ${what}` : `Drop ${what} or press Enter`;
  const zone = button("zone", { "aria-label": `Attach a file: ${label}` }, icon("file"), words);
  const menu = { "aria-haspopup": "menu", "aria-label": `Samples for ${label}` };
  const samples = button("button samples", menu, "Samples", icon("down"));
  const node = el("div", { class: "attach" }, tray.node, zone, samples, picker);

  function arranged() {
    zone.hidden = samples.hidden = tray.room() === 0;
    onChange?.();
  }

  function focus() {
    (tray.room() ? zone : node.querySelector(".held")).focus();
  }

  function take(files) {
    tray.add(files);
    (onTaken ?? focus)();
  }

  function removeHeld(event) {
    const held = event.target.closest(".held");
    if (!held || !["Backspace", "Delete"].includes(event.key)) return;
    event.preventDefault();
    held.querySelector("button").click();
  }

  node.addEventListener("keydown", removeHeld);
  tray.node.addEventListener("click", (event) => event.target.closest(".held button") && focus());
  zone.addEventListener("click", () => picker.click());
  zone.addEventListener("keydown", (event) => event.key === "ArrowDown" && (event.preventDefault(), samples.click()));
  samples.addEventListener("click", () => popUp(samples, sampleItems(app, (file) => take([file]), first)));
  picker.addEventListener("change", () => {
    take([...picker.files]);
    picker.value = "";
  });
  return { ...tray, node, input: picker, told: zone, take, focus };
}

/** Return the bundled samples as items of a menu, one kind first; `give(file, kind)` takes the one that is chosen. */
export function sampleItems(app, give, first = "picture") {
  const { pictures = [], workflows = [] } = app.state.ready?.samples ?? {};
  const item = (kind, group) => (sample) => ({
    group,
    name: sample.title,
    picture: kind === "picture" ? sample.url : undefined,
    mark: kind === "picture" ? undefined : "file",
    run: async () => {
      try {
        give(await fetchFile(sample.url, sample.name), kind);
      } catch (error) {
        app.toast(error.message);
      }
    },
  });
  const groups = [pictures.map(item("picture", "Sample pictures")), workflows.map(item("workflow", "Sample workflows"))];
  return (first === "picture" ? groups : groups.reverse()).flat();
}

/** Take files that are dropped on or pasted into an element; `give(files)` gets them. */
export function watchFiles(target, give) {
  let depth = 0;

  const mark = (step) => {
    depth = Math.max(0, depth + step);
    target.classList.toggle("dropping", depth > 0);
  };

  function drag(event, step) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    mark(step);
  }

  function take(event, transfer) {
    const files = filesOf(transfer);
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation();
    give(files);
  }

  target.addEventListener("dragenter", (event) => drag(event, 1));
  target.addEventListener("dragleave", (event) => drag(event, -1));
  target.addEventListener("dragover", (event) => drag(event, 0));
  target.addEventListener("drop", (event) => (mark(-depth), take(event, event.dataTransfer)));
  target.addEventListener("paste", (event) => take(event, event.clipboardData));
}
