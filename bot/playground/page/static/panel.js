// Behind the scenes: what InvokeAI holds, the bot's jobs, its ledger and its log, and the mischief box.
import { el, icon } from "./dom.js";
import { mountMischief } from "./mischief.js";

const STATES = {
  new: "its pictures go up",
  ready: "waits for its turn",
  queued: "InvokeAI has it",
  finished: "over; its card is next",
  settled: "being cleared away",
};
const OUTCOMES = { completed: "done", failed: "failed", cancelled: "cancelled", lost: "lost" };
const RUNS = { pending: "waits", in_progress: "runs", completed: "done", failed: "failed", canceled: "cancelled" };
const GONE_MS = 1500;

export function mountPanel(root, app) {
  const parts = {
    backend: el("p", { class: "panel-backend" }),
    queue: list("Nothing waits here, and nothing runs."),
    images: list("No pictures: nothing of anybody's is kept.", "held-images"),
    jobs: list("No jobs yet.", "jobs"),
    headline: el("p", { class: "panel-headline" }),
    ledger: list("Nothing was left behind yet.", "ledger"),
    bot: el("p", { class: "panel-bot" }),
    log: el("pre", { class: "panel-log", tabindex: "0", "aria-label": "The bot's log" }),
  };
  const close = el("button", { type: "button", class: "icon-button", "aria-label": "Close the panel", on: { click: toggle } }, icon("close"));
  const box = el("div");
  const mischief = mountMischief(box, app);
  const boxSection = section("Mischief", box);
  root.append(
    el("div", { class: "panel-top" }, el("h2", { text: "Behind the scenes" }), close),
    section("Queue", parts.backend, parts.queue.root),
    section("Pictures on InvokeAI", parts.images.root),
    section("Jobs", parts.jobs.root),
    section("Ledger", parts.headline, parts.ledger.root),
    boxSection,
    section("The bot's log", parts.bot, parts.log),
  );
  root.hidden = true;
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle();
  });

  const opener = () => document.querySelector('#top [aria-label="Behind the scenes"]');

  function watch() {
    // Lost with the connection, and asked for again with the next one.
    app.ask("watch", { panel: !root.hidden }).catch(() => {});
  }

  /** Open or fold the panel; returns whether it is open now. */
  function toggle() {
    root.hidden = !root.hidden;
    opener()?.setAttribute("aria-expanded", String(!root.hidden));
    document.dispatchEvent(new CustomEvent("panel", { detail: { open: !root.hidden } }));
    watch();
    if (!root.hidden) close.focus();
    else opener()?.focus();
    return !root.hidden;
  }

  /** Take in what READY tells; also after a lost connection. */
  function ready(state) {
    boxSection.hidden = !state.mischief?.length;
    mischief.offers(state.mischief ?? []);
    if (!root.hidden) watch();
  }

  function panel(data) {
    put(parts.backend, `${data.backend.url}: ${data.backend.said}`);
    parts.backend.classList.toggle("down", !data.backend.up);
    parts.queue.show(data.queue, (item) => item.id, makeRow, drawItem);
    parts.images.show(data.images, (image) => image.name, makeImage, () => {}, GONE_MS);
    parts.jobs.show(data.jobs, (job) => job.id, makeRow, drawJob);
    put(parts.headline, headline(data));
    parts.headline.classList.toggle("clean", !data.left);
    parts.ledger.show(data.ledger, (row) => `${row.job} ${row.kind} ${row.ref}`, makeRow, drawAsset);
    put(parts.bot, data.bot.running ? "The bot runs, in a process of its own." : "The bot does not run.");
    parts.bot.classList.toggle("down", !data.bot.running);
    drawLog(parts.log, data.bot.log);
    if (data.mischief) mischief.offers(data.mischief);
  }

  return { ready, panel, toggle };
}

function section(title, ...children) {
  return el("details", { class: "panel-part", open: true }, el("summary", {}, el("h3", { text: title })), ...children);
}

/** A list whose rows stay the same nodes for as long as they stand for the same thing. */
function list(empty, style = "") {
  const rows = new Map();
  const items = el("ul", { class: `panel-list ${style}` });
  const nothing = el("p", { class: "panel-empty", text: empty });
  function show(all, keyOf, make, draw, lingers = 0) {
    const wanted = new Set(all.map((one) => String(keyOf(one))));
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      rows.delete(key);
      row.classList.add("gone");
      setTimeout(() => row.remove(), lingers);
    }
    let before = null;
    for (const one of all) {
      const key = String(keyOf(one));
      let row = rows.get(key);
      if (!row) rows.set(key, (row = make(one)));
      draw(row, one);
      const next = before ? before.nextElementSibling : items.firstElementChild;
      if (row !== next && !(next?.classList.contains("gone") && row.isConnected)) items.insertBefore(row, next);
      before = row;
    }
    nothing.hidden = all.length > 0;
  }
  return { root: el("div", {}, nothing, items), show };
}

function makeRow() {
  return el("li", {}, el("span", { class: "row-what" }), el("span", { class: "row-how" }));
}

function drawRow(row, what, how, mood) {
  put(row.children[0], what);
  put(row.children[1], how);
  if (row.dataset.mood !== mood) row.dataset.mood = mood;
}

function drawItem(row, item) {
  const mood = { in_progress: "busy", completed: "good", failed: "bad" }[item.status] ?? "";
  drawRow(row, `${item.id}  ${item.title}`, RUNS[item.status] ?? item.status, mood);
}

function drawJob(row, job) {
  const how = job.state === "closed" ? (OUTCOMES[job.outcome] ?? "over") : (STATES[job.state] ?? job.state);
  const mood = job.state !== "closed" ? "busy" : job.outcome === "completed" ? "good" : job.outcome === "failed" ? "bad" : "";
  drawRow(row, `${job.workflow} for ${job.user || "somebody"}`, how, mood);
  row.title = `Job ${job.id}, ${clock(job.at)}`;
}

function drawAsset(row, asset) {
  const how = asset.deleted_at ? `✓ ${clock(asset.deleted_at)}` : "still there";
  drawRow(row, `${asset.kind} ${short(asset.ref)}`, how, asset.deleted_at ? "good" : "busy");
  row.title = `${asset.kind} ${asset.ref} of job ${asset.job} on ${asset.backend}`;
}

function makeImage(image) {
  const what = image.intermediate ? "made on the way" : "picture";
  const label = image.width ? `${image.width} × ${image.height}, ${what}` : "video";
  const shown = image.url
    ? el("img", { src: image.url, alt: label, width: "72", height: "72", on: { error: hide } })
    : el("span", { class: "film", text: "video" });
  return el("li", { title: `${label}: ${image.name}` }, shown);
}

/** What was deleted before it could be seen leaves its place, and no broken picture. */
function hide({ target }) {
  target.style.visibility = "hidden";
}

function headline({ noted, left }) {
  if (!noted) return "";
  const things = noted === 1 ? "1 thing" : `${noted} things`;
  const proof = left ? `${noted - left} deleted and confirmed, ${left} still there` : `${noted} deleted and confirmed`;
  return `${things} left behind by jobs, ${proof}.`;
}

function drawLog(node, lines) {
  const text = lines.join("\n");
  if (node.textContent === text) return;
  const atEnd = node.scrollTop + node.clientHeight >= node.scrollHeight - 8;
  node.textContent = text;
  if (atEnd) node.scrollTop = node.scrollHeight;
}

function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function short(name) {
  return name.length > 18 ? `${name.slice(0, 8)}…${name.slice(-6)}` : name;
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
