"use strict";
// The forward pass of a network. A tensor is a flat array of numbers, the last axis running fastest; `get` gives the
// weights that an operation names. Operations are what forward.py writes: see there for what each of them holds.

const ACTIVATIONS = {
  linear: () => (z) => z,
  relu: (o) => (z) => (z > o.threshold ? Math.min(z, o.max_value ?? Infinity) : o.negative_slope * (z - o.threshold)),
  relu6: () => (z) => Math.min(Math.max(z, 0), 6),
  leaky_relu: (o) => (z) => (z > 0 ? z : z * o.negative_slope),
  elu: (o) => (z) => (z > 0 ? z : o.alpha * Math.expm1(z)),
  celu: (o) => (z) => (z > 0 ? z : o.alpha * Math.expm1(z / o.alpha)),
  selu: () => (z) => 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * Math.expm1(z)),
  sigmoid: () => logistic,
  tanh: () => Math.tanh,
  gelu: (o) => (z) => z * 0.5 * (1 + (o.approximate
    ? Math.tanh(0.7978845608028654 * (z + 0.044715 * z ** 3)) : erf(z * Math.SQRT1_2))),
  silu: () => (z) => z * logistic(z),
  mish: () => (z) => z * Math.tanh(softplus(z)),
  softplus: () => softplus,
  softsign: () => (z) => z / (1 + Math.abs(z)),
  exponential: () => Math.exp,
  hard_sigmoid: () => (z) => Math.min(Math.max(z + 3, 0), 6) / 6,
  hard_silu: () => (z) => (z * Math.min(Math.max(z + 3, 0), 6)) / 6,
};

const MERGES = {
  add: (values) => values.reduce((a, b) => a + b),
  average: (values) => values.reduce((a, b) => a + b) / values.length,
  multiply: (values) => values.reduce((a, b) => a * b),
  maximum: (values) => Math.max(...values),
  minimum: (values) => Math.min(...values),
  subtract: (values) => values.reduce((a, b) => a - b),
};

