/* Multiplication modulo p = 2^255 - 19, one element at a time, in five limbs of 51 bits.

   A limb is `tight` below 2^51 + 2^15. Multiplication takes sums of up to four tight limbs (below 2^54) and
   gives tight limbs; field.h says what the other operations take and give. */
#ifndef PSIMATCH_FIELD_PORTABLE_H
#define PSIMATCH_FIELD_PORTABLE_H

#include <stdint.h>

#define LANES 1
typedef uint64_t word;
typedef unsigned __int128 wide;
typedef struct { word v[5]; } fe;

#define MASK51 0x7ffffffffffffULL
#define SPLAT(x) ((word)(x))
/* Sums stay as they are: multiplication has room for them. */
#define CARRY_AFTER_ADD 0

/* Hide a mask's origin, lest the compiler turn a masked move into a branch. */
static inline word hide(word mask) {
    __asm__("" : "+r"(mask));
    return mask;
}

/* Each column is at most 77 products (one plus four times 19) below 2^108, hence below 2^114.3; with the carry
   of the column before it stays below 2^115, and a carry stays below 2^64. The last carry, below 2^64, would
   overflow 64 bits times 19, so it is added to a column of 128 bits. */
static INLINE void fe_carry_wide(fe *out, wide c0, wide c1, wide c2, wide c3, wide c4) {
    c1 += (uint64_t)(c0 >> 51);
    c2 += (uint64_t)(c1 >> 51);
    c3 += (uint64_t)(c2 >> 51);
    c4 += (uint64_t)(c3 >> 51);
    wide low = (wide)((uint64_t)c0 & MASK51) + (wide)(uint64_t)(c4 >> 51) * 19;
    out->v[0] = (uint64_t)low & MASK51;
    /* low is below 2^69, so this carry is below 2^18; carried once more, limb 1 is below 2^51 and limb 2
       above its mask by at most one. */
    uint64_t one = ((uint64_t)c1 & MASK51) + (uint64_t)(low >> 51);
    out->v[1] = one & MASK51;
    out->v[2] = ((uint64_t)c2 & MASK51) + (one >> 51);
    out->v[3] = (uint64_t)c3 & MASK51;
    out->v[4] = (uint64_t)c4 & MASK51;
}

static INLINE void fe_mul(fe *out, const fe *a, const fe *b) {
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
static INLINE void fe_sq(fe *out, const fe *a) {
    const uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    const uint64_t t0 = 2 * a0, t1 = 2 * a1, t2 = 2 * a2, d3 = 19 * a3, d4 = 19 * a4;
    fe_carry_wide(out,
        (wide)a0 * a0 + (wide)t1 * d4 + (wide)t2 * d3,
        (wide)t0 * a1 + (wide)t2 * d4 + (wide)a3 * d3,
        (wide)t0 * a2 + (wide)a1 * a1 + (wide)(2 * a3) * d4,
        (wide)t0 * a3 + (wide)t1 * a2 + (wide)a4 * d4,
        (wide)t0 * a4 + (wide)t1 * a3 + (wide)a2 * a2);
}

/* The entry `index` (0 to 7) of a row of eight words; every entry is read. */
static inline word row_select(const uint64_t row[8], word index) {
    word found = 0;
    for (uint64_t entry = 0; entry < 8; entry++) {
        uint64_t other = index ^ entry;
        found |= row[entry] & (((other | (0 - other)) >> 63) - 1);
    }
    return found;
}

#endif
