// Several runs as one line: their mean, and a band of one standard deviation above and below.

/** A run's value at a step, between its neighbours where it has none there; null where it has none at all. */
function valueAt({ x, y }, step) {
  let low = 0;
  let high = x.length - 1;
  if (high < 0 || step < x[0] || step > x[high]) return null;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= step) low = middle;
    else high = middle;
  }
  if (x[high] === step) return y[high];
  if (x[low] === step || y[low] === null || y[high] === null) return y[low];
  return y[low] + ((step - x[low]) / (x[high] - x[low])) * (y[high] - y[low]);
}

/** The mean of some lines at every step of the longest, with the band's edges; a number that is missing counts for none. */
export function meanOf(lines) {
  const longest = lines.reduce((best, line) => (line.x.length > best.x.length ? line : best));
  const found = { x: longest.x, y: [], low: [], high: [] };
  for (const step of longest.x) {
    const values = lines.map((line) => valueAt(line, step)).filter((value) => value !== null);
    const mean = values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const spread = Math.sqrt(squares / Math.max(1, values.length - 1));
    found.y.push(mean);
    found.low.push(mean === null ? null : mean - spread);
    found.high.push(mean === null ? null : mean + spread);
  }
  return found;
}

/** Lines with the same key as one, named by named(lines); what has no key, or is alone with it, stays as it is. */
export function together(lines, keyOf, named) {
  const families = new Map();
  for (const line of lines) {
    const key = keyOf(line) ?? `alone ${line.key}`;
    families.set(key, [...(families.get(key) ?? []), line]);
  }
  return [...families.values()].map((family) => (family.length === 1 ? family[0]
    : { key: family.map(({ key }) => key).join(), name: named(family), slot: family[0].slot, ...meanOf(family) }));
}
