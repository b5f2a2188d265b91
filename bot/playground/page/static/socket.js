// The one WebSocket: asks with answers, events, and coming back by itself.

const SLOWEST = 5000;

/** What the server refused, in its words; `field` is the option or modal field that it stands under. */
export class Refused extends Error {
  constructor(message, field = null) {
    super(message);
    this.field = field;
  }
}

/** Connect for good: `onEvent(name, data)` for events, `onState("open" | "lost")` as the connection comes and goes. */
export function connect(onEvent, onState) {
  const address = new URL("/socket", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const waiting = new Map();
  let socket = null;
  let nonce = 0;
  let tries = 0;
  let closed = false;

  function open() {
    socket = new WebSocket(address);
    socket.addEventListener("open", () => {
      tries = 0;
      onState("open");
    });
    socket.addEventListener("message", (message) => take(JSON.parse(message.data)));
    socket.addEventListener("close", lost);
  }

  function take(data) {
    if (data.event) return onEvent(data.event, data.data);
    const asked = waiting.get(data.answers);
    waiting.delete(data.answers);
    if ("refused" in data) asked?.reject(new Refused(data.refused, data.field));
    else asked?.resolve(data);
  }

  function lost() {
    for (const asked of waiting.values()) asked.reject(new Refused("The connection was lost."));
    waiting.clear();
    if (closed) return;
    onState("lost");
    setTimeout(open, Math.min(250 * 2 ** tries++, SLOWEST));
  }

  function ask(act, fields = {}) {
    if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new Refused("The connection was lost."));
    const key = String(++nonce);
    const answer = new Promise((resolve, reject) => waiting.set(key, { resolve, reject }));
    socket.send(JSON.stringify({ nonce: key, do: act, ...fields }));
    return answer;
  }

  function close() {
    closed = true;
    socket.close();
  }

  open();
  return { ask, close };
}
