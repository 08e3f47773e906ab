// The dashboard's entry: one stream, one body to keep fresh, forms that say how it went.
import { listsMoved, note, sendsForms } from "./acts.js";
import { watchCameras } from "./cameras.js";
import { applyLive, remember, watchStaleness } from "./live.js";
import { morph } from "./morph.js";
import { follow } from "./stream.js";
import { countOn } from "./times.js";

const main = document.querySelector("main");
const say = document.getElementById("say");
const EVERY = 250; // ms between two looks at a fragment, at least

// --- the body, kept fresh -------------------------------------------------------------------------------------------

let wanted = false, busy = false;

async function refresh() {
  if (!main.dataset.fragment) return;
  wanted = true;
  if (busy || document.hidden) return;
  busy = true;
  while (wanted && !document.hidden) {
    wanted = false;
    try {
      const answer = await fetch(main.dataset.fragment, { headers: { Accept: "text/html" } });
      if (answer.status === 401) return location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      if (answer.ok) show(await answer.text());
    } catch {
      // the stream says that the server is gone, and asks for this again when it is back
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
  busy = false;
}

function show(html) {
  const before = needs();
  const fresh = document.createElement("main");
  fresh.innerHTML = html;
  morph(main, fresh);
  applyLive();
  countOn();
  announce(before, needs());
}

// --- what needs a person, said once ---------------------------------------------------------------------------------

function needs() {
  return new Map([...main.querySelectorAll(".call .what")].map((what) => [what.closest(".call").dataset.key + what.textContent, what.textContent]));
}

function announce(before, after) {
  // Buttons have moved under the pointer: the second click of a double click must not clear the next bed.
  if (after.size !== before.size) listsMoved();
  const fresh = [...after].filter(([key]) => !before.has(key)).map(([, text]) => text);
  if (fresh.length) say.textContent = `Needs you: ${fresh.join(". ")}`;
  title();
}

const plainTitle = document.title;
function title() {
  const count = Number(main.querySelector(".needs")?.dataset.count ?? 0);
  document.title = count ? `(${count}) ${plainTitle}` : plainTitle;
}

// --- what happens ---------------------------------------------------------------------------------------------------

follow({
  happened(event) {
    const answer = event.event === "answered" ? event.detail.answer : "";
    if (answer && !answer.endsWith(": done")) note(`${event.entity_id}: ${answer}`, { bad: true });
    refresh();
  },
  live(values) { remember(values); applyLive(); },
  again: refresh,
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && wanted) refresh(); });
sendsForms(refresh);
watchStaleness();
watchCameras();
countOn();
title();
setInterval(countOn, 5000);

// --- a program layer by layer, loaded when it is first looked at -----------------------------------------------------

document.addEventListener("toggle", async ({ target }) => {
  if (target.open && target.dataset.layers) (await import("./layers.js")).show(target);
}, true);

// --- a scanner types like a keyboard: wherever the page is, its code lands in the box -------------------------------

const box = document.getElementById("code");
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (box && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && /^[\w/]$/.test(event.key)) {
    box.value = "";
    box.focus();
    if (event.key === "/") event.preventDefault();
  }
});

// --- the theme ------------------------------------------------------------------------------------------------------

const button = document.getElementById("theme");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const theme = dark === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Strict`;
  });
}
