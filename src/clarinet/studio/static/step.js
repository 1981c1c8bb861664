// The room Step through: one training step of a network, a unit or a layer at a time, with what is behind each number.

import { connection, find, fromAddress, make, number, toAddress } from "./common.js";
import { addressOf, chosenBy } from "./choices.js";
import { Drawing } from "./drawing.js";
import { SceneView, same } from "./scene.js";
import { _, said } from "./words.js";

/** What can be stepped through at once; each by what the address calls it. */
const FIRST = {
  "toy-xor": [_("two classes of points (xor)"), { chosen: { data: "xor" }, steps: 60 }],
  "toy-mnist": [_("MNIST's digits, dense layers"), { chosen: { data: "mnist", hidden: [[16, "relu"]] }, steps: 300 }],
  "example-digits": [_("MNIST's digits, convolution and pooling"), { example: "digits" }],
  "example-sequence": [_("sequences, embedding and recurrent layer"), { example: "sequence" }],
  "example-attention": [_("sequences, attention"), { example: "attention" }],
};

const given = fromAddress();
const chosen = chosenBy(given);
let from = given.from || "toy-xor";
let [row, at, most] = [Number(given.row) || 0, Number(given.at) || 0, Number(given.most) || 6];
let taken = (given.taken || "").split(",").filter(Boolean).map(Number);
let wanted = given.unit ? { layer: given.layer ?? "", unit: given.unit.split(",").map(Number) } : null;
let [about, scene, moment, playing, asked] = [null, null, null, null, 0];

const view = new SceneView(find("scene"), (of) => (of.unit ? askUnit(of) : askWeight(of.layer, "kernel", of.at)));
const drawing = new Drawing(find("drawing"));
const post = connection("/step/live", { told, state });
const send = (message) => post({ room: "step", ...message });

function begin() {
  find("back").addEventListener("click", () => go(at - 1));
  find("next").addEventListener("click", () => go(at + 1));
  find("layer-back").addEventListener("click", () => go(otherLayer(-1)));
  find("layer-next").addEventListener("click", () => go(otherLayer(1)));
  find("place").addEventListener("input", () => go(Number(find("place").value)));
  find("play").addEventListener("click", () => (playing === null ? play() : pause()));
  find("from").addEventListener("change", () => { from = find("from").value; [row, at, taken, wanted] = [0, 0, [], null]; open(); });
  find("row").addEventListener("change", () => goToRow(Number(find("row").value)));
  find("most").addEventListener("change", () => { if (find("most").checkValidity()) { most = Number(find("most").value); goToRow(row); } });
  find("row-back").addEventListener("click", () => goToRow(row - 1));
  find("row-next").addEventListener("click", () => goToRow(row + 1));
  find("take").addEventListener("click", () => { if (scene.row !== null) taken.push(row); wanted = null; send({ do: "take" }); });
  find("use").addEventListener("click", useDrawing);
  find("clear").addEventListener("click", () => drawing.clear());
  find("draw").addEventListener("toggle", () => drawing.draw());
  find("layer").addEventListener("change", showShape);
  find("write").addEventListener("click", writeOut);
  find("unit").addEventListener("keydown", (event) => { if (event.key === "Enter") writeOut(); });
  for (const id of ["units-table", "ties-table"]) find(id).addEventListener("toggle", showTables);
  document.addEventListener("keydown", shortcut);
  document.addEventListener("visibilitychange", () => { if (document.hidden) pause(); });
}

