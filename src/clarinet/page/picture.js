"use strict";
// From strokes to the pixels that a network sees. A picture is {height, width, at}, `at` an array of numbers, row by row.

// As in clarinet/datasets/digits.py, which brings photos to the same form: see there for what each number is for.
const MNIST = { side: 28, box: 20, centre: 14, working: 128, thin: 1.6, tie: 1e-6 };

// To the nearest whole number, halves to the even one, as in Python.
function rounded(x) {
  const low = Math.floor(x), rest = x - low;
  return rest === 0.5 ? low + (low % 2) : Math.round(x);
}

function blank(height, width) {
  return { height, width, at: new Float64Array(height * width) };
}

// Draws one stroke, a line of round ends through points [x, y], into a picture: 1 is full ink, edges are soft.
function paint(picture, { points, width }) {
  const radius = width / 2;
  points.forEach(([x1, y1], index) => {
    const [x0, y0] = points[Math.max(index - 1, 0)], dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
    const reach = (a, b, end) => [
      Math.max(0, Math.floor(Math.min(a, b) - radius - 1)), Math.min(end - 1, Math.ceil(Math.max(a, b) + radius + 1))];
    const [left, right] = reach(x0, x1, picture.width), [top, bottom] = reach(y0, y1, picture.height);
    for (let i = top; i <= bottom; i++) for (let j = left; j <= right; j++) {
      const px = j + 0.5 - x0, py = i + 0.5 - y0;
      const along = square && Math.min(Math.max((px * dx + py * dy) / square, 0), 1);
      const ink = radius + 0.5 - Math.hypot(px - along * dx, py - along * dy);
      const place = i * picture.width + j;
      picture.at[place] = Math.max(picture.at[place], Math.min(Math.max(ink, 0), 1));
    }
  });
}

// The part of a picture that holds ink; null if there is none.
function cropped({ height, width, at }) {
  let top = height, bottom = -1, left = width, right = -1;
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) {
    if (at[i * width + j] > 0) {
      top = Math.min(top, i); bottom = i; left = Math.min(left, j); right = Math.max(right, j);
    }
  }
  return bottom < 0 ? null : placed({ height, width, at }, bottom - top + 1, right - left + 1, -top, -left);
}

// A picture on a new one of another size, moved down and to the right.
function placed(picture, height, width, down, right) {
  const out = blank(height, width);
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) {
    const h = i - down, w = j - right;
    if (h >= 0 && h < picture.height && w >= 0 && w < picture.width) {
      out.at[i * width + j] = picture.at[h * picture.width + w];
    }
  }
  return out;
}

// Each new pixel is the mean of the area that it covers; growing repeats pixels.
function resized(picture, height, width) {
  const shares = (old, count) => Array.from({ length: count }, (_, k) => {
    const from = (k * old) / count, to = ((k + 1) * old) / count, found = [];
    for (let i = Math.floor(from); i < Math.min(Math.ceil(to), old); i++) {
      found.push([i, (Math.min(to, i + 1) - Math.max(from, i)) / (to - from)]);
    }
    return found;
  });
  const rows = shares(picture.height, height), columns = shares(picture.width, width), out = blank(height, width);
  rows.forEach((tall, i) => columns.forEach((wide, j) => {
    let sum = 0;
    for (const [h, a] of tall) for (const [w, b] of wide) sum += a * b * picture.at[h * picture.width + w];
    out.at[i * width + j] = sum;
  }));
  return out;
}

function grown(picture, scale) {
  return resized(picture, picture.height * scale, picture.width * scale);
}

// The maximum over windows of 3 × 3 pixels, on a picture with one more pixel on each side.
function widened(picture) {
  const out = placed(picture, picture.height + 2, picture.width + 2, 1, 1);
  for (const step of [1, out.width]) {
    const before = out.at.slice();
    for (let i = 0; i < before.length; i++) out.at[i] = Math.max(before[i], before[i - step] ?? 0, before[i + step] ?? 0);
  }
  return out;
}

// Width of the strokes, in MNIST's pixels: area over half the outline.
function strokeWidth({ height, width, at }) {
  let area = 0, outline = 0;
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) {
    const ink = at[i * width + j] > 0.5;
    area += ink;
    outline += j + 1 < width && ink !== at[i * width + j + 1] > 0.5;
    outline += i + 1 < height && ink !== at[(i + 1) * width + j] > 0.5;
  }
  return ((area / Math.max((outline * Math.PI) / 8, 1)) * MNIST.box) / Math.max(height, width);
}

function thickened(picture) {
  const scale = Math.max(1, rounded(MNIST.working / Math.max(picture.height, picture.width)));
  let ink = grown(picture, scale);
  ink = placed(ink, ink.height + 2, ink.width + 2, 1, 1);
  for (let round = 0; round < Math.floor(MNIST.working / MNIST.box) && strokeWidth(ink) < MNIST.thin; round++) {
    ink = widened(ink);
  }
  return cropped(ink);
}

// The longer side takes 20 pixels, the centre of mass goes to the middle of 28 × 28; 255 is full ink.
function mnistForm(picture) {
  let ink = cropped(picture);
  if (!ink) return blank(MNIST.side, MNIST.side);
  const fitted = (most) => (side) => Math.max(1, rounded(side * (most / Math.max(ink.height, ink.width))));
  const small = fitted(Math.min(MNIST.working, Math.max(ink.height, ink.width)));
  ink = thickened(resized(ink, small(ink.height), small(ink.width)));
  const box = fitted(MNIST.box);
  ink = resized(ink, box(ink.height), box(ink.width));
  let mass = 0, down = 0, right = 0;
  ink.at.forEach((value, i) => {
    mass += value;
    down += value * Math.floor(i / ink.width);
    right += value * (i % ink.width);
  });
  const start = (moment, size) => Math.min(Math.max(rounded(MNIST.centre - moment / mass - MNIST.tie), 0), MNIST.side - size);
  const darkest = ink.at.reduce((a, b) => Math.max(a, b), 0);
  ink.at = ink.at.map((value) => rounded((255 * value) / darkest));
  return placed(ink, MNIST.side, MNIST.side, start(down, ink.height), start(right, ink.width));
}

// The whole sheet as a picture of the network's size, light on dark or dark on light.
function wholeForm(picture, { height, width, light }) {
  const out = resized(picture, height, width);
  out.at = out.at.map((ink) => Math.round(255 * (light ? ink : 1 - ink)));
  return out;
}
