// One article is in the order of the Tab key; the arrows go to the others.

import { after, before } from "./grouping.js";

/** Moves the focus among the articles of a list. */
export class Roving {
  constructor(list) {
    this.list = list;
    list.addEventListener("focusin", (event) => this.offer(event.target.closest("article")));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Make this article the one that Tab finds, with the button of its menu; the newest if left out. */
  offer(current = this.list.lastElementChild) {
    for (const node of this.list.querySelectorAll('article[tabindex="0"]')) if (node !== current) reach(node, -1);
    if (current) reach(current, 0);
  }

  #key(event) {
    if (!event.target.matches("article, .tools button")) return;
    const next = { ArrowUp: before, ArrowDown: after }[event.key]?.(event.target.closest("article"));
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

function reach(node, index) {
  node.tabIndex = index;
  const more = node.querySelector(".tools button");
  if (more) more.tabIndex = index;
}
