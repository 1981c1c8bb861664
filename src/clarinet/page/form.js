"use strict";
// A form with a field for each column; after every change the network's answer.

function element(tag, settings = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, settings);
  made.append(...children);
  return made;
}

// What stands in a column's field, and what an empty one means.
const CONTROLS = {
  number(column) {
    if (column.boolean) {
      const usual = column.fill >= 0.5 ? "yes" : "no";
      return [options([["", column.marked ? "not known" : `not known (${usual})`], ["1", "yes"], ["0", "no"]]), ""];
    }
    const unit = column.sign ? ` ${column.sign}` : "";
    const empty = `empty: ${column.marked ? "not known" : `the median, ${number(column.fill)}${unit}`}`;
    return [element("input", { type: "text", inputMode: "decimal", placeholder: number(column.fill) }), empty];
  },

  category(column) {
    const choices = column.categories.map((name, i) => [String(i), name]);
    if (column.rest) choices.push([String(choices.length), "another one"]);
    if (column.marked) choices.unshift([String(choices.length), "not known"]);
    return [options(choices), ""];
  },

  date(column) {
    const clock = column.parts.includes("hour");
    const kind = { type: clock ? "datetime-local" : "date" };
    return [element("input", kind), `empty: ${column.marked ? "not known" : column.fill.slice(0, 10)}`];
  },

  text: () => [element("textarea", { rows: 6, spellcheck: true }), ""],

  tokens: () => [element("textarea", { rows: 6, spellcheck: true }), ""],

  numbers: (column) => [
    element("textarea", { rows: 6, spellcheck: false }), `${column.count} numbers with blanks or commas between them`],
};

function options(choices) {
  return element("select", {}, ...choices.map(([value, text]) => element("option", { value, textContent: text })));
}

function field(column, place) {
  const [control, note] = CONTROLS[column.kind](column), id = `field-${place}`;
  const hint = element("span", { className: "hint quiet", id: `${id}-hint`, textContent: note });
  Object.assign(control, { id, name: id });
  control.setAttribute("aria-describedby", hint.id);
  const unit = column.sign ? ` (${column.sign})` : "";
  const label = element("label", { htmlFor: id, textContent: `${column.name}${unit}` });
  const wide = ["text", "tokens", "numbers"].includes(column.kind);
  byId("fields").append(element("div", { className: wide ? "wide" : "" }, label, control, hint));
  return { column, control, hint, note };
}

// The features of all fields; a field that cannot be read says so, and there is no answer.
function features() {
  let sound = true;
  const found = fields.flatMap(({ column, control, hint, note }) => {
    const cells = CODERS[column.kind](column, control.value), right = cells.every(Number.isFinite);
    const wanted = column.kind === "numbers" ? `expected ${note}` : "expected a number, such as 12.5";
    control.setAttribute("aria-invalid", String(!right));
    hint.textContent = right ? note : wanted;
    hint.className = right ? "hint quiet" : "hint error";
    sound &&= right;
    return cells;
  });
  return sound ? found.map(Math.fround) : null;
}

function answered() {
  const row = features();
  if (!row) return unknown();
  const answer = shares(predict(network.operations, network.weights, row));
  const best = answer.indexOf(Math.max(...answer)), unit = subject.sign ? ` ${subject.sign}` : "";
  if (subject.classes.length) say(subject.classes[best], written(answer[best]));
  else say(`${number(answer[0])}${unit}`, "");
  bars(answer, best);
  byId("spoken").textContent = `${byId("best").textContent} ${byId("sure").textContent}`;
}

function unknown() {
  say("?", "A field cannot be read");
  bars(null, -1);
  byId("spoken").textContent = "A field cannot be read";
}

function words() {
  byId("heading").textContent = subject.target ? `Predict ${subject.target}` : subject.title;
  byId("lead").textContent = "Fill in what is known. The network answers at every change.";
  byId("unit").textContent = subject.target || "Output";
  const tested = subject.tested ? ` On rows that it had never seen: ${subject.tested}.` : "";
  byId("about").textContent = `${size()}${tested} The network runs in this page; nothing leaves it.`;
}

const fields = subject.columns.map(field);
byId("form").addEventListener("input", answered);
byId("form").addEventListener("reset", () => setTimeout(answered));
byId("form").addEventListener("submit", (event) => event.preventDefault());
words();
answered();
