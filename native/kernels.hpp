// The exports of each instruction set's object: one table of functions.
//
// A kernel works on one thread's part of the data. Its result for an element does not depend on how the work was split:
// sums run in a fixed order, and a vector's ragged end is computed with the same operations as its body.
#pragma once

#include <cstddef>
#include <cstdint>

#include "maps.hpp"

namespace clarinet {

constexpr int kSlots = 4;  // numbers that an optimizer may keep beside each weight; the last is the weight's moving average

// Tables of `rows` rows, `apart` floats from one to the next, that the caller of a product reads afterwards: the product
// prefetches them on the way.
struct PrefetchPlan {
  const float* tables[1 + kSlots];
  long count, rows, columns, apart;
  long asked;  // rows of all tables so far
};

// C[i, j] = start[i, j] + sum over k of A[i, k] B[k, j], each element one chain of multiply-adds in the order of k.
struct Product {
  long rows, columns, depth;
  const float* a;
  long a_row, a_step;  // A[i, k] is a[i * a_row + k * a_step]
  const float* b;
  long b_step;  // B[k, j] is b[k * b_step + j]
  float* c;
  long c_row;
  const float* start;  // nullptr for zeros
  long start_row;      // 0 where all rows start alike (a bias)
  long width;             // columns of the whole, where this is the part of one thread
  bool single;            // whether the whole is a single row
  const int32_t* picked;  // numbers of the rows of A, C and start that are meant; nullptr for the first ones
  PrefetchPlan* prefetch; // nullptr for nothing
};

// C[i, j] = start[i, j] + sum over k of a[a_row[i] + a_step[k]] b[b_step[k] + j]: the tables locate A and the rows of B, as for
// the windows of a convolution.
struct GatheredProduct {
  long rows, columns, depth;
  const float* a;
  const int32_t *a_row, *a_step;
  const float* b;
  const int32_t* b_step;
  float* c;
  long c_row;
  const float* start;  // nullptr for zeros
  long start_row;      // 0 where all rows start alike (a bias)
  bool relu;           // max(C, 0) instead of C
};

// C[j, r, i] += sum over positions p of dy[p, j] x[windows[p] + run[r] + i], i < length: a convolution's kernel gradient, where
// a window is `runs` contiguous stretches of numbers.
struct WindowSums {
  long positions, columns, runs, length;
  const float *x, *dy;
  const int32_t *windows, *run;
  const int32_t *dy_steps, *column_steps;  // p * columns, and j: the tables that GatheredProduct takes
  float* c;
};

// Windows of a sample, with offsets in the padded sample, for each channel separately.
struct DepthwiseWindows {
  long positions, taps, channels;
  const int32_t *windows, *offsets;
};

// Windows over a sample (depth, height, width, channels), the first of them `front`, `top` and `left` places ahead of it.
struct Pooling {
  long depth, height, width, channels, out_d, out_h, out_w, kernel_d, kernel_h, kernel_w, stride_d, stride_h, stride_w;
  long front, top, left;
  bool masks;   // no gradient to entries that are not positive
  bool shares;  // the gradient goes to all entries that are as large as the largest, in equal shares, not to the first
};

enum class Activation : int {
  relu,
  sigmoid,
  tanh,
  elu,
  selu,
  celu,
  gelu,
  gelu_tanh,
  silu,
  mish,
  softplus,
  softsign,
  exponential,
  hard_sigmoid,
  hard_silu,
  leaky_relu,
  clipped_relu,
};

// A function of one number; elementwise-inl.hpp documents a, b and c for each.
struct Elementwise {
  Activation kind;
  float a, b, c;
};

// One step of a recurrent layer, for some samples; recurrence-inl.hpp says what stands in a row of z, which forward replaces by
// the gates and backward by the gradients in their places.
struct RecurrentStep {
  Elementwise activation, gate;
  long rows, units;
  const float* counts;  // whether a row takes part, else its states stay; nullptr: all do
  long counts_row;
  float* z;
  long z_row;
  const float *h, *c;  // the states before the step
  long h_row, c_row;
  float* to[2];  // forward: where h behind it goes; nullptr: nowhere
  long to_row[2];
  float *next_c, *squashed;  // c behind it, and the activation of that
  long next_c_row, squashed_row;
  const float* dy;  // backward: the gradient at the output of this step; nullptr for none
  long dy_row;
  float *dh, *dc;  // the gradients at the states, in rows of `units`: behind the step, then before it, but for the product
  const float* hidden;  // of a GRU that resets before the product: what it resets
  long hidden_row;
  const float* kept;  // by what dropout has multiplied that; nullptr: by nothing
  long kept_row;
  const float* dlooked;  // the gradient at what is left of it, in rows of `units`
};

// Some queries of a head of attention: products of queries and keys become the exponentials of their scores. `sums` has two
// numbers for each query: the largest score, and 1 over the sum of the exponentials.
struct AttentionRows {
  long rows, columns, first;  // first: the number of the first query
  bool causal;
  float scale;
  float *scores, *gradients, *sums;
  const float* mask;  // 0 where a query does not see a key; nullptr: it sees all
  long mask_row;
  bool mask_single;  // one number for all keys
};

// losses-inl.hpp documents a, b and c for each loss. Targets are taken as `t keep + add`.
struct LossFunction {
  int number;  // in KernelTable::losses
  float a = 0.0f, b = 0.0f, c = 1.0f;
  float keep = 1.0f, add = 0.0f;
  const float* by_class = nullptr;  // in the place of b, one number a class
};

// The loss of some rows of predictions; targets are of their shape.
struct LossRows {
  LossFunction loss;
  long rows, columns;
  const float* predictions;
  const float* targets;
  const float* shares;  // factor of each row's gradient
  float* values;        // one a row, without its share
  float* gradient;      // rows x columns; nullptr if not needed
};

// A loss by its name. Its settings become a, b and c of LossFunction; label smoothing moves targets towards 1/2, or, where
// columns are classes, towards 1/columns.
struct LossKernel {
  const char* name;
  void (*compute)(const LossRows&, float* scratch);  // scratch: one row
  const char* settings[3];                           // nullptr: none
  bool classes, signs;                               // signs: takes targets of -1 and 1
};

enum class Rule : int { sgd, momentum, nesterov, rmsprop, adam, adamax, nadam, adagrad, adadelta, lion, ftrl, schedule_free };

// One step's update of some weights: update-inl.hpp documents the letters for each rule.
struct Update {
  Rule rule;
  bool has_momentum, centered, amsgrad;  // variants of rmsprop and adam
  float rate, momentum, beta_1, one_less_beta_1, beta_2, one_less_beta_2, epsilon;
  float decay;                        // learning rate times weight decay: w -= decay w first
  float mean_share, gradient_share;   // nadam
  float average_share, spread_scale;  // schedule_free
  float l1, l2, shrinkage, exponent;  // ftrl; l2 is its parabola's part besides the learning rate's
  float average_keep, average_rest;   // of the weights' moving average
  bool overwrite;                     // w takes its average's value
};

// Part of a weight: `rows` stretches of `columns` numbers, `w_row` apart in the weight and its slots, `g_row` apart in the
// piece of its gradient.
struct Tile {
  long rows, columns, w_row, g_row;
};

struct DropoutMask {
  uint32_t key[2], step, epoch, stream;
  uint32_t threshold;  // a word below it means "drop"
  float scale;         // of what is kept
};

enum class Dtype : int { u8, i8, u16, i16, u32, i32, u64, i64, f32, f64 };

constexpr long bytes_of(Dtype dtype) {
  constexpr long bytes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
  return bytes[static_cast<int>(dtype)];
}

struct KernelTable {
  const char* isa;
  long lanes;

