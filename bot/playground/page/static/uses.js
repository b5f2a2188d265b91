// What this person began and the bot has yet to answer: buttons that load, commands on their way, and what failed.

const COMMAND = 2;
const COMPONENT = 3;
const MODAL = 5;

/** Follows interactions; `view` draws what changes: `mark(messageId)`, `note(note)`, `dropNote(id)`. */
export class Uses {
  #known = new Map();
  #busy = new Map();
  #failed = new Map();
  #notes = new Map();

  constructor(app, view) {
    this.app = app;
    this.view = view;
  }

  /** Press or choose in a message, unless that component still waits for its answer. */
  async begin(act, message, customId, fields = {}) {
    if (this.isBusy(message.id, customId)) return;
    this.#failed.delete(message.id);
    this.#setBusy(message.id, customId, true);
    try {
      await this.app.ask(act, { message: message.id, custom_id: customId, ...fields });
    } catch (error) {
      this.#setBusy(message.id, customId, false);
      this.app.toast(error.message);
    }
  }

  isBusy(messageId, customId) {
    return this.#busy.get(messageId)?.has(customId) ?? false;
  }

  /** What stands in red under a message, if the last press there failed. */
  failureOf(messageId) {
    return this.#failed.get(messageId) ?? null;
  }

  notesOf(channelId) {
    return [...this.#notes.values()].filter((note) => note.channel_id === channelId);
  }

  created(data) {
    this.#known.set(data.use, data);
    if (data.kind === COMMAND) this.#setNote({ ...data, id: data.use, text: null });
    if (data.kind === COMPONENT) this.#setBusy(data.message_id, data.custom_id, true);
  }

  succeeded({ use }) {
    const data = this.#known.get(use);
    this.#known.delete(use);
    if (data?.kind === COMPONENT) this.#setBusy(data.message_id, data.custom_id, false);
    this.dismiss(use);
  }

  failed({ use, text, ...told }) {
    const data = { ...told, ...this.#known.get(use) };
    this.#known.delete(use);
    if (data.kind === COMPONENT) this.#setBusy(data.message_id, data.custom_id, false);
    if (data.kind === MODAL) return; // its dialog is still open, and says so
    if (!told.message_id) return this.#setNote({ ...data, id: use, text });
    this.#failed.set(told.message_id, text);
    this.view.mark(told.message_id);
  }

  /** Show a command's note no more. */
  dismiss(id) {
    if (this.#notes.delete(id)) this.view.dropNote(id);
  }

  /** Forget what waits: after a lost connection the server tells anew. */
  forget() {
    for (const [messageId, ids] of this.#busy) for (const customId of ids) this.#setBusy(messageId, customId, false);
    for (const note of this.#notes.values()) if (!note.text) this.dismiss(note.id);
  }

  clear() {
    this.forget();
    for (const id of this.#notes.keys()) this.dismiss(id);
    this.#failed.clear();
  }

  #setBusy(messageId, customId, isBusy) {
    const ids = this.#busy.get(messageId) ?? new Set();
    if (isBusy) ids.add(customId);
    else ids.delete(customId);
    this.#busy.set(messageId, ids);
    this.view.mark(messageId);
  }

  #setNote(note) {
    const known = this.#notes.get(note.id);
    this.#notes.set(note.id, { at: known?.at ?? new Date().toISOString(), ...note });
    this.view.note(this.#notes.get(note.id));
  }
}
