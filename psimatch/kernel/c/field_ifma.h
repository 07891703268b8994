/* Multiplication modulo p = 2^255 - 19 for eight elements at a time, with AVX-512 IFMA, in limbs of 51 bits.

   vpmadd52 multiplies the low 52 bits of two words and adds the low or the high 52 bits of the product. So loose limbs,
   those that fe_mul and fe_sq take, are those below 2^52: tight ones are, and sums are carried. */
#ifndef PSIMATCH_FIELD_IFMA_H
#define PSIMATCH_FIELD_IFMA_H

#include <immintrin.h>
#include <stdint.h>

#define LANES 8
typedef uint64_t word __attribute__((vector_size(64)));
typedef struct { word v[5]; } fe;

#define MASK51 0x7ffffffffffffULL
#define SPLAT(x) ((word)_mm512_set1_epi64((long long)(x)))
#define CARRY_LOOSE 1

/* There are no branches on lanes to keep the compiler from. */
static inline word hide(word mask) { return mask; }

INLINE word low52(word sum, word a, word b) {
    return (word)_mm512_madd52lo_epu64((__m512i)sum, (__m512i)a, (__m512i)b);
}

INLINE word high52(word sum, word a, word b) {
    return (word)_mm512_madd52hi_epu64((__m512i)sum, (__m512i)a, (__m512i)b);
}

/* A constant that the compiler does not know: it would make shifts of a multiplication by 19, and vpmullq is faster. */
INLINE word opaque(uint64_t x) {
    word out = SPLAT(x);
    __asm__("" : "+v"(out));
    return out;
}

/* r + 19 * carry, for a carry below 2^47. */
INLINE word add_19(word r, word carry) { return low52(r, carry, opaque(19)); }

/* Limb k of the product collects low[k] + 2 high[k-1], since a high part weighs 2^52 = 2 * 2^51; limbs 5 to 9 fold
   back times 19. A column is at most five low parts below 2^52 and twice five high parts below 2^51, hence below
   2^55; with 19 times another below 2^60. So carries are below 2^9, and one round of them makes every limb tight.

   A column's high parts come first, are doubled, and the low parts are added onto them: fewer instructions than
   with sums of their own, and other columns fill the wait. */
INLINE void fe_carry_columns(fe *out, const word t[5]) {
    out->v[0] = add_19(t[0] & MASK51, t[4] >> 51);
    for (int k = 1; k < 5; k++) out->v[k] = (t[k] & MASK51) + (t[k - 1] >> 51);
}

INLINE void fe_mul(fe *out, const fe *a, const fe *b) {
    const word nineteen = opaque(19);
    word t[10];
    for (int k = 0; k < 10; k++) t[k] = SPLAT(0);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++)
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) t[i + j + 1] = high52(t[i + j + 1], a->v[i], b->v[j]);
#pragma GCC unroll 9
    for (int k = 1; k < 10; k++) t[k] += t[k];
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++)
#pragma GCC unroll 5
        for (int j = 5 - i; j < 5; j++) t[i + j] = low52(t[i + j], a->v[i], b->v[j]);
#pragma GCC unroll 5
    for (int k = 0; k < 5; k++) t[k] += nineteen * t[k + 5];
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++)
#pragma GCC unroll 5
        for (int j = 0; j < 5 - i; j++) t[i + j] = low52(t[i + j], a->v[i], b->v[j]);
    fe_carry_columns(out, t);
}

/* The columns of fe_mul(a, a), equal products once and doubled: the same bounds. */
INLINE void fe_sq(fe *out, const fe *a) {
    const word nineteen = opaque(19);
    word t[10];
    for (int k = 0; k < 10; k++) t[k] = SPLAT(0);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++)
#pragma GCC unroll 5
        for (int j = i + 1; j < 5; j++) t[i + j + 1] = high52(t[i + j + 1], a->v[i], a->v[j]);
#pragma GCC unroll 9
    for (int k = 2; k < 9; k++) t[k] += t[k];
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) t[2 * i + 1] = high52(t[2 * i + 1], a->v[i], a->v[i]);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++)
#pragma GCC unroll 5
        for (int j = i + 1; j < 5; j++) t[i + j] = low52(t[i + j], a->v[i], a->v[j]);
#pragma GCC unroll 9
    for (int k = 1; k < 10; k++) t[k] += t[k];
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) t[2 * i] = low52(t[2 * i], a->v[i], a->v[i]);
#pragma GCC unroll 5
    for (int k = 0; k < 5; k++) t[k] += nineteen * t[k + 5];
    fe_carry_columns(out, t);
}

/* b in the lanes where the mask is set, a in others. */
INLINE word choose(word a, word b, word mask) {
    return (word)_mm512_mask_mov_epi64((__m512i)a, _mm512_movepi64_mask((__m512i)mask), (__m512i)b);
}

/* Table entries are read one word a lane at a time; a is zero where b is chosen. */
typedef word chunk;
INLINE chunk chunk_choose(chunk a, chunk b, word mask) { return choose(a, b, mask); }

/* Each lane's own entry of a row of eight words, by one permutation: no address depends on the index. */
typedef word row_index;
INLINE row_index row_index_of(word index) { return index; }
INLINE word row_select(const uint64_t row[8], const row_index *index) {
    return (word)_mm512_permutexvar_epi64((__m512i)*index, _mm512_loadu_si512(row));
}

#endif
