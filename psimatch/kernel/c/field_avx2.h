/* Multiplication modulo p = 2^255 - 19 for four elements at a time, with AVX2, in limbs of 51 bits.

   vpmuludq multiplies the low 32 bits of two words. So fe_mul and fe_sq split each limb into its low 27 bits and the
   rest, ten half limbs as in section 4 of Bernstein's "Curve25519: new Diffie-Hellman speed records", 2006 (who has
   halves of 26 and 25 bits), and join them again. Loose limbs, those that they take, are those below 2^54. */
#ifndef PSIMATCH_FIELD_AVX2_H
#define PSIMATCH_FIELD_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define LANES 4
typedef uint64_t word __attribute__((vector_size(32)));
typedef struct { word v[5]; } fe;

#define MASK51 0x7ffffffffffffULL
#define SPLAT(x) ((word)_mm256_set1_epi64x((long long)(x)))
/* Sums and differences stay as they are: multiplication has room for them. */
#define CARRY_LOOSE 0

/* There are no branches on lanes to keep the compiler from. */
static inline word hide(word mask) { return mask; }

/* The product of the low 32 bits. */
INLINE word times(word a, word b) { return (word)_mm256_mul_epu32((__m256i)a, (__m256i)b); }

/* r + 19 * carry, for a carry below 2^32. */
INLINE word add_19(word r, word carry) { return r + times(carry, SPLAT(19)); }

/* Half limb 2k weighs 2^(51k), half limb 2k + 1 weighs 2^(51k + 27). Both are below 2^27, so 19 times one is below
   2^31.3, and 16 times one is 2^31: factors of vpmuludq. */
INLINE void fe_split(word out[10], const fe *a) {
    for (int k = 0; k < 5; k++) {
        out[2 * k] = a->v[k] & 0x7ffffff;
        out[2 * k + 1] = a->v[k] >> 27;
    }
}

/* The product of half limbs i and j goes to column i + j: times 8 where i and j are odd, since 2^27 * 2^27 is 2^51
   times 8, and from column 10 on folded back times 19. An even column has at most five products of odd halves, each
   below 2^30 * 2^31.25, and five of even halves below 2^27 * 2^31.25: together below 2^63.8. An odd column has ten
   below 2^58.25, hence is below 2^61.6; its bits from 24 on belong to the next limb: below 2^37.6, and 19 times that
   below 2^42. So the five sums are below 2^63.9, their carries below 2^12.9, 19 times one below 2^17.2: tight limbs. */
INLINE void fe_join(fe *out, const word column[10]) {
    word t[5], last = column[9] >> 24;
    t[0] = column[0] + last + (last << 1) + (last << 4);
    for (int k = 1; k < 5; k++) t[k] = column[2 * k] + (column[2 * k - 1] >> 24);
    for (int k = 0; k < 5; k++) t[k] += (column[2 * k + 1] & 0xffffff) << 27;
    out->v[0] = add_19(t[0] & MASK51, t[4] >> 51);
    for (int k = 1; k < 5; k++) out->v[k] = (t[k] & MASK51) + (t[k - 1] >> 51);
}

INLINE void fe_mul(fe *out, const fe *a, const fe *b) {
    word x[10], y[10], y19[10], x8[10], column[10];
    fe_split(x, a);
    fe_split(y, b);
    for (int i = 1; i < 10; i++) y19[i] = times(y[i], SPLAT(19));
    for (int i = 1; i < 10; i += 2) x8[i] = x[i] << 3;
    for (int k = 0; k < 10; k++) column[k] = times(x[0], y[k]);
#pragma GCC unroll 9
    for (int i = 1; i < 10; i++)
#pragma GCC unroll 10
        for (int k = 0; k < 10; k++) {
            int j = (k - i + 10) % 10;
            column[k] += times(i & j & 1 ? x8[i] : x[i], i > k ? y19[j] : y[j]);
        }
    fe_join(out, column);
}

/* The columns of fe_mul(a, a), equal products once and doubled: the same bounds. */
INLINE void fe_sq(fe *out, const fe *a) {
    word x[10], x2[10], x8[10], x16[10], x19[10], column[10];
    fe_split(x, a);
    for (int i = 0; i < 10; i++) x2[i] = x[i] + x[i];
    for (int i = 1; i < 10; i += 2) x8[i] = x[i] << 3, x16[i] = x[i] << 4;
    for (int i = 5; i < 10; i++) x19[i] = times(x[i], SPLAT(19));
#pragma GCC unroll 10
    for (int k = 0; k < 10; k++) {
        column[k] = SPLAT(0);
#pragma GCC unroll 10
        for (int i = 0; i < 10; i++) {
            int j = (k - i + 10) % 10, odd = i & j & 1;
            if (i > j) continue;
            word left = i == j ? (odd ? x8[i] : x[i]) : (odd ? x16[i] : x2[i]);
            column[k] += times(left, i + j > k ? x19[j] : x[j]);
        }
    }
    fe_join(out, column);
}

/* b in the lanes where the mask is set, a in others. */
INLINE word choose(word a, word b, word mask) {
    return (word)_mm256_blendv_epi8((__m256i)a, (__m256i)b, (__m256i)mask);
}

/* Table entries are read one word a lane at a time; a is zero where b is chosen, and a lane is chosen once. */
typedef word chunk;
INLINE chunk chunk_choose(chunk a, chunk b, word mask) { return a | (b & mask); }

/* Each lane's own entry of a row of eight words, by a permutation of each half: no address depends on the index. */
typedef struct { __m256i halves; __m256d upper; } row_index;
INLINE row_index row_index_of(word index) {
    word first = (index & 3) << 1;
    row_index out = {(__m256i)(first | (first + 1) << 32), (__m256d)(index << 61)};
    return out;
}
INLINE word row_select(const uint64_t row[8], const row_index *index) {
    const __m256i *half = (const __m256i *)row;
    __m256i lower = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(half), index->halves);
    __m256i upper = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(half + 1), index->halves);
    return (word)_mm256_blendv_pd((__m256d)lower, (__m256d)upper, index->upper);
}

#endif