const OPERATIONS = {
  same: (o, get, x) => x,

  dense(o, get, x) {
    const y = new Float64Array(o.size), kernel = get(o.kernel), bias = o.bias && get(o.bias);
    for (let row = 0; row < x.length / o.inputs; row++) {
      const z = y.subarray(row * o.units, (row + 1) * o.units);
      if (bias) z.set(bias);
      for (let i = 0; i < o.inputs; i++) {
        const value = x[row * o.inputs + i];
        if (value !== 0) for (let u = 0; u < o.units; u++) z[u] += value * kernel[i * o.units + u];
      }
    }
    return y;
  },

  convolve(o, get, x) {
    const y = new Float64Array(o.size), kernel = get(o.kernel), bias = o.bias && get(o.bias);
    const channels = o.input[2], filters = o.output[2];
    const inGroup = channels / o.groups, outGroup = filters / o.groups;
    eachPlace(o, (out, entries) => {
      const z = y.subarray(out * filters, (out + 1) * filters);
      if (bias) z.set(bias);
      for (const [at, place] of entries) {
        for (let c = 0; c < channels; c++) {
          const value = x[at * channels + c], group = Math.floor(c / inGroup);
          if (value === 0) continue;
          const row = (place * inGroup + (c % inGroup)) * filters;
          for (let f = group * outGroup; f < (group + 1) * outGroup; f++) z[f] += value * kernel[row + f];
        }
      }
    });
    return y;
  },

  pool(o, get, x) {
    const y = new Float64Array(o.size).fill(o.mean ? 0 : -Infinity), channels = o.input[2];
    eachPlace(o, (out, entries) => {
      for (let c = 0; c < channels; c++) {
        const i = out * channels + c;
        for (const [at] of entries) {
          const value = x[at * channels + c];
          y[i] = o.mean ? y[i] + value / entries.length : Math.max(y[i], value);
        }
      }
    });
    return y;
  },

  resample(o, get, x) {
    const y = new Float64Array(o.size), rows = get(o.rows), columns = get(o.columns);
    const [height, width, channels] = o.input, newWidth = o.output[1];
    for (let i = 0; i < o.output[0]; i++) for (let h = 0; h < height; h++) {
      const tall = rows[i * height + h];
      if (tall !== 0) for (let j = 0; j < newWidth; j++) for (let w = 0; w < width; w++) {
        const share = tall * columns[j * width + w];
        if (share !== 0) for (let c = 0; c < channels; c++) {
          y[(i * newWidth + j) * channels + c] += share * x[(h * width + w) * channels + c];
        }
      }
    }
    return y;
  },

  affine(o, get, x) {
    const mean = get(o.mean), factor = get(o.factor), offset = get(o.offset), n = mean.length;
    return Float64Array.from(x, (value, i) => (value - mean[i % n]) * factor[i % n] + offset[i % n]);
  },

  standardise(o, get, x) {
    const y = new Float64Array(o.size), gamma = get(o.gamma), beta = get(o.beta);
    for (let start = 0; start < x.length; start += o.run) {
      const run = Float64Array.from(x.subarray(start, start + o.run));
      const mean = run.reduce((a, b) => a + b, 0) / o.run;
      const variance = run.reduce((a, b) => a + (b - mean) ** 2, 0) / o.run;
      run.forEach((value, i) => {
        y[start + i] = ((value - mean) / Math.sqrt(variance + o.epsilon)) * gamma[i] + beta[i];
      });
    }
    return y;
  },

  standardiseGroups(o, get, x) {
    const gamma = get(o.gamma), beta = get(o.beta), each = o.channels / o.groups, count = x.length / o.groups;
    const group = (i) => Math.floor((i % o.channels) / each), sums = (value) => {
      const totals = new Float64Array(o.groups);
      for (let i = 0; i < x.length; i++) totals[group(i)] += value(i) / count;
      return totals;
    };
    const mean = sums((i) => x[i]), variance = sums((i) => (x[i] - mean[group(i)]) ** 2);
    return Float64Array.from(x, (value, i) => {
      const u = (value - mean[group(i)]) / Math.sqrt(variance[group(i)] + o.epsilon);
      return u * gamma[i % o.channels] + beta[i % o.channels];
    });
  },

  embed(o, get, x) {
    const y = new Float64Array(o.size), rows = get(o.rows);
    x.forEach((id, i) => y.set(rows.subarray(Math.round(id) * o.depth, (Math.round(id) + 1) * o.depth), i * o.depth));
    return y;
  },

  take(o, get, x) {
    const y = new Float64Array(o.size);
    o.steps.forEach((step, i) => y.set(x.subarray(step * o.run, (step + 1) * o.run), i * o.run));
    return y;
  },

  given: (o, get) => Float64Array.from(get(o.values)),

  differ: (o, get, x, other) => Float64Array.from(x, (value) => Number(value !== other[0])),

  // The mean of the steps that a mask leaves.
  mean(o, get, x, mask) {
    const y = new Float64Array(o.channels), counts = mask ?? new Float64Array(o.steps).fill(1);
    const total = Math.max(counts.reduce((a, b) => a + b), 1);
    counts.forEach((count, step) => y.forEach((_, c) => { y[c] += (count * x[step * o.channels + c]) / total; }));
    return y;
  },

  recur(o, get, x, mask) {
    const y = new Float64Array(o.size), cell = CELLS[o.kind](o, get);
    let state = { h: new Float64Array(o.units), c: new Float64Array(o.units) };
    for (let step = 0; step < o.steps; step++) {
      const from = o.back ? o.steps - 1 - step : step;
      if (!mask || mask[from]) state = cell(x.subarray(from * o.inputs, (from + 1) * o.inputs), state);
      if (o.all) y.set(state.h, step * o.units);
    }
    if (!o.all) y.set(state.h);
    return y;
  },

  permute: (o, get, x) => strided(o, x, o.strides),

  prelu(o, get, x) {
    const alpha = get(o.alpha);
    return Float64Array.from(x, (z, i) => (z > 0 ? z : z * alpha[i]));
  },

  merge(o, get, ...x) {
    const parts = o.strides ? x.map((part, j) => strided(o, part, o.strides[j])) : x;
    return Float64Array.from(parts[0], (_, i) => MERGES[o.merge](parts.map((part) => part[i])));
  },

  concatenate(o, get, ...x) {
    const y = new Float64Array(o.size);
    for (let at = 0, run = 0; at < o.size; run++) {
      x.forEach((part, j) => {
        y.set(part.subarray(run * o.runs[j], (run + 1) * o.runs[j]), at);
        at += o.runs[j];
      });
    }
    return y;
  },

  activate(o, get, x) {
    if (o.name === "softmax" || o.name === "log_softmax") return normalised(o, x);
    return Float64Array.from(x, ACTIVATIONS[o.name](o));
  },
};

// start + vector · matrix; of the matrix's columns those from `first` on, as many as `start` has
function product(vector, matrix, columns, start, first = 0) {
  const out = Float64Array.from(start);
  vector.forEach((value, i) => {
    if (value !== 0) for (let j = 0; j < out.length; j++) out[j] += value * matrix[i * columns + first + j];
  });
  return out;
}

