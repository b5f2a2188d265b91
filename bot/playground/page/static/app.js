// The root of the page: holds what is known, and hands every event to the part that shows it.

import { mountComposer } from "./composer.js";
import { mountFrame } from "./frame.js";
import { mountHint } from "./hint.js";
import { wireMarkup } from "./markup.js";
import { openMenu, watchLongPress } from "./menu.js";
import { mountMessages } from "./messages.js";
import { modalOutcome, openModal } from "./modal.js";
import { mountPanel } from "./panel.js";
import { mountPeople, mountSidebar } from "./sidebar.js";
import { connect } from "./socket.js";
import { Conversation, Unread } from "./store.js";
import { keepTime } from "./times.js";
import { Uses } from "./uses.js";

const place = (id) => document.getElementById(id);

/** What all parts share: what is known, and what they may ask for. */
const app = {
  state: { me: null, people: [], channels: [], channel: null, commands: [], messages: new Map(), ready: {} },
  unread: new Unread(),
  uses: null,
  composer: null,
  ask: (act, fields) => socket.ask(act, fields),
  toast: (words) => frame.toast(words),
  closeDrawer: () => frame.closeDrawer(),
  fill: (command, options) => app.composer.fill(command, options),
  sit,
  openChannel,
  openMenu: openContextMenu,
  dismissMessage,
  togglePanel: () => panel.toggle(),
  address,
};
const { state, unread } = app;

const frame = mountFrame(place("top"), place("toasts"), app);
const sidebar = mountSidebar(place("sidebar"), app);
const people = mountPeople(place("people"), app);
const messages = mountMessages(place("messages"), app);
const panel = mountPanel(place("panel"), app);
app.composer = mountComposer(place("composer"), app);
app.uses = new Uses(app, {
  mark: messages.mark,
  note: (note) => note.channel_id === state.channel?.id && messages.put(note, { isNew: true }),
  dropNote: messages.remove,
});
mountHint(place("hint"), app);
wireMarkup(app);
keepTime();
watchLongPress(document);
const socket = connect((name, data) => HANDLERS[name]?.(data), connection);

const HANDLERS = {
  READY: ready,
  COMMANDS: ({ channel, commands }) => {
    if (channel !== state.channel?.id) return;
    state.commands = commands;
    app.composer.commands(commands);
  },
  MESSAGES: ({ channel, messages: list, more }) => {
    state.messages.set(channel, new Conversation(list, more));
    if (channel === state.channel?.id) messages.show(state.channel, state.messages.get(channel));
  },
  MESSAGE_CREATE: (message) => take(message) && notice(message),
  MESSAGE_UPDATE: take,
  MESSAGE_DELETE: ({ id, channel_id }) => {
    state.messages.get(channel_id)?.remove(id);
    if (channel_id === state.channel?.id) messages.remove(id);
  },
  INTERACTION_CREATE: (data) => app.uses.created(data),
  INTERACTION_SUCCESS: (data) => {
    app.uses.succeeded(data);
    modalOutcome(data.use);
  },
  INTERACTION_FAILURE: (data) => {
    app.uses.failed(data);
    modalOutcome(data.use, data.text);
  },
  INTERACTION_MODAL_CREATE: ({ modal }) => openModal(modal, app),
  PRESENCE: ({ online }) => {
    for (const person of state.people) if (person.bot) person.online = online;
    people.draw();
  },
  PANEL: (data) => panel.panel(data),
};

/** Come back after the connection was lost, or begin: as whom the address says, or as before. */
function connection(now) {
  frame.lost(now === "lost");
  if (now === "lost") return app.uses.forget();
  // By name: if the server was started anew, all ids are others.
  sit(state.me?.name ?? wanted().as, { orAnybody: true });
}

/** Take a person's seat, or the first there is. */
async function sit(user, { orAnybody = false } = {}) {
  try {
    await app.ask("sit", { ...(user ? { user } : {}), language: navigator.language });
  } catch (error) {
    app.toast(error.message);
    if (user && orAnybody) sit();
  }
}

function ready(data) {
  const isOther = state.me?.id !== data.me.id;
  Object.assign(state, data, { ready: data });
  if (isOther) {
    state.messages.clear();
    unread.clear();
    app.uses.clear();
  }
  people.draw();
  frame.ready();
  panel.ready(state);
  const name = state.channel ? nameOf(state.channel) : wanted().in;
  openChannel(state.channels.find((channel) => nameOf(channel) === name) ?? state.channels[0]);
}

async function openChannel(channel) {
  const isOther = state.channel?.id !== channel.id;
  state.channel = channel;
  if (isOther) state.commands = [];
  unread.see(channel.id);
  history.replaceState(null, "", address());
  sidebar.draw();
  frame.show(channel);
  messages.show(channel, state.messages.get(channel.id) ?? new Conversation([], null));
  app.composer.show(channel);
  try {
    await app.ask("look", { channel: channel.id });
  } catch (error) {
    app.toast(error.message);
  }
}

/** Take a message as it is now; tells whether it is in a channel that is not open. */
function take(message) {
  const conversation = state.messages.get(message.channel_id);
  const isNew = conversation?.put(message);
  if (message.channel_id !== state.channel?.id) return true;
  if (conversation) messages.put(message, { isNew });
  return false;
}

function notice(message) {
  if (message.author.id === state.me.id) return;
  const channel = state.channels.find(({ id }) => id === message.channel_id);
  unread.note(message, channel?.dm);
  sidebar.draw();
  frame.title();
}

async function dismissMessage(message) {
  try {
    await app.ask("dismiss", { message: message.id });
  } catch (error) {
    app.toast(error.message);
  }
}

function openContextMenu(event, { messageId, member }) {
  const message = state.messages.get(state.channel.id)?.list.find(({ id }) => id === messageId);
  if (message || member) openMenu(event, message ? { message } : { member }, app);
}

/** How a channel is called in the address: a direct message by whom it is with. */
function nameOf(channel) {
  return channel.dm ? `@${channel.name}` : channel.name;
}

/** The page's address for a person and a channel, which are these if left out. */
function address({ person = state.me, channel = state.channel } = {}) {
  return `#${new URLSearchParams({ as: person.name, in: nameOf(channel) })}`;
}

function wanted() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

addEventListener("hashchange", () => {
  const { as, in: name } = wanted();
  const channel = state.channels.find((one) => nameOf(one) === name);
  if (channel && as === state.me?.name) return openChannel(channel);
  if (channel) state.channel = channel;
  sit(as);
});
