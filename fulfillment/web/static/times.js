// Times by the server's clock, in the site's zone: a tablet's own clock may be wrong.
const body = document.body;
const ahead = Number(body.dataset.now) - performance.now() / 1000;
const format = new Intl.DateTimeFormat("en-GB", { timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function now() { return performance.now() / 1000 + ahead; }

export function clock(at) { return format.format(new Date(at * 1000)); }

// The same words as fulfillment.web.words.ago.
export function ago(at) {
  const away = Math.abs(now() - at);
  if (away < 10) return "just now";
  const words = away < 60 ? `${Math.round(away)} s` : span(away);
  return at <= now() ? `${words} ago` : `in ${words}`;
}

function span(seconds) {
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return minutes < 600 && minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(minutes / 1440)} days`;
}

export function countOn() {
  for (const place of document.querySelectorAll("[data-at]")) {
    const words = ago(Number(place.dataset.at));
    if (place.textContent !== words) place.textContent = words;
  }
}
