// Curves over steps on a canvas, with a position that may be shared by several charts, and a table beside.

import { cleared, colours, make, number, oncePerFrame, whenLooksChange } from "./common.js";
import { _ } from "./words.js";

const DASHES = [[], [7, 3], [2, 2], [9, 3, 2, 3], [5, 2], [1, 3], [12, 4]];
const EDGE = { left: 52, right: 12, top: 10, bottom: 24 };
const MOST_ROWS = 200;

/** Round numbers between two, about so many. */
export function ticks(low, high, count) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const found = [];
  for (let place = Math.ceil(low / step - 1e-9); place * step <= high + 1e-9 * step; place += 1) found.push(place * step);
  return found;
}

/** Powers of ten between two numbers, thinned; where there are fewer than two, round numbers. */
function powers(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) return ticks(low, high, count).filter((value) => value > 0);
  const every = Math.ceil((last - first + 1) / count);
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_one, at) => 10 ** (first + at * every));
}

/** An exponential moving mean without the pull of the start, as clarinet.runs.smooth. */
export function smoothed(values, weight) {
  let mean = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return mean / total;
  });
}

/** A curve that goes on: up to which place it stays, then its steps and its values. */
export function longer(known, { from, epochs, values }) {
  const found = { epochs: [...known.epochs.slice(0, from), ...epochs], values: { ...known.values } };
  for (const [name, added] of Object.entries(values)) {
    found.values[name] = [...(known.values[name] ?? []).slice(0, from), ...added];
  }
  return found;
}

/** A position on the horizontal axis that several charts show. */
export class Position {
  constructor() { this.at = null; this.charts = new Set(); }

  move(at) {
    this.at = at;
    for (const chart of this.charts) chart.redraw();
  }
}

export class Chart {
  /** In an element; title: of the chart; position: shared with other charts. */
  constructor(place, title, position = new Position()) {
    this.lines = [];
    this.smoothing = 0;
    this.marks = [];
    this.logarithmic = false;
    this.unit = _("step");
    this.position = position;
    position.charts.add(this);
    this.canvas = make("canvas", { class: "chart", tabIndex: 0, role: "slider", "aria-label": title, "aria-valuenow": 0 });
    this.legend = make("ul", { class: "legend" });
    this.rows = make("table", {}, make("thead"), make("tbody"));
    this.table = make("details", { ontoggle: () => this.fillTable() },
      make("summary", {}, _("As a table"), make("span", { class: "unseen" }, `: ${title}`)),
      make("div", { class: "scrolls", tabIndex: 0, role: "region", "aria-label": _("{title}, as a table", { title }) }, this.rows));
    this.title = make("figcaption", { dir: "auto" }, title);
    this.element = make("figure", { class: "plot" }, this.title, this.canvas, this.legend, this.table);
    place.append(this.element);
    this.redraw = oncePerFrame(() => this.draw());
    this.canvas.addEventListener("pointermove", (event) => this.position.move(this.valueAt(event.offsetX)));
    this.canvas.addEventListener("pointerleave", () => this.position.move(null));
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
    whenLooksChange(this.redraw);
  }

  /** Lines {key, name, slot, x, y}, with a band {low, high} if they have one; what is drawn is changed in place. */
  show(lines, { smoothing = 0, logarithmic = false, unit = this.unit, marks = [] } = {}) {
    Object.assign(this, { smoothing, logarithmic, unit, marks });
    const smooth = (values) => (smoothing > 0 && values ? smoothed(values, smoothing) : values);
    this.lines = lines.map((line) => ({ ...line, smooth: smooth(line.y), low: smooth(line.low), high: smooth(line.high) }));
    this.listNames();
    if (this.table.open) this.fillTable();
    this.redraw();
  }

  rename(title) {
    this.title.textContent = title;
    this.canvas.setAttribute("aria-label", title);
    this.table.querySelector(".unseen").textContent = `: ${title}`;
    this.table.querySelector(".scrolls").setAttribute("aria-label", _("{title}, as a table", { title }));
  }

  remove() {
    this.position.charts.delete(this);
    this.element.remove();
  }

  listNames() {
    const key = this.lines.map((line) => `${line.key} ${line.slot} ${line.name}`).join("\n");
    if (key === this.listed) return;
    this.listed = key;
    this.values = this.lines.map(() => make("output", {}));
    this.legend.replaceChildren(...this.lines.map((line, at) => make("li", {},
      swatch(line.slot), make("span", { class: "name", dir: "auto" }, line.name), this.values[at])));
  }

