// The network: units as circles, or as small pictures of what they give at every place; weights as edges; a table.

import { cleared, colours, make, number, oncePerFrame, whenLooksChange } from "./common.js";
import { _, many } from "./words.js";

const MOST_UNITS = 12;
const EDGE_OF_TEXT = 14;

/** Bytes from their text. */
export const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** A colour's red, green and blue, from its six digits. */
export const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/** A picture of numbers from minus (orange) over nothing to plus (blue). */
export function tile(values, side, ink) {
  const picture = document.createElement("canvas");
  picture.width = side;
  picture.height = values.length / side;
  const context = picture.getContext("2d");
  const image = context.createImageData(picture.width, picture.height);
  const [plus, minus, page] = [ink.series[0], ink.series[1], ink.page].map(parts);
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] / 127.5 - 1;
    const colour = value > 0 ? plus : minus;
    for (let part = 0; part < 3; part += 1) {
      image.data[4 * at + part] = page[part] + Math.abs(value) * (colour[part] - page[part]);
    }
    image.data[4 * at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return picture;
}

export class Network {
  constructor(canvas, table) {
    this.canvas = canvas;
    this.table = table;
    this.redraw = oncePerFrame(() => this.draw());
    table.addEventListener("toggle", () => this.fillTable());
    whenLooksChange(this.redraw);
  }

  begin(made) {
    this.made = made;
    this.frame = null;
    const inputs = made.inputs > MOST_UNITS ? [many("{count} input", "{count} inputs", made.inputs)] : made.features;
    const outputs = made.task === "numbers" ? [_("prediction")] : made.layers.at(-1) === 1 ? [made.classes[1]] : made.classes;
    this.names = { inputs, outputs };
  }

  show(frame) {
    this.frame = frame;
    this.redraw();
    this.fillTable();
  }

  /** Places of the units of every layer, the inputs first. */
  columns(width, height) {
    const counts = [this.names.inputs.length, ...this.made.layers.map((units) => Math.min(units, MOST_UNITS))];
    const left = 64;
    const right = width - 72;
    return counts.map((count, column) => Array.from({ length: count }, (_one, unit) => ({
      x: left + (column * (right - left)) / Math.max(1, counts.length - 1),
      y: ((unit + 0.5) * (height - 2 * EDGE_OF_TEXT)) / count + EDGE_OF_TEXT,
    })));
  }

  draw() {
    if (!this.frame || this.canvas.clientWidth === 0) return;
    const { context, width, height } = cleared(this.canvas);
    const ink = colours(this.canvas);
    const columns = this.columns(width, height);
    const most = Math.max(...columns.map((column) => column.length));
    const size = Math.min(34, Math.max(10, (height - 2 * EDGE_OF_TEXT) / most - 4, 10), width / columns.length / 2);
    this.frame.weights.forEach(({ kernel }, layer) => this.drawEdges(context, ink, kernel, columns[layer], columns[layer + 1]));
    context.font = "13px system-ui, sans-serif";
    context.textBaseline = "middle";
    columns.forEach((column, at) => column.forEach((place, unit) => this.drawUnit(context, ink, { at, unit, place, size })));
    context.fillStyle = ink.ink;
    context.textAlign = "right";
    columns[0].forEach(({ x, y }, at) => context.fillText(short(this.names.inputs[at]), x - size / 2 - 4, y, x - size / 2 - 6));
    context.textAlign = "left";
    columns.at(-1).forEach(({ x, y }, at) => context.fillText(short(this.names.outputs[at]), x + size / 2 + 5, y, width - x - size / 2 - 6));
    context.textAlign = "center";
    context.fillStyle = ink.quiet;
    this.made.layers.forEach((units, at) => {
      if (units > MOST_UNITS) context.fillText(_("and {count} more", { count: units - MOST_UNITS }), columns[at + 1][0].x, height - 7);
    });
  }

  drawEdges(context, ink, kernel, from, to) {
    const largest = Math.max(1e-9, ...kernel.flat().map((weight) => Math.abs(weight ?? 0)));
    kernel.forEach((row, input) => row.forEach((weight, unit) => {
      const share = Math.abs(weight ?? 0) / largest;
      if (!from[input] || share < 0.01) return;
      context.strokeStyle = weight > 0 ? ink.series[0] : ink.series[1];
      context.setLineDash(weight > 0 ? [] : [6, 4]);
      context.globalAlpha = 0.25 + 0.75 * share;
      context.lineWidth = 0.5 + 4.5 * share;
      const [a, b] = [from[input], to[unit]];
      const middle = (a.x + b.x) / 2;
      context.beginPath();
      context.moveTo(a.x, a.y);
      context.bezierCurveTo(middle, a.y, middle, b.y, b.x, b.y);
      context.stroke();
    }));
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  drawUnit(context, ink, { at, unit, place, size }) {
    const values = at > 0 && this.frame.units ? this.frame.units[at - 1][unit] : null;
    const [x, y] = [place.x - size / 2, place.y - size / 2];
    context.fillStyle = ink.card;
    context.strokeStyle = ink.quiet;
    context.lineWidth = 1.5;
    context.beginPath();
    if (values) context.rect(x, y, size, size);
    else context.arc(place.x, place.y, size / 2, 0, 2 * Math.PI);
    context.fill();
    if (values) context.drawImage(tile(bytes(values), this.made.small, ink), x, y, size, size);
    context.stroke();
  }

  fillTable() {
    if (!this.table.open || !this.frame) return;
    const rows = this.frame.weights.flatMap(({ kernel, bias }, layer) => {
      const sources = layer === 0 ? this.names.inputs : kernel.map((_one, at) => unit(at + 1));
      const cells = kernel.flatMap((row, input) => row.map((weight, unit) => [layer + 1, sources[input], unit + 1, weight]));
      return [...cells, ...bias.map((value, unit) => [layer + 1, _("bias"), unit + 1, value])];
    });
    this.table.querySelector("tbody").replaceChildren(...rows.map(([layer, from, to, weight]) => make("tr", {},
      make("td", {}, String(layer)), make("td", { translate: layer > 1 }, from), make("td", {}, unit(to)), make("td", {}, number(weight)))));
  }
}

const unit = (number) => _("unit {number}", { number });
const short = (name) => (name.length > 14 ? `${name.slice(0, 13)}…` : name);
