// The room Train: what is chosen goes to a process that trains; what has come of it is drawn.

import { connection, find, fromAddress, make, number, refusal, toAddress } from "./common.js";
import { Chart, longer, Position } from "./chart.js";
import { Boundary } from "./boundary.js";
import { addressOf, chosenBy, NUMBERS, USUAL, WORDS } from "./choices.js";
import { Layers } from "./layers.js";
import { Network } from "./network.js";
import { showPictures } from "./pictures.js";
import { _, many, said } from "./words.js";

const TOYS = ["circles", "xor", "moons", "spirals", "blobs"];
let chosen = { ...USUAL };
let training = false;
let steps = 0;
let wantedSteps = 0;
let made = null;
let curves = { epochs: [], values: {} };
let program = "";
const before = [];

const position = new Position();
const charts = { loss: new Chart(find("curves"), _("Loss"), position), metric: new Chart(find("curves"), _("Accuracy"), position) };
const network = new Network(find("network"), find("weights-table"));
const boundary = new Boundary(find("boundary"), find("plane-table"), find("marks"));
const layers = new Layers(find("layers"), (hidden) => choose({ hidden }));
const send = connection("/train/live", { told, state });

// What is chosen.

function begin() {
  const given = fromAddress();
  chosen = chosenBy(given);
  wantedSteps = Number(given.steps) || 0;
  for (const name of NUMBERS) find(name).addEventListener("change", () => numberChosen(name));
  for (const name of WORDS) find(name).addEventListener("change", () => wordChosen(name));
  find("go").addEventListener("click", () => (training ? send({ do: "pause" }) : train()));
  find("pace").addEventListener("change", () => { if (training) train(); });
  find("step").addEventListener("click", () => send({ do: "step" }));
  find("epoch").addEventListener("click", () => send({ do: "epoch" }));
  find("reset").addEventListener("click", restart);
  find("undo").addEventListener("click", undo);
  find("table").addEventListener("click", () => { find("table").value = ""; }); // the same file may be chosen again
  find("table").addEventListener("change", upload);
  find("look-inside").addEventListener("click", () => send({ do: "keep" }));
  find("export").addEventListener("click", () => { find("trouble").textContent = ""; send({ do: "export", format: find("format").value }); });
  find("ask-doctor").addEventListener("click", askDoctor);
  find("copy").addEventListener("click", copy);
  find("download").addEventListener("click", download);
  document.addEventListener("visibilitychange", () => send({ do: "look", visible: !document.hidden }));
  document.addEventListener("keydown", shortcut);
  showChoices();
}

function numberChosen(name) {
  const field = find(name);
  if (field.value === "" || !field.checkValidity()) {
    find("trouble").textContent = _("{field}: {message}", {
      field: field.labels[0].firstChild.textContent.trim(), message: field.validationMessage || _("a number is missing"),
    });
    return;
  }
  if (name === "rate" && steps > 0) {
    chosen = { ...chosen, rate: Number(field.value) };
    send({ do: "rate", rate: chosen.rate });
  } else choose({ [name]: Number(field.value) });
}

function wordChosen(name) {
  const value = find(name).value;
  if (name !== "data") choose({ [name]: value });
  else if (value === "csv" && !chosen.file) showFields("csv");
  else choose({ data: value, loss: "" });
}

/** Begin anew with something chosen otherwise. */
function choose(change) {
  before.push(chosen);
  if (before.length > 100) before.shift();
  chosen = { ...chosen, ...change };
  restart();
}

function undo() {
  chosen = before.pop();
  restart();
}

function restart() {
  wantedSteps = 0;
  steps = 0;
  find("trouble").textContent = "";
  showChoices();
  send({ do: "set", chosen });
}

function showChoices() {
  for (const name of NUMBERS) find(name).value = chosen[name];
  for (const name of ["data", "optimizer"]) find(name).value = chosen[name];
  find("undo").disabled = before.length === 0;
  layers.show(chosen.hidden);
  showFields(chosen.data);
}

function showFields(data) {
  document.querySelector(".toy.fields").hidden = !TOYS.includes(data);
  document.querySelector(".csv.fields").hidden = data !== "csv";
}

function keepAddress() {
  toAddress({ ...addressOf(chosen), steps: steps || "" });
}

/** To the doctor, with this training as long as it is by now. */
function askDoctor() {
  const epochs = Math.min(1000, Math.max(5, Math.ceil(steps / made.epoch_steps)));
  location.href = `/doctor${location.search}#${new URLSearchParams({ from: "train", ...addressOf(chosen), epochs })}`;
}

/** To the room that steps through a network, with this one as it is now. */
function lookInside({ kept, steps: trained }) {
  const settings = { from: "train", ...addressOf(chosen), steps: trained, kept };
  location.href = `/step${location.search}#${new URLSearchParams(settings)}`;
}

function train() {
  send({ do: "train", pace: find("pace").value });
}