  /** The numbers that are drawn; of many every so many. */
  fillTable() {
    if (!this.table.open) return;
    const steps = [...new Set(this.lines.flatMap((line) => line.x))].sort((a, b) => a - b);
    const every = Math.ceil(steps.length / MOST_ROWS);
    const kept = steps.filter((_one, at) => (steps.length - 1 - at) % every === 0);
    const places = this.lines.map((line) => new Map(line.x.map((step, at) => [step, inWords(line, at)])));
    const [head, body] = this.rows.children;
    head.replaceChildren(make("tr", {}, ...[this.unit, ...this.lines.map((line) => line.name)].map(
      (name) => make("th", { scope: "col" }, name))));
    body.replaceChildren(...kept.map((step) => make("tr", {}, make("th", { scope: "row" }, String(step)),
      ...places.map((place) => make("td", {}, place.get(step) ?? "")))));
  }

  valueAt(across) {
    const { width } = this.canvas.getBoundingClientRect();
    const share = (across - EDGE.left) / Math.max(1, width - EDGE.left - EDGE.right);
    const [first, last] = this.range();
    return Math.min(last, Math.max(first, Math.round(first + share * (last - first))));
  }

  range() {
    let first = Infinity;
    let last = -Infinity;
    for (const { x } of this.lines) {
      if (!x.length) continue;
      first = Math.min(first, x[0]);
      last = Math.max(last, x[x.length - 1]);
    }
    return first > last ? [0, 1] : [first, last];
  }

  pressed(event) {
    const steps = [...new Set(this.lines.flatMap((line) => line.x))].sort((a, b) => a - b);
    if (!steps.length) return;
    const now = this.position.at === null ? steps.length : steps.findIndex((step) => step >= this.position.at);
    const last = steps.length - 1;
    const go = { ArrowLeft: now - 1, ArrowRight: now + 1, ArrowDown: now - 1, ArrowUp: now + 1, Home: 0, End: last,
      PageUp: now + Math.ceil(last / 10), PageDown: now - Math.ceil(last / 10) }[event.key];
    if (event.key === "Escape") this.position.move(null);
    else if (go === undefined) return;
    else this.position.move(steps[Math.min(last, Math.max(0, go))]);
    event.preventDefault();
  }

