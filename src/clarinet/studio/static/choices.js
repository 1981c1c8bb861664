// What is chosen in the room Train, as addresses hold it: a link to any room brings the same network back.

export const NUMBERS = ["points", "noise", "data_seed", "batch", "l2", "seed", "rate"];
export const WORDS = ["data", "optimizer", "loss", "target"];
export const USUAL = {
  data: "circles", points: 500, noise: 0.1, data_seed: 0, file: "", target: "", hidden: [[4, "tanh"], [2, "tanh"]],
  optimizer: "Adam", rate: 0.01, loss: "", l2: 0, batch: 32, seed: 0,
};

/** The choices of an address; what it does not say is usual. */
export function chosenBy(given) {
  const chosen = { ...USUAL };
  for (const name of NUMBERS) if (given[name] !== undefined && given[name] !== "") chosen[name] = Number(given[name]);
  for (const name of [...WORDS, "file"]) if (given[name] !== undefined) chosen[name] = given[name];
  if (given.hidden !== undefined) chosen.hidden = readLayers(given.hidden);
  return chosen;
}

/** What an address says of choices: those that are not usual. */
export function addressOf(chosen) {
  const changed = Object.entries(chosen).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(USUAL[name]));
  const settings = Object.fromEntries(changed);
  if (settings.hidden) settings.hidden = chosen.hidden.map((layer) => layer.join("-")).join() || ",";
  return settings;
}

const readLayers = (text) => text.split(",").filter(Boolean).map((word) => {
  const [units, activation] = word.split("-");
  return [Number(units), activation];
});
