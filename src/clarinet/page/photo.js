"use strict";
// A photo becomes the pixels that a network sees, as clarinet/datasets/picture_sizes.py and Pillow make them.

const LARGEST_SIDE = 2048;

// The upright picture of a file, transparent parts on white: {height, width, canvas, planes}, a picture for each colour.
async function photoFrom(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const { width, height } = canvas, context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  const data = context.getImageData(0, 0, width, height).data;
  const plane = (value) => ({ height, width, at: Float64Array.from({ length: width * height }, (_, i) => value(4 * i)) });
  return { height, width, canvas, planes: [0, 1, 2].map((colour) => plane((i) => data[i + colour])) };
}

function greyOf([red, green, blue]) {
  const at = red.at.map((value, i) => Math.round(0.299 * value + 0.587 * green.at[i] + 0.114 * blue.at[i]));
  return { ...red, at };
}

// For each new pixel the old ones in reach of it along one axis, and their weights: a triangle as wide as two new pixels.
function taps(old, count) {
  const scale = old / count, reach = Math.max(scale, 1);
  return Array.from({ length: count }, (_, k) => {
    const centre = (k + 0.5) * scale, found = [];
    for (let i = Math.max(0, Math.floor(centre - reach + 0.5)); i < Math.min(old, Math.floor(centre + reach + 0.5)); i++) {
      found.push([i, Math.max(0, 1 - Math.abs(i + 0.5 - centre) / reach)]);
    }
    const total = found.reduce((sum, [, weight]) => sum + weight, 0);
    return found.map(([i, weight]) => [i, weight / total]);
  });
}

function rescaled(picture, height, width) {
  const columns = taps(picture.width, width), rows = taps(picture.height, height);
  const between = blank(picture.height, width), out = blank(height, width);
  for (let i = 0; i < picture.height; i++) columns.forEach((found, j) => {
    let sum = 0;
    for (const [k, weight] of found) sum += weight * picture.at[i * picture.width + k];
    between.at[i * width + j] = Math.round(sum);
  });
  rows.forEach((found, i) => {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (const [k, weight] of found) sum += weight * between.at[k * width + j];
      out.at[i * width + j] = Math.round(sum);
    }
  });
  return out;
}

// The median of the pixels along the edges.
function edgeOf({ height, width, at }) {
  const found = [];
  for (let j = 0; j < width; j++) found.push(at[j], at[(height - 1) * width + j]);
  for (let i = 0; i < height; i++) found.push(at[i * width], at[(i + 1) * width - 1]);
  found.sort((a, b) => a - b);
  return Math.floor((found[Math.floor((found.length - 1) / 2)] + found[Math.ceil((found.length - 1) / 2)]) / 2);
}

// A plane in a network's size: with its proportions on a sheet of its edges' colour, or stretched.
function fitted(plane, { height, width, fit }) {
  if (fit === "stretch" || (plane.height === height && plane.width === width)) return rescaled(plane, height, width);
  const scale = Math.min(height / plane.height, width / plane.width);
  const within = (side, most) => Math.max(1, Math.min(most, rounded(side * scale)));
  const small = rescaled(plane, within(plane.height, height), within(plane.width, width)), out = blank(height, width);
  const down = Math.floor((height - small.height) / 2), right = Math.floor((width - small.width) / 2);
  out.at.fill(edgeOf(plane));
  for (let i = 0; i < small.height; i++) {
    out.at.set(small.at.subarray(i * small.width, (i + 1) * small.width), (i + down) * width + right);
  }
  return out;
}

// The network's picture of a photo; the colours of a pixel lie side by side.
function photoForm(photo, subject) {
  const planes = subject.channels === 3 ? photo.planes : [greyOf(photo.planes)];
  const seen = planes.map((plane) => fitted(plane, subject)), { height, width } = subject;
  const at = new Float64Array(height * width * planes.length);
  seen.forEach((plane, colour) => plane.at.forEach((value, i) => { at[i * planes.length + colour] = value; }));
  return { height, width, channels: planes.length, at };
}
