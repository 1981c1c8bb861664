// AVX-512 (F, VL, DQ, BW): 16 floats, masks in registers of their own.
#pragma once

#include <immintrin.h>

namespace clarinet {
namespace {

constexpr long kLanes = 16;
// Rows and vectors of a product's tile: enough multiply-adds in flight for two units of latency 4.
constexpr int kTileRows = 8, kTileVectors = 2;

struct Vec {
  __m512 v;
};
struct Int {
  __m512i v;
};
struct Mask {
  __mmask16 m;
};
struct Tail {
  __mmask16 m;
};

CLARINET_INLINE Tail tail(long n) { return {static_cast<__mmask16>((1u << n) - 1)}; }

CLARINET_INLINE Vec set1(float x) { return {_mm512_set1_ps(x)}; }
CLARINET_INLINE Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
CLARINET_INLINE Vec load(const float* p, Tail t) { return {_mm512_maskz_loadu_ps(t.m, p)}; }
CLARINET_INLINE void store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
CLARINET_INLINE void store(float* p, Vec a, Tail t) { _mm512_mask_storeu_ps(p, t.m, a.v); }

CLARINET_INLINE Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
CLARINET_INLINE Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
CLARINET_INLINE Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
CLARINET_INLINE Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
CLARINET_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }    // a b + c
CLARINET_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }  // c - a b
CLARINET_INLINE Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
CLARINET_INLINE Vec abs(Vec a) { return {_mm512_abs_ps(a.v)}; }
CLARINET_INLINE Vec round(Vec a) { return {_mm512_roundscale_ps(a.v, 8)}; }   // to the nearest whole number, ties to even
CLARINET_INLINE Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }  // a > b ? a : b, so a NaN in b stays
CLARINET_INLINE Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }  // a < b ? a : b

// a / b for positive b, within 2 units of the last place: 14 bits and one Newton step. At most 1e20 counts, so that b may
// be infinite.
CLARINET_INLINE Vec ratio(Vec a, Vec b) {
  __m512 d = _mm512_min_ps(_mm512_set1_ps(1e20f), b.v), r = _mm512_rcp14_ps(d);
  r = _mm512_fmadd_ps(r, _mm512_fnmadd_ps(d, r, _mm512_set1_ps(1.0f)), r);
  return {_mm512_mul_ps(a.v, r)};
}

CLARINET_INLINE Mask operator>(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
CLARINET_INLINE Mask operator>=(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
CLARINET_INLINE Mask operator==(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
CLARINET_INLINE Mask operator&(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & b.m)}; }
CLARINET_INLINE Vec select(Mask m, Vec yes, Vec no) { return {_mm512_mask_blend_ps(m.m, no.v, yes.v)}; }
CLARINET_INLINE uint32_t bits(Mask m) { return m.m; }

CLARINET_INLINE Vec keep(Vec a, Tail t, float beyond) { return {_mm512_mask_blend_ps(t.m, _mm512_set1_ps(beyond), a.v)}; }

// The lanes joined in halves: 0 with 8, 1 with 9, …, then 0 with 4, ….
CLARINET_INLINE float sum(Vec a) {
  __m256 x = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  __m128 y = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  y = _mm_add_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
}
CLARINET_INLINE float largest(Vec a) {
  __m256 x = _mm256_max_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  __m128 y = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  y = _mm_max_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_max_ss(y, _mm_movehdup_ps(y)));
}
CLARINET_INLINE float first(Vec a) { return _mm512_cvtss_f32(a.v); }

CLARINET_INLINE Mask nonzero(Vec a) { return {_mm512_cmp_ps_mask(a.v, _mm512_setzero_ps(), _CMP_NEQ_UQ)}; }

CLARINET_INLINE Int set1(int32_t x) { return {_mm512_set1_epi32(x)}; }
CLARINET_INLINE Int operator+(Int a, Int b) { return {_mm512_add_epi32(a.v, b.v)}; }
CLARINET_INLINE Int operator-(Int a, Int b) { return {_mm512_sub_epi32(a.v, b.v)}; }
CLARINET_INLINE Int operator&(Int a, Int b) { return {_mm512_and_si512(a.v, b.v)}; }
CLARINET_INLINE Int operator|(Int a, Int b) { return {_mm512_or_si512(a.v, b.v)}; }
CLARINET_INLINE Int where(Mask m, Int a) { return {_mm512_maskz_mov_epi32(m.m, a.v)}; }  // 0 elsewhere
CLARINET_INLINE void store(uint32_t* p, Int a) { _mm512_storeu_si512(p, a.v); }
template <int n>
CLARINET_INLINE Int shift_left(Int a) {
  return {_mm512_slli_epi32(a.v, n)};
}
template <int n>
CLARINET_INLINE Int shift_right(Int a) {  // of the sign too
  return {_mm512_srai_epi32(a.v, n)};
}
CLARINET_INLINE Int as_int(Vec a) { return {_mm512_castps_si512(a.v)}; }
CLARINET_INLINE Vec as_vec(Int a) { return {_mm512_castsi512_ps(a.v)}; }
CLARINET_INLINE Int to_int(Vec a) { return {_mm512_cvtps_epi32(a.v)}; }
CLARINET_INLINE Vec to_vec(Int a) { return {_mm512_cvtepi32_ps(a.v)}; }

}  // namespace
}  // namespace clarinet
