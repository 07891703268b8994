/* The field modulo p = 2^255 - 19 over `word`s: one element or one a lane. All of it is constant time.

   What differs with the lanes (fe_mul, fe_sq, row_select) stands in field_portable.h, field_avx2.h or
   field_ifma.h, included before. `word` is uint64_t or a vector of them, so +, -, &, ^, >> below work lane by lane. A mask is all ones
   or all zeros in each lane.

   Bounds: a limb is tight below 2^51 + 2^18; fe_mul, fe_sq, fe_sub, fe_neg and fe_carry give tight limbs. It is loose
   where fe_mul and fe_sq take it, which depends on the field; fe_add and fe_sub_loose give loose limbs. What each
   function takes stands beside it. */
#ifndef PSIMATCH_FIELD_H
#define PSIMATCH_FIELD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "constants.h"

static inline fe fe_constant(const uint64_t limbs[5]) {
    fe out;
    for (int i = 0; i < 5; i++) out.v[i] = SPLAT(limbs[i]);
    return out;
}

static inline fe fe_small(uint64_t value) {
    fe out = {{SPLAT(value), SPLAT(0), SPLAT(0), SPLAT(0), SPLAT(0)}};
    return out;
}

/* Limbs below 2^60 in, so each carry is below 2^9 and 19 times the last below 2^14: tight limbs out. */
INLINE void fe_carry(fe *a) {
    word c0 = a->v[0] >> 51, c1 = a->v[1] >> 51, c2 = a->v[2] >> 51, c3 = a->v[3] >> 51, c4 = a->v[4] >> 51;
    a->v[0] = add_19(a->v[0] & MASK51, c4);
    a->v[1] = (a->v[1] & MASK51) + c0;
    a->v[2] = (a->v[2] & MASK51) + c1;
    a->v[3] = (a->v[3] & MASK51) + c2;
    a->v[4] = (a->v[4] & MASK51) + c3;
}

/* a + b, uncarried: of tight limbs below 2^52 + 2^19. To be added or subtracted. */
INLINE void fe_add_raw(fe *out, const fe *a, const fe *b) {
    for (int i = 0; i < 5; i++) out->v[i] = a->v[i] + b->v[i];
}

/* The sum of tight limbs, or of a raw sum and a loose difference: uncarried below 2^53.9. Loose. */
INLINE void fe_add(fe *out, const fe *a, const fe *b) {
    fe_add_raw(out, a, b);
    if (CARRY_LOOSE) fe_carry(out);
}

/* 4p is added first; its limbs are at least 2^53 - 76, above any sum of three tight limbs (below 1.6 * 2^52). */
INLINE void fe_sub_raw(fe *out, const fe *a, const fe *b) {
    out->v[0] = a->v[0] + 0x1fffffffffffb4ULL - b->v[0];
    for (int i = 1; i < 5; i++) out->v[i] = a->v[i] + 0x1ffffffffffffcULL - b->v[i];
}

/* The difference of tight limbs or raw sums; a may be loose. */
INLINE void fe_sub(fe *out, const fe *a, const fe *b) {
    fe_sub_raw(out, a, b);
    fe_carry(out);
}

/* The same where a product follows. Uncarried, tight limbs give limbs below 2^53.4 and raw sums below 2^53.6: loose. */
INLINE void fe_sub_loose(fe *out, const fe *a, const fe *b) {
    fe_sub_raw(out, a, b);
    if (CARRY_LOOSE) fe_carry(out);
}

static inline void fe_neg(fe *out, const fe *a) {
    fe zero = fe_small(0);
    fe_sub(out, &zero, a);
}

/* out = other where the mask is set. */
INLINE void fe_move(fe *out, const fe *other, word mask) {
    for (int i = 0; i < 5; i++) out->v[i] = choose(out->v[i], other->v[i], mask);
}

INLINE void fe_swap_where(fe *a, fe *b, word mask) {
    fe other = *a;
    fe_move(a, b, mask);
    fe_move(b, &other, mask);
}

static inline void fe_negate_where(fe *a, word mask) {
    fe negative;
    fe_neg(&negative, a);
    fe_move(a, &negative, mask);
}

/* Reduce fully, limbs below 2^51 and value below p. After one carry every limb is tight, so the value is below
   2^255 + 2^220 < 2p. Adding 19 carries out of bit 255 exactly if it is p or more: that carry is `over`. */
static inline void fe_canonical(fe *a) {
    fe_carry(a);
    word over = (a->v[0] + 19) >> 51;
    for (int i = 1; i < 5; i++) over = (a->v[i] + over) >> 51;
    a->v[0] += over * 19;
    for (int i = 0; i < 4; i++) {
        a->v[i + 1] += a->v[i] >> 51;
        a->v[i] &= MASK51;
    }
    a->v[4] &= MASK51;
}

static inline word mask_of_zero(word a) { return hide(((a | (0 - a)) >> 63) - 1); }
static inline word mask_of_bit(word a) { return hide(0 - (a & 1)); }

static inline word fe_is_zero(const fe *a) {
    fe c = *a;
    fe_canonical(&c);
    return mask_of_zero(c.v[0] | c.v[1] | c.v[2] | c.v[3] | c.v[4]);
}

static inline word fe_equal(const fe *a, const fe *b) {
    fe difference;
    fe_sub(&difference, a, b);
    return fe_is_zero(&difference);
}

/* RFC 9496 section 4.1: negative means odd. */
static inline word fe_is_negative(const fe *a) {
    fe c = *a;
    fe_canonical(&c);
    return mask_of_bit(c.v[0]);
}

static inline void fe_absolute(fe *a) { fe_negate_where(a, fe_is_negative(a)); }

