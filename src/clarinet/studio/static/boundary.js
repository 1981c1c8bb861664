// What a network of two inputs predicts at every place, with the data: classes differ in colour and in mark.

import { cleared, colours, make, number, oncePerFrame, whenLooksChange } from "./common.js";
import { bytes, parts } from "./network.js";
import { _ } from "./words.js";

const EVERY = 6;

export class Boundary {
  constructor(canvas, table, marks) {
    Object.assign(this, { canvas, table, marks });
    this.redraw = oncePerFrame(() => this.draw());
    table.addEventListener("toggle", () => this.fillTable());
    whenLooksChange(this.redraw);
  }

  begin(made) {
    this.made = made;
    this.frame = null;
    const numbers = made.task === "numbers";
    this.marks.replaceChildren(...(numbers ? [] : made.classes.map((name, at) => make("li", {}, picture(at), _("class {name}", { name })))),
      make("li", {}, numbers ? _("the brighter, the larger") : _("filled: trained on; hollow: for validation")));
  }

  show(frame) {
    this.frame = frame;
    this.sure = bytes(frame.sure);
    this.classes = frame.class ? bytes(frame.class) : null;
    this.redraw();
    this.fillTable();
  }

  draw() {
    if (!this.frame || this.canvas.clientWidth === 0) return;
    const { context, width, height } = cleared(this.canvas);
    const ink = colours(this.canvas);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.field(ink), 0, 0, width, height);
    const [left, right, low, high] = this.made.box;
    const { x, y, trained } = this.made.points;
    const numbers = this.made.task === "numbers";
    context.lineWidth = 1.5;
    x.forEach(([first, second], at) => {
      const place = [((first - left) / (right - left)) * width, ((high - second) / (high - low)) * height];
      const kind = numbers ? 0 : y[at];
      context.fillStyle = at < trained ? ink.series[kind % 7] : ink.page;
      context.strokeStyle = at < trained ? ink.page : ink.series[kind % 7];
      context.beginPath();
      outline(context, kind, ...place, 4);
      context.fill();
      context.stroke();
    });
  }

  /** The predictions as a small picture: a class's colour, the stronger the surer. */
  field(ink) {
    const { side } = this.made;
    const picture = this.small ?? (this.small = document.createElement("canvas"));
    [picture.width, picture.height] = [side, side];
    const context = picture.getContext("2d");
    const image = context.createImageData(side, side);
    const series = ink.series.map(parts);
    const page = parts(ink.page);
    const least = 1 / Math.max(2, this.made.classes.length);
    for (let at = 0; at < side * side; at += 1) {
      let sure = this.sure[at] / 255;
      let kind = this.classes ? this.classes[at] : 0;
      if (this.made.task === "two classes") {
        kind = sure > 0.5 ? 1 : 0;
        sure = Math.abs(2 * sure - 1);
      } else if (this.classes) sure = Math.max(0, (sure - least) / (1 - least));
      for (let part = 0; part < 3; part += 1) {
        image.data[4 * at + part] = page[part] + 0.55 * sure * (series[kind % 7][part] - page[part]);
      }
      image.data[4 * at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return picture;
  }

  /** What is predicted at some of the places. */
  fillTable() {
    if (!this.table.open || !this.frame) return;
    const { box: [left, right, low, high], side } = this.made;
    const places = Array.from({ length: Math.floor(side / EVERY) }, (_one, at) => at * EVERY + EVERY / 2);
    const at = (begin, end, place) => begin + ((place + 0.5) / side) * (end - begin);
    const [head, body] = [this.table.querySelector("thead"), this.table.querySelector("tbody")];
    head.replaceChildren(make("tr", {}, make("th", { scope: "col" }, "x2 \\ x1"),
      ...places.map((column) => make("th", { scope: "col" }, number(at(left, right, column))))));
    body.replaceChildren(...places.map((row) => make("tr", {}, make("th", { scope: "row" }, number(at(high, low, row))),
      ...places.map((column) => make("td", {}, this.said(row * side + column))))));
  }

  said(at) {
    const sure = this.sure[at] / 255;
    if (this.made.task === "numbers") {
      const [low, high] = this.frame.range;
      return number(low + sure * (high - low));
    }
    const kind = this.classes ? this.classes[at] : sure > 0.5 ? 1 : 0;
    const percent = Math.round(100 * (this.classes || kind ? sure : 1 - sure));
    return `${this.made.classes[kind]} (${percent} %)`;
  }
}

/** A mark for each class: circle, square, triangle, diamond, and again. */
function outline(context, kind, x, y, size) {
  if (kind % 4 === 0) context.arc(x, y, size, 0, 2 * Math.PI);
  else if (kind % 4 === 1) context.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
  else {
    const corners = kind % 4 === 2 ? [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]] : [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]];
    corners.forEach(([across, down], at) => context[at ? "lineTo" : "moveTo"](x + across * size, y + down * size));
    context.closePath();
  }
}

function picture(kind) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const shape = document.createElementNS(space, "path");
  const paths = ["M8 2a6 6 0 1 0 .01 0z", "M3 3h10v10h-10z", "M8 1l7 13h-14z", "M8 1l7 7l-7 7l-7 -7z"];
  shape.setAttribute("d", paths[kind % 4]);
  shape.setAttribute("fill", `var(--series-${kind % 7})`);
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(shape);
  return svg;
}
