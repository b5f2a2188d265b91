// The first-time hint: three steps that follow what the person does, until it is put away for good.
import { fetchFile } from "./attachments.js";
import { SLASH } from "./commands.js";
import { el, icon } from "./dom.js";

const KEY = "familiar-hint";
const FILE = 11;
const LOOK_MS = 500;
const PATIENCE_MS = 4000;
const FAREWELL_MS = 5000;

export function mountHint(root, app) {
  if (remembered() === "away") return;
  const steps = [
    {
      title: "Publish a workflow.",
      text: "As Ada, type /workflow add, choose one of the Samples, and press Publish.",
      help: "Fill it in for me",
      isDone: () => published(app).length > 0,
      act: () => fillIn(app, adminOf(app), () => "workflow add", sampleOf(app, "workflows", "blur")),
    },
    {
      title: "Run it as a member.",
      text: "Become Bo under “You are”, type / and the new command, and fill in what it asks for.",
      help: "Fill it in for me",
      isDone: () => wasRun(app),
      act: () => fillIn(app, memberOf(app), () => published(app)[0]?.name, sampleOf(app, "pictures", "harbour")),
    },
    {
      title: "Make some mischief.",
      text: "Open Behind the scenes while a job runs, and kill the bot or InvokeAI: nothing is lost.",
      help: "Show me where",
      isDone: () => wasMischief,
      act: () => showMischief(app),
    },
  ];
  let wasMischief = false;
  document.addEventListener("mischief", () => {
    wasMischief = true;
    look();
  });
  const close = el("button", { type: "button", class: "icon-button", "aria-label": "Put the hint away for good", on: { click: leave } }, icon("close"));
  const rows = steps.map(({ title }, index) =>
    el("li", {}, el("span", { class: "hint-mark", text: index + 1, "aria-hidden": "true" }), title, el("span", { class: "unseen" })),
  );
  const words = el("span", { role: "status" });
  const help = el("button", { type: "button", class: "button", on: { click: assist } });
  root.append(el("ol", { class: "hint-steps" }, rows), close, el("p", { class: "hint-now" }, words, help));
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", "New here? Three steps");
  const timer = setInterval(look, LOOK_MS);
  look();

  function current() {
    return steps.findIndex((step) => !step.done);
  }

  async function assist() {
    try {
      await steps[current()]?.act();
    } catch (error) {
      app.toast(error.message);
    }
  }

  /** See what was done meanwhile, and tell of the first step that was not. */
  function look() {
    if (!help.isConnected) return;
    for (const step of steps) step.done ||= step.isDone();
    const now = current();
    if (now < 0) return farewell();
    rows.forEach((row, index) => {
      const { done } = steps[index];
      row.classList.toggle("done", Boolean(done));
      row.lastChild.textContent = done ? " Done" : "";
      if (index === now) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    });
    if (words.textContent === steps[now].text) return;
    words.textContent = steps[now].text;
    help.textContent = steps[now].help;
  }

  function farewell() {
    clearInterval(timer);
    remember("away");
    words.textContent = "That is all of it. Have fun!";
    for (const row of rows) row.className = "done";
    help.remove();
    setTimeout(leave, FAREWELL_MS);
  }

  function leave() {
    const hadFocus = root.contains(document.activeElement);
    clearInterval(timer);
    remember("away");
    root.replaceChildren();
    if (hadFocus) app.composer?.focus();
  }
}

/** Become somebody, and fill in a command with a file, as soon as it is offered. */
async function fillIn(app, person, nameOf, sample) {
  const file = sample && (await fetchFile(sample.url, sample.name));
  if (person && app.state.me?.id !== person.id) {
    const others = app.state.commands;
    await app.sit(person.id);
    await soon(() => app.state.me?.id === person.id && app.state.commands !== others);
  }
  const command = await soon(() => app.state.commands.find(({ kind, name }) => kind === SLASH && name === nameOf()));
  if (!command) throw new Error("That command is not offered here at the moment.");
  const option = command.options.find(({ type }) => type === FILE);
  app.fill(command.name, option && file ? { [option.name]: file } : {});
}

async function soon(find) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const found = find();
    if (found) return found;
  }
  return null;
}

/** The commands that somebody published, in this channel: those of this server alone. */
function published(app) {
  return app.state.commands.filter((command) => command.kind === SLASH && command.is_local);
}

/** Open the panel if it is folded, and go to its buttons. */
function showMischief(app) {
  if (document.getElementById("panel").hidden) app.togglePanel();
  const trick = document.querySelector("#panel .trick");
  trick?.scrollIntoView({ block: "center" });
  trick?.focus();
}

function wasRun(app) {
  const names = new Set(["run", ...published(app).map(({ name }) => name)]);
  const admins = new Set(app.state.people.filter(({ admin }) => admin).map(({ name }) => name));
  for (const conversation of app.state.messages.values())
    for (const { used } of conversation.list) {
      if (used && !used.menu && !admins.has(used.user) && names.has(used.name)) return true;
    }
  return false;
}

const adminOf = (app) => app.state.people.find(({ admin }) => admin);
const memberOf = (app) => (app.state.me?.admin ? app.state.people.find(({ admin, bot }) => !admin && !bot) : app.state.me);

function sampleOf(app, kind, word) {
  const all = app.state.ready.samples?.[kind] ?? [];
  return all.find(({ name }) => name.startsWith(word)) ?? all[0];
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // A browser that keeps nothing shows it again.
  }
}
