// One picture of a step on a canvas: the shapes of the film, in the page's colours. A click finds a unit or a weight.

import { cleared, colours, oncePerFrame, whenLooksChange } from "./common.js";
import { bytes, parts } from "./network.js";

const LEVELS = 6;
const RUN = 900;
const NEAR = 7;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class SceneView {
  /** On a canvas; chosen(of): somebody clicked at a unit or a weight. */
  constructor(canvas, chosen) {
    Object.assign(this, { canvas, chosen, size: [960, 446], ground: [], moment: null, marked: null, pictures: new WeakMap() });
    this.redraw = oncePerFrame(() => this.draw());
    canvas.addEventListener("click", (event) => { const of = this.at(event); if (of) chosen(of); });
    canvas.addEventListener("pointermove", (event) => { canvas.style.cursor = this.at(event) ? "pointer" : ""; });
    whenLooksChange(this.redraw);
  }

  begin({ size, ground }) {
    Object.assign(this, { size, ground, moment: null });
    this.canvas.style.aspectRatio = `${size[0]} / ${size[1]}`;
  }

  /** Another picture; moving: its numbers come along the lines. */
  show(moment, moving) {
    this.moment = moment;
    this.until = moving && !STILL.matches && moment.flows.length ? performance.now() + RUN : 0;
    this.redraw();
  }

  /** Mark the unit that is written out. */
  mark(of) {
    this.marked = of;
    this.redraw();
  }

  /** Where the ringed circle or box is, as a share of the width. */
  middle() {
    const ringed = [...(this.moment?.shapes ?? []), ...(this.moment?.arriving ?? [])].find((shape) => shape.ring);
    return ringed ? (ringed.x + (ringed.width ?? 0) / 2) / this.size[0] : 0.5;
  }

  draw() {
    if (!this.moment || this.canvas.clientWidth === 0) return;
    const { context, width } = cleared(this.canvas);
    const ink = colours(this.canvas);
    const scale = width / this.size[0];
    context.scale(scale, scale);
    const left = Math.max(0, this.until - performance.now()) / RUN;
    for (const shape of [...this.ground, ...this.moment.shapes]) this.one(context, ink, shape);
    if (left > 0) {
      for (const flow of this.moment.flows) dot(context, ink, flow, 1 - left);
      this.redraw();
    } else for (const shape of this.moment.arriving) this.one(context, ink, shape);
    this.drawMark(context, ink);
  }

  one(context, ink, shape) {
    ({ line: drawLine, disc: drawDisc, box: drawBox, label: drawLabel, mark: drawFrame, picture: (to, by, own) => this.image(to, by, own) })[shape.is](context, ink, shape);
  }

  image(context, ink, shape) {
    if (!this.pictures.has(shape)) this.pictures.set(shape, picture(shape));
    context.imageSmoothingEnabled = false;
    context.drawImage(this.pictures.get(shape), shape.x, shape.y, shape.width, shape.height);
    context.strokeStyle = ink.line;
    context.lineWidth = 1;
    context.strokeRect(shape.x, shape.y, shape.width, shape.height);
  }

  drawMark(context, ink) {
    const own = this.marked && this.all().find(({ of }) => of?.unit && same(of, this.marked));
    if (!own) return;
    context.strokeStyle = ink.ink;
    context.lineWidth = 2;
    context.setLineDash([4, 3]);
    context.beginPath();
    if (own.is === "disc") context.arc(own.x, own.y, own.radius + 4, 0, 2 * Math.PI);
    else context.rect(own.x - 3, own.y - 3, own.width + 6, own.height + 6);
    context.stroke();
    context.setLineDash([]);
  }

  all() {
    return [...this.ground, ...(this.moment?.shapes ?? []), ...(this.moment?.arriving ?? [])];
  }

  /** The unit or weight at a place; units before weights. */
  at(event) {
    const scale = this.canvas.clientWidth / this.size[0];
    const [x, y] = [event.offsetX / scale, event.offsetY / scale];
    const known = this.all().filter((shape) => shape.of);
    const unit = known.find((shape) => (shape.is === "disc" ? Math.hypot(x - shape.x, y - shape.y) <= shape.radius + 2
      : shape.is === "box" && x >= shape.x && x <= shape.x + shape.width && y >= shape.y && y <= shape.y + shape.height));
    if (unit) return unit.of;
    const lines = known.filter((shape) => shape.is === "line").map((line) => [distance(line, x, y), line]);
    const [near, line] = lines.reduce((best, one) => (one[0] < best[0] ? one : best), [Infinity, null]);
    return near <= NEAR ? line.of : null;
  }
}

