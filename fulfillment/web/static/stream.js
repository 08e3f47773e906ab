// The one stream of what happens. A page that nobody sees holds no connection: browsers allow six to one server.
import { clock, now } from "./times.js";

const SILENCE = 12; // s; the server says something every 5
const RETRY = 2000; // ms, where the browser has given up

export function follow({ happened, live, again }) {
  let source = null, last = document.body.dataset.lastEvent, heard = now(), lost = false, retry = 0;

  function open() {
    close();
    source = new EventSource(`/v1/events?after=${last}`);
    source.onopen = () => { heardNow(); if (lost) again(); found(); };
    source.onerror = () => { lose(); if (source?.readyState === EventSource.CLOSED) later(); };
    source.addEventListener("happened", (event) => { last = event.lastEventId; heardNow(); happened(JSON.parse(event.data)); });
    source.addEventListener("live", (event) => { heardNow(); live(JSON.parse(event.data)); });
    source.addEventListener("beat", heardNow);
  }
  function close() { clearTimeout(retry); source?.close(); source = null; }
  function later() { clearTimeout(retry); retry = setTimeout(open, RETRY); }
  function heardNow() { heard = now(); }

  function found() { lost = false; show("on", "live", ""); }
  function lose() {
    if (!lost) { lost = true; show("lost", "not live", `The connection is lost: values are from ${clock(heard)}. Trying again.`); }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else { again(); heardNow(); open(); }
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) { again(); open(); } });
  setInterval(() => { if (source && now() - heard > SILENCE) { lose(); open(); } }, 2000);
  open();
}

function show(state, words, problem) {
  const place = document.getElementById("stream"), banner = document.getElementById("lost");
  if (place) { place.dataset.state = state; place.lastElementChild.textContent = words; }
  banner.textContent = problem;
  banner.hidden = !problem;
}