function shortcut(event) {
  const typing = event.target.closest("input, select, textarea, button, summary, a, canvas, [tabindex='0']");
  if (event.key !== " " || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  find("go").click();
}

// A table of one's own.

async function upload() {
  const [file] = find("table").files;
  if (!file) return;
  find("trouble").textContent = "";
  try {
    if (file.size > 20e6) throw new Error(_("{name} is too large: up to 20 MB can be read here", file));
    const answer = await fetch(`/train/upload?${new URLSearchParams({ name: file.name })}`, { method: "POST", body: file });
    if (!answer.ok) throw await refusal(answer);
    chosen = { ...chosen, file: (await answer.json()).file };
    send({ do: "columns", file: chosen.file });
  } catch (error) {
    find("trouble").textContent = error.message;
  }
}

/** The last column is what is mostly predicted. */
function showColumns(columns, wish) {
  find("target").replaceChildren(...columns.map((name) => make("option", {}, name)));
  const target = columns.includes(wish) ? wish : columns[columns.length - 1];
  find("target").value = target;
  choose({ data: "csv", target, loss: "" });
}

// What is told.

function state(there) {
  find("state").textContent = there ? "" : _("The studio does not answer; trying again …");
  for (const id of ["go", "step", "epoch", "reset"]) find(id).disabled = !there;
  if (there) send({ do: "set", chosen });
}

function told(message) {
  if (message.kind === "made") showMade(message);
  else if (message.kind === "frame") showFrame(message);
  else if (message.kind === "kept") lookInside(message);
  else if (message.kind === "exported") make("a", { href: `/train/exported/${message.file}`, download: "" }).click();
  else if (message.kind === "columns") showColumns(message.columns, chosen.target);
  else find("trouble").textContent = said(message);
}

function showMade(message) {
  made = message;
  curves = { epochs: [], values: {} };
  find("trouble").textContent = "";
  find("loss").replaceChildren(...made.losses.map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
  find("loss").value = chosen.loss || made.losses[0];
  find("facts").textContent = _(
    "{rows} rows to train on, {validation} to validate; {steps} steps an epoch.",
    { rows: made.rows, validation: made.validation_rows, steps: made.epoch_steps },
  );
  find("network-facts").textContent = many("{count} weight.", "{count} weights.", made.parameters);
  find("plane").hidden = !made.points;
  find("tiles-key").hidden = !made.points;
  find("pictures").hidden = !made.samples;
  find("report").hidden = !made.report;
  find("report").lastElementChild.textContent = made.report;
  charts.metric.rename(made.task === "numbers" ? _("Mean absolute error") : _("Accuracy"));
  network.begin(made);
  if (made.points) boundary.begin(made);
}

function showFrame(frame) {
  const first = steps === 0 && frame.steps === 0;
  if (training !== frame.training) {
    training = frame.training;
    find("go").textContent = training ? _("Pause") : _("Train");
  }
  steps = frame.steps;
  chosen.rate = steps ? chosen.rate : frame.rate;
  for (const [id, value] of Object.entries({ epoch: frame.epoch, steps, loss: frame.loss, speed: frame.speed && Math.round(frame.speed) })) {
    find(`fact-${id}`).textContent = number(value);
  }
  if (program !== frame.program) {
    program = frame.program;
    find("program").textContent = program;
    find("copied").textContent = "";
  }
  addToCurves(frame.curves);
  if (frame.weights) network.show(frame);
  if (frame.sure && made.points) boundary.show(frame);
  if (frame.answers) showPictures(made, frame);
  if (!training || frame.steps % 1000 < 40) keepAddress();
  if (first && wantedSteps) {
    send({ do: "train", until: wantedSteps });
    wantedSteps = 0;
  }
}

function addToCurves(more) {
  if (!more.epochs.length && more.from !== 0 && more.from === curves.epochs.length) return;
  curves = longer(curves, more);
  const metric = made.task === "numbers" ? "mae" : "accuracy";
  for (const [chart, name] of [[charts.loss, "loss"], [charts.metric, metric]]) {
    const lines = [[_("training"), name], [_("validation"), `val_${name}`]].map(([title, key], slot) => ({
      key, name: title, slot, x: curves.epochs, y: curves.values[key] ?? [],
    }));
    chart.show(lines.filter((line) => line.y.length), { unit: _("epoch") });
  }
}

// The program.

async function copy() {
  try {
    await navigator.clipboard.writeText(program);
    find("copied").textContent = _("Copied.");
  } catch {
    getSelection().selectAllChildren(find("program"));
    find("copied").textContent = _("It is selected; copy it with Ctrl+C.");
  }
}

function download() {
  const address = URL.createObjectURL(new Blob([program], { type: "text/x-python" }));
  make("a", { href: address, download: "train.py" }).click();
  URL.revokeObjectURL(address);
}

begin();
