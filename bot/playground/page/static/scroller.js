// Staying at the bottom while new things come, staying in place while old ones do.

import { el, icon } from "./dom.js";

const NEAR = 48;

/** Scrolls `root`, which holds `top` and then `list`; `onTop` is called whenever older ones are wanted. */
export class Scroller {
  #unseen = 0;
  #down = true;
  #last = 0;

  constructor(root, { top, list, onTop }) {
    this.root = root;
    this.pill = el("button", { class: "pill", type: "button", hidden: true, on: { click: () => this.toBottom() } });
    root.after(el("div", { class: "pill-place" }, this.pill));
    root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const sizes = new ResizeObserver(() => this.#down && this.toBottom());
    sizes.observe(root);
    sizes.observe(list);
    new IntersectionObserver(([entry]) => entry.isIntersecting && onTop(), { root, rootMargin: "600px 0px 0px" }).observe(top);
    // The observer tells only of changes: a short page may leave the top in sight.
    new ResizeObserver(() => this.root.scrollTop < NEAR && onTop()).observe(list);
  }

  /** Whether the newest message is in sight, or nearly. */
  get isDown() {
    return this.#down;
  }

  toBottom() {
    this.root.scrollTop = this.root.scrollHeight;
    this.#down = true;
    this.#see();
  }

  /** A new message came: follow it, or say so. */
  arrived() {
    if (this.#down) return this.toBottom();
    this.#unseen += 1;
    const words = this.#unseen === 1 ? "1 new message" : `${this.#unseen} new messages`;
    this.pill.replaceChildren(words, icon("down"));
    this.pill.hidden = false;
  }

  /** Change what is above without moving what is seen. */
  keepPlace(change) {
    const { root } = this;
    const fromEnd = root.scrollHeight - root.scrollTop;
    root.style.overflowAnchor = "none"; // or the browser would make up for it a second time
    change();
    root.scrollTop = root.scrollHeight - fromEnd;
    requestAnimationFrame(() => (root.style.overflowAnchor = ""));
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.root;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR;
    // Only whoever scrolls up leaves the bottom: it moves away by itself when a message grows.
    if (isNear || scrollTop < this.#last) this.#down = isNear;
    this.#last = scrollTop;
    if (this.#down) this.#see();
  }

  #see() {
    this.#unseen = 0;
    this.pill.hidden = true;
  }
}
