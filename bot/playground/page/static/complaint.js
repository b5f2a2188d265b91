// What is wrong with a field, said right under it: in a command's options and in a modal alike.

import { el } from "./dom.js";
import { unique } from "./listbox.js";

/** Make the line that stands under a field; `tell(text, box, told)` fills it, or empties it where nothing is wrong. */
export function complaint() {
  const node = el("p", { class: "field-error", role: "alert", id: unique("error"), hidden: true });

  function tell(text, box, told) {
    node.textContent = text;
    node.hidden = !text;
    box.classList.toggle("wrong", Boolean(text));
    if (text) told.setAttribute("aria-invalid", "true");
    else told.removeAttribute("aria-invalid");
  }

  return { node, tell };
}
