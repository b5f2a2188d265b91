// The open channel's messages: in order, grouped by author, kept at the bottom, older ones at the top.

import { makeArticle, markBusy, redraw } from "./article.js";
import { el, icon } from "./dom.js";
import { after, arrange, before, drop, insert } from "./grouping.js";
import { Roving } from "./roving.js";
import { Scroller } from "./scroller.js";

const ANNOUNCED_MS = 1500;

/** Draw the open channel into `root`; the returned methods keep it up to date. */
export function mountMessages(root, app) {
  const top = el("div", { class: "beginning" });
  const list = el("div", { class: "list" });
  const shown = new Map();
  root.append(top, list);
  const scroller = new Scroller(root, { top, list, onTop: loadOlder });
  const roving = new Roving(list);
  let channel = null;
  let conversation = null;
  let isLoading = false;

  /** Show a channel from its newest message on. */
  function show(opened, messages) {
    const isSame = channel?.id === opened.id;
    channel = opened;
    conversation = messages;
    const wasDown = !isSame || scroller.isDown;
    root.ariaBusy = "true";
    root.setAttribute("aria-label", `Messages in ${channel.name}`);
    const entries = [...conversation.list, ...app.uses.notesOf(channel.id)].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    const nodes = entries.map((data) => settle(data));
    for (const id of shown.keys()) if (!entries.some((data) => data.id === id)) shown.delete(id);
    list.replaceChildren(...nodes);
    for (const node of nodes) arrange(node, dataOf);
    begin();
    if (wasDown) scroller.toBottom();
    root.ariaBusy = null;
    roving.offer();
  }

  function settle(data) {
    const known = shown.get(data.id);
    const node = known?.node ?? makeArticle(data, app);
    if (known) redraw(node, data, app);
    else node.ariaLive = "off";
    shown.set(data.id, { node, data });
    return node;
  }

  /** Take a message or a note in, or draw it again where it stands. */
  function put(data, { isNew = false } = {}) {
    if (shown.has(data.id)) {
      return arrange(settle(data), dataOf);
    }
    const node = settle(data);
    const at = conversation.list.findIndex((message) => message.id === data.id);
    const next = conversation.list.slice(at + 1).find((message) => at >= 0 && shown.has(message.id));
    insert(list, node, next && shown.get(next.id).node);
    if (isNew) announce(node);
    arrange(node, dataOf);
    if (after(node)) arrange(after(node), dataOf);
    if (isNew && isMine(data)) scroller.toBottom();
    else if (isNew) scroller.arrived();
    if (!list.contains(document.activeElement)) roving.offer();
  }

  /** What this person just wrote or began is what they look for. */
  function isMine({ use, author }) {
    return Boolean(use) || author.id === app.state.me.id;
  }

  function announce(node) {
    node.ariaLive = null;
    setTimeout(() => (node.ariaLive = "off"), ANNOUNCED_MS);
  }

  function remove(id) {
    const node = shown.get(id)?.node;
    if (!node) return;
    const next = after(node);
    if (node.contains(document.activeElement)) (next ?? before(node) ?? app.composer).focus();
    shown.delete(id);
    drop(node);
    if (next) arrange(next, dataOf);
    roving.offer();
  }

  /** A message's surroundings changed: a button waits, or a press failed. */
  function mark(id) {
    const known = shown.get(id);
    if (!known) return;
    redraw(known.node, known.data, app);
    markBusy(known.node, known.data, app);
  }

  async function loadOlder() {
    if (isLoading || !conversation?.more) return;
    isLoading = true;
    const asked = conversation;
    try {
      const { messages, more } = await app.ask("history", { channel: channel.id, before: asked.list[0].id });
      if (asked === conversation) prepend(messages, more);
    } catch (error) {
      app.toast(error.message);
    }
    isLoading = false;
  }

  function prepend(messages, more) {
    conversation.prepend(messages, more);
    root.ariaBusy = "true";
    const old = list.querySelector("article");
    scroller.keepPlace(() => {
      const nodes = messages.filter(({ id }) => !shown.has(id)).map((data) => settle(data));
      list.prepend(...nodes);
      for (const node of old ? [...nodes, old] : nodes) arrange(node, dataOf);
      begin();
    });
    root.ariaBusy = null;
  }

  function begin() {
    if (conversation.more) return top.replaceChildren(el("p", { class: "older" }, "Loading older messages…"));
    if (conversation.more === null) return top.replaceChildren();
    const title = channel.dm ? channel.name : `Welcome to #${channel.name}!`;
    const words = channel.dm ? `This is the beginning of your direct messages with ${channel.name}.` : `This is the start of the #${channel.name} channel.`;
    top.replaceChildren(el("span", { class: "beginning-mark" }, icon(channel.dm ? "at" : "hash")), el("h2", { text: title }), el("p", { text: words }));
  }

  function dataOf(node) {
    return shown.get(node.dataset.message ?? node.dataset.use).data;
  }

  list.addEventListener("contextmenu", (event) => {
    const node = event.target.closest("article[data-message]");
    const selection = getSelection();
    const isOwn = event.target.closest("a, input, video, audio") || (!selection.isCollapsed && node?.contains(selection.anchorNode));
    if (node && !isOwn) app.openMenu(event, { messageId: node.dataset.message });
  });

  return { show, put, remove, mark };
}
