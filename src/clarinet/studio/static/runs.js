// The room Runs: what is shown, how it is chosen, and the address that brings it back.

import { ask, connection, find, fromAddress, make, toAddress } from "./common.js";
import { Chart, Position } from "./chart.js";
import { openAbout, setUpAbout } from "./about.js";
import { together } from "./runs_means.js";
import { STATUS, Table } from "./table.js";
import { _, many } from "./words.js";

const MOST_DRAWN = 24;
const DRAWN_AT_FIRST = 5;
const CURVES_EVERY = 1000;
const FIRST = ["loss", "val_loss", "accuracy", "val_accuracy"];

const UNITS = { epoch: _("epoch"), step: _("step"), log: _("logged step") };

const runs = new Map();
const slots = new Map();
const charts = new Map();
const position = new Position();
const given = fromAddress();
let wanted = null;
let kind = given.by || null;
let curves = {};
let matches = null;
let alike = new Map();

const table = new Table(find("runs"), {
  drawn: (run) => slots.get(run.id),
  toggle: (run, on) => { if (on) draw(run.id); else slots.delete(run.id); chosen(); },
  about: (run) => openAbout(run),
  sorted: keepAddress,
});

function begin() {
  find("filter").value = given.filter || "";
  find("smoothing").value = given.smoothing || 0;
  find("logarithmic").checked = given.log === "yes";
  find("means").value = given.means === "group" || given.means === "seeds" ? given.means : "";
  if (given.sort) table.sortBy(given.sort.replace(/^-/, ""), given.sort.startsWith("-"));
  if (given.draw !== undefined) wanted = given.draw.split(",").filter(Boolean).map(Number);
  for (const id of ["smoothing", "logarithmic", "means"]) {
    find(id).addEventListener("input", () => { keepAddress(); showCurves(); });
  }
  find("kind").addEventListener("change", () => { kind = find("kind").value; keepAddress(); loadCurves(); });
  find("filter").addEventListener("input", filter);
  find("draw-none").addEventListener("click", () => { slots.clear(); wanted = []; chosen(); });
  setUpAbout();
  connection("/runs/live", { told: news, state: (there) => say(there ? null : _("The studio does not answer; trying again …")) });
  setInterval(() => { if (!document.hidden && [...slots.keys()].some(isRunning)) loadCurves(); }, CURVES_EVERY);
}

const isRunning = (id) => runs.get(id)?.status === "running";

function say(words) {
  const running = [...runs.values()].filter((run) => run.status === "running").length;
  const count = many("{count} run", "{count} runs", runs.size);
  const now = running ? many("{count} training now", "{count} training now", running) : "";
  const text = words ?? _("{runs}. New ones show up by themselves.", { runs: [count, now].filter(Boolean).join(_(", ")) });
  if (find("state").textContent !== text) find("state").textContent = text;
}

/** What the server tells: runs that are new or changed, and those that are gone. */
function news({ changed = [], gone = [], error }) {
  find("trouble").textContent = error || "";
  if (error) return;
  const fresh = changed.filter((run) => !runs.has(run.id));
  const again = changed.filter((run) => slots.has(run.id) && runs.has(run.id));
  for (const run of changed) runs.set(run.id, run);
  for (const id of gone) { runs.delete(id); slots.delete(id); }
  find("some").hidden = runs.size === 0;
  find("none").hidden = runs.size > 0;
  const before = slots.size;
  drawSome(fresh);
  say(null);
  if (fresh.length && find("filter").value) filter();
  if (slots.size !== before || gone.length) chosen();
  else if (again.length) loadCurves();
  show();
}

/** Runs that are drawn without being chosen: the newest ones at first, then those that begin to train. */
function drawSome(fresh) {
  if (wanted !== null) {
    for (const id of wanted) if (runs.has(id)) draw(id);
    wanted = wanted.filter((id) => !runs.has(id));
    for (const run of fresh) if (run.status === "running") draw(run.id);
    return;
  }
  wanted = [];
  const newest = [...runs.values()].sort((a, b) => b.id - a.id);
  for (const run of newest.slice(0, DRAWN_AT_FIRST).reverse()) draw(run.id);
}

/** Gives a run the first look that no other has. */
function draw(id) {
  if (slots.has(id) || slots.size >= MOST_DRAWN) return;
  const taken = new Set(slots.values());
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  slots.set(id, slot);
}

function chosen() {
  keepAddress();
  show();
  loadCurves();
  loadDiff();
}

