// The bar above the messages, the drawers of a narrow window, short notices, and the keys that work everywhere.

import { el, icon } from "./dom.js";

const SHOWN_MS = 6000;

/** Draw the bar into `top`; `toast`, `lost`, `show` and `title` tell the person what is going on. */
export function mountFrame(top, toasts, app) {
  const mark = el("span", { class: "mark" });
  const name = el("h2", {});
  const drawers = {
    sidebar: toggle("menu", "Channels", () => slide("sidebar")),
    people: toggle("people", "People", showPeople),
  };
  const scenes = toggle("gauge", "Behind the scenes", () => app.togglePanel());
  scenes.append(el("span", { class: "icon-label", "aria-hidden": "true", text: "Behind the scenes" }));
  const veil = el("button", { class: "veil", type: "button", "aria-label": "Close", hidden: true, on: { click: () => slide(null) } });
  const narrow = matchMedia("(max-width: 700px)");
  const crowded = matchMedia("(max-width: 1400px)"); // the panel then stands in the people's place
  const arePushedOut = () => crowded.matches && !narrow.matches && !document.getElementById("panel").hidden;
  const lostBar = document.getElementById("lost");
  drawers.sidebar.classList.add("only-narrow");
  scenes.hidden = true;
  top.append(drawers.sidebar, mark, name, scenes, drawers.people);
  document.body.append(veil);

  function toggle(picture, label, click) {
    return el("button", { class: "icon-button", type: "button", "aria-label": label, title: label, on: { click } }, icon(picture));
  }

  /** Show or hide the people: a wide window has them beside the messages, shown at first. */
  function showPeople() {
    const { dataset } = document.body;
    if (narrow.matches) return slide("people");
    if (arePushedOut()) {
      dataset.people = "";
      app.togglePanel();
      drawers.people.focus();
    } else dataset.people = dataset.people === "hidden" ? "" : "hidden";
    reflect();
  }

  /** Slide a drawer in or out. */
  function slide(which) {
    const { dataset } = document.body;
    const was = dataset.drawer;
    dataset.drawer = dataset.drawer === which || !which ? "" : which;
    reflect();
    if (dataset.drawer) document.getElementById(dataset.drawer).querySelector("a, button")?.focus();
    else if (!which) (drawers[was] ?? drawers.people).focus();
  }

  function reflect() {
    const { drawer, people } = document.body.dataset;
    const arePeopleShown = narrow.matches ? drawer === "people" : people !== "hidden" && !arePushedOut();
    drawers.sidebar.setAttribute("aria-expanded", String(drawer === "sidebar"));
    drawers.people.setAttribute("aria-expanded", String(arePeopleShown));
    veil.hidden = !drawer;
  }

  /** Let what a drawer was opened for be seen, where a narrow window has one open. */
  function closeDrawer() {
    if (document.body.dataset.drawer) slide(null);
  }

  function ready() {
    scenes.hidden = !app.state.ready.panel;
  }

  function show(channel) {
    mark.replaceChildren(icon(channel.dm ? "at" : "hash"));
    name.textContent = channel.name;
    closeDrawer();
    title();
  }

  /** The window's title counts what is for me elsewhere. */
  function title() {
    const { channel, guild } = app.state;
    const count = app.unread.mentions ? `(${app.unread.mentions}) ` : "";
    document.title = `${count}${channel.dm ? "@" : "#"}${channel.name} · ${guild.name}`;
  }

  function toast(words) {
    const note = el("p", { class: "toast", text: words });
    toasts.append(note);
    setTimeout(() => note.remove(), SHOWN_MS);
  }

  function lost(isLost) {
    lostBar.hidden = !isLost;
  }

  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    app.composer.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeDrawer();
    if (meansToType(event)) app.composer.focus();
  });
  for (const width of [narrow, crowded]) width.addEventListener("change", reflect);
  document.addEventListener("panel", reflect);
  reflect();
  return { ready, show, title, toast, lost, closeDrawer };
}

/** Whoever types while nothing takes it means the composer, as in a client. */
function meansToType({ key, target, ctrlKey, metaKey, altKey, defaultPrevented }) {
  const isFree = target === document.body || target.matches("article");
  return isFree && key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey && !defaultPrevented;
}
