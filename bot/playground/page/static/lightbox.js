// A picture over everything: Esc closes, arrows go on.

import { el, icon } from "./dom.js";

/** Show picture `at` of `pictures` (`{url, alt, filename}`); closing gives the focus back. */
export function openLightbox(pictures, at) {
  const image = el("img", { alt: "" });
  const caption = el("p", {});
  const original = el("a", { target: "_blank", rel: "noreferrer noopener" }, "Open original ", icon("outside"));
  const close = el("button", { class: "icon-button close", type: "button", "aria-label": "Close" }, icon("close"));
  const dialog = el("dialog", { class: "lightbox", "aria-label": "Picture" }, close);

  function show(index) {
    at = (index + pictures.length) % pictures.length;
    const { url, alt, filename } = pictures[at];
    image.src = original.href = url;
    image.alt = alt ?? filename ?? "";
    const count = pictures.length > 1 ? `${at + 1} of ${pictures.length}` : "";
    caption.textContent = [alt || filename, count].filter(Boolean).join(" · ");
  }

  function step(name, label, by) {
    const go = () => show(at + by);
    return el("button", { class: `icon-button step ${name}`, type: "button", "aria-label": label, on: { click: go } }, icon(name));
  }

  if (pictures.length > 1) dialog.append(step("left", "Previous picture", -1), step("right", "Next picture", 1));
  dialog.append(el("figure", {}, image, el("figcaption", {}, caption, original)));
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && pictures.length > 1) show(at + by);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest(".close") || event.target.matches("figure")) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());

  show(at);
  document.body.append(dialog);
  dialog.showModal();
}
