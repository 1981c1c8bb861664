// The room Learn: a lesson's steps, one after the other; how far one has come is kept in this browser.

import { ask, connection, find, make } from "./common.js";
import { Knobs } from "./learn_knobs.js";
import { meanings, worded } from "./learn_words.js";
import { _, language } from "./words.js";

const KEPT = "clarinet-learn";
let lessons = [];
let lesson = null;

async function begin() {
  try {
    const given = await ask(`/learn/lessons?${new URLSearchParams({ lang: language })}`);
    lessons = given.lessons;
    meanings(given.glossary);
    window.addEventListener("hashchange", () => open(true));
    open(false);
    connection("/learn/live", { told: () => {}, state: (there) => {
      find("state").textContent = there ? "" : _("The studio does not answer; trying again …");
    } });
  } catch (error) {
    find("state").textContent = "";
    find("trouble").textContent = error.message;
  }
}

// How far one has come: for each lesson the number of its steps that are done.

function progress() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return kept && typeof kept === "object" ? kept : {};
  } catch {
    return {};
  }
}

function keep(steps) {
  const kept = progress();
  kept[lesson.name] = Math.max(kept[lesson.name] ?? 0, steps);
  try { localStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* a browser that keeps nothing */ }
  listLessons();
}

const isDone = (one) => (progress()[one.name] ?? 0) >= one.steps.length;

function listLessons() {
  find("lessons").replaceChildren(...lessons.map((one) => make("li", {}, make("a", {
    href: `#lesson=${one.name}`, ...(one === lesson ? { "aria-current": "page" } : {}),
  }, make("span", {}, one.title), isDone(one) ? make("span", { class: "learned" }, _("✓ done")) : null))));
}

/** The lesson that the address names, else the first that is not done. */
function open(focus) {
  const name = new URLSearchParams(location.hash.slice(1)).get("lesson");
  lesson = lessons.find((one) => one.name === name) ?? lessons.find((one) => !isDone(one)) ?? lessons[0];
  listLessons();
  find("lesson").hidden = false;
  find("lesson-title").textContent = lesson.title;
  find("notebook").href = `/learn/${lesson.name}.ipynb?${new URLSearchParams({ lang: language })}`;
  find("done").hidden = true;
  find("steps").replaceChildren();
  showFrom(0);
  if (focus) find("lesson-title").focus();
}

/** Steps from one on, up to the next that asks for something. */
function showFrom(at, focus = false) {
  const step = lesson.steps[at];
  if (!step) return finish(focus);
  const passed = () => {
    if (find("steps").children.length === at + 1 && find("done").hidden) { keep(at + 1); showFrom(at + 1, true); }
  };
  const element = make("section", { class: "step", tabIndex: -1 }, ...PARTS[step.kind](step, at, passed));
  find("steps").append(element);
  if (focus) element.focus({ preventScroll: true });
  if (step.kind === "read") showFrom(at + 1);
}

function finish(focus) {
  keep(lesson.steps.length);
  const next = lessons[lessons.indexOf(lesson) + 1];
  find("next").textContent = next ? _("Next lesson: {title}", next) : "";
  if (next) find("next").href = `#lesson=${next.name}`;
  find("done").hidden = false;
  if (focus) find("done").focus({ preventScroll: true });
}

// The kinds of steps.

const PARTS = { read: (step) => [make("p", {}, ...worded(step.text))], predict, code, knobs };

function predict(step, at, passed) {
  const answer = make("p", { class: "answer", role: "status" });
  const check = make("button", { type: "button", disabled: true, onclick: () => {
    const chosen = Number(form.querySelector("input:checked").value);
    const words = chosen === step.right ? _("Right.") : _("Not quite: “{answer}”.", { answer: step.choices[step.right] });
    answer.classList.toggle("right", chosen === step.right);
    answer.replaceChildren(make("strong", {}, words), " ", ...worded(step.because));
    passed();
  } }, _("Check"));
  const form = make("fieldset", {}, make("legend", {}, _("What do you think?")), make("p", {}, ...worded(step.ask)),
    ...step.choices.map((choice, number) => make("label", {}, make("input", {
      type: "radio", name: `step-${at}`, value: String(number), onchange: () => { check.disabled = false; },
    }), make("span", {}, choice))), check, answer);
  return [form];
}

function code(step, at, passed) {
  const area = make("textarea", {
    class: "code", spellcheck: false, rows: step.code.split("\n").length, value: step.code, translate: false, dir: "ltr",
    autocapitalize: "off", "aria-label": _("Your program"),
    onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); go.click(); } },
  });
  const output = make("pre", { translate: false, dir: "ltr", tabIndex: 0, role: "region", "aria-label": _("What it printed"), hidden: true });
  const answer = make("p", { class: "answer", role: "status" });
  let tries = 0;
  const solve = make("button", { type: "button", hidden: true, onclick: () => { area.value = step.solved; area.focus(); } },
    _("Show a solution"));
  const go = make("button", { type: "button", class: "main", onclick: async () => {
    go.disabled = true;
    answer.textContent = _("It is running …");
    answer.classList.remove("right");
    try {
      const said = await ask(`/learn/run?${new URLSearchParams({ lang: language })}`, { lesson: lesson.name, step: at, code: area.value });
      output.textContent = said.output;
      output.hidden = !said.output;
      answer.classList.toggle("right", said.passed);
      answer.replaceChildren(...(said.passed ? [make("strong", {}, _("Right."))] : worded(said.hint
        || _("The program ended with an error; its last line says which."))));
      tries += said.passed ? 0 : 1;
      if (said.passed) passed();
    } catch (error) {
      answer.textContent = error.message;
      tries += 1;
    }
    solve.hidden = tries < 2;
    go.disabled = false;
  } }, _("Run"));
  const reset = make("button", { type: "button", onclick: () => { area.value = step.code; } }, _("As it was"));
  const before = step.before ? make("details", {}, make("summary", {}, _("What runs before it")),
    make("pre", { translate: false, dir: "ltr", tabIndex: 0, role: "region", "aria-label": _("What runs before it") }, step.before)) : null;
  return [make("p", {}, ...worded(step.text)), before, area, make("div", { class: "row" }, go, reset, solve), answer, output];
}

function knobs(step, at, passed) {
  return [make("p", {}, ...worded(step.text)), new Knobs(passed).element];
}

begin();
