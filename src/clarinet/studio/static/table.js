// The table of runs: columns by what the runs have, sorted by any of them, changed in place.

import { duration, make, number } from "./common.js";
import { swatch } from "./chart.js";
import { _, locale } from "./words.js";

const MOST_METRICS = 8;
const FIRST = ["val_accuracy", "accuracy", "val_loss", "loss"];
/** What a run's status is called. */
export const STATUS = {
  running: _("running"), finished: _("finished"), failed: _("failed"), killed: _("killed"), interrupted: _("interrupted"),
};
const started = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

export class Table {
  /** drawn(run): slot of its line or undefined; toggle(run, on); about(run); sorted(): another order was chosen. */
  constructor(element, { drawn, toggle, about, sorted }) {
    Object.assign(this, { drawn, toggle, about, sorted });
    [this.head, this.body] = [element.tHead, element.tBodies[0]];
    this.column = "started";
    this.descending = true;
    this.rows = new Map();
  }

  sortBy(column, descending) {
    this.column = column;
    this.descending = descending;
  }

  order() {
    const usual = this.column === "started" && this.descending;
    return usual ? "" : `${this.descending ? "-" : ""}${this.column}`;
  }

  show(runs) {
    this.shown = runs;
    this.showHead();
    const columns = this.columns.slice(1);
    const by = this.columns.find(({ key }) => key === this.column) ?? this.columns[3];
    const sign = this.descending ? -1 : 1;
    const ordered = [...runs].sort((a, b) => {
      const [left, right] = [by.value(a), by.value(b)];
      if (empty(left) || empty(right)) return empty(left) - empty(right);
      return sign * (left < right ? -1 : left > right ? 1 : 0) || b.id - a.id;
    });
    const rows = ordered.map((run) => this.row(run, columns));
    for (const [id, { element }] of this.rows) {
      if (!ordered.some((run) => run.id === id)) { element.remove(); this.rows.delete(id); }
    }
    rows.forEach((row, at) => {
      if (this.body.children[at] !== row) this.body.insertBefore(row, this.body.children[at] ?? null);
    });
  }

  /** Columns for these runs: what all have, and the metrics that most have. */
  columnsOf(runs) {
    const counts = new Map();
    for (const run of runs) for (const name of Object.keys(run.metrics)) counts.set(name, (counts.get(name) ?? 0) + 1);
    const rank = ([name, count]) => (FIRST.includes(name) ? FIRST.indexOf(name) - 1e6 : -count);
    const metrics = [...counts].filter(([name]) => name !== "seconds").sort((a, b) => rank(a) - rank(b));
    return [
      { key: "", title: _("Draw") },
      { key: "name", title: _("Name"), value: (run) => run.name.toLowerCase() },
      { key: "status", title: _("Status"), value: (run) => run.status },
      { key: "started", title: _("Begun"), value: (run) => run.started },
      { key: "seconds", title: _("Time"), value: (run) => run.seconds, number: true },
      ...metrics.slice(0, MOST_METRICS).map(([name]) => ({
        key: name, title: name, value: (run) => run.metrics[name], number: true, metric: true,
      })),
      { key: "group", title: _("Group"), value: (run) => run.group },
      { key: "tags", title: _("Tags"), value: (run) => run.tags.join(", ") },
      { key: "notes", title: _("Notes"), value: (run) => run.notes },
    ].filter(({ key, value }) => !["group", "tags"].includes(key) || runs.some((run) => value(run)));
  }

  showHead() {
    this.columns = this.columnsOf(this.shown);
    const key = JSON.stringify([this.columns.map(({ title }) => title), this.column, this.descending]);
    if (key === this.headKey) return;
    this.headKey = key;
    this.rows.clear();
    this.body.replaceChildren();
    const focused = document.activeElement?.dataset?.column;
    this.head.replaceChildren(make("tr", {}, ...this.columns.map((column) => this.heading(column))));
    if (focused) this.head.querySelector(`[data-column="${CSS.escape(focused)}"]`)?.focus();
  }

  heading({ key, title, metric, number: right }) {
    if (!key) return make("th", { scope: "col" }, title);
    const sort = this.column !== key ? "none" : this.descending ? "descending" : "ascending";
    const choose = () => {
      this.sortBy(key, this.column === key ? !this.descending : Boolean(right) || key === "started");
      this.show(this.shown);
      this.sorted();
    };
    return make("th", { scope: "col", "aria-sort": sort, class: right ? "number" : "" },
      make("button", { type: "button", translate: !metric, data: { column: key }, onclick: choose }, title));
  }

  row(run, columns) {
    const slot = this.drawn(run);
    const key = JSON.stringify([run, slot]);
    const before = this.rows.get(run.id);
    if (before?.key === key) return before.element;
    const focused = before?.element.contains(document.activeElement) ? document.activeElement.dataset.part : null;
    const element = make("tr", {}, this.drawCell(run, slot), ...columns.map((column) => this.cell(run, column)));
    before?.element.replaceWith(element);
    if (focused) element.querySelector(`[data-part="${focused}"]`)?.focus();
    this.rows.set(run.id, { key, element });
    return element;
  }

  drawCell(run, slot) {
    const box = make("input", {
      type: "checkbox", checked: slot !== undefined, "aria-label": _("Draw {name}", run), data: { part: "draw" },
      onchange: () => this.toggle(run, box.checked),
    });
    return make("td", {}, make("label", { class: "draw" }, box, slot === undefined ? null : swatch(slot)));
  }

  cell(run, { key, value, metric }) {
    if (key === "name") {
      const link = make("a", { href: `/runs/${run.id}/page`, dir: "auto", translate: false, data: { part: "name" } }, run.name);
      return make("td", { class: "name", title: run.name }, link);
    }
    if (key === "status") return make("td", {}, make("span", { class: `status ${run.status}` }, STATUS[run.status] ?? run.status));
    if (key === "started") return make("td", { translate: false }, started.format(run.started * 1000));
    if (key === "seconds") return make("td", { class: "number" }, run.seconds ? duration(run.seconds) : "");
    if (key === "notes") {
      const words = run.notes ?? _("Add");
      const open = { type: "button", class: "plain", data: { part: "notes" }, onclick: () => this.about(run) };
      return make("td", { class: "notes", dir: "auto" }, make("button", { ...open, "aria-label": _("Notes of {name}: {notes}", { name: run.name, notes: words }) }, words));
    }
    const there = !metric || key in run.metrics;
    const text = metric ? (there ? number(value(run)) : "") : value(run) ?? "";
    return make("td", { class: metric ? "number" : "", translate: false }, text);
  }
}

const empty = (value) => value === null || value === undefined || value === "";
