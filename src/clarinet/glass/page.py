"""A film as one HTML page with a player: it needs nothing else and loads nothing."""

from __future__ import annotations

import json
from html import escape

from clarinet.glass import svg
from clarinet.glass.shapes import Scene
from clarinet.page.document import policy


def write(scene: Scene, theme: str | None, speed: float) -> str:
    """The page as text. The picture's own clock stands; the player sets it, so that it can wait, step and go faster."""
    starts = svg.times(scene, 1.0)
    data = json.dumps({"starts": starts[:-1], "end": starts[-1], "speed": speed, "run": svg.RUN})
    said = "".join(
        "<li>" + "\n<br>".join((f"<strong>{escape(m.title)}</strong>", *map(escape, m.lines))) + "</li>"
        for m in scene.moments
    )
    scheme = theme or "light dark"
    return _PAGE.format(
        title=escape(scene.title), policy=policy(_SCRIPT), style=_STYLE, scheme=scheme, colors=_colors(theme),
        svg=svg.write(scene, theme, 1.0), said=said, data=data.replace("</", "<\\/"), script=_SCRIPT,
    )  # fmt: skip


def _colors(theme: str | None) -> str:
    light = ":root { --page: #ffffff; --ink: #1f2328; --rim: #767d86; }"
    dark = ":root { --page: #14171c; --ink: #e8eaed; --rim: #8a929c; }"
    if theme is not None:
        return {"light": light, "dark": dark}[theme]
    return f"{light} @media (prefers-color-scheme: dark) {{ {dark} }}"


_STYLE = """
body { background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 1rem auto;
  max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } svg { display: block; width: 100%; height: auto; }
.bar { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
button, select { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--rim);
  border-radius: 6px; padding: .25rem .8rem; min-height: 2.4rem; }
button:hover { border-color: var(--ink); } :focus-visible { outline: 3px solid #1f7fbf; outline-offset: 2px; }
#where { margin-left: auto; font-variant-numeric: tabular-nums; } input { flex-basis: 100%; min-height: 1.6rem; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
#caption { display: none; white-space: pre-line; overflow-wrap: anywhere; min-height: 12rem; }
@media (max-width: 44rem) { #caption { display: block; } }
details { margin-top: 1rem; } li { margin: .4rem 0; overflow-wrap: anywhere; } kbd { border: 1px solid var(--rim);
  border-radius: 4px; padding: 0 .35em; font-size: .85em; }
"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{scheme}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title><style>{colors}{style}</style></head><body>
<main><h1>{title}</h1>
<div id="film">{svg}</div>
<p id="caption" aria-hidden="true"></p>
<div class="bar" role="group" aria-label="Player">
<input id="seek" type="range" min="0" value="0" step="1" aria-label="Step">
<button id="play" type="button">Pause</button>
<button id="back" type="button">Back</button>
<button id="next" type="button">Next</button>
<label>Speed <select id="speed"><option value="0.5">½</option><option value="1">1</option>
<option value="2">2</option><option value="4">4</option></select></label>
<span id="where"></span></div>
<p><kbd>Space</kbd> pause or play, <kbd>←</kbd> <kbd>→</kbd> step, <kbd>Home</kbd> begin again,
<kbd>+</kbd> <kbd>−</kbd> speed</p>
<p id="said" class="spoken" aria-live="polite"></p>
<details><summary>All steps as text</summary><ol id="steps">{said}</ol></details></main>
<script type="application/json" id="data">{data}</script>
<script>{script}</script></body></html>
"""

_SCRIPT = """
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const picture = document.querySelector("#film svg"), steps = document.querySelectorAll("#steps li");
const find = (id) => document.getElementById(id);
const play = find("play"), seek = find("seek"), speed = find("speed"), where = find("where"), said = find("said");
let time = 0, rate = data.speed, last = null, shown = -1;
let playing = !matchMedia("(prefers-reduced-motion: reduce)").matches;
seek.max = data.starts.length - 1;
if (![...speed.options].some((o) => Number(o.value) === rate)) speed.add(new Option(String(rate), String(rate)));
speed.value = String(rate);
picture.pauseAnimations();

function current() {
  let step = 0;
  data.starts.forEach((start, i) => { if (start <= time + 1e-6) step = i; });
  return step;
}
function show() {
  picture.setCurrentTime(Math.min(time, data.end - 1e-3));
  const step = current();
  if (step === shown) return;
  shown = step;
  seek.value = step;
  where.textContent = `step ${step + 1} of ${data.starts.length}`;
  find("caption").textContent = steps[step].textContent;
  if (!playing) said.textContent = steps[step].textContent;
}
function run(wanted) {
  if (wanted && time >= data.end - 1e-3) time = 0;
  playing = wanted;
  last = null;
  play.textContent = playing ? "Pause" : "Play";
  show();
  if (playing) requestAnimationFrame(tick);
}
function tick(now) {
  if (!playing) return;
  if (last !== null) time += rate * (now - last) / 1000;
  last = now;
  if (time >= data.end) { time = data.end; run(false); return; }
  show();
  requestAnimationFrame(tick);
}
function go(step) {
  const wanted = Math.max(0, Math.min(data.starts.length - 1, step));
  time = data.starts[wanted] + data.run + 0.01; // the dots have arrived
  run(false);
}
function faster(by) {
  const at = Math.max(0, Math.min(speed.options.length - 1, speed.selectedIndex + by));
  speed.selectedIndex = at;
  rate = Number(speed.value);
}
play.onclick = () => run(!playing);
find("back").onclick = () => go(current() - 1);
find("next").onclick = () => go(current() + 1);
seek.oninput = () => go(Number(seek.value));
speed.onchange = () => { rate = Number(speed.value); };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target === speed) return;
  const own = { " ": () => run(!playing), ArrowRight: () => go(current() + 1), ArrowLeft: () => go(current() - 1),
    Home: () => go(0), End: () => go(data.starts.length - 1), "+": () => faster(1), "-": () => faster(-1) }[event.key];
  if (!own || (event.key === " " && event.target.tagName === "BUTTON") ||
      (event.key === " " && event.target.tagName === "SUMMARY")) return;
  event.preventDefault();
  own();
});
run(playing);
"""
