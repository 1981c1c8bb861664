// What all rooms share: elements, numbers in words, requests, a connection that comes back.

import { _, said } from "./words.js";

/** An element with properties, and children: elements or texts. Texts are never read as HTML. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "style") element.style.cssText = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const find = (id) => document.getElementById(id);

/** A number with four significant digits; what is not finite came as null. */
export function number(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** A length of time. */
export function duration(seconds) {
  if (seconds < 60) return _("{seconds} s", { seconds: seconds.toFixed(seconds < 10 ? 1 : 0) });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return _("{minutes} min {seconds} s", { minutes, seconds: Math.floor(seconds % 60) });
  return _("{hours} h {minutes} min", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Ask the server; its refusals become errors with its own words. */
export async function ask(address, given) {
  const settings = given === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given),
  };
  let answer;
  try {
    answer = await fetch(address, settings);
  } catch {
    throw new Error(_("The studio does not answer. Start it again with: {command}", { command: "clarinet studio" }));
  }
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

/** What an answer says that is none; where it is not the studio that speaks, as it comes. */
export async function refusal(answer) {
  return new Error(answer.status === 400 ? said(await answer.json()) : await answer.text());
}

/** A connection that is made again whenever it breaks. Returns a function that sends a message. */
export function connection(path, { told, state }) {
  let socket = null;
  let patience = 500;
  function open() {
    socket = new WebSocket(`ws://${location.host}${path}`);
    socket.onopen = () => { patience = 500; state(true); };
    socket.onmessage = (event) => told(JSON.parse(event.data));
    socket.onclose = () => {
      state(false);
      setTimeout(open, patience);
      patience = Math.min(2 * patience, 8000);
    };
  }
  open();
  return (message) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
}

/** Do something at most once a frame, however often it is asked for. */
export function oncePerFrame(work) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; work(); });
  };
}

/** Settings in the address, so that a link brings them back. */
export function fromAddress() {
  window.addEventListener("hashchange", () => location.reload()); // another link was pasted into the same tab
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

export function toAddress(settings) {
  const kept = Object.entries(settings).filter(([, value]) => value !== "" && value !== null);
  history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
}

/** Rules of style that scripts read: the colours of the theme. */
export function colours(element) {
  const style = getComputedStyle(element);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    series: [0, 1, 2, 3, 4, 5, 6].map((index) => named(`series-${index}`)),
    second: named("second"), ink: named("ink"), quiet: named("quiet"), line: named("line"), page: named("page"), card: named("card"),
  };
}

/** Fit a canvas to its place on the screen; returns its context in CSS pixels, cleared, and its size. */
export function cleared(canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** Call when the theme or the size of the window changes. */
export function whenLooksChange(work) {
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", work);
  }
  window.addEventListener("resize", work);
}

// Another language shows the same: what is shown is in the address, behind the "#".
for (const link of document.querySelectorAll(".languages a")) {
  link.addEventListener("click", () => { link.hash = location.hash; });
}

// Not by the address, which holds what is shown.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  find("room").focus();
});
