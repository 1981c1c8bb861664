// What is known of one run beside its curves: findings, notes, tags; and the way to the bin and back.

import { ask, find, make } from "./common.js";
import { _ } from "./words.js";

let run = null;
let binned = null;

export function setUpAbout() {
  find("save").addEventListener("click", save);
  find("close").addEventListener("click", () => find("about").close());
  find("bin").addEventListener("click", bin);
  find("take-back").addEventListener("click", takeBack);
}

export async function openAbout(chosen) {
  run = chosen;
  find("about-name").textContent = run.name;
  find("notes").value = run.notes ?? "";
  find("tags").value = run.tags.join(", ");
  find("bin").disabled = run.status === "running";
  for (const id of ["about-error", "about-trouble"]) find(id).textContent = "";
  find("about-findings").replaceChildren();
  find("about").showModal();
  try {
    const { error, findings } = await ask(`/runs/${run.id}`);
    find("about-error").textContent = error ?? "";
    const words = findings.map((one) => make("li", {}, one.step === null ? one.message : _("Step {step}: {message}", one)));
    if (words.length) find("about-findings").replaceChildren(make("p", {}, _("Findings")), make("ul", { dir: "auto" }, ...words));
  } catch (error) {
    find("about-trouble").textContent = error.message;
  }
}

async function save() {
  const tags = find("tags").value.split(",").map((tag) => tag.trim()).filter(Boolean);
  await tried(async () => {
    await ask(`/runs/${run.id}/notes`, { notes: find("notes").value, tags });
    find("about").close();
  });
}

async function bin() {
  await tried(async () => {
    await ask(`/runs/${run.id}/delete`, {});
    find("about").close();
    binned = run.name;
    find("binned-words").textContent = _("{name} is in the bin, for 30 days.", { name: binned });
    find("binned").hidden = false;
    find("take-back").focus();
  });
}

async function takeBack() {
  try {
    await ask("/runs/restore", { name: binned });
    find("binned").hidden = true;
  } catch (error) {
    find("binned-words").textContent = error.message;
  }
}

async function tried(work) {
  find("about-trouble").textContent = "";
  try {
    await work();
  } catch (error) {
    find("about-trouble").textContent = error.message;
  }
}
