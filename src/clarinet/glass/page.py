"""A film as one HTML page with a player: it needs nothing else and loads nothing."""

from __future__ import annotations

from html import escape

from clarinet.glass import svg
from clarinet.glass.shapes import Scene
from clarinet.views.page import page


def write(scene: Scene, theme: str | None, speed: float) -> str:
    """The page as text. The picture's own clock is stopped; the player sets it, so that it can pause, step and speed
    up."""
    starts = svg.times(scene, 1.0)
    said = "".join(
        "<li>" + "\n<br>".join((f"<strong>{escape(m.title)}</strong>", *map(escape, m.lines))) + "</li>"
        for m in scene.moments
    )
    body = _BODY.format(title=escape(scene.title), svg=svg.write(scene, theme, 1.0), said=said)
    data = {"starts": starts[:-1], "end": starts[-1], "speed": speed, "run": svg.RUN}
    return page(scene.title, body, rules=_RULES, script=_SCRIPT, data=data, theme=theme)


_RULES = """
#film svg { width: 100%; }
.bar { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
#where { margin-left: auto; font-variant-numeric: tabular-nums; } input { flex-basis: 100%; min-height: 1.6rem; }
#caption { display: none; white-space: pre-line; min-height: 12rem; }
@media (max-width: 44rem) { #caption { display: block; } }
details { margin-top: 1rem; } li { margin: .4rem 0; }
"""

_BODY = """<main><h1>{title}</h1>
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
<p id="said" class="unseen" aria-live="polite"></p>
<details><summary>All steps as text</summary><ol id="steps">{said}</ol></details></main>"""

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
