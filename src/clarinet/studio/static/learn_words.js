// Texts of lessons: `code`, and [words](word) of the glossary, which open what they mean.

import { find, make } from "./common.js";
import { _ } from "./words.js";

/** Keep the glossary: a list at the end of the page, and a small window for each word. */
export function meanings(glossary) {
  const all = Object.entries(glossary);
  find("glossary").replaceChildren(...all.flatMap(([, { title, text }]) => [make("dt", {}, title), make("dd", {}, text)]));
  find("words-meant").replaceChildren(...all.map(([name, { title, text }]) => make("div", {
    id: `word-${name}`, class: "meaning", popover: "auto", role: "dialog", "aria-label": title,
  }, make("h3", {}, title), make("p", {}, text), make("button", {
    type: "button", popovertarget: `word-${name}`, popovertargetaction: "hide",
  }, _("Close")))));
}

/** A text as elements. */
export function worded(text) {
  return text.split(/(`[^`]+`|\[[^\]]+\]\(\w+\))/).filter(Boolean).map((part) => {
    const link = /^\[([^\]]+)\]\((\w+)\)$/.exec(part);
    if (link) return make("button", { type: "button", class: "word", popovertarget: `word-${link[2]}` }, link[1]);
    return part.startsWith("`") ? make("code", { translate: false }, part.slice(1, -1)) : part;
  });
}
