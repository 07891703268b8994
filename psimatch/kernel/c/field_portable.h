/* Multiplication modulo p = 2^255 - 19, one element at a time, in five limbs of 51 bits.

   fe_mul and fe_sq take loose limbs, here those below 2^54, and give tight ones. */
#ifndef PSIMATCH_FIELD_PORTABLE_H
#define PSIMATCH_FIELD_PORTABLE_H

#include <stdint.h>

#define LANES 1
typedef uint64_t word;
typedef unsigned __int128 wide;
typedef struct { word v[5]; } fe;

#define MASK51 0x7ffffffffffffULL
#define SPLAT(x) ((word)(x))
/* Sums and differences stay as they are: multiplication has room for them. */
#define CARRY_LOOSE 0

/* r + 19 * carry */
INLINE word add_19(word r, word carry) { return r + 19 * carry; }

/* Hide a mask's origin, lest the compiler turn a masked move into a branch. */
static inline word hide(word mask) {
    __asm__("" : "+r"(mask));
    return mask;
}

/* The columns of a product, carried twice, each time all at once: no carry waits for another. A column is at most 77
   products (one plus four times 19) below 2^108, hence below 2^114.3, so its carry is below 2^63.3; the last column
   has no product times 19, so its carry is below 2^59.4, and 19 times that below 2^63.7. Each r is such a carry and
   51 bits: below 2^64. The second carries are below 2^13, and 19 times one below 2^18: tight limbs. */
INLINE void fe_carry_wide(fe *out, wide c0, wide c1, wide c2, wide c3, wide c4) {
    uint64_t r0 = ((uint64_t)c0 & MASK51) + 19 * (uint64_t)(c4 >> 51);
    uint64_t r1 = ((uint64_t)c1 & MASK51) + (uint64_t)(c0 >> 51);
    uint64_t r2 = ((uint64_t)c2 & MASK51) + (uint64_t)(c1 >> 51);
    uint64_t r3 = ((uint64_t)c3 & MASK51) + (uint64_t)(c2 >> 51);
    uint64_t r4 = ((uint64_t)c4 & MASK51) + (uint64_t)(c3 >> 51);
    out->v[0] = (r0 & MASK51) + 19 * (r4 >> 51);
    out->v[1] = (r1 & MASK51) + (r0 >> 51);
    out->v[2] = (r2 & MASK51) + (r1 >> 51);
    out->v[3] = (r3 & MASK51) + (r2 >> 51);
    out->v[4] = (r4 & MASK51) + (r3 >> 51);
}

INLINE void fe_mul(fe *out, const fe *a, const fe *b) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    const uint64_t b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3], b4 = b->v[4];
    /* 2^255 = 19 modulo p. 19 * 2^54 is below 2^59. */
    const uint64_t d1 = 19 * b1, d2 = 19 * b2, d3 = 19 * b3, d4 = 19 * b4;
    fe_carry_wide(out,
        (wide)a0 * b0 + (wide)a1 * d4 + (wide)a2 * d3 + (wide)a3 * d2 + (wide)a4 * d1,
        (wide)a0 * b1 + (wide)a1 * b0 + (wide)a2 * d4 + (wide)a3 * d3 + (wide)a4 * d2,
        (wide)a0 * b2 + (wide)a1 * b1 + (wide)a2 * b0 + (wide)a3 * d4 + (wide)a4 * d3,
        (wide)a0 * b3 + (wide)a1 * b2 + (wide)a2 * b1 + (wide)a3 * b0 + (wide)a4 * d4,
        (wide)a0 * b4 + (wide)a1 * b3 + (wide)a2 * b2 + (wide)a3 * b1 + (wide)a4 * b0);
}

/* The same columns as fe_mul(a, a), equal products once and doubled: the same bounds. */
INLINE void fe_sq(fe *out, const fe *a) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    const uint64_t t0 = 2 * a0, t1 = 2 * a1, t2 = 2 * a2, d3 = 19 * a3, d4 = 19 * a4;
    fe_carry_wide(out,
        (wide)a0 * a0 + (wide)t1 * d4 + (wide)t2 * d3,
        (wide)t0 * a1 + (wide)t2 * d4 + (wide)a3 * d3,
        (wide)t0 * a2 + (wide)a1 * a1 + (wide)(2 * a3) * d4,
        (wide)t0 * a3 + (wide)t1 * a2 + (wide)a4 * d4,
        (wide)t0 * a4 + (wide)t1 * a3 + (wide)a2 * a2);
}

/* b where the mask is set, else a. */
INLINE word choose(word a, word b, word mask) { return a ^ ((a ^ b) & mask); }

/* Two words at once where the machine can: table entries are read as chunks. */
typedef word chunk __attribute__((vector_size(16), aligned(8), may_alias));
INLINE chunk chunk_choose(chunk a, chunk b, word mask) { return a | (b & mask); }

/* Which word (0 to 7) of a row of eight to take, as a mask for each. */
typedef struct { chunk masks[4]; } row_index;
INLINE row_index row_index_of(word index) {
    row_index out;
    for (uint64_t pair = 0; pair < 4; pair++) {
        uint64_t even = index ^ (2 * pair), odd = index ^ (2 * pair + 1);
        out.masks[pair] = (chunk){hide(((even | (0 - even)) >> 63) - 1), hide(((odd | (0 - odd)) >> 63) - 1)};
    }
    return out;
}

/* The word that the index names; every one is read. */
INLINE word row_select(const uint64_t row[8], const row_index *index) {
    const chunk *chunks = (const chunk *)row;
    chunk found = (chunks[0] & index->masks[0]) | (chunks[1] & index->masks[1]) | (chunks[2] & index->masks[2])
        | (chunks[3] & index->masks[3]);
    return found[0] | found[1];
}

#endif
