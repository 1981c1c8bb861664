"use strict";
// How cells become numbers: as clarinet/datasets/columns.py and dates.py do it, a function for each kind of column.

const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)?/gu;
const PUNCTUATION = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g;
const PERIODS = { month: 12, weekday: 7, hour: 24 };
const DAY = 86400000;

// Milliseconds since 1970 of "2024-01-31", "2024-01-31T12:30" or "2024-01-31T12:30:15", on a clock without zones.
function moment(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  return found ? Date.UTC(found[1], found[2] - 1, found[3], found[4] || 0, found[5] || 0, found[6] || 0) : NaN;
}

const PARTS = {
  year: (time) => new Date(time).getUTCFullYear(),
  month: (time) => new Date(time).getUTCMonth(),
  weekday: (time) => (Math.floor(time / DAY) + 3) % 7, // 1970 began on a Thursday
  hour: (time) => (((time % DAY) + DAY) % DAY) / 3600000,
  days: (time, origin) => (time - moment(origin)) / DAY,
};

// A number as people write it: with a point or a comma before the decimals.
function numeral(text) {
  const plain = text.trim().replace(/\s/g, "");
  return /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain.replace(",", ".")) : NaN;
}

// The features of one cell; an empty one is a missing value. NaN says that it cannot be read.
const CODERS = {
  number(column, cell) {
    const absent = cell.trim() === "", value = absent ? column.fill : numeral(cell);
    return column.marked ? [value, Number(absent)] : [value];
  },

  category(column, cell) {
    const names = [...column.categories, ...(column.rest ? ["(other)"] : []), ...(column.marked ? ["(missing)"] : [])];
    const place = Number(cell);
    return names.map((_, i) => Number(i === place));
  },

  date(column, cell) {
    const absent = cell === "", time = moment(absent ? column.fill : cell), features = [];
    for (const part of column.parts) {
      const value = PARTS[part](time, column.origin), angle = (2 * Math.PI * value) / PERIODS[part];
      features.push(...(part in PERIODS ? [Math.sin(angle), Math.cos(angle)] : [value]));
    }
    return column.marked ? [...features, Number(absent)] : features;
  },

  text(column, cell) {
    const places = (column.places ??= new Map(column.words.map((word, i) => [word, i])));
    const counts = new Float64Array(column.words.length);
    for (const word of cell.toLowerCase().match(WORD) ?? []) if (places.has(word)) counts[places.get(word)] += 1;
    counts.forEach((count, i) => { counts[i] = count * column.weights[i]; });
    const length = Math.max(Math.hypot(...counts), 1e-12);
    return Array.from(counts, (count) => count / length);
  },

  tokens(column, cell) {
    let text = column.lower ? cell.toLowerCase() : cell;
    if (column.strip) text = text.replace(PUNCTUATION, "");
    let words = column.split === "whitespace" ? text.split(/\s+/).filter(Boolean) : column.split ? Array.from(text) : [text];
    if (column.ngrams) {
      const runs = (k) => Array.from({ length: Math.max(0, words.length - k + 1) }, (_, i) => words.slice(i, i + k).join(" "));
      words = column.ngrams.flatMap(runs);
    }
    const whole = column.mode === "int", first = whole ? 2 : 1; // padding, where ids are wanted, and unknown words
    const places = (column.places ??= new Map(column.vocabulary.map((word, i) => [word, i]).slice(first)));
    const ids = words.map((word) => places.get(word) ?? first - 1);
    if (whole) return Array.from({ length: column.size }, (_, i) => ids[i] ?? 0);
    const counts = Array(column.size).fill(0);
    for (const id of ids) counts[id] += 1;
    if (column.mode === "tf_idf") return counts.map((count, i) => count * column.weights[i]);
    return column.mode === "multi_hot" ? counts.map((count) => Math.min(count, 1)) : counts;
  },

  numbers(column, cell) {
    const given = cell.trim() === "" ? [] : cell.trim().split(/[\s;,]+/).map(numeral);
    return given.length === column.count ? given : Array(column.count).fill(given.length ? NaN : 0);
  },
};