function show() {
  const words = find("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const said = (run) => [run.name, run.status, STATUS[run.status], run.group, run.notes, ...run.tags].join(" ").toLowerCase();
  const holds = (run) => (matches ? matches.has(run.id) : words.every((word) => said(run).includes(word)));
  table.show([...runs.values()].filter((run) => !find("filter").value || holds(run)));
}

async function filter() {
  const text = find("filter").value;
  keepAddress();
  find("trouble").textContent = "";
  matches = null;
  if (/[<>=]/.test(text)) {
    try {
      matches = new Set(await ask(`/runs/matching?${new URLSearchParams({ where: text })}`));
    } catch (error) {
      matches = new Set();
      find("trouble").textContent = error.message;
    }
    if (text !== find("filter").value) return;
  }
  show();
}

let loading = false;
let again = false;

/** The curves of the chosen runs; while some are on their way, once more afterwards. */
async function loadCurves() {
  if (loading) { again = true; return; }
  loading = true;
  const ids = [...slots.keys()];
  try {
    if (kind === null && ids.length) await chooseKind(ids);
    find("kind").value = kind ?? "epoch";
    curves = ids.length ? await ask(`/runs/curves?${new URLSearchParams({ ids, kind: kind ?? "epoch" })}`) : {};
    showCurves();
  } catch (error) {
    find("curves-state").textContent = error.message;
  }
  loading = false;
  if (again) { again = false; loadCurves(); }
}

/** Epochs where the first run that is drawn has some, else what it has. */
async function chooseKind(ids) {
  const about = await Promise.all(ids.map((id) => ask(`/runs/${id}`)));
  kind = ["epoch", "step", "log"].find((name) => about.some((run) => run.kinds.includes(name))) ?? null;
}

function showCurves() {
  const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const names = Object.keys(curves).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  for (const [name, chart] of charts) if (!names.includes(name)) { chart.remove(); charts.delete(name); }
  const looks = {
    smoothing: Number(find("smoothing").value), logarithmic: find("logarithmic").checked,
    unit: UNITS[kind ?? "epoch"],
  };
  for (const name of names) {
    if (!charts.has(name)) charts.set(name, new Chart(find("plots"), name, position));
    const chart = charts.get(name);
    find("plots").append(chart.element);
    const lines = [...slots].filter(([id]) => curves[name][id] && runs.has(id)).map(([id, slot]) => ({
      key: id, name: runs.get(id).name, slot, ...curves[name][id],
    }));
    chart.show(together(lines, familyOf, inWords), looks);
  }
  const nothing = slots.size ? _("These runs have no such numbers yet.") : _("Tick a run to draw its curves.");
  find("curves-state").textContent = names.length ? "" : nothing;
}

/** What the runs of one line have in common; null where each has its own. */
function familyOf({ key }) {
  return { group: runs.get(key).group, seeds: alike.get(key) }[find("means").value] || null;
}

function inWords(lines) {
  const name = (find("means").value === "group" && runs.get(lines[0].key).group) || lines[0].name;
  return _("{name}: mean of {count} runs", { name, count: lines.length });
}

/** Runs that differ in their seeds alone, by their other settings; a run that has kept no seed is like no other. */
function findAlike(ids, rows) {
  const isSeed = ([key]) => /(^|[._])seed$/.test(key);
  const at = (place, wanted) => rows.filter((row) => isSeed(row) === wanted).map(([, values]) => values[place]);
  const seeded = ids.map((id, place) => [id, place]).filter(([, place]) => at(place, true).some((value) => value !== "null"));
  alike = new Map(seeded.map(([id, place]) => [id, JSON.stringify(at(place, false))]));
  if (find("means").value === "seeds") showCurves();
}

async function loadDiff() {
  const ids = [...slots.keys()];
  if (ids.length < 2) {
    find("diff").replaceChildren();
    find("diff-others").hidden = true;
    find("diff-state").textContent = _("Tick two runs or more to compare how they were set.");
    return;
  }
  try {
    const rows = Object.entries(await ask(`/runs/diff?${new URLSearchParams({ ids })}`));
    findAlike(ids, rows);
    const differ = rows.filter(([, values]) => new Set(values.filter((value) => value !== "null")).size > 1);
    const others = rows.filter((row) => !differ.includes(row));
    find("diff-state").textContent = rows.length ? "" : _("All settings are the same.");
    fillDiff(find("diff"), ids, differ);
    fillDiff(find("diff-more"), ids, others);
    find("diff-others").hidden = others.length === 0;
    find("diff-count").textContent = many("{count} setting that only some of these runs have",
      "{count} settings that only some of these runs have", others.length);
  } catch (error) {
    find("diff-state").textContent = error.message;
  }
}

function fillDiff(place, ids, rows) {
  place.replaceChildren(...(rows.length ? [
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, _("setting")),
      ...ids.map((id) => make("th", { scope: "col", translate: false, dir: "auto" }, runs.get(id)?.name ?? "")))),
    make("tbody", {}, ...rows.map(([key, values]) => make("tr", {}, make("th", { scope: "row", translate: false, dir: "auto" }, key),
      ...values.map((value) => make("td", { translate: false, dir: "auto" }, make("code", {}, value === "null" ? "–" : value))))))] : []));
}

function keepAddress() {
  toAddress({
    draw: [...slots.keys()].join(), filter: find("filter").value, sort: table.order(), by: kind ?? "",
    smoothing: find("smoothing").value === "0" ? "" : find("smoothing").value,
    log: find("logarithmic").checked ? "yes" : "", means: find("means").value,
  });
}

begin();
