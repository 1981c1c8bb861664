// Rosenblatt's perceptron on pictures of three by five points: a knob for each, a lamp for each digit.

import { make, number } from "./common.js";
import { _ } from "./words.js";

const DIGITS = [
  "111101101101111", "010110010010111", "111001111100111", "111001111001111", "101101111001001",
  "111100111001111", "111100111101111", "111001010010010", "111101111101111", "111101111001111",
].map((points) => [...points].map(Number));
const WANTED = 5;
const MOST = 6;

export class Knobs {
  /** passed(): the lamp is on for the five alone. */
  constructor(passed) {
    this.passed = passed;
    this.turned = [...Array.from({ length: 15 }, () => 0), 0]; // the last one is the bias
    this.inputs = this.turned.map((_value, at) => make("input", {
      type: "range", min: -MOST, max: MOST, step: 1, value: 0, "aria-label": nameOf(at),
      oninput: () => { this.turned[at] = Number(this.inputs[at].value); this.show(); },
    }));
    this.outputs = this.turned.map(() => make("output", {}, "0"));
    this.lamps = DIGITS.map((points, digit) => ({ sum: make("output", {}), lamp: make("span", {}), picture: picture(points, digit) }));
    this.items = this.lamps.map(({ sum, lamp, picture: drawn }) => make("li", {}, drawn, sum, lamp));
    this.answer = make("p", { class: "answer", role: "status" });
    const grid = make("div", { class: "knobs", role: "group", "aria-label": _("Knobs") },
      ...this.inputs.slice(0, 15).map((input, at) => make("label", {}, input, this.outputs[at])));
    const bias = make("label", { class: "bias" }, make("span", {}, _("bias")), this.inputs[15], this.outputs[15]);
    const buttons = make("div", { class: "row" },
      make("button", { type: "button", onclick: () => this.byRule() }, _("Let the rule turn them once")),
      make("button", { type: "button", onclick: () => { this.turned.fill(0); this.show(); } }, _("All to 0")));
    this.element = make("div", {}, grid, bias, buttons, make("ul", { class: "lamps" }, ...this.items), this.answer);
    this.show();
  }

  sum(digit) {
    return DIGITS[digit].reduce((sum, point, at) => sum + point * this.turned[at], this.turned[15]);
  }

  wrong() {
    return DIGITS.map((_points, digit) => digit).filter((digit) => (this.sum(digit) > 0) !== (digit === WANTED));
  }

  /** Rosenblatt's rule for the first picture that is wrong: up where the lamp should be on, else down. */
  byRule() {
    const [digit] = this.wrong();
    if (digit === undefined) return;
    const way = digit === WANTED ? 1 : -1;
    const turn = (value) => Math.min(MOST, Math.max(-MOST, value + way));
    this.turned = this.turned.map((value, at) => (at === 15 || DIGITS[digit][at] ? turn(value) : value));
    this.show();
  }

  show() {
    this.turned.forEach((value, at) => { this.inputs[at].value = value; this.outputs[at].textContent = number(value); });
    this.lamps.forEach(({ sum, lamp }, digit) => {
      const on = this.sum(digit) > 0;
      sum.textContent = number(this.sum(digit));
      lamp.textContent = on ? _("on") : _("off");
      this.items[digit].className = on ? "on" : "";
    });
    const wrong = this.wrong();
    this.answer.classList.toggle("right", wrong.length === 0);
    this.answer.textContent = wrong.length ? _("Wrong lamps: {digits}", { digits: wrong.join(" ") }) : _("Right: the lamp is on for the five alone.");
    if (!wrong.length) this.passed();
  }
}

const nameOf = (at) => (at === 15 ? _("bias") : _("Knob of row {row}, column {column}", { row: Math.floor(at / 3) + 1, column: (at % 3) + 1 }));

function picture(points, digit) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 3 5");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", _("A {digit}", { digit }));
  points.forEach((on, at) => {
    const dot = document.createElementNS(space, "rect");
    const looks = { x: (at % 3) + 0.05, y: Math.floor(at / 3) + 0.05, width: 0.9, height: 0.9, fill: on ? "var(--ink)" : "var(--line)" };
    for (const [name, value] of Object.entries(looks)) dot.setAttribute(name, value);
    svg.append(dot);
  });
  return svg;
}
