/* Multiplication modulo p = 2^255 - 19 for eight elements at a time, with AVX-512 IFMA, in limbs of 51 bits.

   vpmadd52 multiplies the low 52 bits of two words and adds the low or the high 52 bits of the product. So limbs
   must stay below 2^52: tight ones (below 2^51 + 2^15) do, and fe_add carries. */
#ifndef PSIMATCH_FIELD_IFMA_H
#define PSIMATCH_FIELD_IFMA_H

#include <immintrin.h>
#include <stdint.h>

#define LANES 8
typedef uint64_t word __attribute__((vector_size(64)));
typedef struct { word v[5]; } fe;

#define MASK51 0x7ffffffffffffULL
#define SPLAT(x) ((word)_mm512_set1_epi64((long long)(x)))
#define CARRY_AFTER_ADD 1

/* There are no branches on lanes to keep the compiler from. */
static inline word hide(word mask) { return mask; }

static inline word low52(word sum, word a, word b) {
    return (word)_mm512_madd52lo_epu64((__m512i)sum, (__m512i)a, (__m512i)b);
}

static inline word high52(word sum, word a, word b) {
    return (word)_mm512_madd52hi_epu64((__m512i)sum, (__m512i)a, (__m512i)b);
}

/* Limb k of the product collects low[k] + 2 high[k-1], since a high part weighs 2^52 = 2 * 2^51; limbs 5 to 9 fold
   back times 19. A column is at most five low parts below 2^52 and twice five high parts below 2^51, hence below
   2^55; with 19 times another below 2^60. So carries are below 2^9, and one round of them makes every limb tight. */
static INLINE void fe_fold(fe *out, const word low[9], const word high[9]) {
    word r0 = low[0] + 19 * (low[5] + 2 * high[4]);
    word r1 = low[1] + 2 * high[0] + 19 * (low[6] + 2 * high[5]);
    word r2 = low[2] + 2 * high[1] + 19 * (low[7] + 2 * high[6]);
    word r3 = low[3] + 2 * high[2] + 19 * (low[8] + 2 * high[7]);
    word r4 = low[4] + 2 * high[3] + 19 * (2 * high[8]);
    out->v[0] = (r0 & MASK51) + 19 * (r4 >> 51);
    out->v[1] = (r1 & MASK51) + (r0 >> 51);
    out->v[2] = (r2 & MASK51) + (r1 >> 51);
    out->v[3] = (r3 & MASK51) + (r2 >> 51);
    out->v[4] = (r4 & MASK51) + (r3 >> 51);
}

static INLINE void fe_mul(fe *out, const fe *a, const fe *b) {
    word low[9], high[9];
    for (int k = 0; k < 9; k++) low[k] = high[k] = SPLAT(0);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++)
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) {
            low[i + j] = low52(low[i + j], a->v[i], b->v[j]);
            high[i + j] = high52(high[i + j], a->v[i], b->v[j]);
        }
    fe_fold(out, low, high);
}

/* The columns of fe_mul(a, a), equal products once and doubled: the same bounds. */
static INLINE void fe_sq(fe *out, const fe *a) {
    word low[9], high[9];
    for (int k = 0; k < 9; k++) low[k] = high[k] = SPLAT(0);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++)
#pragma GCC unroll 5
        for (int j = i + 1; j < 5; j++) {
            low[i + j] = low52(low[i + j], a->v[i], a->v[j]);
            high[i + j] = high52(high[i + j], a->v[i], a->v[j]);
        }
#pragma GCC unroll 9
    for (int k = 0; k < 9; k++) low[k] += low[k], high[k] += high[k];
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        low[2 * i] = low52(low[2 * i], a->v[i], a->v[i]);
        high[2 * i] = high52(high[2 * i], a->v[i], a->v[i]);
    }
    fe_fold(out, low, high);
}

/* Each lane's own entry of a row of eight words, by one permutation: no address depends on the index. */
static inline word row_select(const uint64_t row[8], word index) {
    return (word)_mm512_permutexvar_epi64((__m512i)index, _mm512_loadu_si512(row));
}

#endif
