/* Multiplication by secret scalars: signed windows of four bits, every table entry read, no branch on a digit. */
#ifndef PSIMATCH_MULTIPLY_H
#define PSIMATCH_MULTIPLY_H

#include "ristretto.h"
#include "scalar.h"

/* The digits of one scalar a lane. */
typedef struct { int8_t digit[DIGITS][LANES]; } digits;

static inline void digits_of_lane(digits *out, int lane, const scalar *s) {
    int8_t own[DIGITS];
    scalar_recode(own, s);
    for (int i = 0; i < DIGITS; i++) out->digit[i][lane] = own[i];
}

static inline void digits_negate(digits *out) {
    for (int i = 0; i < DIGITS; i++)
        for (int lane = 0; lane < LANES; lane++) out->digit[i][lane] = (int8_t)-out->digit[i][lane];
}

/* A digit as its magnitude (0 to 8) and the mask of its sign. */
static inline word digit_split(word *sign, const int8_t digit[LANES]) {
    uint64_t lanes[LANES];
    word value;
    for (int lane = 0; lane < LANES; lane++) lanes[lane] = (uint64_t)(int64_t)digit[lane];
    memcpy(&value, lanes, sizeof value);
    *sign = hide(0 - (value >> 63));
    return (value ^ *sign) - *sign;
}

/* P to 8P. */
static void table_build(cached table[8], const point *p) {
    point multiple = *p;
    point_cache(&table[0], p);
    for (int i = 1; i < 8; i++) {
        point_add_cached(&multiple, &multiple, &table[0]);
        point_cache(&table[i], &multiple);
    }
}

/* The identity is 1, 1, 2, 0. */
#define CHUNKS (sizeof(cached) / sizeof(chunk))
static inline void table_select(cached *out, const cached table[8], const int8_t digit[LANES]) {
    word sign, magnitude = digit_split(&sign, digit), none = mask_of_zero(magnitude);
    chunk found[CHUNKS];
#pragma GCC unroll 20
    for (size_t j = 0; j < CHUNKS; j++) found[j] = (chunk){0};
    for (int i = 0; i < 8; i++) {
        const chunk *entry = (const chunk *)&table[i];
        word same = mask_of_zero(magnitude ^ (uint64_t)(i + 1));
#pragma GCC unroll 20
        for (size_t j = 0; j < CHUNKS; j++) found[j] = chunk_choose(found[j], entry[j], same);
    }
#pragma GCC unroll 20
    for (size_t j = 0; j < CHUNKS; j++) ((chunk *)out)[j] = found[j];
    out->minus.v[0] |= none & 1, out->plus.v[0] |= none & 1, out->z2.v[0] |= none & 2;
    fe_swap_where(&out->minus, &out->plus, sign);
    fe_negate_where(&out->t2d, sign);
}

static void point_multiply(point *out, const point *p, const digits *d) {
    cached table[8], entry;
    table_build(table, p);
    *out = point_identity();
    table_select(&entry, table, d->digit[DIGITS - 1]);
    point_add_cached(out, out, &entry);
    for (int i = DIGITS - 2; i >= 0; i--) {
        point_double_times(out, out, 4);
        table_select(&entry, table, d->digit[i]);
        point_add_cached_then(out, out, &entry, !i);
    }
    wipe(table, sizeof table);
    wipe(&entry, sizeof entry);
}

/* A table for one fixed point B: row [i][limb] holds limb `limb` of j * 16^i * B for j = 1 to 8, affine: five limbs
   each of y - x, y + x and 2dxy, below 2^51. */
typedef uint64_t fixed_table[DIGITS][15][8];

static inline void fixed_select(affine *out, const uint64_t rows[15][8], const int8_t digit[LANES]) {
    word sign, magnitude = digit_split(&sign, digit), none = mask_of_zero(magnitude);
    row_index index = row_index_of((magnitude - 1) & 7);
    for (int limb = 0; limb < 5; limb++) {
        out->minus.v[limb] = row_select(rows[limb], &index) & ~none;
        out->plus.v[limb] = row_select(rows[5 + limb], &index) & ~none;
        out->t2d.v[limb] = row_select(rows[10 + limb], &index) & ~none;
    }
    out->minus.v[0] |= none & 1, out->plus.v[0] |= none & 1;
    fe_swap_where(&out->minus, &out->plus, sign);
    fe_negate_where(&out->t2d, sign);
}

/* p + digits * B, in place: no doubling. */
static void fixed_accumulate(point *p, const uint64_t table[DIGITS][15][8], const digits *d) {
    affine entry;
    for (int i = 0; i < DIGITS; i++) {
        fixed_select(&entry, table[i], d->digit[i]);
        point_add_affine(p, p, &entry);
    }
    wipe(&entry, sizeof entry);
}

#endif
