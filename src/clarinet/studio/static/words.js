// What is said, in the reader's language. Every text is marked: _("Train"), or many("{count} run", "{count} runs", count).

const { language: reader, texts, counted } = JSON.parse(document.getElementById("words").textContent);
const kinds = new Intl.PluralRules(reader);
const rightToLeft = document.documentElement.dir === "rtl";

/** The reader's language, as a tag. */
export const language = reader;

/** The reader's language, for dates; digits are 0 to 9 everywhere, as in programs. */
export const locale = `${reader}-u-nu-latn`;

/** A text with values in place of the names in its braces. */
export function _(text, values = {}) {
  return fill(texts[text] ?? text, values);
}

/** A text about so many things, with {count} in it. */
export function many(one, more, count, values = {}) {
  const text = counted[one]?.[kinds.select(count)] ?? (count === 1 ? one : more);
  return fill(text, { count, ...values });
}

/** What the server tells of an error; what the library says itself is in English. */
export const said = ({ message, values }) => _(message, values);

// Among words from right to left, names and numbers are set apart, so that each keeps its own direction.
function fill(text, values) {
  const part = (value) => (rightToLeft ? `\u2068${value}\u2069` : String(value));
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? part(values[name]) : all));
}
