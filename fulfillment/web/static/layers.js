// A program layer by layer, on a canvas. Loaded with the first cover of it that is opened; the form is that of
// gcode/pictures/layers.py.
const ROLES = ["travel", "outer wall", "inner wall", "over nothing", "top", "solid", "sparse", "gap", "beside", "support", "laid"];
const HEAD = 28, TRAVEL = 0, LAID = 10, MARGIN = 0.04, FAINT = 0.22;
const STEPS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };

export function read(buffer) {
  const view = new DataView(buffer), bytes = new Uint8Array(buffer);
  if (view.getUint32(0) !== 0x4c415952 || view.getUint8(4) !== 1) throw new Error("these are no layers that this page knows");
  let at = HEAD, x = 0, y = 0;
  const number = () => {
    let value = 0, place = 1, byte;
    do { byte = bytes[at++]; value += (byte & 127) * place; place *= 128; } while (byte > 127);
    return value;
  };
  const signed = () => { const value = number(); return value % 2 ? -(value + 1) / 2 : value / 2; };
  const layers = [];
  for (let left = view.getUint32(8, true); left > 0; left--) {
    const layer = { z: signed() / 1000, runs: [] };
    for (let runs = number(); runs > 0; runs--) {
      const run = { role: number(), width: number() }, points = number();
      run.points = new Int32Array(2 * points + 2);
      run.points.set([x, y]);
      for (let n = 2; n < run.points.length; n += 2) { x += signed(); y += signed(); run.points.set([x, y], n); }
      layer.runs.push(run);
    }
    layers.push(layer);
  }
  const box = [12, 16, 20, 24].map((place) => view.getInt32(place, true));
  return { units: view.getUint16(6, true), box, layers };
}

export async function show(cover) {
  const viewer = cover.querySelector(".viewer");
  if (viewer.firstChild) return;
  const said = viewer.appendChild(made("p", { className: "hint", role: "status", textContent: "Its layers are drawn…" }));
  try {
    const answer = await fetch(cover.dataset.layers);
    if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
    new Viewer(viewer, read(await answer.arrayBuffer()));
    said.remove();
  } catch (error) {
    said.textContent = `${error.message} Close this and open it again to try anew.`;
    cover.addEventListener("toggle", () => said.remove(), { once: true });
  }
}

class Viewer {
  constructor(place, form) {
    this.form = form;
    this.at = form.layers.length - 1;
    this.canvas = made("canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "img");
    this.slider = made("input", { type: "range", min: 0, max: this.at, value: this.at, ariaLabel: "Layer" });
    this.said = made("span", { className: "at" });
    this.said.setAttribute("aria-live", "polite");
    this.ways = tick("Ways", false, () => this.draw());
    this.below = tick("The layer below", true, () => this.draw());
    this.legend = made("ul", { className: "legend" });
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.canvas.addEventListener("keydown", (event) => {
      if (!(event.key in STEPS) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.go(this.at + STEPS[event.key]);
    });
    const steps = made("div", { className: "through" });
    steps.append(step("−", "A layer down", () => this.go(this.at - 1)), this.slider, step("+", "A layer up", () => this.go(this.at + 1)), this.said);
    const ticks = made("div", { className: "ticks" });
    ticks.append(this.ways.label, this.below.label);
    place.append(this.canvas, steps, ticks, this.legend);
    this.name();
    const [x0, y0, x1, y1] = form.box;
    this.canvas.style.aspectRatio = `${Math.max(x1 - x0, 1)} / ${Math.max(y1 - y0, (x1 - x0) / 4, 1)}`;
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  go(layer) {
    this.at = Math.min(Math.max(layer, 0), this.form.layers.length - 1);
    this.slider.value = this.at;
    this.draw();
  }

  // Colours are those of the legend, so that the theme decides them.
  name() {
    const used = new Set(this.form.layers.flatMap((layer) => layer.runs.map((run) => run.role)));
    this.colours = new Map();
    for (const role of [...used].sort((a, b) => a - b)) {
      const entry = made("li", { textContent: ROLES[role] }), mark = made("i");
      mark.dataset.role = role;
      entry.prepend(mark);
      this.legend.append(entry);
      this.colours.set(role, mark);
      if (role === TRAVEL) entry.hidden = true;
    }
  }

  draw() {
    const { canvas, form } = this, layer = form.layers[this.at], count = form.layers.length;
    const dense = devicePixelRatio || 1, wide = Math.round(canvas.clientWidth * dense), high = Math.round(canvas.clientHeight * dense);
    if (!wide || !high) return;
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
    const where = `Layer ${this.at + 1} of ${count}, ${layer.z.toFixed(2)} mm`;
    if (this.said.textContent !== where) this.said.textContent = where;
    canvas.setAttribute("aria-label", `${where}: ${this.roles(layer)}. Arrow keys change the layer.`);
    this.slider.setAttribute("aria-valuetext", where);
    const way = this.colours.get(TRAVEL);
    if (way) way.parentElement.hidden = !this.ways.box.checked;
    const [x0, y0, x1, y1] = form.box, pen = canvas.getContext("2d"), free = 1 - 2 * MARGIN;
    const scale = Math.min((wide * free) / Math.max(x1 - x0, 1), (high * free) / Math.max(y1 - y0, 1));
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, wide, high);
    pen.setTransform(scale, 0, 0, -scale, wide / 2 - ((x0 + x1) / 2) * scale, high / 2 + ((y0 + y1) / 2) * scale);
    pen.lineJoin = pen.lineCap = "round";
    if (this.below.box.checked && this.at > 0) this.stroke(pen, form.layers[this.at - 1], scale, FAINT, false);
    this.stroke(pen, layer, scale, 1, this.ways.box.checked);
  }

  stroke(pen, layer, scale, alpha, ways) {
    pen.globalAlpha = alpha;
    for (const [role, mark] of [...this.colours].reverse()) {
      if (role === TRAVEL && !ways) continue;
      pen.strokeStyle = getComputedStyle(mark).backgroundColor;
      const widths = new Map();
      for (const run of layer.runs) if (run.role === role) widths.set(run.width, [...(widths.get(run.width) ?? []), run]);
      for (const [width, runs] of widths) {
        // A little of the ground stays between two beads.
        pen.lineWidth = Math.max(width * (role === LAID ? 1 : 0.86), 1 / scale);
        pen.beginPath();
        for (const { points } of runs) {
          pen.moveTo(points[0], points[1]);
          for (let n = 2; n < points.length; n += 2) pen.lineTo(points[n], points[n + 1]);
        }
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
  }

  roles(layer) {
    return [...new Set(layer.runs.map((run) => run.role))].filter((role) => role !== TRAVEL).sort((a, b) => a - b).map((role) => ROLES[role]).join(", ");
  }
}

function made(name, values = {}) { return Object.assign(document.createElement(name), values); }

function step(text, title, go) {
  const button = made("button", { type: "button", textContent: text, title, ariaLabel: title });
  button.addEventListener("click", go);
  return button;
}

function tick(text, checked, changed) {
  const label = made("label", { className: "tick" }), box = made("input", { type: "checkbox", checked });
  box.addEventListener("change", changed);
  label.append(box, text);
  return { label, box };
}