/* Four words of 64 bits a lane, from and to 32 little-endian bytes a lane. */
static inline void words_load(word *words, int count, const uint8_t *bytes) {
    for (int i = 0; i < count; i++) {
        uint64_t lanes[LANES];
        for (int lane = 0; lane < LANES; lane++) memcpy(&lanes[lane], bytes + 8 * (count * lane + i), 8);
        memcpy(&words[i], lanes, sizeof lanes);
    }
}

static inline void fe_words(word words[4], const fe *a) {
    fe c = *a;
    fe_canonical(&c);
    words[0] = c.v[0] | c.v[1] << 51;
    words[1] = c.v[1] >> 13 | c.v[2] << 38;
    words[2] = c.v[2] >> 26 | c.v[3] << 25;
    words[3] = c.v[3] >> 39 | c.v[4] << 12;
}

static inline void fe_store(uint8_t *bytes, const fe *a) {
    word words[4];
    fe_words(words, a);
    for (int i = 0; i < 4; i++) {
        uint64_t lanes[LANES];
        memcpy(lanes, &words[i], sizeof lanes);
        for (int lane = 0; lane < LANES; lane++) memcpy(bytes + 8 * (4 * lane + i), &lanes[lane], 8);
    }
}

static inline void fe_from_words(fe *out, const word w[4]) {
    out->v[0] = w[0] & MASK51;
    out->v[1] = (w[0] >> 51 | w[1] << 13) & MASK51;
    out->v[2] = (w[1] >> 38 | w[2] << 26) & MASK51;
    out->v[3] = (w[2] >> 25 | w[3] << 39) & MASK51;
    out->v[4] = (w[3] >> 12) & MASK51;
}

/* Drops bit 255, as RFC 9496 section 4.3.4 has it for the uniform bytes. */
static inline void fe_load(fe *out, const uint8_t *bytes) {
    word w[4];
    words_load(w, 4, bytes);
    fe_from_words(out, w);
}

/* The mask says which lanes are canonical: below p, bit 255 clear. */
static inline word fe_load_strict(fe *out, const uint8_t *bytes) {
    word w[4], again[4];
    words_load(w, 4, bytes);
    fe_from_words(out, w);
    fe_words(again, out);
    return mask_of_zero((w[0] ^ again[0]) | (w[1] ^ again[1]) | (w[2] ^ again[2]) | (w[3] ^ again[3]));
}

static void fe_square_times(fe *out, const fe *a, int times) {
    fe_sq(out, a);
    while (--times) fe_sq(out, out);
}

/* a^(2^250 - 1), and a^11 on the way. The chain doubles the run of ones: 5, 10, 20, 40, 50, 100, 200, 250. */
static void fe_power_250(fe *out, fe *eleven, const fe *a) {
    fe t, ones5, ones10, ones50, ones100;
    fe_sq(&t, a);
    fe_square_times(&ones5, &t, 2);
    fe_mul(&ones5, &ones5, a); /* a^9 */
    fe_mul(eleven, &ones5, &t);
    fe_sq(&t, eleven);
    fe_mul(&ones5, &t, &ones5); /* a^31 = a^(2^5 - 1) */
    fe_square_times(&t, &ones5, 5);
    fe_mul(&ones10, &t, &ones5);
    fe_square_times(&t, &ones10, 10);
    fe_mul(&ones50, &t, &ones10); /* 20 ones */
    fe_square_times(&t, &ones50, 20);
    fe_mul(&t, &t, &ones50); /* 40 ones */
    fe_square_times(&t, &t, 10);
    fe_mul(&ones50, &t, &ones10);
    fe_square_times(&t, &ones50, 50);
    fe_mul(&ones100, &t, &ones50);
    fe_square_times(&t, &ones100, 100);
    fe_mul(&t, &t, &ones100); /* 200 ones */
    fe_square_times(&t, &t, 50);
    fe_mul(out, &t, &ones50);
}

/* 1/a = a^(p - 2), and 0 for 0: p - 2 = 2^5 * (2^250 - 1) + 11. */
static void fe_invert(fe *out, const fe *a) {
    fe t, eleven;
    fe_power_250(&t, &eleven, a);
    fe_square_times(&t, &t, 5);
    fe_mul(out, &t, &eleven);
}

/* a^((p - 5) / 8) = a^(2^252 - 3): 2^252 - 3 = 4 * (2^250 - 1) + 1. */
static void fe_power_58(fe *out, const fe *a) {
    fe t, eleven;
    fe_power_250(&t, &eleven, a);
    fe_square_times(&t, &t, 2);
    fe_mul(out, &t, a);
}

/* RFC 9496 section 4.2, SQRT_RATIO_M1: the nonnegative root of u/v, or of i*u/v where u/v is no square. */
static word fe_sqrt_ratio(fe *out, const fe *u, const fe *v) {
    fe v3, v7, root, check, t;
    const fe i = fe_constant(FE_SQRT_M1);
    fe_sq(&v3, v);
    fe_mul(&v3, &v3, v);
    fe_sq(&v7, &v3);
    fe_mul(&v7, &v7, v);
    fe_mul(&t, u, &v7);
    fe_power_58(&t, &t);
    fe_mul(&root, u, &v3);
    fe_mul(&root, &root, &t);
    fe_sq(&check, &root);
    fe_mul(&check, &check, v);
    fe_neg(&t, u);
    word correct = fe_equal(&check, u), flipped = fe_equal(&check, &t);
    fe_mul(&t, &t, &i);
    word flipped_i = fe_equal(&check, &t);
    fe_mul(&t, &root, &i);
    fe_move(&root, &t, flipped | flipped_i);
    fe_absolute(&root);
    *out = root;
    return correct | flipped;
}

#endif