// One step of recurrent layers: from inputs and the state before to the next state.
const CELLS = {
  SimpleRNN(o, get) {
    const [act, taken] = [ACTIVATIONS[o.activation.name](o.activation), fromInputs(o, get, 1)];
    const inner = get(o.recurrent_kernel);
    return (x, { h }) => ({ h: product(h, inner, o.units, taken(x)).map((z) => act(z)) });
  },

  LSTM(o, get) {
    const [act, gate] = [ACTIVATIONS[o.activation.name](o.activation), ACTIVATIONS[o.gate.name](o.gate)];
    const inner = get(o.recurrent_kernel), taken = fromInputs(o, get, 4), n = o.units;
    return (x, { h, c }) => {
      const z = product(h, inner, 4 * n, taken(x));
      const next = c.map((old, u) => gate(z[n + u]) * old + gate(z[u]) * act(z[2 * n + u]));
      return { h: next.map((value, u) => gate(z[3 * n + u]) * act(value)), c: next };
    };
  },

  GRU(o, get) {
    const [act, gate] = [ACTIVATIONS[o.activation.name](o.activation), ACTIVATIONS[o.gate.name](o.gate)];
    const inner = get(o.recurrent_kernel), taken = fromInputs(o, get, 3), n = o.units;
    const bias = o.bias && o.after ? get(o.bias).subarray(3 * n, 6 * n) : new Float64Array(3 * n);
    return (x, { h }) => {
      const t = taken(x), own = product(h, inner, 3 * n, bias);
      const update = h.map((_, u) => gate(t[u] + own[u])), reset = h.map((_, u) => gate(t[n + u] + own[n + u]));
      const looked = o.after ? reset.map((r, u) => r * own[2 * n + u])
        : product(h.map((value, u) => value * reset[u]), inner, 3 * n, new Float64Array(n), 2 * n);
      return { h: h.map((old, u) => update[u] * old + (1 - update[u]) * act(t[2 * n + u] + looked[u])) };
    };
  },
};

// The inputs' part of all gates.
function fromInputs(o, get, gates) {
  const kernel = get(o.kernel), columns = gates * o.units;
  const bias = o.bias ? get(o.bias).subarray(0, columns) : new Float64Array(columns);
  return (x) => product(x, kernel, columns, bias);
}

function logistic(z) {
  const small = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : small) / (1 + small);
}

function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26; absolute error below 2e-7.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

// The numbers of x that lie so far apart along axes of o.shape
function strided(o, x, strides) {
  return Float64Array.from({ length: o.size }, (_, i) => {
    let from = 0;
    for (let axis = o.shape.length - 1; axis >= 0; axis--) {
      from += (i % o.shape[axis]) * strides[axis];
      i = Math.floor(i / o.shape[axis]);
    }
    return x[from];
  });
}

// softmax and its logarithm along the axis of o.length entries that lie o.stride apart
function normalised(o, x) {
  const y = new Float64Array(x.length);
  for (let first = 0; first < x.length; first++) {
    if (Math.floor(first / o.stride) % o.length !== 0) continue;
    let highest = -Infinity, sum = 0;
    for (let k = 0; k < o.length; k++) highest = Math.max(highest, x[first + k * o.stride]);
    for (let k = 0; k < o.length; k++) sum += Math.exp(x[first + k * o.stride] - highest);
    for (let k = 0; k < o.length; k++) {
      const z = x[first + k * o.stride] - highest;
      y[first + k * o.stride] = o.name === "softmax" ? Math.exp(z) / sum : z - Math.log(sum);
    }
  }
  return y;
}

// Calls visit for every place of a sliding window: its number, and for each entry that lies in the picture
// [pixel, place within the window].
function eachPlace(o, visit) {
  const [height, width] = o.input, [newHeight, newWidth] = o.output, [tall, wide] = o.window;
  for (let i = 0; i < newHeight; i++) for (let j = 0; j < newWidth; j++) {
    const entries = [];
    for (let u = 0; u < tall; u++) for (let v = 0; v < wide; v++) {
      const h = i * o.strides[0] + u * o.dilation[0] - o.before[0];
      const w = j * o.strides[1] + v * o.dilation[1] - o.before[1];
      if (h >= 0 && h < height && w >= 0 && w < width) entries.push([h * width + w, u * wide + v]);
    }
    visit(i * newWidth + j, entries);
  }
}

// The network's answer to one sample.
function predict(operations, weights, sample) {
  const tensors = [Float64Array.from(sample)];
  const get = ([offset, size]) => weights.subarray(offset, offset + size);
  for (const o of operations) tensors.push(OPERATIONS[o.do](o, get, ...o.from.map((i) => tensors[i])));
  return tensors[tensors.length - 1];
}

function weightsFrom(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
