"use strict";
// Several digits in one drawing: its strokes are cut into pieces, and those are kept that read best as digits.
// As in clarinet/datasets/numbers.py and clarinet/reading.py: see there for what each number is for.

const NUMBERS = {
  faint: 0.3, dirt: 0.06, sideOfOne: 96, longest: 640, overlap: 0.3, widest: 1.3, suspicious: 0.75, mostParts: 16,
  partsOfOne: 3, least: 1e-4, cut: 0.3, second: 0.05,
};

// Numbers from 1 for every set of pixels with ink that touch each other, corners included; 0 elsewhere.
function connected({ height, width, at }) {
  const labels = new Int32Array(height * width);
  let count = 0;
  for (let start = 0; start < at.length; start++) {
    if (labels[start] || at[start] <= NUMBERS.faint) continue;
    labels[start] = ++count;
    for (const stack = [start]; stack.length;) {
      const place = stack.pop(), i = Math.floor(place / width), j = place % width;
      for (let h = Math.max(i - 1, 0); h <= Math.min(i + 1, height - 1); h++) {
        for (let w = Math.max(j - 1, 0); w <= Math.min(j + 1, width - 1); w++) {
          const next = h * width + w;
          if (!labels[next] && at[next] > NUMBERS.faint) {
            labels[next] = count;
            stack.push(next);
          }
        }
      }
    }
  }
  return { labels, count };
}

// First and last row and column with ink.
function extent({ height, width, at }) {
  const found = { top: height, bottom: -1, left: width, right: -1 };
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) {
    if (at[i * width + j] > 0) {
      found.top = Math.min(found.top, i); found.bottom = i;
      found.left = Math.min(found.left, j); found.right = Math.max(found.right, j);
    }
  }
  return found;
}

const wide = (picture) => { const { left, right } = extent(picture); return right - left + 1; };
const high = (picture) => { const { top, bottom } = extent(picture); return bottom - top + 1; };

function masked(picture, keep) {
  return { ...picture, at: picture.at.map((ink, place) => (keep(place) ? ink : 0)) };
}

// The most ink of several pictures of one size.
function together(pictures) {
  return { ...pictures[0], at: pictures[0].at.map((_, i) => Math.max(...pictures.map((each) => each.at[i]))) };
}

// Strokes from the left, without specks: those that lie above each other together.
function groups(ink) {
  const { labels, count } = connected(ink), found = [];
  for (let label = 1; label <= count; label++) found.push({ labels: [label], left: ink.width, right: 0, mass: 0 });
  labels.forEach((label, place) => {
    if (!label) return;
    const each = found[label - 1], column = place % ink.width;
    each.left = Math.min(each.left, column);
    each.right = Math.max(each.right, column + 1);
    each.mass += ink.at[place];
  });
  const most = Math.max(...found.map((each) => each.mass));
  const kept = found.filter((each) => each.mass > NUMBERS.dirt * most);
  kept.sort((a, b) => a.left - b.left || a.right - b.right);
  const merged = [];
  for (const each of kept) {
    const last = merged[merged.length - 1], shared = last ? Math.min(last.right, each.right) - each.left : 0;
    if (last && shared > NUMBERS.overlap * Math.min(last.right - last.left, each.right - each.left)) {
      last.right = Math.max(last.right, each.right);
      last.labels.push(...each.labels);
    } else merged.push(each);
  }
  return merged.map((group) => {
    const own = new Set(group.labels);
    const near = (place) => {
      const i = Math.floor(place / ink.width), j = place % ink.width;
      for (let h = Math.max(i - 2, 0); h <= Math.min(i + 2, ink.height - 1); h++) {
        for (let w = Math.max(j - 2, 0); w <= Math.min(j + 2, ink.width - 1); w++) {
          if (own.has(labels[h * ink.width + w])) return true;
        }
      }
      return false;
    };
    return masked(ink, (place) => own.has(labels[place]) || (!labels[place] && ink.at[place] > 0 && near(place)));
  });
}

