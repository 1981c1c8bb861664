// AVX2 with FMA: 8 floats; a mask is a vector whose lanes are all ones or all zeros.
#pragma once

#include <immintrin.h>

namespace clarinet {
namespace {

constexpr long kLanes = 8;
constexpr int kTileRows = 6, kTileVectors = 2;  // 12 accumulators, a row of B and a broadcast in 16 registers

struct Vec {
  __m256 v;
};
struct Int {
  __m256i v;
};
struct Mask {
  __m256 v;
};
struct Tail {
  __m256i v;
};

CLARINET_INLINE Tail tail(long n) {
  return {_mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))};
}

CLARINET_INLINE Vec set1(float x) { return {_mm256_set1_ps(x)}; }
CLARINET_INLINE Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
CLARINET_INLINE Vec load(const float* p, Tail t) { return {_mm256_maskload_ps(p, t.v)}; }
CLARINET_INLINE void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
CLARINET_INLINE void store(float* p, Vec a, Tail t) { _mm256_maskstore_ps(p, t.v, a.v); }

CLARINET_INLINE Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
CLARINET_INLINE Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
CLARINET_INLINE Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
CLARINET_INLINE Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
CLARINET_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }    // a b + c
CLARINET_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }  // c - a b
CLARINET_INLINE Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
CLARINET_INLINE Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
CLARINET_INLINE Vec round(Vec a) { return {_mm256_round_ps(a.v, 8)}; }
CLARINET_INLINE Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }  // a > b ? a : b, so a NaN in b stays
CLARINET_INLINE Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
CLARINET_INLINE Vec ratio(Vec a, Vec b) { return a / b; }

CLARINET_INLINE Mask operator>(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
CLARINET_INLINE Mask operator>=(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
CLARINET_INLINE Mask operator==(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
CLARINET_INLINE Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.v, b.v)}; }
CLARINET_INLINE Vec select(Mask m, Vec yes, Vec no) { return {_mm256_blendv_ps(no.v, yes.v, m.v)}; }
CLARINET_INLINE uint32_t bits(Mask m) { return static_cast<uint32_t>(_mm256_movemask_ps(m.v)); }

CLARINET_INLINE Vec keep(Vec a, Tail t, float beyond) {
  return {_mm256_blendv_ps(_mm256_set1_ps(beyond), a.v, _mm256_castsi256_ps(t.v))};
}

// The lanes joined in halves: 0 with 4, 1 with 5, …, then 0 with 2, ….
CLARINET_INLINE float sum(Vec a) {
  __m128 y = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  y = _mm_add_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
}
CLARINET_INLINE float largest(Vec a) {
  __m128 y = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  y = _mm_max_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_max_ss(y, _mm_movehdup_ps(y)));
}
CLARINET_INLINE float first(Vec a) { return _mm256_cvtss_f32(a.v); }

CLARINET_INLINE Mask nonzero(Vec a) { return {_mm256_cmp_ps(a.v, _mm256_setzero_ps(), _CMP_NEQ_UQ)}; }

CLARINET_INLINE Int set1(int32_t x) { return {_mm256_set1_epi32(x)}; }
CLARINET_INLINE Int operator+(Int a, Int b) { return {_mm256_add_epi32(a.v, b.v)}; }
CLARINET_INLINE Int operator-(Int a, Int b) { return {_mm256_sub_epi32(a.v, b.v)}; }
CLARINET_INLINE Int operator&(Int a, Int b) { return {_mm256_and_si256(a.v, b.v)}; }
CLARINET_INLINE Int operator|(Int a, Int b) { return {_mm256_or_si256(a.v, b.v)}; }
CLARINET_INLINE Int where(Mask m, Int a) { return {_mm256_and_si256(_mm256_castps_si256(m.v), a.v)}; }  // 0 elsewhere
CLARINET_INLINE void store(uint32_t* p, Int a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
template <int n>
CLARINET_INLINE Int shift_left(Int a) {
  return {_mm256_slli_epi32(a.v, n)};
}
template <int n>
CLARINET_INLINE Int shift_right(Int a) {
  return {_mm256_srai_epi32(a.v, n)};
}
CLARINET_INLINE Int as_int(Vec a) { return {_mm256_castps_si256(a.v)}; }
CLARINET_INLINE Vec as_vec(Int a) { return {_mm256_castsi256_ps(a.v)}; }
CLARINET_INLINE Int to_int(Vec a) { return {_mm256_cvtps_epi32(a.v)}; }
CLARINET_INLINE Vec to_vec(Int a) { return {_mm256_cvtepi32_ps(a.v)}; }

}  // namespace
}  // namespace clarinet
