// Rows that are pictures, with what the network says of them; and the weights of its first units as pictures.

import { colours, find, make } from "./common.js";
import { bytes, tile } from "./network.js";
import { _ } from "./words.js";

let shown = null;

export function showPictures(made, frame) {
  if (shown !== made) begin(made);
  const ink = colours(document.body);
  const { labels } = made.samples;
  frame.answers.forEach((answer, at) => {
    const words = find("samples").children[at].lastElementChild;
    const said = { digit: answer.class, percent: Math.round(100 * (answer.sure ?? 0)) };
    const right = answer.class === labels[at];
    words.textContent = right ? _("{digit} ({percent} %)", said) : _("not {digit} ({percent} %)", said);
    words.className = right ? "" : "wrong";
  });
  const [height, width] = made.samples.size;
  frame.kernels.forEach((kernel, at) => {
    const canvas = find("kernels").children[at].firstElementChild;
    [canvas.width, canvas.height] = [width, height];
    canvas.getContext("2d").drawImage(tile(bytes(kernel), width, ink), 0, 0);
  });
  if (find("kernels").children.length !== frame.kernels.length) shown = null;
}

function begin(made) {
  const { pixels, size: [height, width], labels } = made.samples;
  const all = bytes(pixels);
  find("samples").replaceChildren(...labels.map((label, at) => {
    const canvas = make("canvas", { width, height, role: "img", "aria-label": _("A {digit}", { digit: made.classes[label] }) });
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      image.data.fill(255 - all[at * width * height + pixel], 4 * pixel, 4 * pixel + 3);
      image.data[4 * pixel + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return make("li", {}, canvas, make("span", {}));
  }));
  const units = Math.min(made.layers[0], 12);
  find("kernels").replaceChildren(...Array.from({ length: units }, (_one, at) => make("li", {},
    make("canvas", { role: "img", "aria-label": _("Weights of unit {number}", { number: at + 1 }) }))));
  shown = made;
}
