// The room Doctor: what is wrong with a training, where in its course, what to type, and the proof of a cure.

import { ask, connection, find, fromAddress, make, number, toAddress } from "./common.js";
import { Chart, longer } from "./chart.js";
import { addressOf, chosenBy } from "./choices.js";
import { _, said } from "./words.js";

/** Trainings that are sick on purpose; each by what the address calls it. */
const SICK = {
  long: [_("steps that are too long"), { data: "moons", hidden: [[16, "relu"]], optimizer: "SGD", rate: 30 }],
  short: [_("steps that are too short"), { data: "circles", hidden: [[8, "tanh"]], optimizer: "SGD", rate: 1e-5 }],
  deep: [_("five layers of sigmoids"), { data: "circles", hidden: Array(5).fill([8, "sigmoid"]), optimizer: "SGD", rate: 0.1 }],
};
const EVERY = 1000;
const UNITS = { step: _("step"), epoch: _("epoch"), log: _("logged step") };

const given = fromAddress();
const chosen = chosenBy(given);
let from = given.from || "long";
let epochs = Number(given.epochs) || 20;
let curve = { epochs: [], values: {} };
let sides = {};
let timer = null;
let busy = false;
let marks = [];

const chart = new Chart(find("curves"), _("Loss of each step"));
const pairs = { loss: new Chart(find("pairs"), _("Loss")), accuracy: new Chart(find("pairs"), _("Accuracy")) };
const post = connection("/doctor/live", { told, state });
const send = (message) => post({ room: "doctor", ...message });

function begin() {
  find("epochs").value = epochs;
  find("from").addEventListener("change", () => { from = find("from").value; open(); });
  find("epochs").addEventListener("change", () => { if (find("epochs").checkValidity()) { epochs = Number(find("epochs").value); open(); } });
  find("examine").addEventListener("click", open);
  find("treat").addEventListener("click", () => { sides = {}; find("treat").disabled = true; send({ do: "treat" }); });
}

function state(there) {
  find("state").textContent = there ? "" : _("The studio does not answer; trying again …");
  if (!there) return;
  send({ do: "runs" });
  open();
}

function open() {
  clearInterval(timer);
  [curve, sides] = [{ epochs: [], values: {} }, {}];
  for (const id of ["trouble", "nothing"]) find(id).textContent = "";
  find("findings").replaceChildren();
  find("treatment").hidden = true;
  find("treat").disabled = true;
  chart.show([]);
  keepAddress();
  const ofRun = from.startsWith("run-");
  find("length").hidden = ofRun;
  find("treat").hidden = ofRun;
  if (ofRun) {
    send({ do: "rest" });
    look();
    timer = setInterval(() => { if (!document.hidden) look(); }, EVERY);
  } else send({ do: "open", chosen: from === "train" ? chosen : (SICK[from] ?? SICK.long)[1], epochs });
}

function keepAddress() {
  toAddress({ from, epochs: from.startsWith("run-") ? "" : epochs, ...(from === "train" ? addressOf(chosen) : {}) });
}

function showSources(runs) {
  const own = given.from === "train" ? [make("option", { value: "train" }, _("the one of the room Train"))] : [];
  const ready = Object.entries(SICK).map(([value, [text]]) => make("option", { value }, text));
  find("from").replaceChildren(...own, make("optgroup", { label: _("Examples") }, ...ready));
  const options = runs.map(({ id, name }) => make("option", { value: `run-${id}`, translate: false }, name));
  if (runs.length) find("from").append(make("optgroup", { label: _("Runs") }, ...options));
  find("from").value = from;
}

/** A run's findings and the losses of its steps; it may be going on. */
async function look() {
  if (busy) return;
  busy = true;
  const id = Number(from.slice(4));
  try {
    const { findings, kinds } = await ask(`/runs/${id}`);
    const kind = ["step", "epoch", "log"].find((name) => kinds.includes(name)) ?? "epoch";
    const { loss = {} } = await ask(`/runs/curves?${new URLSearchParams({ ids: id, kind })}`);
    if (from !== `run-${id}`) return;
    const line = loss[id] ?? { x: [], y: [] };
    const told = findings.map((found) => ({ ...found, remedy: null, ...split(found.message) }));
    marks = kind === "step" ? told.filter(({ step }) => step !== null).map(({ step }) => step) : [];
    chart.show(line.x.length ? [{ key: "loss", name: _("Loss"), slot: 0, ...line }] : [], { unit: UNITS[kind], marks });
    showFindings(told);
  } catch (error) {
    find("trouble").textContent = error.message;
  } finally {
    busy = false;
  }
}

/** What was found, and what to type, which a run keeps as one sentence. */
function split(message) {
  const [summary, remedy = null] = message.split("; try: ");
  return { summary, remedy };
}