export const same = (one, other) => one.layer === other.layer && String(one.unit) === String(other.unit);

function drawLine(context, ink, { x0, y0, x1, y1, role, width, opacity }) {
  context.strokeStyle = { plus: ink.series[0], minus: ink.series[1], link: ink.quiet, erase: ink.page }[role];
  context.setLineDash(role === "minus" ? [7, 4] : []);
  context.globalAlpha = opacity;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function drawDisc(context, ink, { x, y, radius, level, ring }) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  area(context, ink, level, ring);
}

function drawBox(context, ink, { x, y, width, height, level, ring }) {
  context.beginPath();
  context.rect(x, y, width, height);
  area(context, ink, level, ring);
}

function area(context, ink, level, ring) {
  context.fillStyle = rgb(fill(ink, level ?? 0));
  context.fill();
  context.strokeStyle = ring ? ink.series[4] : ink.ink;
  context.lineWidth = ring ? 3.5 : 1.2;
  context.stroke();
}

function drawLabel(context, ink, { x, y, text, size, role, level, start, bold }) {
  context.font = `${bold ? 600 : 400} ${size}px system-ui, sans-serif`;
  context.textAlign = start ? "left" : "center";
  context.textBaseline = "middle";
  context.fillStyle = role === "on" ? on(fill(ink, level)) : { text: ink.ink, quiet: ink.quiet, delta: ink.second }[role];
  context.fillText(text, x, y);
}

function drawFrame(context, ink, { x, y, side }) {
  context.strokeStyle = ink.series[4];
  context.lineWidth = 2.5;
  context.strokeRect(x - side / 2, y - side / 2, side, side);
}

function dot(context, ink, [x0, y0, x1, y1], share) {
  context.fillStyle = ink.series[4];
  context.beginPath();
  context.arc(x0 + share * (x1 - x0), y0 + share * (y1 - y0), 5, 0, 2 * Math.PI);
  context.fill();
}

/** The colour of an amount: from minus over nothing to plus. */
function fill(ink, level) {
  const [page, colour] = [ink.page, level >= 0 ? ink.series[0] : ink.series[1]].map(parts);
  const share = (0.8 * Math.abs(level)) / LEVELS;
  return page.map((part, at) => Math.round(part + share * (colour[at] - part)));
}

const rgb = (colour) => `rgb(${colour.join(" ")})`;

/** Black or white, whichever is easier to read on a colour. */
function on(colour) {
  const [red, green, blue] = colour.map((part) => (part / 255 <= 0.04045 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

function distance({ x0, y0, x1, y1 }, x, y) {
  const share = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 || 1);
  const at = Math.min(1, Math.max(0, share));
  return Math.hypot(x - x0 - at * (x1 - x0), y - y0 - at * (y1 - y0));
}

/** Pixels as a small picture; grey ones dark on light, as they are printed. */
function picture({ pixels, sides: [height, width, channels = 1] }) {
  const found = document.createElement("canvas");
  [found.width, found.height] = [width, height];
  const context = found.getContext("2d");
  const image = context.createImageData(width, height);
  const all = bytes(pixels);
  for (let at = 0; at < width * height; at += 1) {
    for (let part = 0; part < 3; part += 1) {
      image.data[4 * at + part] = channels === 3 ? all[3 * at + part] : 255 - all[at];
    }
    image.data[4 * at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return found;
}
