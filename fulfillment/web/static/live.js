// Values that change many times a second, patched in place. The server sends them beside the record's events.
import { clock, now } from "./times.js";

export const LOOKS = {
  offline: "offline", connecting: "connecting", idle: "idle", busy: "busy with something not ours", starting: "starting",
  running: "making", paused: "paused", prompt: "waits for you", fault: "in fault",
};
const STALE = 10; // s without news of a machine at work after which its values are called old
const values = {};

export function remember(changed) { Object.assign(values, changed); }

export function applyLive() {
  for (const card of document.querySelectorAll("[data-machine]")) {
    const value = values[card.dataset.machine];
    if (value) patch(card, value);
  }
}

function patch(card, value) {
  const look = lookOf(card, value);
  if (card.dataset.look !== look) card.dataset.look = look;
  text(card, "activity", LOOKS[look] ?? look);
  text(card, "fault", value.fault ?? "");
  text(card, "prompt", value.prompt ?? "");
  text(card, "temperatures", heat(value.temperatures ?? {}));
  const mine = card.dataset.attempt && value.attempt === card.dataset.attempt;
  if (mine && value.progress !== null) {
    const bar = card.querySelector('[data-live="progress"]');
    if (bar && bar.value !== value.progress) bar.value = value.progress;
    text(card, "percent", `${Math.round(value.progress * 100)} %`);
  }
  stale(card, value);
}

function lookOf(card, value) {
  if (value.fault) return "fault";
  if (value.link !== "online") return value.link;
  if (value.prompt) return "prompt";
  return card.dataset.job || value.activity;
}

function heat(read) {
  return Object.entries(read).map(([name, [actual, target]]) => `${name} ${actual.toFixed(1)}${target ? ` / ${target.toFixed(0)}` : ""} \u00b0C`).join(", ");
}

function text(card, name, words) {
  const place = card.querySelector(`[data-live="${name}"]`);
  if (!place) return;
  if (place.textContent !== words) place.textContent = words;
  if (["fault", "prompt", "temperatures"].includes(name)) place.hidden = !words;
}

// Only a machine at work owes news: an idle one is silent because nothing changes.
function stale(card, value) {
  const place = card.querySelector('[data-live="stale"]');
  if (!place) return;
  const old = Boolean(card.dataset.attempt) && now() - value.at > STALE;
  place.hidden = !old;
  if (old) place.textContent = `No news of it since ${clock(value.at)}: these values are old. Does the agent run?`;
}

export function watchStaleness() { setInterval(applyLive, 2000); }