// A wide part in pieces, cut where a column has the least ink of all near it: there digits touch.
function cutThrough(part, height) {
  const across = wide(part), { left } = extent(part);
  if (across <= NUMBERS.suspicious * height) return [part];
  const sums = Array(part.width).fill(0), strokes = Array(part.width).fill(0);
  part.at.forEach((ink, place) => {
    const column = place % part.width;
    sums[column] += ink;
    strokes[column] += ink > NUMBERS.faint && !(part.at[place - part.width] > NUMBERS.faint);
  });
  const profile = sums.map((sum, j) => (sum + (sums[j - 1] ?? 0) + (sums[j + 1] ?? 0)) / 3);
  const reach = Math.max(2, rounded(0.2 * height)), ends = [left];
  const most = Math.max(...profile.slice(left, left + across));
  for (let j = left + reach; j < left + across - reach; j++) {
    const lowest = profile[j] <= Math.min(...profile.slice(j - reach, j + reach + 1));
    if (lowest && strokes[j] <= 1 && profile[j] < 0.5 * most && j - ends[ends.length - 1] >= reach) ends.push(j);
  }
  ends.push(left + across);
  return ends.slice(1).map((end, k) => masked(part, (at) => at % part.width >= ends[k] && at % part.width < end));
}

// All parts of a drawing that may be digits, and all neighbours that may be one together: {first, last, form, cut}.
function piecesOf(drawing) {
  const form = mnistForm(drawing), whole = { first: 0, last: 0, form, cut: false };
  const crop = cropped(drawing);
  if (!crop) return [whole];
  const longer = Math.max(crop.height, crop.width);
  const side = Math.min(longer, Math.max(MNIST.working, Math.min(NUMBERS.longest, NUMBERS.sideOfOne * (crop.width / crop.height))));
  const to = (size) => Math.max(1, rounded((size * side) / longer));
  const strokes = groups(resized(crop, to(crop.height), to(crop.width)));
  const tallest = Math.max(...strokes.map(high));
  const parts = strokes.flatMap((part) => {
    const cuts = cutThrough(part, tallest);
    return cuts.map((ink) => ({ ink, cut: cuts.length > 1 }));
  });
  if (parts.length < 2 || parts.length > NUMBERS.mostParts) return [whole];
  const height = Math.max(...parts.map(({ ink }) => high(ink))), found = [];
  parts.forEach((part, first) => {
    for (let last = first; last < Math.min(parts.length, first + NUMBERS.partsOfOne); last++) {
      const ink = together(parts.slice(first, last + 1).map((each) => each.ink));
      if (first === last || wide(ink) <= NUMBERS.widest * height) {
        found.push({ first, last, form: mnistForm(ink), cut: first === last && part.cut });
      }
    }
  });
  const end = parts.length - 1;
  if (wide(together(parts.map((part) => part.ink))) > NUMBERS.widest * height) return found;
  return [...found.filter((each) => each.first || each.last !== end), { ...whole, last: end }];
}

// What one piece says: its shares, the two likeliest classes, how much it looks like a digit.
function signOf(piece, scores, likeness) {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const like = piece.cut && order[0] === 1 ? NUMBERS.cut * likeness : likeness;
  return { ...piece, scores, order, like, share: scores[order[0]], isDigit: like * scores[order[0]] >= subject.least };
}

// The signs that together cover all parts and are the likeliest to be digits, from the left.
function bestSigns(signs) {
  const best = [{ cost: 0, signs: [] }];
  for (let end = 0; end <= Math.max(...signs.map((sign) => sign.last)); end++) {
    const ways = signs.filter((sign) => sign.last === end).map((sign) => ({
      cost: best[sign.first].cost - Math.log(Math.max(sign.like * sign.share, NUMBERS.least)),
      signs: [...best[sign.first].signs, sign],
    }));
    best.push(ways.reduce((a, b) => (b.cost < a.cost ? b : a)));
  }
  return best[best.length - 1].signs;
}

const ordinal = (place) => `${place}${{ 1: "st", 2: "nd", 3: "rd" }[place] ?? "th"}`;

// What speaks against digits, in words; empty if nothing does.
function doubts(signs) {
  const wrong = signs.flatMap((sign, i) => (sign.isDigit ? [] : [String(i + 1)]));
  if (!wrong.length) return "";
  if (signs.length === 1) return "this does not look like one digit";
  const many = wrong.length > 1, places = many ? `${wrong.slice(0, -1).join(", ")} and ${wrong.at(-1)}` : wrong[0];
  return `sign${many ? "s" : ""} ${places} of ${signs.length} ${many ? "do not look like digits" : "does not look like a digit"}`;
}

// Second guesses that are not too unlikely, in words.
function seconds(signs) {
  return signs.flatMap(({ scores, order }, i) => {
    const share = scores[order[1]], which = signs.length === 1 ? "it" : `the ${ordinal(i + 1)}`;
    return share < NUMBERS.second ? [] : [`${which} may be ${subject.classes[order[1]]} (${percent(share)})`];
  }).join(", ");
}
