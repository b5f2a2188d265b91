// Times as a client words them; relative ones count by themselves.

const clock = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const short = new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** "4:12 PM" today, "Yesterday at 4:12 PM", else with its date. */
export function spoken(date, now = new Date()) {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (sameDay(date, now)) return clock.format(date);
  if (sameDay(date, yesterday)) return `Yesterday at ${clock.format(date)}`;
  return short.format(date);
}

/** "November 21, 2026", for the line between two days. */
export function dayName(date) {
  return day.format(date);
}

/** The whole of it, for tooltips. */
export function exact(date) {
  return full.format(date);
}

/** Whether two dates are of one day, here. */
export function sameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

/** "2 minutes ago", "in 5 seconds". */
export function ago(date, now = new Date()) {
  const seconds = Math.round((date - now) / 1000);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / length), unit);
}

/** Keep every relative time under `root` right, once a second. */
export function keepTime(root = document) {
  const refresh = () => {
    for (const time of root.querySelectorAll('time[data-style="R"]')) {
      const words = ago(new Date(time.dateTime));
      if (time.textContent !== words) time.textContent = words;
    }
  };
  refresh();
  return setInterval(refresh, 1000);
}
