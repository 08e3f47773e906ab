// Forms that ask the API for something and say how it went, beside the button and, where it can be taken back, below.
const UNDO = 10_000; // ms in which a clearing can be taken back
const SETTLE = 600; // ms after a list has moved in which a button below the pointer may be another than was aimed at
const notes = document.getElementById("notes");

let movedAt = -SETTLE;

export function listsMoved() { movedAt = performance.now(); }

export function sendsForms(done) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.act) return;
    event.preventDefault();
    const stops = form.dataset.act.endsWith("/stop"); // waits for nothing: a stop too many does less harm than one too few
    if (!stops && performance.now() - movedAt < SETTLE) return note("The list has just moved: press again if this is still what you mean.");
    send(form, event.submitter ?? form.querySelector("button"), done);
  });
  document.addEventListener("input", (event) => { const form = event.target.closest("form[data-act]"); if (form) form.dataset.touched = ""; });
  document.addEventListener("toggle", (event) => cover(event.target), true);
}

async function send(form, button, done) {
  if (button.getAttribute("aria-busy")) return;
  const said = form.querySelector(".said");
  said.textContent = "";
  button.setAttribute("aria-busy", "true");
  try {
    const answer = form.dataset.file !== undefined ? await file(form)
      : await post(form.dataset.act, form.dataset.correct === undefined ? plain(form, button) : await correction(form));
    delete form.dataset.touched;
    if (form.dataset.correct === undefined) form.reset();
    form.closest("details.cover")?.removeAttribute("open");
    if (Array.isArray(answer)) for (const { machine, said } of answer) note(`${machine}: ${said}`, { bad: true }); // stops
    else if (form.dataset.done) note(form.dataset.done, { undo: form.dataset.undo, label: form.dataset.undoLabel, done });
    done();
  } catch (problem) {
    said.textContent = problem.message;
  }
  button.removeAttribute("aria-busy");
}

// The API's answer, or an Error with the text for a person.
async function post(path, body) {
  return answered(fetch(`/v1${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));
}

// A file by itself, as the request's body.
async function file(form) {
  const [chosen] = form.querySelector("input[type=file]").files;
  if (!chosen) throw new Error("Choose a file first.");
  return answered(fetch(`/v1${form.dataset.act}`, { method: "POST", body: chosen }));
}

async function answered(request) {
  let answer;
  try {
    answer = await request;
  } catch {
    throw new Error("The server does not answer. Nothing was asked of the machine as far as this page knows: look before you try again.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail ?? `The server answered ${answer.status}.`);
  return body;
}

// What was left empty was not said.
function plain(form, button) { return Object.fromEntries([...new FormData(form, button)].filter(([, value]) => value !== "")); }

// A correction: texts and options by name, new files by the digest of their upload, the others kept.
async function correction(form) {
  const body = { fields: {}, options: {}, keep: [] };
  for (const [name, value] of new FormData(form)) {
    const [part, key] = [name.slice(0, name.indexOf(".")), name.slice(name.indexOf(".") + 1)];
    if (name === "keep") body.keep.push(value);
    else if (part === "files") { if (value.size) body.fields[key] = { sha256: (await answered(fetch("/v1/files", { method: "POST", body: value }))).sha256 }; }
    else if (value) body[part][key] = value;
  }
  body.keep = body.keep.filter((key) => !(key in body.fields));
  return body;
}

// A note at the lower edge; with an undo it stays as long as that is offered.
export function note(words, { undo, label, done, bad } = {}) {
  const place = document.createElement("div");
  place.className = "note";
  if (bad) place.dataset.kind = "bad";
  place.append(Object.assign(document.createElement("span"), { textContent: words }));
  const gone = setTimeout(() => place.remove(), undo || bad ? UNDO : 4000);
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", async () => {
      clearTimeout(gone);
      button.setAttribute("aria-busy", "true");
      try {
        await post(undo, { how: label });
        place.remove();
        done();
      } catch (problem) {
        place.dataset.kind = "bad";
        place.firstElementChild.textContent = problem.message;
        button.remove();
        setTimeout(() => place.remove(), UNDO);
      }
    });
    place.append(button);
  }
  notes.append(place);
}

// A cover that was lifted closes again by itself, unless something is being done or written under it.
function cover(details) {
  if (details.matches?.("details.cover") && details.open) setTimeout(() => { if (!details.querySelector("[aria-busy], [data-touched], input:focus")) details.open = false; }, 8000);
}
