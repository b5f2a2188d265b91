// The mischief box: a button for each thing that can be made to go wrong, and what happened.
import { el } from "./dom.js";

const INVITATION = "Press one, and watch a card: what happens is told here.";
const TOLD_MS = 20000;

export function mountMischief(root, app) {
  const list = el("ul", { class: "tricks" });
  const said = el("p", { class: "tricks-said", role: "status", text: INVITATION });
  let forgetting;
  root.append(said, list);

  async function press(button) {
    if (button.getAttribute("aria-disabled") === "true" || button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await app.ask("mischief", { name: button.dataset.mischief });
      tell(answer.said ?? "");
      document.dispatchEvent(new CustomEvent("mischief"));
      if (answer.mischief) offers(answer.mischief);
    } catch (refused) {
      tell(refused.message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** What happened is news for a while only: it may be over by then. */
  function tell(words) {
    clearTimeout(forgetting);
    said.textContent = words;
    forgetting = setTimeout(() => put(said, INVITATION), TOLD_MS);
  }

  function makeRow() {
    const button = el("button", { type: "button", class: "button trick", on: { click: () => press(button) } });
    const hint = el("span", { class: "trick-hint" });
    return el("li", {}, button, hint);
  }

  /** Show what there is now. Buttons stay where they are, so that one with the focus keeps it. */
  function offers(all) {
    while (list.children.length < all.length) list.append(makeRow());
    while (list.children.length > all.length) list.lastElementChild.remove();
    all.forEach((offer, index) => {
      const [button, hint] = list.children[index].children;
      hint.id = `trick-${index}`;
      put(button, offer.title);
      put(hint, offer.available ? offer.hint : offer.why);
      button.dataset.mischief = offer.name;
      button.setAttribute("aria-describedby", hint.id);
      button.setAttribute("aria-disabled", String(!offer.available));
      button.classList.toggle("danger", offer.name.startsWith("kill_"));
      button.classList.toggle("success", offer.name.startsWith("start_"));
    });
  }

  return { offers };
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
