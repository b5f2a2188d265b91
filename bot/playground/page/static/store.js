// What is known of each channel's messages, apart from how they look.

/** Compare two snowflakes by age. */
export function older(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** A channel's messages, oldest first; `more` tells whether there are older ones on the server (null: not known yet). */
export class Conversation {
  constructor(messages = [], more = false) {
    this.list = messages;
    this.more = more;
  }

  /** Take a message in or in the place of its former self; tells whether it is new. */
  put(message) {
    const at = this.list.findIndex((known) => known.id === message.id);
    if (at >= 0) this.list[at] = message;
    else {
      const after = this.list.findLastIndex((known) => older(known.id, message.id) < 0);
      this.list.splice(after + 1, 0, message);
    }
    return at < 0;
  }

  remove(id) {
    this.list = this.list.filter((message) => message.id !== id);
  }

  prepend(messages, more) {
    const known = new Set(this.list.map((message) => message.id));
    this.list.unshift(...messages.filter((message) => !known.has(message.id)));
    this.more = more;
  }
}

/** Which channels hold something unseen, and how much of it is for me. */
export class Unread {
  #counts = new Map();

  note(message, direct) {
    const { count = 0, mentions = 0 } = this.#counts.get(message.channel_id) ?? {};
    const mine = message.mentions_me || direct;
    this.#counts.set(message.channel_id, { count: count + 1, mentions: mentions + (mine ? 1 : 0) });
  }

  see(channelId) {
    this.#counts.delete(channelId);
  }

  clear() {
    this.#counts.clear();
  }

  of(channelId) {
    return this.#counts.get(channelId) ?? { count: 0, mentions: 0 };
  }

  get mentions() {
    return [...this.#counts.values()].reduce((sum, { mentions }) => sum + mentions, 0);
  }
}
