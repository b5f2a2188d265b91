// The server's HTML of messages, brought to life: spoilers, commands and times.

import { trusted } from "./dom.js";
import { ago, exact } from "./times.js";

/** Markdown as the server drew it, ready to be shown. */
export function markup(html) {
  const content = trusted(html);
  for (const time of content.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    time.title = exact(date);
    if (time.dataset.style === "R") time.textContent = ago(date);
  }
  for (const command of content.querySelectorAll(".command")) {
    command.tabIndex = 0;
    command.role = "button";
  }
  for (const spoiler of content.querySelectorAll(".spoiler")) spoiler.ariaLabel = "Spoiler";
  return content;
}

/** Let clicks, Enter and Space show spoilers and take up commands, anywhere on the page. */
export function wireMarkup(app) {
  document.addEventListener("click", (event) => act(event, app), true);
  document.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && act(event, app), true);
}

function act(event, app) {
  const spoiler = event.target.closest?.(".spoiler:not(.shown)");
  const command = event.target.closest?.(".command");
  if (!spoiler && !command) return;
  event.preventDefault();
  event.stopPropagation();
  if (spoiler) reveal(spoiler);
  else app.composer.fill(command.dataset.command);
}

function reveal(spoiler) {
  spoiler.classList.add("shown");
  for (const name of ["role", "aria-label"]) spoiler.removeAttribute(name);
  spoiler.tabIndex = -1; // it keeps the focus, if it had it
}