  void (*product)(const Product&);
  void (*sparse_product)(const Product&);  // the same, looking for zeros in A; a_step or a_row is 1
  void (*gathered_product)(const GatheredProduct&);
  void (*window_sums)(const WindowSums&);  // looking for zeros in dy
  // to[windows[p] + run[r] + i] += from[p, r, i]
  void (*add_windows)(const float* from, long positions, const int32_t* windows, const int32_t* run, long runs,
                      long length, float* to);
  void (*depthwise)(const DepthwiseWindows&, const float* x, const float* w, const float* bias, float* y);
  void (*depthwise_back)(const DepthwiseWindows&, const float* dy, const float* w, float* dx);
  void (*depthwise_gradient)(const DepthwiseWindows&, const float* x, const float* dy, float* dw);
  void (*max_pool)(const Pooling&, const float* x, float* y);
  void (*max_pool_back)(const Pooling&, const float* x, const float* y, const float* dy, float* dx);
  void (*mean_pool)(const Pooling&, const float* x, float* y);
  void (*mean_pool_back)(const Pooling&, const float* dy, float* dx);
  // W[i, j] -= rate (x[i] y[j]), W's rows being `columns` long; rows with x[i] = 0 stay.
  void (*rank1_update)(float rate, const float* x, long rows, const float* y, long columns, float* w);
  void (*dot)(const float* a, long rows, long depth, const float* b, float start, float* y);
  // y[j] = sum over k < count of weights[k] rows[k][from + j], each a chain of multiply-adds in the order of k.
  void (*weighted_rows)(const float* const* rows, const float* weights, long count, long from, long columns, float* y);
  // Rows of a table by their numbers, NaN where these are negative.
  void (*take_rows)(const float* table, const int32_t* numbers, long count, long columns, float* y);
  // to[numbers[p] - first] += rows[p] for these p, in order.
  void (*add_rows)(const float* rows, const int32_t* p, long count, const int32_t* numbers, int32_t first, long columns, float* to);
  void (*transpose)(const float* from, long from_row, long rows, long columns, float* to, long to_row);
  void (*column_sums)(const float* x, long rows, long row, long columns, float* sums);