function told(message) {
  const handlers = { runs: () => showSources(message.runs), case: () => {}, stage: () => showStage(message.stage),
    findings: () => showFindings(message.findings), curve: () => showCurve(message), pair: () => showPair(message), proof: () => showProof(message) };
  if (message.kind !== "runs" && message.kind !== "refused" && from.startsWith("run-")) return;
  if (handlers[message.kind]) handlers[message.kind]();
  else {
    find("state").textContent = "";
    find("trouble").textContent = message.kind === "died" ? _("The process that computed has ended; another one begins.") : said(message);
  }
}

function showStage(stage) {
  find("state").textContent = { examining: _("Looking at the network and the data …"), watching: _("Training, with the doctor beside …"),
    treating: _("Training it as it is, and treated …"), proving: _("Proving it by paired trainings …"), seen: "", treated: "" }[stage];
  if (stage === "treating") find("treatment").hidden = false;
  find("treat").disabled = stage !== "seen" || !find("findings").querySelector("[data-curable]");
}

function showFindings(findings) {
  find("nothing").textContent = findings.length ? "" : _("Nothing was found.");
  if (!from.startsWith("run-")) marks = findings.filter(({ step }) => step !== null).map(({ step }) => step);
  const key = JSON.stringify(findings);
  if (find("findings").dataset.key === key) return;
  find("findings").dataset.key = key;
  find("findings").replaceChildren(...findings.map(shown));
  drawCurve();
}

function shown(found) {
  const when = found.step === null || found.step === undefined
    ? make("p", { class: "quiet" }, _("seen before the first step"))
    : make("button", { type: "button", class: "plain", onclick: () => chart.position.move(found.step) }, _("Step {step}: show it in the curve", { step: found.step }));
  const english = { translate: false, lang: "en", dir: "ltr" };
  const copied = make("span", { role: "status", class: "quiet" });
  const type = found.remedy ? [make("p", { class: "quiet" }, _("What to type:")), make("pre", english, found.remedy),
    make("button", { type: "button", "aria-label": _("Copy what to type against {kind}", { kind: found.kind }), onclick: () => copy(found.remedy, copied) }, _("Copy")), copied] : [];
  return make("li", { class: found.severity ?? "hint", data: found.curable ? { curable: "yes" } : {} },
    make("h3", english, `${found.kind} (${found.where ?? ""}, ${found.severity ?? ""})`), make("p", english, found.summary),
    found.explanation ? make("p", { ...english, class: "quiet" }, found.explanation) : null,
    found.effect ? make("p", english, found.effect) : null, when, ...type);
}

async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    place.textContent = _("Copied.");
  } catch {
    getSelection().selectAllChildren(place.parentElement.querySelector("pre"));
    place.textContent = _("It is selected; copy it with Ctrl+C.");
  }
}

function showCurve(message) {
  curve = longer(curve, message);
  drawCurve();
}

function drawCurve() {
  if (from.startsWith("run-")) return;
  const y = curve.values.loss ?? [];
  chart.show(y.length ? [{ key: "loss", name: _("Loss"), slot: 0, x: curve.epochs, y }] : [], { unit: UNITS.step, marks });
}

function showPair({ sides: more }) {
  for (const [side, news] of Object.entries(more)) sides[side] = longer(sides[side] ?? { epochs: [], values: {} }, news);
  for (const [name, own] of Object.entries(pairs)) {
    const lines = [["sick", _("as it is")], ["treated", _("treated")]].map(([side, title], slot) => ({
      key: side, name: title, slot, x: sides[side]?.epochs ?? [], y: sides[side]?.values[`val_${name}`] ?? sides[side]?.values[name] ?? [],
    }));
    own.show(lines.filter((line) => line.y.length), { unit: UNITS.epoch });
  }
}

function showProof({ said: words, steps, along, left_out: left, scores }) {
  find("proof").textContent = words;
  find("changes").replaceChildren(...[...steps, ...along, ...left].map((text) => make("li", {}, text)));
  if (!scores) return;
  const columns = { sick: _("as it is"), scores: _("treated"), longer: _("trained twice as long"), constant: _("always the same answer") };
  const [head, body] = [find("scores").tHead, find("scores").tBodies[0]];
  head.replaceChildren(make("tr", {}, make("th", { scope: "col" }, _("Seed")), ...Object.values(columns).map((name) => make("th", { scope: "col" }, name))));
  body.replaceChildren(...scores.sick.map((_value, seed) => make("tr", {}, make("th", { scope: "row" }, String(seed)),
    ...Object.keys(columns).map((name) => make("td", { class: "number" }, number(scores[name][seed]))))));
}

begin();
