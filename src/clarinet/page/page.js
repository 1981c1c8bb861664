"use strict";
// The page itself: strokes from mouse, touch or pen; after each the picture that the network sees and what it says.

const paper = byId("paper"), seen = byId("seen");
const digits = subject.kind === "mnist";
const LONG = 280; // the sheet's longer side, in the units that strokes are kept in
const sheet = {
  height: Math.round((LONG * Math.min(1, subject.height / subject.width))),
  width: Math.round((LONG * Math.min(1, subject.width / subject.height))),
};

let strokes = [];
let photo = null; // a file's picture, in place of strokes
let current = null;
let due = false, looking = false; // a look at the drawing is due, is under way
let answer = null; // what the network said last

// The network's output for a picture from 0 to 255: computed here, or by the program that sent this page.
async function output({ at, channels = 1 }) {
  if (network) {
    const repeat = subject.channels / channels;
    const sample = Array.from(at, (value) => Array(repeat).fill(value * subject.scale)).flat();
    return predict(network.operations, network.weights, sample);
  }
  const response = await fetch("predict", { method: "POST", body: JSON.stringify({ pixels: Array.from(at) }) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).output;
}

// Drawing.

function penDown(event) {
  if (!event.isPrimary || event.button > 0) return;
  paper.setPointerCapture(event.pointerId);
  photo = null;
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
  if (photo) photo = null;
  else strokes.pop();
  current = null;
  changed();
}

function clear() {
  strokes = [];
  photo = null;
  current = null;
  changed();
}

// Draws at once; looks at the drawing as soon as the last look is over.
function changed() {
  byId("undo").disabled = byId("clear").disabled = !strokes.length && !photo;
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
  if (photo) {
    const fit = Math.min(paper.width / photo.width, paper.height / photo.height);
    const wide = photo.width * fit, high = photo.height * fit;
    context.drawImage(photo.canvas, (paper.width - wide) / 2, (paper.height - high) / 2, wide, high);
    return;
  }
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
  const lifted = !current;
  try {
    if (judge && strokes.length) tellDigits(await read(), lifted);
    else {
      const form = seenForm();
      show(form);
      answer = strokes.length || photo ? shares(await output(form)) : null;
      tell(lifted);
    }
  } catch (error) {
    const gone = error instanceof TypeError ? "The program behind this page has ended: start clarinet draw again." : "";
    complain(gone || String(error.message));
  }
}

// The digits of a drawing, from the left.
async function read() {
  const pieces = piecesOf(inkOf());
  const scores = await Promise.all(pieces.map(({ form }) => output(form).then(shares)));
  return bestSigns(pieces.map((piece, i) => signOf(piece, scores[i], likeness(piece.form))));
}

// How much a picture looks like one digit, whichever, from 0 to 1.
function likeness({ at }) {
  return predict(judge.operations, judge.weights, at)[0];
}

function inkOf() {
  const ink = blank(sheet.height, sheet.width);
  strokes.forEach((stroke) => paint(ink, stroke));
  return ink;
}

// What the network sees: of a photo, or of the strokes.
function seenForm() {
  if (photo) return photoForm(photo, subject);
  const ink = inkOf();
  return digits ? mnistForm(ink) : wholeForm(ink, subject);
}

function complain(message) {
  say("?", message);
  byId("spoken").textContent = message;
}

function show({ height, width, channels = 1, at }) {
  seen.height = height;
  seen.width = width;
  seen.style.aspectRatio = `${width} / ${height}`;
  seen.style.width = `${112 * Math.min(Math.max(width / height, 1), 3)}px`; // several digits lie side by side
  const pixels = new ImageData(width, height), colour = (i, c) => at[i * channels + (channels === 3 ? c : 0)];
  for (let i = 0; i < height * width; i++) pixels.data.set([colour(i, 0), colour(i, 1), colour(i, 2), 255], 4 * i);
  seen.getContext("2d").putImageData(pixels, 0, 0);
}

// One digit has a bar for each class; of several each has one.
function tellDigits(signs, lifted) {
  show(together(signs.map(({ form }, i) => placed(form, form.height, signs.length * form.width, 0, i * form.width))));
  const sure = signs.reduce((product, { share }) => product * share, 1);
  const doubt = doubts(signs), more = doubt ? "" : seconds(signs);
  say(signs.map(({ order }) => subject.classes[order[0]]).join(""), [percent(sure), doubt || more].filter(Boolean).join("; "));
  if (signs.length === 1) bars(signs[0].scores, signs[0].order[0]);
  else rows(signs.map(({ order, share }) => [subject.classes[order[0]], share, percent(share), true]));
  if (lifted) byId("spoken").textContent = `${byId("best").textContent}, ${byId("sure").textContent}`;
}

function tell(lifted) {
  const names = subject.classes;
  const best = answer && answer.indexOf(Math.max(...answer));
  if (!answer) say("?", subject.photos ? "No picture yet" : "Nothing is drawn yet");
  else if (!names.length) say(number(answer[0]), "");
  else say(names[best], written(answer[best]));
  bars(answer, best);
  if (!lifted) return; // read out when the pen is lifted, not at every move
  byId("spoken").textContent = answer ? `${byId("best").textContent}, ${byId("sure").textContent}` : "Empty paper";
}

// Photos: a file that is chosen, dropped on the page, or pasted.

async function take(file) {
  if (!file) return;
  try {
    photo = await photoFrom(file);
  } catch {
    complain("This file is no picture that the browser can read.");
    return;
  }
  strokes = [];
  current = null;
  changed();
}

function dropped(event) {
  event.preventDefault();
  document.body.classList.remove("over");
  take(event.dataTransfer.files[0]);
}

function photos() {
  byId("pick").hidden = false;
  byId("file").addEventListener("change", () => {
    take(byId("file").files[0]);
    byId("file").value = ""; // so that the same file can be taken again
  });
  byId("pick").addEventListener("click", () => byId("file").click());
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("over");
  });
  document.addEventListener("drop", dropped);
  document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
}

// The start.

function words() {
  const thing = judge ? "a digit, or several" : digits ? "a digit" : "a picture";
  byId("heading").textContent = subject.photos ? "Show a picture" : `Draw ${thing}`;
  byId("lead").textContent = subject.photos
    ? "Choose a photo, drop it on this page, paste it, or draw with mouse, finger or pen."
    : `With mouse, finger or pen. The network says what it sees, stroke by stroke${judge ? ", and what is no digit" : ""}.`;
  const whole = subject.fit === "letterbox" ? "the whole picture, its proportions kept" : "the whole picture, stretched";
  const place = digits ? `${judge ? "each digit " : ""}fitted into 20 × 20 pixels, its centre of mass in the middle`
    : subject.photos ? whole : "the whole sheet";
  byId("caption").textContent = `What the network sees: ${subject.width} × ${subject.height} pixels, ${place}.`;
  const where = network ? "The network runs in this page; nothing leaves it."
    : "The network runs in the program that opened this page, on this machine.";
  byId("about").textContent = `${size()} ${where}`;
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
byId("brush").value = digits ? 20 : 14;
paper.addEventListener("pointerdown", penDown);
paper.addEventListener("pointermove", penMove);
for (const end of ["pointerup", "pointercancel"]) paper.addEventListener(end, penUp);
byId("undo").addEventListener("click", undo);
byId("clear").addEventListener("click", clear);
document.addEventListener("keydown", shortcut);
window.addEventListener("resize", draw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
if (subject.photos) photos();
words();
changed();