  void (*activate)(const Elementwise&, const float* z, float* a, long n);
  void (*activate_back)(const Elementwise&, const float* dy, const float* z, const float* a, float* dz, long n);
  void (*softmax)(const float* z, float* a, long rows, long columns);
  void (*softmax_back)(const float* dy, const float* a, float* dz, long rows, long columns);
  void (*log_softmax)(const float* z, float* a, long rows, long columns);
  void (*log_softmax_back)(const float* dy, const float* a, float* dz, long rows, long columns);
  void (*affine)(const float* x, float scale, float offset, float* y, long n);
  void (*multiply)(const float* x, const float* factor, float* y, long n);

  // map-inl.hpp documents these: functions entry by entry, and numbers along an axis as one.
  void (*map)(Map, float c, const float* const x[3], float* y, long n);
  void (*map_back)(Map, int which, float c, const float* dy, const float* const x[3], const float* y, float* dx, long n);
  void (*reduce)(Reduction, const float* x, long rows, long along, long inner, float* y);
  void (*spread)(const float* dy, float scale, long rows, long along, long inner, float* dx);
  void (*simple_step)(const RecurrentStep&);
  void (*simple_step_back)(const RecurrentStep&);
  void (*lstm_step)(const RecurrentStep&);
  void (*lstm_step_back)(const RecurrentStep&);
  void (*gru_step)(const RecurrentStep&);
  void (*gru_step_back)(const RecurrentStep&);
  void (*gru_reset)(const RecurrentStep&);
  void (*gru_reset_back)(const RecurrentStep&);
  void (*gru_mix)(const RecurrentStep&);
  void (*gru_mix_back)(const RecurrentStep&);
  void (*attention)(const AttentionRows&);
  void (*attention_back)(const AttentionRows&, const float* inner);  // inner: of each query dy · y

  const LossKernel* losses;  // one without a name ends them
  void (*argmax)(const float* x, long rows, long columns, int32_t* where);

  void (*update)(const Update&, const Tile&, const float* g, float* w, float* const slots[kSlots]);
  void (*average)(const Update&, const Tile&, float* w, float* average);
  void (*add_penalty)(float l1, float l2, const float* w, float* g, long n);  // g += l1 sign(w) + 2 l2 w
  void (*clip)(float limit, float* g, long n);
  double (*sum_squares)(const float* x, long n);
  double (*sum_absolute)(const float* x, long n);
  double (*distance_squared)(const float* x, const float* y, long n);

  void (*dropout_mask)(const DropoutMask&, uint64_t first, long n, float* mask);
  void (*to_floats)(Dtype, const void* from, float* to, long n);

  // Batch normalisation: statistics of columns of a matrix whose rows are `row` floats apart, and their use.
  void (*moments)(const float* x, long rows, long row, long columns, float* mean, float* variance);
  void (*normalize)(const float* x, long rows, long columns, const float* mean, const float* scale, const float* shift,
                    float* y);
  void (*normalize_sums)(const float* dy, const float* x, long rows, long row, long columns, const float* mean,
                         const float* inverse, float* sum_dy, float* sum_dy_xhat);
  void (*normalize_back)(const float* dy, const float* x, long rows, long columns, const float* mean, const float* a,
                         const float* b, const float* c, float* dx);
  // Within a sample: u = (x - mean) inverse over `rows` times `columns` numbers, with inverse = 1 / sqrt(variance + epsilon);
  // and the gradient at x from the one at gamma u, gamma being a number a column.
  void (*standardize)(const float* x, long rows, long row, long columns, float epsilon, float* u, float* inverse);
  void (*standardize_back)(const float* dy, const float* u, const float* gamma, long rows, long row, long columns,
                           float inverse, float* dx);
  void (*prelu)(const float* x, const float* from, const float* alpha, float* to, long n);  // from, or alpha from
  void (*prelu_sums)(const float* dy, const float* x, long rows, long row, long columns, float* sums);
};

const KernelTable& kernels_generic();
const KernelTable& kernels_avx2();
const KernelTable& kernels_avx512();

}  // namespace clarinet
