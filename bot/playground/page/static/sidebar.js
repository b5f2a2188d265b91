// The left side (server, channels, whose seat this is) and the right side (people).

import { avatar, el, icon, keepingFocus } from "./dom.js";

/** Draw server, channels and the seat switcher; `draw()` again whenever something of it changed. */
export function mountSidebar(root, app) {
  const channels = el("div", { class: "channels" });
  const seat = el("div", { class: "seat" });
  const guild = el("h1", { class: "guild" });
  root.append(guild, channels, seat);

  const draw = () => keepingFocus(root, drawAll);

  function drawAll() {
    const { state } = app;
    const { rooms, direct } = split(state.channels);
    guild.textContent = state.guild.name;
    channels.replaceChildren(...group("Channels", rooms), ...group("Direct messages", direct));
    drawSeat();
  }

  function group(title, list) {
    if (!list.length) return [];
    const id = `group-${title[0]}`;
    return [el("h2", { id, text: title }), el("ul", { "aria-labelledby": id }, list.map((one) => el("li", {}, entry(one))))];
  }

  function entry(channel) {
    const { count, mentions } = app.unread.of(channel.id);
    const isOpen = app.state.channel?.id === channel.id;
    const bot = channel.dm && app.state.people.find((person) => person.bot);
    const go = (event) => {
      event.preventDefault();
      app.openChannel(channel);
      typeOn(app);
    };
    return el(
      "a",
      { class: `channel-link ${count ? "unread" : ""}`, href: app.address({ channel }), "aria-current": isOpen ? "page" : null, on: { click: go } },
      bot ? avatar(bot, "tiny") : icon(channel.dm ? "at" : "hash"),
      el("span", { class: "name", text: channel.name }),
      count > 0 && el("span", { class: "unseen", text: `, ${count} unread` }),
      mentions > 0 && el("span", { class: "count", "aria-hidden": "true", text: mentions }),
    );
  }

  function drawSeat() {
    const { me, people } = app.state;
    const persons = people.filter((person) => !person.bot);
    const option = (person) => el("option", { value: person.id, selected: person.id === me.id }, person.admin ? `${person.name} (admin)` : person.name);
    const change = async ({ target }) => {
      const isByKey = target.matches(":focus-visible");
      await app.sit(target.value);
      if (!isByKey) typeOn(app);
    };
    const other = persons[(persons.findIndex((person) => person.id === me.id) + 1) % persons.length];
    seat.replaceChildren(
      avatar(me, "small"),
      el("label", {}, el("span", { text: "You are" }), el("select", { id: "seat", "aria-label": "You are", on: { change } }, persons.map(option))),
      el(
        "a",
        { class: "icon-button", target: "_blank", href: app.address({ person: other }), title: `Sit as ${other.name} in another window`, "aria-label": `Sit as ${other.name} in another window` },
        icon("outside"),
      ),
    );
  }

  return { draw };
}

/** Go on in the composer, unless that would open a keyboard on the screen. */
function typeOn(app) {
  if (matchMedia("(hover: hover)").matches) app.composer.focus();
}

function split(channels) {
  return { rooms: channels.filter((channel) => !channel.dm), direct: channels.filter((channel) => channel.dm) };
}

/** Draw who is here; members can be right-clicked, or opened by their own button. */
export function mountPeople(root, app) {
  function draw() {
    const online = app.state.people.filter((person) => person.online);
    const offline = app.state.people.filter((person) => !person.online);
    keepingFocus(root, () => root.replaceChildren(...group("Online", online), ...group("Offline", offline)));
  }

  function group(title, people) {
    if (!people.length) return [];
    return [el("h2", { text: `${title} — ${people.length}` }), el("ul", {}, people.map(entry))];
  }

  function entry(member) {
    const open = (event) => app.openMenu(event, { member });
    const more = { class: "icon-button", type: "button", "aria-haspopup": "menu", "aria-label": `More about ${member.name}` };
    return el(
      "li",
      { class: `person ${member.online ? "" : "away"}`, dataset: { member: member.id }, on: { contextmenu: open } },
      el("span", { class: "face" }, avatar(member, "small"), el("span", { class: "dot", title: member.online ? "Online" : "Offline" })),
      el("span", { class: "name", text: member.name }),
      member.bot && el("span", { class: "badge", text: "APP" }),
      member.admin && el("span", { class: "role", text: "admin" }),
      el("button", { ...more, on: { click: open } }, icon("dots")),
    );
  }

  return { draw };
}
