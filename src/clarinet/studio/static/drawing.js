// A square to draw a digit on, with a pen or finger, or with the arrow keys: Space puts the pen down and lifts it.

import { cleared, colours, whenLooksChange } from "./common.js";

const SIDE = 56;
const PEN = 2.3;

export class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.at = [SIDE / 2, SIDE / 4];
    this.down = false;
    this.clear();
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); this.down = true; this.go(this.place(event)); });
    canvas.addEventListener("pointermove", (event) => { if (this.down && event.buttons) this.to(this.place(event)); });
    canvas.addEventListener("pointerup", () => { this.down = false; this.draw(); });
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => { this.down = false; this.draw(); });
    whenLooksChange(() => this.draw());
  }

  clear() {
    this.ink = new Uint8Array(SIDE * SIDE);
    this.draw();
  }

  get empty() { return this.ink.every((pixel) => pixel === 0); }

  /** The drawing as text. */
  get text() { return btoa(String.fromCharCode(...this.ink)); }

  place(event) {
    const { width } = this.canvas.getBoundingClientRect();
    return [event.offsetX, event.offsetY].map((part) => (part * SIDE) / width);
  }

  pressed(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === " ") { this.down = !this.down; if (this.down) this.go(this.at); } else if (!steps) return;
    else {
      const place = this.at.map((part, axis) => Math.min(SIDE - 3, Math.max(3, part + 2 * steps[axis])));
      if (this.down) this.to(place);
      else this.at = place;
    }
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  go(place) {
    this.at = place;
    this.to(place);
  }

  /** A stroke from where the pen is. */
  to(place) {
    const [from, length] = [this.at, Math.hypot(place[0] - this.at[0], place[1] - this.at[1])];
    for (let part = 0; part <= Math.ceil(length); part += 1) {
      const share = part / Math.max(1, Math.ceil(length));
      this.blot(from[0] + share * (place[0] - from[0]), from[1] + share * (place[1] - from[1]));
    }
    this.at = place;
    this.draw();
  }

  blot(x, y) {
    for (let row = Math.max(0, Math.floor(y - 4)); row < Math.min(SIDE, y + 4); row += 1) {
      for (let column = Math.max(0, Math.floor(x - 4)); column < Math.min(SIDE, x + 4); column += 1) {
        const ink = 255 * Math.min(1, Math.max(0, PEN + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y)));
        this.ink[row * SIDE + column] = Math.max(this.ink[row * SIDE + column], ink);
      }
    }
  }

  draw() {
    if (this.canvas.clientWidth === 0) return;
    const { context, width } = cleared(this.canvas);
    const ink = colours(this.canvas);
    const pixel = width / SIDE;
    context.fillStyle = ink.ink;
    this.ink.forEach((value, at) => {
      if (!value) return;
      context.globalAlpha = value / 255;
      context.fillRect((at % SIDE) * pixel, Math.floor(at / SIDE) * pixel, pixel + 0.5, pixel + 0.5);
    });
    context.globalAlpha = 1;
    if (document.activeElement !== this.canvas) return;
    context.strokeStyle = this.down ? ink.series[1] : ink.quiet;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(this.at[0] * pixel, this.at[1] * pixel, PEN * pixel + 2, 0, 2 * Math.PI);
    context.stroke();
  }
}
