static inline float PRE_logistic(float z) {
  const float small = expf(-fabsf(z));
  return (z >= 0.0f ? 1.0f : small) / (1.0f + small);
}

static inline float PRE_softplus(float z) {
  return fmaxf(z, 0.0f) + log1pf(expf(-fabsf(z)));
}

static inline void PRE_dense(const float *x, float *y, const float *kernel, const float *bias, int rows, int inputs,
                             int units) {
  for (int row = 0; row < rows; row++, x += inputs, y += units) {
    for (int u = 0; u < units; u++) y[u] = bias ? bias[u] : 0.0f;
    for (int i = 0; i < inputs; i++) {
      for (int u = 0; u < units; u++) y[u] += x[i] * kernel[i * units + u];
    }
  }
}

/* o: height, width, channels in; out; window, strides, dilation, margins before: two each */
static inline void PRE_convolve(const float *x, float *y, const float *kernel, const float *bias, int groups,
                                const int *o) {
  const int channels = o[2], filters = o[5], in = channels / groups, out = filters / groups;
  for (int i = 0; i < o[3]; i++) {
    for (int j = 0; j < o[4]; j++, y += filters) {
      for (int f = 0; f < filters; f++) y[f] = bias ? bias[f] : 0.0f;
      for (int place = 0; place < o[6] * o[7]; place++) {
        const int h = i * o[8] + place / o[7] * o[10] - o[12], w = j * o[9] + place % o[7] * o[11] - o[13];
        if (h < 0 || h >= o[0] || w < 0 || w >= o[1]) continue;
        for (int c = 0; c < channels; c++) {
          const float value = x[(h * o[1] + w) * channels + c];
          const float *row = kernel + (place * in + c % in) * filters;
          for (int f = c / in * out; f < (c / in + 1) * out; f++) y[f] += value * row[f];
        }
      }
    }
  }
}

static inline void PRE_pool(const float *x, float *y, int mean, const int *o) {
  const int channels = o[2];
  for (int i = 0; i < o[3]; i++) {
    for (int j = 0; j < o[4]; j++, y += channels) {
      for (int c = 0; c < channels; c++) {
        float found = mean ? 0.0f : -HUGE_VALF;
        int count = 0;
        for (int place = 0; place < o[6] * o[7]; place++) {
          const int h = i * o[8] + place / o[7] * o[10] - o[12], w = j * o[9] + place % o[7] * o[11] - o[13];
          if (h < 0 || h >= o[0] || w < 0 || w >= o[1]) continue;
          const float value = x[(h * o[1] + w) * channels + c];
          found = mean ? found + value : fmaxf(found, value);
          count++;
        }
        y[c] = mean ? found / (float)count : found;
      }
    }
  }
}

static inline void PRE_resample(const float *x, float *y, const float *rows, const float *columns, int height,
                                int width, int new_height, int new_width, int channels) {
  for (int i = 0; i < new_height * new_width * channels; i++) y[i] = 0.0f;
  for (int i = 0; i < new_height; i++) {
    for (int j = 0; j < new_width; j++, y += channels) {
      for (int place = 0; place < height * width; place++) {
        const float share = rows[i * height + place / width] * columns[j * width + place % width];
        if (share != 0.0f) {
          for (int c = 0; c < channels; c++) y[c] += share * x[place * channels + c];
        }
      }
    }
  }
}

static inline void PRE_standardise(const float *x, float *y, const float *gamma, const float *beta, int size, int run,
                                   float epsilon) {
  for (int start = 0; start < size; start += run) {
    float mean = 0.0f, variance = 0.0f;
    for (int i = 0; i < run; i++) mean += x[start + i] / (float)run;
    for (int i = 0; i < run; i++) variance += (x[start + i] - mean) * (x[start + i] - mean) / (float)run;
    for (int i = 0; i < run; i++) {
      y[start + i] = (x[start + i] - mean) / sqrtf(variance + epsilon) * gamma[i] + beta[i];
    }
  }
}

static inline void PRE_standardise_groups(const float *x, float *y, const float *gamma, const float *beta, int size,
                                          int channels, int groups, float epsilon) {
  const int each = channels / groups;
  const float count = (float)(size / groups);
  for (int group = 0; group < groups; group++) {
    float mean = 0.0f, variance = 0.0f;
    for (int i = 0; i < size; i++) {
      if (i % channels / each == group) mean += x[i] / count;
    }
    for (int i = 0; i < size; i++) {
      if (i % channels / each == group) variance += (x[i] - mean) * (x[i] - mean) / count;
    }
    for (int i = 0; i < size; i++) {
      const int c = i % channels;
      if (c / each == group) y[i] = (x[i] - mean) / sqrtf(variance + epsilon) * gamma[c] + beta[c];
    }
  }
}

static inline void PRE_softmax(const float *x, float *y, int size, int length, int stride, int logarithms) {
  for (int first = 0; first < size; first++) {
    float highest = -HUGE_VALF, sum = 0.0f;
    if (first / stride % length != 0) continue;
    for (int k = 0; k < length; k++) highest = fmaxf(highest, x[first + k * stride]);
    for (int k = 0; k < length; k++) sum += expf(x[first + k * stride] - highest);
    for (int k = 0; k < length; k++) {
      const float z = x[first + k * stride] - highest;
      y[first + k * stride] = logarithms ? z - logf(sum) : expf(z) / sum;
    }
  }
}
