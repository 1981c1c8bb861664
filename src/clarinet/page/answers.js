"use strict";
// What a network's output means, in words and as bars. All pages have this; `subject` holds the model's facts.

const subject = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const MOST_BARS = 12;

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

const percent = (share) => `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)} %`;
const number = (value) => Number(value.toPrecision(4)).toString();
const written = (value) => (subject.answer === "values" ? number(value) : percent(value));

function say(best, sure) {
  byId("best").textContent = best;
  byId("sure").textContent = sure;
}

// A bar for each class, or for the likeliest ones; without an answer they are empty.
function bars(answer, best) {
  const values = answer ?? subject.classes.map(() => 0);
  let order = subject.classes.map((_, i) => i);
  if (order.length > MOST_BARS) order = order.sort((a, b) => values[b] - values[a]).slice(0, MOST_BARS);
  const longest = subject.answer === "values" ? Math.max(...values.map(Math.abs), 1e-9) : 1;
  rows(order.map((i) => [subject.classes[i], values[i] / longest, answer ? written(values[i]) : "", i === best]));
}

// Bars with names before and values behind them: [name, length from 0 to 1, value, whether it is the best].
function rows(list) {
  byId("bars").replaceChildren(...list.map(([called, length, said, best]) => {
    const row = document.createElement("li"), track = document.createElement("span");
    const name = document.createElement("span"), value = document.createElement("span"), bar = document.createElement("i");
    name.className = "name";
    name.textContent = called;
    track.className = "track";
    bar.style.width = `${100 * Math.max(length, 0)}%`;
    track.append(bar);
    value.className = "value";
    value.textContent = said;
    if (best) row.className = "best";
    row.append(name, track, value);
    return row;
  }));
}

const packed = (each) => each && { operations: each.operations, weights: weightsFrom(each.weights) };
const network = packed(subject.network);
const judge = packed(subject.judge); // says how much a picture looks like a digit; of models of digits alone
const size = () => `${subject.parameters.toLocaleString("en")} weights.`;
