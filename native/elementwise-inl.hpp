// Functions of one number and their derivatives. z: pre-activation, a: activation, dy and dz: gradients at a and z.
#pragma once

#include "kernels.hpp"
#include "math-inl.hpp"

namespace clarinet {
namespace {

constexpr float kSeluScale = 1.05070098f, kSeluAlpha = 1.67326324f;
constexpr float kSqrtHalf = 0.707106781f, kSqrtTwoOverPi = 0.797884561f, kInvSqrtTwoPi = 0.398942280f;
constexpr float kGeluCubic = 0.044715f;

CLARINET_INLINE Vec normal_distribution(Vec z) { return (erf(z * kSqrtHalf) + 1.0f) * 0.5f; }
CLARINET_INLINE Vec hard_sigmoid(Vec z) { return min(set1(1.0f), max(set1(0.0f), fma(z, set1(1.0f / 6.0f), set1(0.5f)))); }
CLARINET_INLINE Vec normal_tanh(Vec z) {  // the form with tanh
  return (tanh((z + z * z * z * kGeluCubic) * kSqrtTwoOverPi) + 1.0f) * 0.5f;
}

// f(z, constants of the function)
template <Activation kind>
CLARINET_INLINE Vec value(const Elementwise& e, Vec z) {
  Vec zero = set1(0.0f);
  if constexpr (kind == Activation::relu) return max(zero, z);  // a NaN stays one
  if constexpr (kind == Activation::sigmoid) return sigmoid(z);
  if constexpr (kind == Activation::tanh) return tanh(z);
  if constexpr (kind == Activation::elu) return select(z > 0.0f, z, expm1_negative(z) * e.a);  // a: alpha
  if constexpr (kind == Activation::selu) return select(z > 0.0f, z, expm1_negative(z) * kSeluAlpha) * kSeluScale;
  if constexpr (kind == Activation::celu) return select(z > 0.0f, z, expm1_negative(z / set1(e.a)) * e.a);  // a: alpha
  if constexpr (kind == Activation::gelu) return z * normal_distribution(z);
  if constexpr (kind == Activation::gelu_tanh) return z * normal_tanh(z);
  if constexpr (kind == Activation::silu) return z * sigmoid(z);
  if constexpr (kind == Activation::mish) return z * tanh(softplus(z));
  if constexpr (kind == Activation::softplus) return softplus(z);
  if constexpr (kind == Activation::softsign) return z / (abs(z) + 1.0f);
  if constexpr (kind == Activation::exponential) return exp(z);
  if constexpr (kind == Activation::hard_sigmoid) return hard_sigmoid(z);
  if constexpr (kind == Activation::hard_silu) return z * hard_sigmoid(z);
  if constexpr (kind == Activation::leaky_relu) return select(z > 0.0f, z, z * e.a);  // a: slope
  if constexpr (kind == Activation::clipped_relu) {  // a: slope below the threshold b, c: largest value
    return select(z > e.b, min(set1(e.c), z), (z - e.b) * e.a);
  }
}

// f'(z), given a = f(z) too.
template <Activation kind>
CLARINET_INLINE Vec slope(const Elementwise& e, Vec z, Vec a) {
  Vec zero = set1(0.0f), one = set1(1.0f);
  if constexpr (kind == Activation::relu) return select(z > 0.0f, one, zero);
  if constexpr (kind == Activation::sigmoid) return a * (1.0f - a);
  if constexpr (kind == Activation::tanh) return fnma(a, a, one);
  if constexpr (kind == Activation::elu) return select(z > 0.0f, one, a + e.a);
  if constexpr (kind == Activation::selu) return select(z > 0.0f, set1(kSeluScale), a + kSeluScale * kSeluAlpha);
  if constexpr (kind == Activation::celu) return select(z > 0.0f, one, a / set1(e.a) + 1.0f);
  if constexpr (kind == Activation::gelu) {
    return fma(z * exp(z * z * -0.5f), kInvSqrtTwoPi, normal_distribution(z));
  }
  if constexpr (kind == Activation::gelu_tanh) {
    Vec p = normal_tanh(z);
    return fma(z * p * (1.0f - p), (z * z * (3.0f * kGeluCubic) + 1.0f) * (2.0f * kSqrtTwoOverPi), p);
  }
  if constexpr (kind == Activation::silu) {
    Vec s = sigmoid(z);
    return s * fma(z, 1.0f - s, one);
  }
  if constexpr (kind == Activation::mish) {
    Vec t = tanh(softplus(z));
    return fma(z * sigmoid(z), fnma(t, t, one), t);
  }
  if constexpr (kind == Activation::softplus) return sigmoid(z);
  if constexpr (kind == Activation::softsign) {
    Vec shrink = 1.0f / (abs(z) + 1.0f);
    return shrink * shrink;
  }
  if constexpr (kind == Activation::exponential) return a;
  if constexpr (kind == Activation::hard_sigmoid) return select(set1(3.0f) > abs(z), set1(1.0f / 6.0f), zero);
  if constexpr (kind == Activation::hard_silu) {
    return select(set1(3.0f) > abs(z), fma(z, 1.0f / 3.0f, set1(0.5f)), select(z > 0.0f, one, zero));
  }
  if constexpr (kind == Activation::leaky_relu) return select(z > 0.0f, one, set1(e.a));
  if constexpr (kind == Activation::clipped_relu) {
    return select(z > e.b, select(set1(e.c) > z, one, zero), set1(e.a));
  }
}

template <Activation kind>
void activate_as(const Elementwise& e, const float* z, float* a, long n) {
  each_vector(n, [&](long i, auto part) { store(a + i, value<kind>(e, load(z + i, part)), part); });
}

template <Activation kind>
void activate_back_as(const Elementwise& e, const float* dy, const float* z, const float* a, float* dz, long n) {
  each_vector(n, [&](long i, auto part) {
    Vec d = load(dy + i, part);
    if constexpr (kind == Activation::relu) {  // a NaN that comes back stays one only where the unit is active
      store(dz + i, select(load(z + i, part) > 0.0f, d, set1(0.0f)), part);
    } else {
      store(dz + i, d * slope<kind>(e, load(z + i, part), load(a + i, part)), part);
    }
  });
}

constexpr int kActivations = static_cast<int>(Activation::clipped_relu) + 1;

template <int k = 0>
void activate(const Elementwise& e, const float* z, float* a, long n) {
  if (e.kind == static_cast<Activation>(k)) return activate_as<static_cast<Activation>(k)>(e, z, a, n);
  if constexpr (k + 1 < kActivations) activate<k + 1>(e, z, a, n);
}

template <int k = 0>
void activate_back(const Elementwise& e, const float* dy, const float* z, const float* a, float* dz, long n) {
  if (e.kind == static_cast<Activation>(k)) return activate_back_as<static_cast<Activation>(k)>(e, dy, z, a, dz, n);
  if constexpr (k + 1 < kActivations) activate_back<k + 1>(e, dy, z, a, dz, n);
}

void affine(const float* x, float scale, float offset, float* y, long n) {
  each_vector(n, [&](long i, auto part) { store(y + i, fma(load(x + i, part), scale, set1(offset)), part); });
}

void multiply(const float* x, const float* factor, float* y, long n) {
  each_vector(n, [&](long i, auto part) { store(y + i, load(x + i, part) * load(factor + i, part), part); });
}

// Numbers as they are stored, as floats.
template <class T>
void convert(const void* from, float* to, long n) {
  const T* x = static_cast<const T*>(from);
  for (long i = 0; i < n; ++i) to[i] = static_cast<float>(x[i]);
}

void to_floats(Dtype dtype, const void* from, float* to, long n) {
  switch (dtype) {
    case Dtype::u8: return convert<uint8_t>(from, to, n);
    case Dtype::i8: return convert<int8_t>(from, to, n);
    case Dtype::u16: return convert<uint16_t>(from, to, n);
    case Dtype::i16: return convert<int16_t>(from, to, n);
    case Dtype::u32: return convert<uint32_t>(from, to, n);
    case Dtype::i32: return convert<int32_t>(from, to, n);
    case Dtype::u64: return convert<uint64_t>(from, to, n);
    case Dtype::i64: return convert<int64_t>(from, to, n);
    case Dtype::f32: return convert<float>(from, to, n);
    case Dtype::f64: return convert<double>(from, to, n);
  }
}

}  // namespace
}  // namespace clarinet