  /** Lowest and highest number that is shown. */
  heights() {
    let low = Infinity;
    let high = -Infinity;
    for (const line of this.lines) {
      for (const values of [line.y, line.smooth, line.low ?? [], line.high ?? []]) {
        for (const value of values) {
          if (value === null || (this.logarithmic && value <= 0)) continue;
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
    }
    if (low > high) return [this.logarithmic ? 0.1 : 0, 1];
    if (low < high) return [low, high];
    return this.logarithmic ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  }

  draw() {
    if (!this.canvas.isConnected || this.canvas.clientWidth === 0) return;
    const { context, width, height } = cleared(this.canvas);
    const ink = colours(this.canvas);
    const [first, last] = this.range();
    const [low, high] = this.heights();
    const bend = this.logarithmic ? Math.log10 : (value) => value;
    const right = width - EDGE.right;
    const bottom = height - EDGE.bottom;
    const across = (step) => EDGE.left + ((step - first) / (last - first || 1)) * (right - EDGE.left);
    const up = (value) => bottom - ((bend(value) - bend(low)) / (bend(high) - bend(low))) * (bottom - EDGE.top);
    this.drawGrid(context, ink, { first, last, low, high, across, up, right, bottom });
    context.lineWidth = 2;
    for (const line of this.lines) {
      const colour = ink.series[line.slot % ink.series.length];
      if (line.low) this.drawBand(context, line, across, (value) => up(Math.max(low, value)), colour);
      if (this.smoothing > 0) this.drawLine(context, line.x, line.y, across, up, colour, [], 0.25);
      this.drawLine(context, line.x, line.smooth, across, up, colour, DASHES[line.slot % DASHES.length], 1);
    }
    this.drawMarks(context, ink, { across, bottom });
    this.drawPosition(context, ink, { across, up, bottom });
  }

  /** Places where something happened: a dashed line with a triangle on top. */
  drawMarks(context, ink, { across, bottom }) {
    for (const place of new Set(this.marks)) {
      context.strokeStyle = context.fillStyle = ink.second;
      context.lineWidth = 1.5;
      context.setLineDash([4, 4]);
      context.beginPath();
      context.moveTo(across(place), EDGE.top);
      context.lineTo(across(place), bottom);
      context.stroke();
      context.setLineDash([]);
      context.beginPath();
      context.moveTo(across(place) - 5, 1);
      context.lineTo(across(place) + 5, 1);
      context.lineTo(across(place), EDGE.top);
      context.fill();
    }
  }

  drawGrid(context, ink, { first, last, low, high, across, up, right, bottom }) {
    context.font = "12px system-ui, sans-serif";
    context.strokeStyle = ink.line;
    context.fillStyle = ink.quiet;
    context.lineWidth = 1;
    context.setLineDash([]);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of this.logarithmic ? powers(low, high, 5) : ticks(low, high, 4)) {
      const y = Math.round(up(value)) + 0.5;
      context.globalAlpha = 0.6;
      context.beginPath();
      context.moveTo(EDGE.left, y);
      context.lineTo(right, y);
      context.stroke();
      context.globalAlpha = 1;
      context.fillText(number(value), EDGE.left - 6, y);
    }
    context.textBaseline = "top";
    context.textAlign = "center";
    const steps = ticks(first, last, Math.max(2, Math.floor((right - EDGE.left) / 80))).filter(Number.isInteger);
    for (const step of steps) {
      context.textAlign = across(step) > right - 16 ? "right" : "center";
      context.fillText(String(step), across(step), bottom + 6);
    }
  }

  drawLine(context, x, y, across, up, colour, dash, alpha) {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.globalAlpha = alpha;
    context.setLineDash(dash);
    context.beginPath();
    let drawing = false;
    for (let at = 0; at < x.length; at += 1) {
      const there = y[at] !== null && !(this.logarithmic && y[at] <= 0);
      if (there && drawing) context.lineTo(across(x[at]), up(y[at]));
      else if (there) context.moveTo(across(x[at]), up(y[at]));
      drawing = there;
    }
    context.stroke();
    if (x.length === 1 && y[0] !== null) {
      context.beginPath();
      context.arc(across(x[0]), up(y[0]), 3, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  /** Between a line's low and high: along the one and back along the other, from gap to gap. */
  drawBand(context, line, across, up, colour) {
    context.fillStyle = colour;
    context.globalAlpha = 0.18;
    const places = line.x.map((_step, at) => at);
    for (let begin = 0; begin < places.length;) {
      const gap = line.low.indexOf(null, begin);
      const part = places.slice(begin, gap < 0 ? places.length : gap);
      begin += part.length + 1;
      context.beginPath();
      for (const at of part) context.lineTo(across(line.x[at]), up(line.low[at]));
      for (const at of part.reverse()) context.lineTo(across(line.x[at]), up(line.high[at]));
      context.fill();
    }
    context.globalAlpha = 1;
  }

  /** The shared position: a line, a dot on each curve, and the numbers in the legend. */
  drawPosition(context, ink, { across, up, bottom }) {
    const [first, last] = this.range();
    const at = this.position.at;
    const inside = at !== null && at >= first && at <= last;
    if (inside) {
      context.strokeStyle = ink.quiet;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(across(at), EDGE.top);
      context.lineTo(across(at), bottom);
      context.stroke();
    }
    const said = this.lines.map((line, which) => {
      const place = inside ? nearest(line.x, at) : line.x.length - 1;
      const value = line.x.length ? line.smooth[place] : null;
      const words = inWords(line, place);
      this.values[which].textContent = words;
      if (inside && value !== null && !(this.logarithmic && value <= 0)) {
        context.fillStyle = ink.series[line.slot % ink.series.length];
        context.beginPath();
        context.arc(across(line.x[place]), up(value), 4, 0, 2 * Math.PI);
        context.fill();
      }
      return `${line.name} ${words}`;
    });
    const shown = inside ? at : last;
    const words = { "aria-valuemin": first, "aria-valuemax": last, "aria-valuenow": shown,
      "aria-valuetext": _("{unit} {step}: {values}", { unit: this.unit, step: shown, values: said.join(", ") || _("nothing yet") }) };
    for (const [name, value] of Object.entries(words)) this.canvas.setAttribute(name, value);
  }
}

/** A line's number at one of its places, with its spread if it has a band. */
function inWords({ smooth, low, high }, at) {
  const value = number(smooth[at]);
  return low && smooth[at] !== null ? `${value} ± ${number((high[at] - low[at]) / 2)}` : value;
}

/** Index of the step nearest to a place; steps are in order. */
function nearest(x, at) {
  let low = 0;
  let high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle;
    else high = middle;
  }
  return high < 0 || Math.abs(x[low] - at) <= Math.abs(x[high] - at) ? low : high;
}

/** A line as it is drawn, as a picture for legends. */
export function swatch(slot) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "line");
  for (const [name, value] of Object.entries({ width: 28, height: 10, "aria-hidden": "true", class: "swatch" })) {
    picture.setAttribute(name, value);
  }
  const looks = { x1: 0, y1: 5, x2: 28, y2: 5, "stroke-width": 3, stroke: `var(--series-${slot % 7})`,
    "stroke-dasharray": DASHES[slot % DASHES.length].join(" ") };
  for (const [name, value] of Object.entries(looks)) line.setAttribute(name, value);
  picture.append(line);
  return picture;
}