function shortcut(event) {
  const typing = event.target.closest("input, select, textarea, pre, .scrolls:focus, #drawing");
  const target = { ArrowRight: at + 1, ArrowLeft: at - 1, PageDown: otherLayer(1), PageUp: otherLayer(-1) }[event.key];
  if (target === undefined || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  go(target);
}

// What is looked at.

function state(there) {
  find("state").textContent = there ? _("Opening the network …") : _("The studio does not answer; trying again …");
  if (!there) return;
  send({ do: "runs" });
  open();
}

function open() {
  pause();
  [about, scene, moment] = [null, null, null];
  find("trouble").textContent = "";
  find("state").textContent = _("Opening the network …");
  send({ do: "open", taken, ...source() });
}

function source() {
  if (from.startsWith("run-")) return { run: Number(from.slice(4)) };
  if (from === "train") return { chosen, steps: Number(given.steps) || 0, kept: given.kept ?? "" };
  return (FIRST[from] ?? FIRST["toy-xor"])[1];
}

function showSources(runs) {
  const option = (value, text) => make("option", { value }, text);
  const own = given.from === "train" ? [option("train", _("the one of the room Train"))] : [];
  const ready = Object.entries(FIRST).map(([value, [text]]) => option(value, text));
  find("from").replaceChildren(...own, make("optgroup", { label: _("Examples") }, ...ready));
  if (runs.length) find("from").append(make("optgroup", { label: _("Runs") }, ...runs.map(({ id, name }) => make("option", { value: `run-${id}`, translate: false }, name))));
  find("from").value = from;
}

function told(message) {
  const handlers = { runs: () => showSources(message.runs), opened: () => opened(message), scene: () => showScene(message),
    moment: () => showMoment(message), said: () => showUnit(message), weight: () => showWeight(message) };
  if (handlers[message.kind]) handlers[message.kind]();
  else {
    find("state").textContent = "";
    find("trouble").textContent = message.kind === "died" ? _("The process that computed has ended; another one begins.") : said(message);
    pause();
  }
}

function opened(message) {
  about = message;
  find("state").textContent = "";
  find("facts").textContent = _("{name}: {parameters} weights; {rows} rows.", { name: about.name, parameters: about.parameters, rows: about.rows });
  find("draw").hidden = !about.draw;
  if (!about.rows) find("draw").open = true;
  const classes = about.classes.length ? about.classes : Array.from({ length: 10 }, (_one, digit) => String(digit));
  find("label").replaceChildren(make("option", { value: "" }, _("unknown")), ...classes.map((name, value) => make("option", { value, translate: false }, name)));
  find("row").max = Math.max(0, about.rows - 1);
  find("most").value = most;
  if (about.rows) send({ do: "row", row: Math.min(row, about.rows - 1), most, at });
}

function goToRow(next) {
  if (!about || !Number.isInteger(next) || next < 0 || next >= about.rows) {
    find("trouble").textContent = _("There are rows 0 to {last}.", { last: (about?.rows ?? 1) - 1 });
    return;
  }
  row = next;
  send({ do: "row", row, most, at });
}

function useDrawing() {
  if (drawing.empty) {
    find("trouble").textContent = _("The drawing is empty; draw a digit first.");
    return;
  }
  const label = find("label").value;
  send({ do: "drawn", ink: drawing.text, label: label === "" ? null : Number(label), at: 0 });
}

function showScene(message) {
  scene = message;
  find("trouble").textContent = "";
  if (scene.row !== null) row = scene.row;
  find("row").value = row;
  find("row-back").disabled = row <= 0;
  find("row-next").disabled = row >= about.rows - 1;
  find("take").disabled = scene.loss === null;
  find("place").max = scene.moments.length - 1;
  const facts = { label: scene.label, said: scene.said, loss: scene.loss, after: scene.loss_after };
  for (const [id, value] of Object.entries(facts)) {
    find(`fact-${id}`).textContent = value === null || typeof value === "number" ? number(value) : String(value);
  }
  const before = find("layer").value;
  find("layer").replaceChildren(...scene.layers.map(({ name, kind }) => make("option", { value: name, translate: false }, `${name} (${kind})`)));
  find("layer").value = scene.layers.some(({ name }) => name === before) ? before : scene.layers.at(-1)?.name ?? "";
  showShape();
  view.begin(scene);
  for (const id of ["said", "weight"]) find(id).textContent = "";
  find("weights").hidden = true;
  view.mark(null);
  if (wanted) askUnit(wanted);
}

// Which picture.

function go(next) {
  if (!scene) return;
  const target = Math.min(scene.moments.length - 1, Math.max(0, next));
  asked = target;
  at = target;
  send({ do: "show", at: target });
}

/** The first picture of the next layer, or of the one before, on the way forward or back. */
function otherLayer(way) {
  const part = (place) => `${scene.moments[place].stage} ${scene.moments[place].layer}`;
  let place = at;
  while (scene.moments[place + way] && part(place) === part(place + way)) place += way;
  place += way;
  while (way < 0 && scene.moments[place - 1] && part(place - 1) === part(place)) place -= 1;
  return place;
}

function play() {
  if (!scene) return;
  if (at >= scene.moments.length - 1) go(0);
  playing = setTimeout(playOn, 1200);
  showPlaying();
}

function playOn() {
  go(at + 1);
  playing = at < scene.moments.length - 1 ? setTimeout(playOn, 1000 * Math.min(4, moment.seconds)) : null;
  showPlaying();
}

function pause() {
  clearTimeout(playing);
  playing = null;
  showPlaying();
}

function showPlaying() {
  find("play").textContent = playing === null ? _("Play") : _("Pause");
  find("play").setAttribute("aria-pressed", String(playing !== null));
}

function showMoment(message) {
  const forward = moment !== null && message.at === moment.at + 1;
  moment = message;
  at = message.at;
  find("title").textContent = moment.title;
  find("lines").textContent = moment.lines.join("\n");
  find("place").value = at;
  find("place").setAttribute("aria-valuetext", _("{place} of {count}: {title}", { place: at + 1, count: scene.moments.length, title: moment.title }));
  for (const [id, off] of [["back", at === 0], ["layer-back", at === 0], ["next", at === scene.moments.length - 1], ["layer-next", at === scene.moments.length - 1]]) {
    find(id).disabled = off && document.activeElement !== find(id);
  }
  view.show(moment, forward);
  const stage = find("stage");
  if (stage.scrollWidth > stage.clientWidth) stage.scrollLeft = view.middle() * stage.scrollWidth - stage.clientWidth / 2;
  showTables();
  keepAddress();
}

// The numbers of a picture.

const named = ({ layer, unit }) => `${layer} ${unit.join(", ")}`;

function showTables() {
  if (!moment) return;
  if (find("units-table").open) {
    fillRows(find("units-table"), moment.units.map((own) => make("tr", {}, make("th", { scope: "row" },
      make("button", { type: "button", class: "plain", translate: false, onclick: () => askUnit(own) }, named(own))),
    ...[own.value, own.delta, own.target].map((value) => make("td", { class: "number" }, value === null ? "" : number(value))),
    make("td", { translate: false }, own.delta_of === own.layer ? "" : own.delta_of))));
  }
  if (!find("ties-table").open) return;
  find("ties-what").textContent = moment.stage === "update" ? _("change") : _("value");
  fillRows(find("ties-table"), moment.ties.map(({ layer, at: index, value }) => make("tr", {}, make("th", { scope: "row" },
    make("button", { type: "button", class: "plain", translate: false, onclick: () => askWeight(layer, "kernel", index) }, `${layer} W[${index.join(", ")}]`)),
  make("td", { class: "number" }, number(value)))));
}

const fillRows = (place, rows) => place.querySelector("tbody").replaceChildren(...rows);

// Behind a number.

function askUnit({ layer, unit }) {
  wanted = { layer, unit };
  send({ do: "unit", layer, unit });
}

function askWeight(layer, name, index) {
  send({ do: "weight", layer, name, index });
}

function writeOut() {
  const unit = find("unit").value.split(/[\s,]+/).filter(Boolean).map(Number);
  askUnit({ layer: find("layer").value, unit });
}

function showShape() {
  const own = scene?.layers.find(({ name }) => name === find("layer").value);
  find("shape").textContent = own ? _("It gives {shape} numbers; units are counted from 0.", { shape: own.shape.join(" × ") }) : "";
}

function showUnit({ of: [layer, unit], text, weights }) {
  find("trouble").textContent = "";
  view.mark({ layer, unit });
  if (scene.layers.some(({ name }) => name === layer)) find("layer").value = layer;
  find("unit").value = unit.join(", ");
  showShape();
  find("said").textContent = text;
  find("weight").textContent = "";
  find("weights").hidden = weights.length === 0;
  fillRows(find("weights"), weights.map(({ name, at: index, value, gradient, update }) => make("tr", {}, make("th", { scope: "row" },
    make("button", { type: "button", class: "plain", translate: false, onclick: () => askWeight(layer, name, index) }, `${name}[${index.join(", ")}]`)),
  ...[value, gradient, update].map((each) => make("td", { class: "number" }, number(each))))));
  keepAddress();
}

function showWeight({ of: [layer, name, index], text }) {
  find("trouble").textContent = "";
  find("weights").hidden = false;
  find("weight").textContent = text;
  const marked = { layer, unit: [index.at(-1)] };
  if (name === "kernel" && moment?.units.some((own) => same(own, marked))) view.mark(marked);
  if (!find("said").textContent) fillRows(find("weights"), []);
}

function keepAddress() {
  const own = from === "train" ? { ...addressOf(chosen), steps: given.steps ?? "", kept: given.kept ?? "" } : {};
  const unit = wanted ? { layer: wanted.layer, unit: wanted.unit.join() } : {};
  toAddress({ from, ...own, row: scene?.row ?? row, at: at || "", most: most === 6 ? "" : most, taken: taken.join(), ...unit });
}

begin();
