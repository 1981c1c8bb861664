"use strict";
// The page itself: strokes from mouse, touch or pen; after each the picture that the network sees and what it says.

const subject = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const paper = byId("paper"), seen = byId("seen");
const digits = subject.kind === "mnist";
const LONG = 280; // the sheet's longer side, in the units that strokes are kept in
const sheet = {
  height: Math.round((LONG * Math.min(1, subject.height / subject.width))),
  width: Math.round((LONG * Math.min(1, subject.width / subject.height))),
};
const MOST_BARS = 12;

let strokes = [];
let current = null;
let due = false, looking = false; // a look at the drawing is due, is under way
let answer = null; // what the network said last

const network = subject.network && {
  operations: subject.network.operations,
  weights: weightsFrom(subject.network.weights),
};

// The network's output for pixels from 0 to 255: computed here, or by the program that sent this page.
async function output(pixels) {
  if (network) {
    const sample = Array.from(pixels, (value) => Array(subject.channels).fill(value * subject.scale)).flat();
    return predict(network.operations, network.weights, sample);
  }
  const response = await fetch("predict", { method: "POST", body: JSON.stringify({ pixels: Array.from(pixels) }) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).output;
}

// One number for each bar.
function shares(values) {
  values = Array.from(values);
  const one = values.length === 1;
  if (subject.answer === "logarithms") values = values.map(Math.exp);
  if (subject.answer === "logits" && (one || !subject.exclusive)) values = values.map((z) => 1 / (1 + Math.exp(-z)));
  else if (subject.answer === "logits") {
    const powers = values.map((z) => Math.exp(z - Math.max(...values)));
    values = powers.map((power) => power / powers.reduce((a, b) => a + b));
  }
  return one && subject.classes.length === 2 ? [1 - values[0], values[0]] : values;
}

// Drawing.

function penDown(event) {
  if (!event.isPrimary || event.button > 0) return;
  paper.setPointerCapture(event.pointerId);
  current = { points: [], width: Number(byId("brush").value) };
  strokes.push(current);
  penMove(event);
  event.preventDefault();
}

function penMove(event) {
  if (!current || !event.isPrimary) return;
  const box = paper.getBoundingClientRect();
  const between = event.getCoalescedEvents?.() ?? [];
  for (const { clientX, clientY } of between.length ? between : [event]) {
    const x = ((clientX - box.left) / box.width) * sheet.width, y = ((clientY - box.top) / box.height) * sheet.height;
    current.points.push([x, y]);
  }
  changed();
}

function penUp(event) {
  if (!current || !event.isPrimary) return;
  current = null;
  changed();
}

function undo() {
  strokes.pop();
  current = null;
  changed();
}

function clear() {
  strokes = [];
  current = null;
  changed();
}

// Draws at once; looks at the drawing as soon as the last look is over.
function changed() {
  byId("undo").disabled = byId("clear").disabled = !strokes.length;
  draw();
  due = true;
  if (!looking) lookOn();
}

async function lookOn() {
  looking = true;
  while (due) {
    await new Promise(requestAnimationFrame);
    due = false;
    await look();
  }
  looking = false;
}

function draw() {
  const zoom = window.devicePixelRatio || 1, box = paper.getBoundingClientRect();
  paper.width = Math.round(box.width * zoom);
  paper.height = Math.round(box.height * zoom);
  const context = paper.getContext("2d");
  context.scale(paper.width / sheet.width, paper.height / sheet.height);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(paper).color;
  for (const { points, width } of strokes) {
    context.lineWidth = width;
    context.beginPath();
    points.forEach(([x, y]) => context.lineTo(x, y));
    context.lineTo(...points[points.length - 1]); // a dot is a line too
    context.stroke();
  }
}

// Looking.

async function look() {
  const lifted = !current, ink = blank(sheet.height, sheet.width);
  strokes.forEach((stroke) => paint(ink, stroke));
  const form = digits ? mnistForm(ink) : wholeForm(ink, subject);
  show(form);
  try {
    answer = strokes.length ? shares(await output(form.at)) : null;
    tell(lifted);
  } catch (error) {
    const gone = error instanceof TypeError ? "The program behind this page has ended: start clarinet draw again." : "";
    say("?", gone || String(error.message));
    byId("spoken").textContent = gone || String(error.message);
  }
}

function show({ height, width, at }) {
  seen.height = height;
  seen.width = width;
  const pixels = new ImageData(width, height);
  at.forEach((value, i) => pixels.data.set([value, value, value, 255], 4 * i));
  seen.getContext("2d").putImageData(pixels, 0, 0);
}

const percent = (share) => `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)} %`;
const number = (value) => Number(value.toPrecision(4)).toString();
const written = (value) => (subject.answer === "values" ? number(value) : percent(value));

function tell(lifted) {
  const names = subject.classes;
  const best = answer && answer.indexOf(Math.max(...answer));
  if (!answer) say("?", strokes.length ? "" : "Nothing is drawn yet");
  else if (!names.length) say(number(answer[0]), "");
  else say(names[best], written(answer[best]));
  bars(best);
  if (!lifted) return; // read out when the pen is lifted, not at every move
  byId("spoken").textContent = answer ? `${byId("best").textContent}, ${byId("sure").textContent}` : "Empty paper";
}

function say(best, sure) {
  byId("best").textContent = best;
  byId("sure").textContent = sure;
}

function bars(best) {
  const list = byId("bars"), values = answer ?? subject.classes.map(() => 0);
  let order = subject.classes.map((_, i) => i);
  if (order.length > MOST_BARS) order = order.sort((a, b) => values[b] - values[a]).slice(0, MOST_BARS);
  const longest = subject.answer === "values" ? Math.max(...values.map(Math.abs), 1e-9) : 1;
  list.replaceChildren(...order.map((i) => {
    const row = document.createElement("li"), track = document.createElement("span");
    const name = document.createElement("span"), value = document.createElement("span"), bar = document.createElement("i");
    name.className = "name";
    name.textContent = subject.classes[i];
    track.className = "track";
    bar.style.width = `${(100 * Math.max(values[i], 0)) / longest}%`;
    track.append(bar);
    value.className = "value";
    value.textContent = answer ? written(values[i]) : "";
    if (i === best) row.className = "best";
    row.append(name, track, value);
    return row;
  }));
}

// The start.

function words() {
  const thing = digits ? "a digit" : "a picture";
  byId("heading").textContent = `Draw ${thing}`;
  byId("lead").textContent = "With mouse, finger or pen. The network says what it sees, stroke by stroke.";
  const place = digits ? "fitted into 20 × 20 pixels, its centre of mass in the middle" : "the whole sheet";
  byId("caption").textContent = `What the network sees: ${subject.width} × ${subject.height} pixels, ${place}.`;
  const where = network ? "The network runs in this page; nothing leaves it."
    : "The network runs in the program that opened this page, on this machine.";
  byId("about").textContent = `${subject.parameters.toLocaleString("en")} weights. ${where}`;
}

function shortcut(event) {
  if (event.altKey) return;
  const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) undo();
  else if (key === "c" && !command) clear(); // Ctrl-C copies, as everywhere
  else return;
  event.preventDefault();
}

paper.style.aspectRatio = `${sheet.width} / ${sheet.height}`;
seen.style.aspectRatio = `${subject.width} / ${subject.height}`;
byId("brush").value = digits ? 20 : 14;
paper.addEventListener("pointerdown", penDown);
paper.addEventListener("pointermove", penMove);
for (const end of ["pointerup", "pointercancel"]) paper.addEventListener(end, penUp);
byId("undo").addEventListener("click", undo);
byId("clear").addEventListener("click", clear);
document.addEventListener("keydown", shortcut);
window.addEventListener("resize", draw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
words();
changed();
